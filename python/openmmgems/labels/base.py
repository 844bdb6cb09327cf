# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What a reference calculation takes and gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Structure:
    """A molecule to calculate.

    ``atomic_numbers`` [num_atoms], ``positions_angstrom`` [num_atoms, 3], ``charge`` in elementary
    charges, ``spin`` the number of unpaired electrons, ``source`` where it came from.
    """

    atomic_numbers: NDArray[np.int64]
    positions_angstrom: NDArray[np.float64]
    charge: int = 0
    spin: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        shape = (len(self.atomic_numbers), 3)
        if self.positions_angstrom.shape != shape:
            raise ValueError(
                f"positions_angstrom has shape {self.positions_angstrom.shape}; expected {shape}."
            )
        if not np.isfinite(self.positions_angstrom).all():
            raise ValueError("positions_angstrom holds NaN or infinite values.")
        electrons = int(np.sum(self.atomic_numbers)) - self.charge
        if self.spin < 0 or electrons < self.spin or (electrons - self.spin) % 2:
            raise ValueError(
                f"Charge {self.charge} gives {electrons} electrons, of which {self.spin} cannot "
                "be unpaired. Check charge, hydrogens and spin."
            )


@dataclass(frozen=True)
class Label:
    """The result: ``energy_ev``, ``forces_ev_per_angstrom`` [num_atoms, 3], ``dipole_e_angstrom``.

    The dipole [3] is about the origin of the positions, also for ions.
    """

    energy_ev: float
    forces_ev_per_angstrom: NDArray[np.float64]
    dipole_e_angstrom: NDArray[np.float64]


@dataclass(frozen=True)
class Cost:
    """What a calculation is expected to need: ``seconds`` and ``memory_mb``.

    An estimate from a few measurements of one engine on one core of a common machine, to plan with:
    it may be wrong by a factor of three.
    """

    seconds: float
    memory_mb: float


Setting = str | float | int | bool


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

    def label(self, structure: Structure) -> Label:
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

    def in_sequence(self) -> Callable[[Structure], Label]:
        """Get a function like `label` that begins each calculation with the result of the last.

        Equal sequences give equal numbers; a single structure differs from `label`'s by the
        convergence of the method.
        """
