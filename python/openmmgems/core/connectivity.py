# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Bonds and charges of atoms of which only elements and positions are known."""

from __future__ import annotations

import itertools
from collections import deque

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .lewis import lewis_structure
from .valences import ION_CHARGES

#: Metals that are ions without bonds, whatever stands near them.
_METALS = [number for number, charge in ION_CHARGES.items() if charge > 0]
#: A metal nearer to another atom than this share of the covalent bond's length is no ion.
_NEAREST_ION = 0.66
#: RDKit looks at an atom's neighbours and at theirs: two long bonds.
_IMAGES_ANGSTROM = 6.0


def perceive_bonds(
    atomic_numbers: NDArray[np.int64],
    positions_angstrom: NDArray[np.float64],
    cell_angstrom: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """
    Find which atoms are bonded, from distances (RDKit), also through the walls of a box.

    Alkali metals, Mg, Ca and Zn are ions and have no bonds.

    Parameters
    ----------
    atomic_numbers : array, shape ``[num_atoms]``
    positions_angstrom : array, shape ``[num_atoms, 3]``
    cell_angstrom : array, shape ``[3, 3]``, optional
        Box vectors as rows.

    Returns
    -------
    array, shape ``[num_bonds, 2]``
        Pairs ``i < j``, in order.

    Raises
    ------
    ValueError
        If a metal stands so near to another atom that it is none (an alpha carbon named CA).
    """
    owner, points = np.arange(len(atomic_numbers)), positions_angstrom
    if cell_angstrom is not None:
        owner, points = _with_images(positions_angstrom, cell_angstrom)
    _check_ions(atomic_numbers[owner], points)
    bonding = np.flatnonzero(~np.isin(atomic_numbers[owner], _METALS))
    near = _rdkit_bonds(atomic_numbers[owner][bonding], points[bonding])
    if not len(near):
        return np.zeros((0, 2), np.int64)
    near = bonding[near]
    near = owner[near[(near < len(atomic_numbers)).any(axis=1)]]
    pairs = np.unique(np.sort(near, axis=1), axis=0)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def _with_images(
    positions: NDArray[np.float64], cell: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Atoms within the box, then those of its neighbours near its walls; of each its index."""
    inverse = np.linalg.inv(cell)
    fractions = positions @ inverse
    fractions -= np.floor(fractions)
    margin = _IMAGES_ANGSTROM * np.linalg.norm(inverse, axis=0)
    reach = [range(-int(np.ceil(m)), int(np.ceil(m)) + 1) for m in margin]
    owners, images = [np.arange(len(positions))], [fractions]
    for shift in itertools.product(*reach):
        moved = fractions + shift
        near = np.flatnonzero(((moved > -margin) & (moved < 1 + margin)).all(axis=1))
        if any(shift):
            owners.append(near)
            images.append(moved[near])
    return np.concatenate(owners), np.concatenate(images) @ cell


def _check_ions(numbers: NDArray[np.int64], points: NDArray[np.float64]) -> None:
    from rdkit import Chem
    from scipy.spatial import KDTree

    ions = np.flatnonzero(np.isin(numbers, _METALS))
    if not len(ions) or len(numbers) < 2:
        return
    table = Chem.GetPeriodicTable()
    distances, nearest = KDTree(points).query(points[ions], k=2)
    for ion, distance, other in zip(ions, distances[:, 1], nearest[:, 1], strict=True):
        first, second = int(numbers[ion]), int(numbers[other])
        if distance < _NEAREST_ION * (table.GetRcovalent(first) + table.GetRcovalent(second)):
            symbol = table.GetElementSymbol(first)
            raise ValueError(
                f"Atom {ion + 1} ({symbol}) stands {distance:.2f} angstrom from "
                f"{table.GetElementSymbol(second)}, too near for an ion; expected elements, not "
                "names of atoms (CA is calcium)."
            )


def _rdkit_bonds(numbers: NDArray[np.int64], positions: NDArray[np.float64]) -> NDArray[np.int64]:
    from rdkit import Chem
    from rdkit.Chem import rdDetermineBonds

    if not len(numbers):
        return np.zeros((0, 2), np.int64)
    molecule = Chem.RWMol()
    for number in numbers.tolist():
        molecule.AddAtom(Chem.Atom(number))
    conformer = Chem.Conformer(len(numbers))
    conformer.SetPositions(np.ascontiguousarray(positions, dtype=np.float64))
    molecule.AddConformer(conformer)
    rdDetermineBonds.DetermineConnectivity(molecule)
    pairs = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in molecule.GetBonds()]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def molecules(
    num_atoms: int, bonds: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Find the molecules: of each its atoms and its bonds, both as indices in order."""
    graph = coo_array((np.ones(len(bonds)), bonds.T), shape=(num_atoms, num_atoms))
    count, label = connected_components(graph, directed=False)
    atoms = np.split(np.argsort(label, kind="stable"), np.cumsum(np.bincount(label))[:-1])
    of_bond = label[bonds[:, 0]]
    sizes = np.bincount(of_bond, minlength=count)
    own = np.split(np.argsort(of_bond, kind="stable"), np.cumsum(sizes)[:-1])
    return list(zip(atoms, own, strict=True))


def make_whole(
    positions_angstrom: NDArray[np.float64],
    bonds: NDArray[np.int64],
    cell_angstrom: NDArray[np.float64],
) -> NDArray[np.float64]:
    """
    Move atoms by box vectors until no bond is longer than to the nearest image.

    Parameters
    ----------
    positions_angstrom : array, shape ``[num_atoms, 3]``
    bonds : array, shape ``[num_bonds, 2]``
    cell_angstrom : array, shape ``[3, 3]``
        Box vectors as rows.

    Returns
    -------
    array, shape ``[num_atoms, 3]``
        The given array itself if the box cuts no molecule.
    """
    inverse = np.linalg.inv(cell_angstrom)
    vectors = positions_angstrom[bonds[:, 0]] - positions_angstrom[bonds[:, 1]]
    shifts = np.round(vectors @ inverse)
    if not shifts.any():
        return positions_angstrom
    neighbours: list[list[tuple[int, NDArray[np.float64]]]] = [[] for _ in positions_angstrom]
    for (i, j), shift in zip(bonds.tolist(), shifts, strict=True):
        neighbours[i].append((j, shift))
        neighbours[j].append((i, -shift))
    moved = np.full(positions_angstrom.shape, np.nan)
    for start in range(len(positions_angstrom)):
        if np.isfinite(moved[start, 0]):
            continue
        moved[start] = 0.0
        queue = deque([start])
        while queue:
            atom = queue.popleft()
            for other, shift in neighbours[atom]:
                if not np.isfinite(moved[other, 0]):
                    moved[other] = moved[atom] + shift
                    queue.append(other)
    return positions_angstrom + moved @ cell_angstrom


def charge_of(
    atomic_numbers: NDArray[np.int64],
    positions_angstrom: NDArray[np.float64],
    cell_angstrom: NDArray[np.float64] | None = None,
) -> int:
    """
    Conclude the total charge of molecules with all their hydrogens and closed shells.

    Parameters
    ----------
    atomic_numbers : array, shape ``[num_atoms]``
    positions_angstrom : array, shape ``[num_atoms, 3]``
    cell_angstrom : array, shape ``[3, 3]``, optional
        Box vectors as rows; molecules may lie across the walls.

    Returns
    -------
    int
        Elementary charges.

    Raises
    ------
    ValueError
        If bonds and shapes leave it open; it names the atom.
    """
    bonds = perceive_bonds(atomic_numbers, positions_angstrom, cell_angstrom)
    if cell_angstrom is not None:
        positions_angstrom = make_whole(positions_angstrom, bonds, cell_angstrom)
    total = 0
    for atoms, own in molecules(len(atomic_numbers), bonds):
        names = [str(atom + 1) for atom in atoms]
        inside = np.searchsorted(atoms, bonds[own])
        _, charges = lewis_structure(
            atomic_numbers[atoms], inside, names, positions_angstrom[atoms]
        )
        total += int(charges.sum())
    return total
