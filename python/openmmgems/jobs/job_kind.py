# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What a room gives to have many things of one kind calculated, such as labels or conformers.

Jobs of every kind begin from a structure and end in bytes, whose meaning only that room knows. So
store, runner and workers are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.settings import Setting


@dataclass(frozen=True)
class Cost:
    """What a calculation is expected to need: ``seconds`` and ``memory_mb``.

    An estimate from a few measurements of one engine on one core of a common machine, to plan with:
    it may be wrong by a factor of three.
    """

    seconds: float
    memory_mb: float


@dataclass(frozen=True)
class AtOnce:
    """How many jobs of a kind are calculated at once: up to ``most_atoms`` atoms in all.

    ``cost`` estimates what structures of so many atoms each need together.
    """

    most_atoms: int
    cost: Callable[[Sequence[int]], Cost]


class Calculation(Protocol):
    """What a job kind makes in the process that calculates."""

    @property
    def version(self) -> str:
        """Name and version of the program."""

    def __call__(self, structure: AtomicSystem, variant: int) -> bytes:
        """
        Calculate one job.

        Parameters
        ----------
        structure : AtomicSystem
        variant : int
            Which of several jobs of this structure it is, 0 where there is only one.

        Raises
        ------
        ValueError
            If such a structure can never be calculated.
        RuntimeError
            If it failed; another attempt may do better.
        """


@runtime_checkable
class CalculationAtOnce(Calculation, Protocol):
    """A calculation that is faster for many jobs at once; its kind has `JobKind.at_once`."""

    def calculate_many(self, jobs: Sequence[tuple[AtomicSystem, int]]) -> list[bytes]:
        """
        Calculate jobs at once, or none of them.

        Parameters
        ----------
        jobs : sequence of (AtomicSystem, int)
            Structure and variant of each.

        Raises
        ------
        ValueError, RuntimeError
            If one of them fails, whichever: all are calculated one by one then.
        """


class JobKind(Protocol):
    """Jobs of one kind. It is pickled to reach workers."""

    @property
    def name(self) -> str:
        """What calculates, as the beginning of an error: "The engine 'x'"."""

    @property
    def level(self) -> str:
        """Name under which a store keeps these jobs, such as a level of theory."""

    @property
    def settings(self) -> Mapping[str, Setting]:
        """All that decides the results besides the program's version."""

    @property
    def threads(self) -> int:
        """Cores of one calculation."""

    @property
    def at_once(self) -> AtOnce | None:
        """How many are calculated at once; None: each by itself."""

    def cost(self, num_atoms: int) -> Cost:
        """Estimate what a structure of so many atoms needs."""

    def make(self) -> Calculation:
        """Make what calculates, in the process that calculates."""
