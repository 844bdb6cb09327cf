# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What a reference engine is."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.jobs.job_kind import Cost

__all__ = ["BatchEngine", "Cost", "Engine", "SequentialEngine"]


class Engine(Protocol):
    """Something that calculates labels.

    Engines can be pickled; `engines.make_engine` makes them by name and options.
    """

    @property
    def level_of_theory(self) -> str:
        """Name of the method, as it is stored with the labels."""

    @property
    def version(self) -> str:
        """Name and version of the program."""

    @property
    def settings(self) -> dict[str, Setting]:
        """All that decides the numbers besides the version; can be written as JSON."""

    def label(self, structure: AtomicSystem) -> Label:
        """Calculate energy, forces and dipole of a structure.

        Raises
        ------
        ValueError
            If the engine cannot calculate such a structure at all.
        RuntimeError
            If the calculation fails.
        """

    def cost(self, num_atoms: int) -> Cost:
        """Estimate what the calculation of so many atoms needs."""


@runtime_checkable
class SequentialEngine(Engine, Protocol):
    """An engine that is faster where one molecule is calculated again and again as it moves."""

    def in_sequence(self) -> Callable[[AtomicSystem], Label]:
        """Get a function like `label` that begins each calculation with the result of the last.

        Equal sequences give equal numbers; a single structure differs from `label`'s by the
        convergence of the method.
        """


@runtime_checkable
class BatchEngine(Engine, Protocol):
    """An engine that is faster for many structures at once."""

    def label_many(self, structures: Sequence[AtomicSystem]) -> list[Label]:
        """Calculate structures at once: the labels that `label` gives, in their order.

        Raises
        ------
        ValueError, RuntimeError
            If one of them cannot be calculated, or fails, as `label` does: all of them are
            calculated one by one then, so that it is seen which one it was.
        """

    def cost_many(self, sizes: Sequence[int]) -> Cost:
        """Estimate what structures of so many atoms each need at once."""
