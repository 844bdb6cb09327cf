# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A molecule, and what a reference calculation gives for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AtomicSystem:
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
                "be unpaired. Check charge, hydrogens and spin (the number of unpaired electrons, "
                "not the multiplicity)."
            )


@dataclass(frozen=True)
class Label:
    """The result: ``energy_ev``, ``forces_ev_per_angstrom`` [num_atoms, 3], ``dipole_e_angstrom``.

    The dipole [3] is about the origin of the positions, also for ions.
    """

    energy_ev: float
    forces_ev_per_angstrom: NDArray[np.float64]
    dipole_e_angstrom: NDArray[np.float64]
