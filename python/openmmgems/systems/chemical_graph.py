# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The chemical graph of a system: bond orders, formal charges, and which bonds may be cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from openmm import app
from rdkit import Chem, rdBase

from openmmgems.core.connectivity import molecules
from openmmgems.core.lewis import lewis_structure

from .residue_names import name_of
from .resonance import alike_bonds

_CUT_ELEMENTS = (6, 7, 8, 16)


@dataclass(frozen=True)
class ChemicalGraph:
    """
    Atoms and bonds of a system.

    Attributes
    ----------
    atomic_numbers : array, shape ``[num_atoms]``
    bonds : array, shape ``[num_bonds, 2]``
    orders : array, shape ``[num_bonds]``
        Of one Lewis structure.
    charges : array, shape ``[num_atoms]``
        Formal charges, elementary charges.
    may_be_cut : array of bool, shape ``[num_bonds]``
        Single bonds between C, N, O and S, but for those of aromatic rings and of charged groups
        whose bonds are alike (carboxylate, guanidinium).
    residues : tuple of str
        Of each atom, such as ``"A ALA 15"``.
    """

    atomic_numbers: NDArray[np.int64]
    bonds: NDArray[np.int64]
    orders: NDArray[np.int64]
    charges: NDArray[np.int64]
    may_be_cut: NDArray[np.bool_]
    residues: tuple[str, ...]

    @cached_property
    def bonds_of(self) -> list[list[tuple[int, int]]]:
        """Of each atom its neighbours and the bonds to them."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.atomic_numbers]
        for bond, (i, j) in enumerate(self.bonds.tolist()):
            found[i].append((j, bond))
            found[j].append((i, bond))
        return found


def chemical_graph(topology: app.Topology) -> ChemicalGraph:
    """
    Make the chemical graph of a topology with all hydrogens.

    Raises
    ------
    ValueError
        Naming an atom with too few or too many bonds, or of an element that is not covered.
    """
    orders, charges = lewis_structures(topology)
    numbers, residues, bonds = _atoms_and_bonds(topology)
    may_be_cut = np.zeros(len(bonds), bool)
    for members, own_bonds in molecules(len(numbers), bonds):
        if len(members) > 3:  # no cut makes sense within water
            inside = np.searchsorted(members, bonds[own_bonds])
            molecule = rdkit_molecule(numbers[members], inside, orders[own_bonds], charges[members])
            may_be_cut[own_bonds] = _may_be_cut(molecule)
    return ChemicalGraph(numbers, bonds, orders, charges, may_be_cut, residues)


def lewis_structures(
    topology: app.Topology, positions: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Find bond orders and formal charges of all molecules of a topology.

    Parameters
    ----------
    topology : openmm.app.Topology
        With all hydrogens. The formal charges that a file gives to ions are followed.
    positions : array, shape ``[num_atoms, 3]``, optional
        nm; whole molecules. They decide where bonds leave the charge open (nitrite).

    Returns
    -------
    orders : array, shape ``[num_bonds]``
        Of the bonds in order of their atoms, each once.
    charges : array, shape ``[num_atoms]``
        Formal charges, elementary charges.

    Raises
    ------
    ValueError
        As `openmmgems.core.lewis.lewis_structure`.
    """
    numbers, residues, bonds = _atoms_and_bonds(topology)
    names = [
        f"{residue} {atom.name}" for residue, atom in zip(residues, topology.atoms(), strict=True)
    ]
    orders = np.ones(len(bonds), np.int64)
    charges = np.zeros(len(numbers), np.int64)
    said = [atom.formalCharge for atom in topology.atoms()]
    for members, own_bonds in molecules(len(numbers), bonds):
        if len(members) == 1 and said[members[0]] is not None:
            charges[members] = said[members[0]]
            continue
        orders[own_bonds], charges[members] = lewis_structure(
            numbers[members],
            np.searchsorted(members, bonds[own_bonds]),
            [names[i] for i in members],
            None if positions is None else 10 * positions[members],
        )
    return orders, charges


def _atoms_and_bonds(
    topology: app.Topology,
) -> tuple[NDArray[np.int64], tuple[str, ...], NDArray[np.int64]]:
    """Atomic numbers, residues of atoms as words, and bonds in order, each once."""
    atoms = list(topology.atoms())
    numbers = np.array([atom.element.atomic_number for atom in atoms], dtype=np.int64)
    residues = tuple(name_of(atom.residue) for atom in atoms)
    pairs = sorted({tuple(sorted((b[0].index, b[1].index))) for b in topology.bonds()})
    return numbers, residues, np.array(pairs, dtype=np.int64).reshape(-1, 2)


def rdkit_molecule(
    atomic_numbers: NDArray[np.int64],
    bonds: NDArray[np.int64],
    orders: NDArray[np.int64],
    charges: NDArray[np.int64],
) -> Chem.Mol:
    """
    Make an RDKit molecule, atoms in the same order, aromatic rings perceived.

    Raises
    ------
    ValueError
        If an atom has an impossible valence or a radical electron.
    """
    molecule = Chem.RWMol()
    for number, charge in zip(atomic_numbers.tolist(), charges.tolist(), strict=True):
        atom = Chem.Atom(number)
        atom.SetFormalCharge(charge)
        atom.SetNoImplicit(True)
        molecule.AddAtom(atom)
    for (i, j), order in zip(bonds.tolist(), orders.tolist(), strict=True):
        molecule.AddBond(i, j, Chem.BondType.values[order])
    with rdBase.BlockLogs():
        Chem.SanitizeMol(molecule)
    radicals = [atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetNumRadicalElectrons()]
    if radicals:
        raise ValueError(f"Atom {radicals[0]} has an unpaired electron; expected closed shells.")
    return molecule.GetMol()


def _may_be_cut(molecule: Chem.Mol) -> list[bool]:
    alike = alike_bonds(molecule)
    return [
        bond.GetBondType() == Chem.BondType.SINGLE
        and bond.GetIdx() not in alike
        and bond.GetBeginAtom().GetAtomicNum() in _CUT_ELEMENTS
        and bond.GetEndAtom().GetAtomicNum() in _CUT_ELEMENTS
        for bond in molecule.GetBonds()
    ]
