# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Complete the heavy atoms of experimental structures, and find where their chains end."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit
from scipy.spatial import cKDTree

from openmmgems.core.errors import StructureError

from .bond_lengths import LongBond
from .copy_topology import copy_topology
from .modified_residues import parent_residue
from .residue_names import AMINO_ACIDS, name_of

if TYPE_CHECKING:
    from pdbfixer import PDBFixer

Positions = NDArray[np.float64]
#: PDBFixer can be made from a file only; its topology is then replaced.
_ONE_ATOM = (
    "HETATM    1 NA    NA A   1       0.000   0.000   0.000  1.00  0.00          NA  \nEND\n"
)
#: Residues of chains, which have ends.
_CHAIN = {
    *AMINO_ACIDS,
    *("A", "C", "G", "U", "DA", "DC", "DG", "DT"),
    *("ACE", "FOR", "NME", "NH2", "AIB", "PCA"),
}
_LONGEST_PEPTIDE_BOND_ANGSTROM = 1.6
#: Fewer heavy atoms do not say where the others are.
_FEWEST = 3


def with_chain_ends(topology: app.Topology, cut: Collection[LongBond]) -> app.Topology:
    """
    Let chains begin and end where their residues are not bonded, and nowhere else.

    Chain ends have atoms of their own, which PDBFixer and OpenMM's Modeller look for only at the
    first and last residue of a chain: not before waters of the same chain, say.

    Parameters
    ----------
    topology : openmm.app.Topology
    cut : collection of LongBond
        Bonds that are none.

    Returns
    -------
    openmm.app.Topology
        Of the same atoms and residues, with other chains.
    """
    none = {(bond.first, bond.second) for bond in cut}
    bonds = [
        bond
        for bond in topology.bonds()
        if (bond[0], bond[1]) not in none and (bond[1], bond[0]) not in none
    ]
    joined = {frozenset((bond[0].residue, bond[1].residue)) for bond in bonds}
    starts, continued = set(), set()
    for first, second in pairwise(topology.residues()):
        together = frozenset((first, second)) in joined
        if first.chain is not second.chain:
            if together and first.chain.id == second.chain.id:
                continued.add(second)
        elif not together and (first.name in _CHAIN or second.name in _CHAIN):
            starts.add(second)
    return copy_topology(topology, topology.atoms(), bonds, starts, continued)


def add_peptide_bonds(topology: app.Topology, positions: Positions, notes: list[str]) -> None:
    """
    Bond C and N of chain ends that lie beside each other: rings, and chains with TER inside.

    Parameters
    ----------
    topology : openmm.app.Topology
        Gets the bonds.
    positions : array, shape ``[num_atoms, 3]``
        Angstrom.
    notes : list of str
        Gets a line for each bond.
    """
    joined = joined_atoms(topology)
    free = [a for a in topology.atoms() if a.residue.name in _CHAIN and a not in joined]
    acids = [atom for atom in free if atom.name == "C" and not _has_oxt(atom.residue)]
    amines = [atom for atom in free if atom.name == "N"]
    if not (acids and amines):
        return
    tree = cKDTree(positions[[atom.index for atom in amines]])
    distances, nearest = tree.query(positions[[atom.index for atom in acids]])
    for acid, distance, k in zip(acids, distances, nearest, strict=True):
        amine = amines[k]
        if distance < _LONGEST_PEPTIDE_BOND_ANGSTROM and acid.residue is not amine.residue:
            topology.addBond(acid, amine)
            names = f"{name_of(acid.residue)} C and {name_of(amine.residue)} N"
            notes.append(f"{names} are bonded: they are {distance:.1f} angstrom apart")


def joined_atoms(topology: app.Topology) -> set[app.topology.Atom]:
    """Find the atoms that are bonded to other residues."""
    return {
        atom
        for bond in topology.bonds()
        if bond[0].residue is not bond[1].residue
        for atom in (bond[0], bond[1])
    }


def _has_oxt(residue: app.topology.Residue) -> bool:
    return any(atom.name == "OXT" for atom in residue.atoms())


def with_heavy_atoms(
    topology: app.Topology, positions: Positions, notes: list[str]
) -> tuple[app.Topology, Positions]:
    """
    Add the heavy atoms that standard residues and chain ends lack, by PDBFixer.

    Parameters
    ----------
    topology : openmm.app.Topology
    positions : array, shape ``[num_atoms, 3]``
        Angstrom.
    notes : list of str
        Gets a line for each residue that is completed.

    Returns
    -------
    openmm.app.Topology, array
        The same if nothing is missing.

    Raises
    ------
    StructureError
        If a D-amino acid is to be completed.
    """
    fixer = _fixer()
    fixer.topology, fixer.positions = topology, positions / 10 * unit.nanometer
    fixer.missingResidues = {}
    fixer.findMissingAtoms()
    for atom in joined_atoms(topology):
        if atom.name == "C":
            fixer.missingTerminals.pop(atom.residue, None)
    added = [
        *((r, [atom.name for atom in atoms]) for r, atoms in fixer.missingAtoms.items()),
        *fixer.missingTerminals.items(),
    ]
    if not added:
        return topology, positions
    _require_handedness(fixer.missingAtoms, positions)
    for residue, names in added:
        notes.append(f"{name_of(residue)} got its missing {', '.join(names)}")
    fixer.addMissingAtoms(seed=1)
    completed = _with_own_bonds(topology, fixer.topology)
    return completed, 10 * np.array(fixer.positions.value_in_unit(unit.nanometer))


def _fixer() -> PDBFixer:
    from pdbfixer import PDBFixer

    return PDBFixer(pdbfile=StringIO(_ONE_ATOM), platform=openmm.Platform.getPlatform("CPU"))


def _require_handedness(residues: Iterable[app.topology.Residue], positions: Positions) -> None:
    """Refuse to complete D-amino acids: the templates are L-amino acids."""
    for residue in residues:
        if is_mirrored(residue, positions):
            raise StructureError(
                f"Residue {name_of(residue)} is a D-amino acid and lacks atoms, which only "
                "L-amino acids can be given; complete it with another program."
            )


def is_mirrored(residue: app.topology.Residue, positions: Positions) -> bool:
    """
    Tell whether a residue is a D-amino acid.

    Parameters
    ----------
    residue : openmm.app.topology.Residue
    positions : array, shape ``[num_atoms, 3]``

    Returns
    -------
    bool
        False for glycine, and where N, CA, C or CB are missing.
    """
    atoms = {atom.name: positions[atom.index] for atom in residue.atoms()}
    if residue.name not in AMINO_ACIDS or not {"N", "CA", "C", "CB"} <= atoms.keys():
        return False
    n, c, beta = (atoms[name] - atoms["CA"] for name in ("N", "C", "CB"))
    return bool(np.dot(np.cross(n, c), beta) < 0)


def stubs(topology: app.Topology) -> list[app.topology.Residue]:
    """
    Find the ends of chains of which too little is known to complete them.

    Parameters
    ----------
    topology : openmm.app.Topology

    Returns
    -------
    list of openmm.app.topology.Residue

    Raises
    ------
    StructureError
        If there is too little of a residue within a chain, or of all of one: traces of CA, say.
    """
    found = []
    for chain in topology.chains():
        residues = [
            r for r in chain.residues() if (parent_residue(r.name) or r.name) in AMINO_ACIDS
        ]
        while len(residues) > 1 and _lacks_backbone(residues[-1], residues[-2], None):
            found.append(residues.pop())
        while len(residues) > 1 and _lacks_backbone(residues[0], None, residues[1]):
            found.append(residues.pop(0))
        for k, residue in enumerate(residues):
            before = residues[k - 1] if k else None
            after = residues[k + 1] if k + 1 < len(residues) else None
            if _lacks_backbone(residue, before, after):
                raise StructureError(
                    f"Of residue {name_of(residue)} there is only {heavy_names(residue)}, which "
                    "is too little to complete it; take a structure with its N, CA and C, or "
                    "delete what there is of it from the file."
                )
    return found


def _lacks_backbone(
    residue: app.topology.Residue,
    before: app.topology.Residue | None,
    after: app.topology.Residue | None,
) -> bool:
    """Whether there is too little of an amino acid to know where the rest is."""
    heavy = {a.name for a in residue.atoms() if a.element is not app.element.hydrogen}
    needed = {"CA"} | ({"N"} if before else set()) | ({"C"} if after else set())
    return len(heavy) < _FEWEST or not needed <= heavy


def heavy_names(residue: app.topology.Residue) -> str:
    """List the heavy atoms of a residue, for sentences."""
    return ", ".join(a.name for a in residue.atoms() if a.element is not app.element.hydrogen)


def _with_own_bonds(old: app.Topology, new: app.Topology) -> app.Topology:
    """
    Give a completed topology the bonds that atoms had before.

    PDBFixer makes them anew: it leaves out links between standard residues, and makes disulfide
    bonds of whatever sulfur is near.
    """
    copies = {
        atom: {other.name: other for other in second.atoms()}[atom.name]
        for first, second in zip(old.residues(), new.residues(), strict=True)
        for atom in first.atoms()
    }
    there = set(copies.values())
    bonds = [bond for bond in new.bonds() if not {bond[0], bond[1]} <= there]
    result = copy_topology(new, new.atoms(), bonds)
    atoms = list(result.atoms())
    for bond in old.bonds():
        first, second = (atoms[copies[atom].index] for atom in (bond[0], bond[1]))
        result.addBond(first, second, bond.type, bond.order)
    return result
