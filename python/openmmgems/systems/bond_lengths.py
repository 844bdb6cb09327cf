# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Bonds that are too long to be bonds: chains with missing residues, misplaced atoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from openmm import app, unit
from rdkit import Chem
from scipy.spatial import cKDTree

from openmmgems.core.errors import StructureError

from .images import Images
from .residue_names import name_of
from .sentences import listed

#: A bond is at most this many times the sum of its atoms' covalent radii: 2.57 angstrom for C-N,
#: where atoms on both sides of one missing residue are 2.9 or more apart.
_STRETCH = 1.75
#: Heavy atoms of different residues that are nearer than this many times that sum look bonded.
_CONTACT = 1.2
_LONGEST_CONTACT_ANGSTROM = 3.0
#: What joins residues: amide bonds, and phosphodiester bonds of nucleic acids.
_BACKBONE = (("C", "N"), ("O3'", "P"))


@dataclass(frozen=True)
class LongBond:
    """
    A bond that is too long.

    Attributes
    ----------
    first, second : openmm.app.topology.Atom
    length_angstrom : float
    """

    first: app.topology.Atom
    second: app.topology.Atom
    length_angstrom: float

    @property
    def joins_residues(self) -> bool:
        """Whether it is a backbone's, from one residue to the next one."""
        names = (self.first.name, self.second.name)
        return self.first.residue is not self.second.residue and names in _BACKBONE

    @property
    def ends(self) -> str:
        """Its atoms, named, in the order of the topology."""
        return " and ".join(f"{name_of(a.residue)} {a.name}" for a in (self.first, self.second))


@cache
def longest_bond(first: int, second: int) -> float:
    """
    Say how long a bond may be.

    Parameters
    ----------
    first, second : int
        Atomic numbers.

    Returns
    -------
    float
        Angstrom.
    """
    table = Chem.GetPeriodicTable()
    return _STRETCH * float(table.GetRcovalent(first) + table.GetRcovalent(second))


def long_bonds(topology: app.Topology, positions_angstrom: NDArray[np.float64]) -> list[LongBond]:
    """
    Find bonds that are too long, in the box of the topology if it has one.

    Parameters
    ----------
    topology : openmm.app.Topology
    positions_angstrom : array, shape ``[num_atoms, 3]``

    Returns
    -------
    list of LongBond
        In the order of their atoms.
    """
    bonds = sorted(
        (sorted((bond[0], bond[1]), key=lambda atom: atom.index) for bond in topology.bonds()),
        key=lambda atoms: [atom.index for atom in atoms],
    )
    if not bonds:
        return []
    pairs = np.array([[first.index, second.index] for first, second in bonds])
    vectors = topology.getPeriodicBoxVectors()
    cell = None if vectors is None else np.array(vectors.value_in_unit(unit.angstrom))
    ends = positions_angstrom[pairs]
    lengths = np.linalg.norm(Images(cell).nearest(ends[:, 1] - ends[:, 0]), axis=1)
    return [
        LongBond(first, second, float(length))
        for (first, second), length in zip(bonds, lengths, strict=True)
        if length > longest_bond(first.element.atomic_number, second.element.atomic_number)
    ]


def contact_notes(topology: app.Topology, positions_angstrom: NDArray[np.float64]) -> list[str]:
    """
    Tell of atoms of different residues that look bonded and are not.

    Parameters
    ----------
    topology : openmm.app.Topology
    positions_angstrom : array, shape ``[num_atoms, 3]``

    Returns
    -------
    list of str
        One line, or none. Ions and hydrogens are not looked at.
    """
    heavy = [
        atom
        for residue in topology.residues()
        if len(residue) > 1 or residue.name == "HOH"
        for atom in residue.atoms()
        if atom.element is not app.element.hydrogen
    ]
    points = positions_angstrom[[atom.index for atom in heavy]].reshape(-1, 3)
    bonded = {frozenset((bond[0], bond[1])) for bond in topology.bonds()}
    found = []
    for i, j in sorted(cKDTree(points).query_pairs(_LONGEST_CONTACT_ANGSTROM)):
        first, second = heavy[i], heavy[j]
        length = float(np.linalg.norm(points[i] - points[j]))
        numbers = (first.element.atomic_number, second.element.atomic_number)
        near = length < _CONTACT / _STRETCH * longest_bond(*numbers)
        if (
            near
            and first.residue is not second.residue
            and frozenset((first, second)) not in bonded
        ):
            found.append(f"{LongBond(first, second, length).ends} ({length:.1f})")
    return [f"not bonded, but near (angstrom): {listed(found)}"] if found else []


def require_bonds(found: Sequence[LongBond], *, forced: str) -> None:
    """
    Refuse a structure with bonds that are too long.

    Parameters
    ----------
    found : sequence of LongBond
    forced : str
        What --force would do about a gap in a chain, for the error.

    Raises
    ------
    StructureError
        Naming the first such bond, and what to do.
    """
    if not found:
        return
    bond = found[0]
    longest = longest_bond(bond.first.element.atomic_number, bond.second.element.atomic_number)
    more = f" ({len(found) - 1} more such bonds)" if len(found) > 1 else ""
    why = (
        "The chain is broken there: residues are missing; add them with another program, or give "
        f"--force, which {forced}"
        if bond.joins_residues
        else "Atoms are missing or misplaced, or the wall of a box that is not used cuts a "
        "molecule; mend the structure, or give --force, which goes on nevertheless"
    )
    raise StructureError(
        f"The bond between {bond.ends} is {bond.length_angstrom:.1f} angstrom long{more}; expected "
        f"at most {longest:.1f}. {why}."
    )
