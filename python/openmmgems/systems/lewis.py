# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Lewis structures of molecules whose atoms and bonds are known: bond orders and formal charges."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

_SYMBOLS = {1: "H", 6: "C", 7: "N", 8: "O", 9: "F", 16: "S", 17: "Cl", 35: "Br", 53: "I"}
_VALENCES = {1: 1, 6: 4, 7: 3, 8: 2, 9: 1, 16: 2, 17: 1, 35: 1, 53: 1}
#: By atomic number, of single atoms.
ION_CHARGES = {
    **dict.fromkeys((3, 11, 19, 37, 55), 1),
    **dict.fromkeys((12, 20, 30), 2),
    **dict.fromkeys((9, 17, 35, 53), -1),
}


def lewis_structure(
    atomic_numbers: NDArray[np.int64], bonds: NDArray[np.int64], names: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Find bond orders and formal charges of one molecule with all its hydrogens.

    Atoms that have fewer bonds than their valence share double bonds, as many as can be. What is
    left over is an anion (O, S, N), or a carbon whose neighbour nitrogen is a cation (guanidinium,
    imidazolium).

    Parameters
    ----------
    atomic_numbers : array, shape ``[num_atoms]``
    bonds : array, shape ``[num_bonds, 2]``
    names : sequence of str
        Of the atoms, for errors.

    Returns
    -------
    orders : array, shape ``[num_bonds]``
    charges : array, shape ``[num_atoms]``
        Formal charges, elementary charges.

    Raises
    ------
    ValueError
        Naming an atom of an element that is not covered, or with too many or too few bonds.
    """
    if len(atomic_numbers) == 1:
        return np.zeros(0, np.int64), np.array([_ion_charge(int(atomic_numbers[0]), names[0])])
    orders = np.ones(len(bonds), np.int64)
    charges = np.zeros(len(atomic_numbers), np.int64)
    missing = _missing_bonds(atomic_numbers, bonds, charges, names)
    while pairs := _pair_up(atomic_numbers, bonds, missing):
        for bond in pairs:
            orders[bond] += 1
            missing[bonds[bond]] -= 1
    for atom in np.flatnonzero(missing):
        _settle(int(atom), atomic_numbers, bonds, orders, charges, missing, names)
    return orders, charges


def _ion_charge(atomic_number: int, name: str) -> int:
    if atomic_number not in ION_CHARGES:
        raise ValueError(
            f"Atom {name} (atomic number {atomic_number}) has no bonds and is no ion whose charge "
            "is known; add its bonds (CONECT records) or remove it."
        )
    return ION_CHARGES[atomic_number]


def _missing_bonds(
    atomic_numbers: NDArray[np.int64],
    bonds: NDArray[np.int64],
    charges: NDArray[np.int64],
    names: Sequence[str],
) -> NDArray[np.int64]:
    """Bonds that atoms lack to their valence; atoms with one too many become cations."""
    degrees = np.bincount(bonds.ravel(), minlength=len(atomic_numbers))
    missing = np.zeros(len(atomic_numbers), np.int64)
    for atom, number in enumerate(atomic_numbers.tolist()):
        if number not in _VALENCES:
            raise ValueError(
                f"Atom {names[atom]} has atomic number {number}, which is bonded; expected one of "
                f"{', '.join(_SYMBOLS.values())}, or a single ion. Leave its residue out."
            )
        missing[atom] = _VALENCES[number] - degrees[atom]
        if missing[atom] == -1 and number in (7, 8):
            missing[atom], charges[atom] = 0, 1
        if missing[atom] < 0:
            raise ValueError(
                f"Atom {names[atom]} has {degrees[atom]} bonds; expected at most "
                f"{_VALENCES[number]} for {_SYMBOLS[number]}. Check the structure's bonds."
            )
    return missing


def _pair_up(
    atomic_numbers: NDArray[np.int64], bonds: NDArray[np.int64], missing: NDArray[np.int64]
) -> list[int]:
    """Bonds between atoms that both lack one, no atom twice; carbons and oxygens come first."""
    graph = nx.Graph()
    for k, (i, j) in enumerate(bonds.tolist()):
        if missing[i] > 0 and missing[j] > 0:
            carbons = int(atomic_numbers[i] == 6) + int(atomic_numbers[j] == 6)
            oxygens = int(atomic_numbers[i] == 8) + int(atomic_numbers[j] == 8)
            graph.add_edge(i, j, bond=k, weight=4 + 2 * carbons + oxygens)
    pairs = nx.max_weight_matching(graph, maxcardinality=True)
    return sorted(graph.edges[pair]["bond"] for pair in pairs)


def _settle(
    atom: int,
    atomic_numbers: NDArray[np.int64],
    bonds: NDArray[np.int64],
    orders: NDArray[np.int64],
    charges: NDArray[np.int64],
    missing: NDArray[np.int64],
    names: Sequence[str],
) -> None:
    """An atom that found no partner for a double bond becomes an anion or makes a cation."""
    number = int(atomic_numbers[atom])
    if number in (7, 8, 16) and missing[atom] == 1:
        charges[atom] -= 1
        return
    for bond in np.flatnonzero((bonds == atom).any(axis=1)):
        other = int(bonds[bond].sum()) - atom
        if number == 6 and missing[atom] == 1 and atomic_numbers[other] == 7 and not charges[other]:
            orders[bond] += 1
            charges[other] = 1
            return
    raise ValueError(
        f"Atom {names[atom]} has too few bonds: {missing[atom]} missing to the valence of "
        f"{_SYMBOLS[number]}. Are there hydrogens missing, or is the chain broken?"
    )
