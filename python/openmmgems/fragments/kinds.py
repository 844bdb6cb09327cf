# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Kinds of residues: amino acids in their protonation states, water, ions, and others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from openmm import app

from openmmgems.systems.chemical_graph import ChemicalGraph

from .fragment_settings import CENTRE_WORDS

_CAPS = ("ACE", "NME", "NHE", "NH2")
_HISTIDINE = ("HIS", "HID", "HIE", "HIP", "HIN", "HSD", "HSE", "HSP")


@dataclass(frozen=True)
class CentreResidue:
    """
    A residue whose atoms may be centres of fragments.

    Attributes
    ----------
    kind : str
        AMBER's name of an amino acid in its protonation state (HIE, ASH, CYX), with N or C in
        front where it ends a chain with a charge; ``water``; an ion as ``Na+``; otherwise the
        residue's name.
    family : str
        ``protein``, ``water``, ``ions`` or ``other``.
    name : str
        In the topology.
    chain : int
        Index of its chain.
    atoms : array, shape ``[num_heavy]``
        Indices of its atoms but hydrogens.
    """

    kind: str
    family: str
    name: str
    chain: int
    atoms: NDArray[np.int64]


def all_residues(graph: ChemicalGraph, topology: app.Topology) -> list[CentreResidue]:
    """
    Tell the kind of every residue that has other atoms than hydrogen.

    Raises
    ------
    ValueError
        If graph and topology are not of the same system.
    """
    if topology.getNumAtoms() != len(graph.atomic_numbers):
        raise ValueError(
            f"The topology has {topology.getNumAtoms()} atoms, the graph "
            f"{len(graph.atomic_numbers)}; expected those of one system."
        )
    found = []
    for residue in topology.residues():
        atoms = [atom for atom in residue.atoms() if atom.element.atomic_number > 1]
        if atoms:
            indices = np.array([atom.index for atom in atoms], dtype=np.int64)
            kind, family = _kind(graph, residue, atoms)
            found.append(CentreResidue(kind, family, residue.name, residue.chain.index, indices))
    return found


def select_residues(residues: Sequence[CentreResidue], words: Sequence[str]) -> list[CentreResidue]:
    """
    Choose residues by ``all``, families (``protein``), kinds (``HIE``) or names (``HIS``).

    Raises
    ------
    ValueError
        If a word chooses nothing.
    """
    for word in words:
        if not any(_is(residue, word) for residue in residues):
            known = sorted({residue.kind for residue in residues})
            raise ValueError(
                f"centres has '{word}', which is nothing of this system; expected some of "
                f"{', '.join(CENTRE_WORDS)} or of its kinds of residues: {', '.join(known)}."
            )
    return [residue for residue in residues if any(_is(residue, word) for word in words)]


def occurring(residues: Sequence[CentreResidue], words: Sequence[str]) -> tuple[str, ...]:
    """
    Leave out families (``water``, ``ions``, ...) of which a system has nothing.

    For settings that several systems share. Names of residues stay: they may be misspelt.
    """
    return tuple(
        word
        for word in words
        if word not in CENTRE_WORDS or any(_is(residue, word) for residue in residues)
    )


def at_interface(
    residues: Sequence[CentreResidue],
    positions_angstrom: NDArray[np.float64],
    distance_angstrom: float,
    cell_angstrom: ArrayLike | None = None,
) -> list[bool]:
    """
    Tell which residues have a heavy atom near a protein residue of another chain.

    Parameters
    ----------
    residues : sequence of CentreResidue
        All of the system.
    positions_angstrom : array, shape ``[num_atoms, 3]``
    distance_angstrom : float
    cell_angstrom : array, shape ``[3, 3]``, optional
        Box vectors as rows.

    Returns
    -------
    list of bool
        Of each residue. Only residues of chains with protein can be near another one.
    """
    from vesin import NeighborList

    chains = {residue.chain for residue in residues if residue.family == "protein"}
    members = [k for k, residue in enumerate(residues) if residue.chain in chains]
    if not members:
        return [False] * len(residues)
    atoms = np.concatenate([residues[k].atoms for k in members])
    owner = np.repeat(members, [len(residues[k].atoms) for k in members])
    points = positions_angstrom[atoms]
    box = np.zeros((3, 3)) if cell_angstrom is None else np.asarray(cell_angstrom, dtype=float)
    first, second = NeighborList(cutoff=distance_angstrom, full_list=True).compute(
        points=points, box=box, periodic=cell_angstrom is not None, quantities="ij"
    )
    chain = np.array([residue.chain for residue in residues])
    is_protein = np.array([residue.family == "protein" for residue in residues])
    first, second = owner[first.astype(int)], owner[second.astype(int)]
    near = np.zeros(len(residues), bool)
    near[first[(chain[first] != chain[second]) & is_protein[second]]] = True
    return [bool(value) for value in near]


def _is(residue: CentreResidue, word: str) -> bool:
    return word in ("all", residue.family, residue.kind, residue.name)


def _kind(graph: ChemicalGraph, residue: app.topology.Residue, atoms: list) -> tuple[str, str]:
    """Kind and family of a residue with these heavy atoms."""
    if len(atoms) == 1:
        number = atoms[0].index
        neighbours = graph.bonds_of[number]
        charge = int(graph.charges[number])
        if not neighbours:
            size = str(abs(charge)) if abs(charge) > 1 else ""
            return atoms[0].element.symbol + size + "+-"[charge < 0], "ions"
        if atoms[0].element.symbol == "O" and len(neighbours) == 2:
            return "water", "water"
    if residue.name in _CAPS:
        return residue.name, "protein"
    names = {atom.name: atom.index for atom in atoms}
    if not {"N", "CA", "C"} <= names.keys():
        return residue.name, "other"
    kind = _protonation(graph, residue.name, names)
    if graph.charges[names["N"]] > 0:
        return f"N{kind}", "protein"
    ends = [other for other, _ in graph.bonds_of[names["C"]] if graph.charges[other] < 0]
    return (f"C{kind}" if ends else kind), "protein"


def _protonation(graph: ChemicalGraph, name: str, atoms: dict[str, int]) -> str:
    """AMBER's name of an amino acid in its state."""

    def hydrogens(atom: str) -> int:
        bonds = graph.bonds_of[atoms[atom]] if atom in atoms else []
        return sum(int(graph.atomic_numbers[other] == 1) for other, _ in bonds)

    if name in _HISTIDINE:
        carried = (hydrogens("ND1") > 0, hydrogens("NE2") > 0)
        return {
            (True, False): "HID",
            (False, True): "HIE",
            (True, True): "HIP",
            (False, False): "HIN",
        }[carried]
    if name in ("ASP", "ASH"):
        return "ASH" if hydrogens("OD1") + hydrogens("OD2") else "ASP"
    if name in ("GLU", "GLH"):
        return "GLH" if hydrogens("OE1") + hydrogens("OE2") else "GLU"
    if name in ("LYS", "LYN") and "NZ" in atoms:
        return "LYS" if graph.charges[atoms["NZ"]] > 0 else "LYN"
    if name in ("CYS", "CYX", "CYM") and "SG" in atoms:
        if hydrogens("SG"):
            return "CYS"
        return "CYM" if graph.charges[atoms["SG"]] < 0 else "CYX"
    if name == "ASN" and hydrogens("ND2") == 1:
        return "NLN"
    return name
