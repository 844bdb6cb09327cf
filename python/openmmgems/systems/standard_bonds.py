# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Bonds that follow from the names of residues and atoms, and from what lies beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from openmm import app
from scipy.spatial import cKDTree

from .sentences import listed

#: Metals that bind residues as ions.
_METALS = (
    "Al As Ba Ca Cd Ce Co Cs Cu Dy Fe Gd Hg Ho In Ir K Li Mg Mn Mo Na Ni Pb Pd Pt Rb Rh Sm Sr Te "
    "Tl V W Yb Zn"
)
_WITH_BACKBONE = (("C", "N"), ("O3'", "P"))
_LONGEST_LINK_NM, _LONGEST_HYDROGEN_BOND_NM, _LONGEST_DISULFIDE_NM = 0.2, 0.14, 0.3


def add_standard_bonds(
    topology: app.Topology, positions: NDArray[np.float64], notes: list[str]
) -> None:
    """
    Add the bonds of amino acids, nucleotides, caps and water, and between them.

    Neighbours of standard residues in a chain are bonded at any distance. Other residues with C
    and N, or O3' and P, are bonded to their neighbours if these are near. A hydrogen whose name
    is not known is bonded to the heavy atom beside it.

    Parameters
    ----------
    topology : openmm.app.Topology
    positions : array, shape ``[num_atoms, 3]``
        nm.
    notes : list of str
        Gets what was concluded.
    """
    topology.createStandardBonds()
    _add_selenomethionine(topology)
    bonded = {atom for bond in topology.bonds() for atom in (bond[0], bond[1])}
    joined = {frozenset((bond[0], bond[1])) for bond in topology.bonds()}
    for first, second in _backbone_neighbours(topology):
        distance = np.linalg.norm(positions[first.index] - positions[second.index])
        if frozenset((first, second)) not in joined and distance < _LONGEST_LINK_NM:
            topology.addBond(first, second)
    told = []
    for residue in topology.residues():
        if residue.name not in _known():
            continue
        for atom in residue.atoms():
            if atom in bonded or not _is_hydrogen(atom):
                continue
            heavy = _nearest_heavy(residue, atom, positions)
            if heavy is not None:
                topology.addBond(heavy, atom)
                told.append(f"{residue.name} {residue.id} {atom.name} to {heavy.name}")
    if told:
        notes.append(f"Hydrogens of unknown names were bonded to what is near: {listed(told)}.")


def add_disulfides(
    topology: app.Topology,
    positions: NDArray[np.float64],
    states: Mapping[int, str],
    notes: list[str],
) -> None:
    """
    Bond sulfur atoms of cystines within 3 angstrom, nearest first.

    Parameters
    ----------
    topology : openmm.app.Topology
    positions : array, shape ``[num_atoms, 3]``
        nm.
    states : mapping of int to str
        Of residues: CYM and CYS are not bonded; CYX without a partner is told. Nor is sulfur
        that has a hydrogen or another bond already.
    notes : list of str
        Gets what was concluded.
    """
    taken = {
        sulfur
        for bond in topology.bonds()
        for sulfur, other in (bond[:2], bond[1::-1])
        if other.element is None or other.element.symbol != "C"
    }
    sulfur = [
        atom
        for atom in topology.atoms()
        if (atom.residue.name, atom.name) == ("CYS", "SG")
        and atom not in taken
        and states.get(atom.residue.index) not in ("CYM", "CYS")
    ]
    points = positions[[atom.index for atom in sulfur]].reshape(-1, 3)
    pairs = cKDTree(points).query_pairs(_LONGEST_DISULFIDE_NM) if len(points) else set()
    bonded: set[int] = set()
    told = []
    for i, j in sorted(pairs, key=lambda pair: np.linalg.norm(points[pair[0]] - points[pair[1]])):
        if not bonded & {i, j}:
            topology.addBond(sulfur[i], sulfur[j])
            bonded |= {i, j}
            told.append(" to ".join(f"{sulfur[k].residue.id}" for k in (i, j)))
    if told:
        notes.append(f"Disulfide bonds were told by their lengths: CYS {listed(told)}.")
    alone = [
        f"{atom.residue.chain.id} CYS {atom.residue.id}"
        for k, atom in enumerate(sulfur)
        if k not in bonded and states.get(atom.residue.index) == "CYX"
    ]
    if alone:
        notes.append(
            f"{listed(alone)} should be in a disulfide bond by name (CYX), but no other sulfur is "
            "within 3 angstrom."
        )


def is_metal_contact(first: app.topology.Atom, second: app.topology.Atom) -> bool:
    """Tell whether two atoms are a metal and an atom of a standard residue."""
    known = _METALS.split()
    metals = [atom for atom in (first, second) if atom.element and atom.element.symbol in known]
    others = [atom for atom in (first, second) if atom not in metals]
    return bool(metals) and any(
        atom.residue.name in app.PDBFile._standardResidues for atom in others
    )


def _known() -> frozenset[str]:
    return frozenset((*app.Topology._standardBonds, "MSE"))


def _add_selenomethionine(topology: app.Topology) -> None:
    """Bond MSE as methionine; its bonds to the residues beside it are those of any residue."""
    for residue in topology.residues():
        if residue.name != "MSE":
            continue
        names = {"SD" if atom.name == "SE" else atom.name: atom for atom in residue.atoms()}
        for first, second in app.Topology._standardBonds["MET"]:
            if first in names and second in names:
                topology.addBond(names[first], names[second])


def _backbone_neighbours(
    topology: app.Topology,
) -> Iterator[tuple[app.topology.Atom, app.topology.Atom]]:
    """Atoms that may join a residue to the next of its chain."""
    for chain in topology.chains():
        named = [{atom.name: atom for atom in residue.atoms()} for residue in chain.residues()]
        for before, after in pairwise(named):
            for last, first in _WITH_BACKBONE:
                if last in before and first in after:
                    yield before[last], after[first]


def _nearest_heavy(
    residue: app.topology.Residue, hydrogen: app.topology.Atom, positions: NDArray[np.float64]
) -> app.topology.Atom | None:
    heavy = [atom for atom in residue.atoms() if atom.element and not _is_hydrogen(atom)]
    if not heavy:
        return None
    offsets = positions[[atom.index for atom in heavy]] - positions[hydrogen.index]
    distances = np.linalg.norm(offsets, axis=1)
    nearest = int(distances.argmin())
    return heavy[nearest] if distances[nearest] < _LONGEST_HYDROGEN_BOND_NM else None


def _is_hydrogen(atom: app.topology.Atom) -> bool:
    return atom.element is not None and atom.element.atomic_number == 1
