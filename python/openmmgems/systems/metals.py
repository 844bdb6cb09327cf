# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Metals in proteins, as ions: the protonation of the residues that bind them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from openmm import app

from .residue_names import name_of

#: Metals that bind N and S of residues, as symbols.
_METALS = ("Mg", "Ca", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Cd", "Hg", "Pt")
_HYDROGEN_BOND_ANGSTROM = 3.3
#: The variant of a residue whose atom binds a metal, or accepts a hydrogen bond.
_METAL_LIGANDS = {
    **{("HIS", "ND1"): "HIE", ("HIS", "NE2"): "HID", ("CYS", "SG"): "CYX"},
    **{("ASP", "OD1"): "ASP", ("ASP", "OD2"): "ASP"},
    **{("GLU", "OE1"): "GLU", ("GLU", "OE2"): "GLU"},
}


def is_metal(atom: app.topology.Atom) -> bool:
    """Whether an atom is a metal that binds residues."""
    return atom.element is not None and atom.element.symbol in _METALS


def metal_variants(
    topology: app.Topology,
    positions: NDArray[np.float64],
    distance: float,
    told: Mapping[int, str],
    notes: list[str],
) -> dict[int, str]:
    """
    Find protonation states of residues that bind metals.

    A histidine whose nitrogen binds one has its hydrogen on the other nitrogen, a cysteine becomes
    a thiolate, Asp and Glu stay anions.

    Parameters
    ----------
    topology : openmm.app.Topology
    positions : array, shape ``[num_atoms, 3]``
        Angstrom.
    distance : float
        Nearer atoms bind, angstrom.
    told : mapping of int to str
        Variants of residues, by index, that are decided already.
    notes : list of str
        Gets a line for each metal.

    Returns
    -------
    dict of int to str
        Variants of OpenMM's Modeller, by index of the residue; those that are told are among them.
    """
    found = dict(told)
    atoms = list(topology.atoms())
    for metal in filter(is_metal, atoms):
        near = np.linalg.norm(positions - positions[metal.index], axis=1) < distance
        ligands = []
        for index in np.flatnonzero(near):
            atom = atoms[index]
            residue = atom.residue
            ligand = (residue.name, atom.name)
            if ligand in _METAL_LIGANDS:
                if residue.index not in told:
                    new = _METAL_LIGANDS[ligand]
                    both = found.get(residue.index, new) != new
                    found[residue.index] = "HIN" if both else new
                ligands.append(f"{name_of(residue)} {atom.name} ({found[residue.index]})")
        notes.append(f"{name_of(metal.residue)} is an ion; bound by {', '.join(ligands) or '-'}")
    return found | _histidines_beside(atoms, positions, found, notes)


def _histidines_beside(
    atoms: list[app.topology.Atom],
    positions: NDArray[np.float64],
    states: dict[int, str],
    notes: list[str],
) -> dict[int, str]:
    """Histidines that accept the hydrogen bond of one at a metal: two hydrogens would clash."""
    nitrogens = [a for a in atoms if a.residue.name == "HIS" and a.name in ("ND1", "NE2")]
    found: dict[int, str] = {}
    for donor in nitrogens:
        if states.get(donor.residue.index) != {"ND1": "HID", "NE2": "HIE"}[donor.name]:
            continue
        for other in nitrogens:
            distance = np.linalg.norm(positions[donor.index] - positions[other.index])
            if other.residue.index not in states and distance < _HYDROGEN_BOND_ANGSTROM:
                state = found[other.residue.index] = _METAL_LIGANDS["HIS", other.name]
                notes.append(
                    f"{name_of(other.residue)} is {state}: {other.name} accepts from "
                    f"{name_of(donor.residue)} {donor.name}"
                )
    return found
