# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Sugars on proteins: their links, and the hydrogens that they and their residues carry.

Atoms are named as in the wwPDB's chemical component dictionary, https://www.wwpdb.org/data/ccd.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from openmm import app

from .residue_names import name_of

_LINK_ANGSTROM = 1.8
_VALENCES = {"C": 4, "N": 3, "O": 2}
#: Atoms and their hydrogens, as OpenMM's Modeller.addHydrogens takes them.
Variant = list[tuple[str, str]]


@dataclass(frozen=True)
class _Sugar:
    """Heavy atoms without the one of the link, double bonds, atoms with charge -1."""

    atoms: str
    anomeric: str = "C1"
    doubles: tuple[tuple[str, str], ...] = ()
    anions: tuple[str, ...] = ()


_HEXOSE = _Sugar("C1 C2 C3 C4 C5 C6 O2 O3 O4 O5 O6")
_FUCOSE = _Sugar("C1 C2 C3 C4 C5 C6 O2 O3 O4 O5")
_ACETYLGLUCOSAMINE = _Sugar("C1 C2 C3 C4 C5 C6 C7 C8 N2 O3 O4 O5 O6 O7", doubles=(("C7", "O7"),))
_SIALIC_ACID = _Sugar(
    "C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 N5 O1A O1B O4 O6 O7 O8 O9 O10",
    anomeric="C2",
    doubles=(("C1", "O1A"), ("C10", "O10")),
    anions=("O1B",),
)
SUGARS = {
    **dict.fromkeys(("NAG", "NDG", "A2G", "NGA"), _ACETYLGLUCOSAMINE),
    **dict.fromkeys(("BMA", "MAN", "GAL", "GLA", "GLC", "BGC"), _HEXOSE),
    **dict.fromkeys(("FUC", "FUL"), _FUCOSE),
    **dict.fromkeys(("SIA", "SLB"), _SIALIC_ACID),
}
_BACKBONE = [("H", "N"), ("HA", "CA")]
#: Residues that carry a sugar: the atom it is on, and the hydrogens that are left.
_CARRIERS: dict[str, tuple[str, Variant]] = {
    "ASN": ("ND2", [*_BACKBONE, ("HB2", "CB"), ("HB3", "CB"), ("HD21", "ND2")]),
    "SER": ("OG", [*_BACKBONE, ("HB2", "CB"), ("HB3", "CB")]),
    "THR": ("OG1", [*_BACKBONE, ("HB", "CB"), *((f"HG2{k}", "CG2") for k in (1, 2, 3))]),
}


def add_links(topology: app.Topology, positions_angstrom: NDArray[np.float64]) -> list[str]:
    """
    Bond sugars to what they are linked to, where the file does not say it.

    Parameters
    ----------
    topology : openmm.app.Topology
        Gets the bonds.
    positions_angstrom : array, shape ``[num_atoms, 3]``

    Returns
    -------
    list of str
        A line for each new bond.

    Raises
    ------
    ValueError
        If a sugar lacks atoms or bonds, or nothing is near its anomeric carbon.
    """
    neighbours = _heavy_neighbours(topology)
    partners = [a for a in topology.atoms() if a.element.symbol in ("N", "O")]
    points = positions_angstrom[[atom.index for atom in partners]]
    notes = []
    for residue, sugar in _sugars(topology):
        atoms = {atom.name: atom for atom in residue.atoms()}
        _check_sugar(residue, sugar, atoms, neighbours)
        anomeric = atoms[sugar.anomeric]
        if len(neighbours[anomeric.index]) >= 3 + (sugar is _SIALIC_ACID):
            continue
        distances = np.linalg.norm(points - positions_angstrom[anomeric.index], axis=1)
        own = {atom.index for atom in residue.atoms()}
        near = [
            atom
            for atom, distance in zip(partners, distances, strict=True)
            if distance < _LINK_ANGSTROM and atom.index not in own
        ]
        if len(near) != 1:
            raise ValueError(
                f"Sugar {name_of(residue)} is linked to {len(near)} atoms; expected one N or O "
                f"within {_LINK_ANGSTROM} angstrom of {sugar.anomeric}, or the oxygen of a free "
                "sugar. Complete it, or leave it out (remove)."
            )
        topology.addBond(anomeric, near[0])
        notes.append(f"{name_of(residue)} is bonded to {name_of(near[0].residue)} {near[0].name}")
    return notes


def glycan_variants(topology: app.Topology) -> dict[int, Variant]:
    """
    Say which hydrogens sugars and the residues that carry them have.

    Parameters
    ----------
    topology : openmm.app.Topology
        With the bonds of all sugars.

    Returns
    -------
    dict of int to list of (hydrogen, atom)
        By the index of the residue.

    Raises
    ------
    ValueError
        If a sugar is on the last or first residue of a chain.
    """
    neighbours = _heavy_neighbours(topology)
    found: dict[int, Variant] = {}
    for residue, sugar in _sugars(topology):
        hydrogens: Variant = []
        for atom in residue.atoms():
            if atom.element.symbol == "H":
                continue
            free = _VALENCES[atom.element.symbol] - len(neighbours[atom.index])
            free -= sum(atom.name in pair for pair in sugar.doubles) + (atom.name in sugar.anions)
            hydrogens += [(f"H{atom.name}{k}", atom.name) for k in range(1, free + 1)]
        found[residue.index] = hydrogens
    sugar_atoms = {a.index for residue, _ in _sugars(topology) for a in residue.atoms()}
    for residue in topology.residues():
        carrier, variant = _CARRIERS.get(residue.name, ("", []))
        for atom in residue.atoms():
            if atom.name == carrier and sugar_atoms.intersection(neighbours[atom.index]):
                members = list(residue.chain.residues())
                if residue in (members[0], members[-1]):
                    raise ValueError(
                        f"Residue {name_of(residue)} ends a chain and carries a sugar; expected "
                        "sugars within chains. Leave the sugar out (remove)."
                    )
                found[residue.index] = variant
    return found


def _sugars(topology: app.Topology) -> Iterator[tuple[app.topology.Residue, _Sugar]]:
    for residue in topology.residues():
        if residue.name in SUGARS:
            yield residue, SUGARS[residue.name]


def _heavy_neighbours(topology: app.Topology) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {atom.index: [] for atom in topology.atoms()}
    for first, second in topology.bonds():
        if "H" not in (first.element.symbol, second.element.symbol):
            found[first.index].append(second.index)
            found[second.index].append(first.index)
    return found


def _check_sugar(
    residue: app.topology.Residue,
    sugar: _Sugar,
    atoms: dict[str, app.topology.Atom],
    neighbours: dict[int, list[int]],
) -> None:
    missing = [name for name in sugar.atoms.split() if name not in atoms]
    if missing:
        raise ValueError(
            f"Sugar {name_of(residue)} lacks the atoms {', '.join(missing)}; complete it, or leave "
            "it out (remove)."
        )
    for atom in atoms.values():
        if atom.element.symbol != "H" and not neighbours[atom.index]:
            raise ValueError(
                f"Atom {atom.name} of sugar {name_of(residue)} has no bonds; the file needs CONECT "
                "records (PDB) or chem_comp_bond (mmCIF). Or leave the sugar out (remove)."
            )
