# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Lewis structures of molecules whose atoms and bonds are known: bond orders and formal charges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase

from .lewis_molecule import LOWER_COST_OF_ONIUM, LewisMolecule
from .valences import ION_CHARGES


def lewis_structure(
    atomic_numbers: NDArray[np.int64],
    bonds: NDArray[np.int64],
    names: Sequence[str],
    positions_angstrom: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Find bond orders and formal charges of one molecule with all its hydrogens, closed shells.

    Atoms that have fewer bonds than their valence share double bonds, as many as can be. What is
    left over is an anion (O, S, N), or a carbon whose neighbour nitrogen becomes a cation
    (guanidinium, imidazolium). Where bonds leave two closed shells open (sulfite or sulfur
    trioxide, carbanion or carbocation) the shape decides if positions are given; else nothing is
    guessed.

    Parameters
    ----------
    atomic_numbers : array, shape ``[num_atoms]``
    bonds : array, shape ``[num_bonds, 2]``
    names : sequence of str
        Of the atoms, for errors.
    positions_angstrom : array, shape ``[num_atoms, 3]``, optional
        Of the whole molecule, not wrapped into a box.

    Returns
    -------
    orders : array, shape ``[num_bonds]``
    charges : array, shape ``[num_atoms]``
        Formal charges, elementary charges.

    Raises
    ------
    ValueError
        Naming an atom of an element that is not covered, with too many or too few bonds, or whose
        charge bonds alone do not tell.
    """
    if len(atomic_numbers) == 1:
        return np.zeros(0, np.int64), np.array([_ion_charge(int(atomic_numbers[0]), names[0])])
    molecule = LewisMolecule(atomic_numbers, bonds, names, positions_angstrom)
    molecule.solve()
    if molecule.has_oxide_that_sees_amine():
        molecule = _more_aromatic(
            molecule,
            LewisMolecule(
                atomic_numbers, bonds, names, positions_angstrom, cost_of_onium=LOWER_COST_OF_ONIUM
            ),
        )
    return np.array(molecule.orders, np.int64), np.array(molecule.charges, np.int64)


def _more_aromatic(anion: LewisMolecule, cation: LewisMolecule) -> LewisMolecule:
    """Choose between an enolate and an iminium ion: aminophenolate, but acylpyridinium."""
    cation.solve()
    if sum(anion.charges) == sum(cation.charges):
        return anion
    first, second = _num_aromatic(anion), _num_aromatic(cation)
    if first == second:
        atom = anion.charges.index(-1)
        raise anion.cannot_tell(atom)
    return anion if first > second else cation


def _num_aromatic(found: LewisMolecule) -> int:
    molecule = rdkit_molecule(
        *map(np.array, (found.numbers, found.bonds, found.orders, found.charges))
    )
    return sum(atom.GetIsAromatic() for atom in molecule.GetAtoms())


def _ion_charge(atomic_number: int, name: str) -> int:
    if atomic_number not in ION_CHARGES:
        raise ValueError(
            f"Atom {name} (atomic number {atomic_number}) has no bonds and is no ion whose charge "
            "is known; add its bonds (CONECT records) or remove it."
        )
    return ION_CHARGES[atomic_number]


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
