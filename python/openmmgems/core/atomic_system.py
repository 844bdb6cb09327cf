# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A molecule, and what a reference calculation gives for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Provenance:
    """What a structure has in common with others, by which data are divided.

    Attributes
    ----------
    kind : str
        How it was made: "bottom-up", "top-down", "imported", or another word.
    parent : str
        The molecule, the larger system or the file that it is of.
    run : str
        Which run of it; empty if there is one only, or it is not known.
    frame : int
        Its number in the run; -1 if it is not known.
    """

    kind: str
    parent: str = ""
    run: str = ""
    frame: int = -1

    def __post_init__(self) -> None:
        if not self.kind or self.frame < -1:
            raise ValueError(
                f"kind is {self.kind!r} and frame {self.frame}; expected a word, and a number from "
                "0 on or -1."
            )


@dataclass(frozen=True)
class AtomicSystem:
    """A molecule to calculate, or a periodic cell of atoms.

    ``atomic_numbers`` [num_atoms], ``positions_angstrom`` [num_atoms, 3], ``charge`` in elementary
    charges, ``spin`` the number of unpaired electrons, ``source`` where it came from,
    ``cell_angstrom`` [3, 3] box vectors as rows, None for a molecule, ``provenance`` None where the
    source tells it.
    """

    atomic_numbers: NDArray[np.int64]
    positions_angstrom: NDArray[np.float64]
    charge: int = 0
    spin: int = 0
    source: str = ""
    cell_angstrom: NDArray[np.float64] | None = None
    provenance: Provenance | None = None

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
        cell = self.cell_angstrom
        if cell is not None and not (
            cell.shape == (3, 3) and np.isfinite(cell).all() and np.linalg.det(cell)
        ):
            raise ValueError(
                f"cell_angstrom is {cell.tolist()}; expected three box vectors that span a volume."
            )

    def require_molecule(self, purpose: str) -> None:
        """Raise ValueError if there is a cell, where only molecules can be dealt with."""
        if self.cell_angstrom is not None:
            raise ValueError(
                f"{purpose}: the structure '{self.source}' has a periodic cell; expected a "
                "molecule without one."
            )


@dataclass(frozen=True)
class Label:
    """The result: ``energy_ev``, ``forces_ev_per_angstrom`` [num_atoms, 3], ``dipole_e_angstrom``.

    The dipole [3] is about the origin of the positions, also for ions; NaN if it is not known.
    Where they are known: ``virial_ev`` [3, 3], minus the derivative of the energy by strain (stress
    is minus this over the volume), ``charges_e`` and ``atomic_energies_ev`` [num_atoms].
    """

    energy_ev: float
    forces_ev_per_angstrom: NDArray[np.float64]
    dipole_e_angstrom: NDArray[np.float64]
    virial_ev: NDArray[np.float64] | None = None
    charges_e: NDArray[np.float64] | None = None
    atomic_energies_ev: NDArray[np.float64] | None = None
