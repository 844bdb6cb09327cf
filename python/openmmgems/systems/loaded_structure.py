# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What every reader of structure files returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from openmm import app


@dataclass(frozen=True)
class LoadedStructure:
    """Atoms, bonds, coordinates and box of one system.

    Attributes
    ----------
    topology : openmm.app.Topology
        Atoms with elements, residues and bonds; carries the periodic box, if any.
    positions : numpy.ndarray
        Coordinates, nm, shape ``[num_atoms, 3]``, float64.
    source : pathlib.Path
        The file the coordinates came from.
    has_residues : bool
        False where the format knows no residues (XYZ).
    parameters : AmberPrmtopFile or GromacsTopFile or None
        Force-field parameters that came with the structure.
    states : mapping of int to str
        Of residues, by index, whose name in the file tells a protonation state: the state in
        AMBER's words (HID, HIE, HIP, ASH, GLH, LYN, LYS, CYM, CYX, CYS, ARN, TYM). The topology
        has the standard name (HIS, ASP, ...). Also MSE, selenomethionine, which keeps its name,
        atom SE and element in the topology.
    notes : tuple of str
        What was concluded while reading, a sentence each; every command prints them.
    total_charge : int or None
        Total charge that the file says, e; None: it says nothing (XYZ files may).
    num_unpaired_electrons : int or None
        Likewise.
    """

    topology: app.Topology
    positions: np.ndarray
    source: Path
    has_residues: bool = True
    parameters: Any = None
    states: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    total_charge: int | None = None
    num_unpaired_electrons: int | None = None

    @property
    def num_atoms(self) -> int:
        """Number of atoms."""
        return int(self.topology.getNumAtoms())

    @property
    def is_periodic(self) -> bool:
        """Whether the structure carries a periodic box."""
        return self.topology.getPeriodicBoxVectors() is not None

    @property
    def atomic_numbers(self) -> np.ndarray:
        """Atomic numbers, shape ``[num_atoms]``, int64."""
        return np.array([a.element.atomic_number for a in self.topology.atoms()], dtype=np.int64)
