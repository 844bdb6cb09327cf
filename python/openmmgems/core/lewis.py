# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Lewis structures of molecules whose atoms and bonds are known: bond orders and formal charges."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

_SYMBOLS = {
    **{1: "H", 5: "B", 6: "C", 7: "N", 8: "O", 9: "F", 14: "Si", 15: "P", 16: "S", 17: "Cl"},
    **{34: "Se", 35: "Br", 53: "I"},
}
_VALENCES = {
    **{1: 1, 5: 3, 6: 4, 7: 3, 8: 2, 9: 1, 14: 4, 15: 3, 16: 2, 17: 1},
    **{34: 2, 35: 1, 53: 1},
}
#: By atomic number and number of bonds beyond the valence: bonds still missing, formal charge.
_HYPERVALENT = {
    **dict.fromkeys(((7, 1), (8, 1), (15, 1), (16, 1), (34, 1)), (0, 1)),
    **{(5, 1): (0, -1), (15, 2): (0, 0), (15, 3): (0, -1)},
    **dict.fromkeys(((16, 2), (34, 2)), (0, 2)),
    **dict.fromkeys(((16, 3), (34, 3)), (1, 0)),
    **dict.fromkeys(((16, 4), (34, 4)), (0, 0)),
    **{(number, more): (0, more) for number in (17, 35, 53) for more in (1, 2, 3)},
}
_CHALCOGENS = (8, 16, 34)
_HALOGENS = (9, 17, 35, 53)
#: What a double bond is worth to an atom that lacks one; carbon cannot stay without.
_WORTH = {5: 4, 6: 20, 7: 3, 8: 4, 15: 4, 16: 2, 34: 2}
#: An amine nitrogen becomes a cation for the sake of a carbon only.
_COST_OF_ONIUM = 5
#: Where shapes decide between all bonds double and anions: by atomic number and number of bonds
#: the length of the mean of the unit vectors along the bonds (0: straight or flat), at most this
#: for double bonds (nitronium, sulfur trioxide), at least that for anions (nitrite, sulfite).
_SHAPES = {(7, 2): (0.25, 0.46), (16, 3): (0.15, 0.25), (34, 3): (0.15, 0.25)}
#: Oxygen has 1.21 angstrom, superoxide 1.33, peroxide 1.49 (Holleman and Wiberg).
_LONGEST_DIOXYGEN_ANGSTROM = 1.28
#: By atomic number, of single atoms.
ION_CHARGES = {
    **dict.fromkeys((2, 10, 18, 36, 54), 0),
    **dict.fromkeys((3, 11, 19, 37, 55), 1),
    **dict.fromkeys((12, 20, 30), 2),
    **dict.fromkeys(_HALOGENS, -1),
}


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
    molecule = _Molecule(atomic_numbers, bonds, names, positions_angstrom)
    molecule.solve()
    return np.array(molecule.orders, np.int64), np.array(molecule.charges, np.int64)


def _ion_charge(atomic_number: int, name: str) -> int:
    if atomic_number not in ION_CHARGES:
        raise ValueError(
            f"Atom {name} (atomic number {atomic_number}) has no bonds and is no ion whose charge "
            "is known; add its bonds (CONECT records) or remove it."
        )
    return ION_CHARGES[atomic_number]


class _Molecule:
    """Atoms and bonds of one molecule while its Lewis structure is found.

    ``missing``: double bonds that an atom still lacks; ``charges``, ``orders``: found so far;
    ``told``: atoms of which the shape has told enough.
    """

    def __init__(
        self,
        atomic_numbers: NDArray[np.int64],
        bonds: NDArray[np.int64],
        names: Sequence[str],
        positions: NDArray[np.float64] | None,
    ) -> None:
        self.numbers: list[int] = atomic_numbers.tolist()
        self.bonds: list[list[int]] = bonds.tolist()
        self.names, self.positions = names, positions
        self.orders = [1] * len(self.bonds)
        self.told: set[int] = set()
        self.bonds_of: list[list[tuple[int, int]]] = [[] for _ in self.numbers]
        for bond, (i, j) in enumerate(self.bonds):
            self.bonds_of[i].append((j, bond))
            self.bonds_of[j].append((i, bond))
        self.missing, self.charges = [0] * len(self.numbers), [0] * len(self.numbers)
        for atom in range(len(self.numbers)):
            self.missing[atom], self.charges[atom] = self._start(atom)

    def solve(self) -> None:
        """Find orders and charges."""
        if any(self.missing):
            self._place_sp_groups()
            self._share_double_bonds()
            while self._make_cations_between_anions():
                self._share_double_bonds()
        self._look_at_shapes()
        self._check()
        for atom in range(len(self.numbers)):
            self._settle(atom)
        self._write_hypervalent()

    def _degree(self, atom: int) -> int:
        return len(self.bonds_of[atom])

    def _others(self, atom: int) -> list[int]:
        return [other for other, _ in self.bonds_of[atom]]

    def _start(self, atom: int) -> tuple[int, int]:
        """Bonds that an atom lacks to its valence, and its charge if it has more than that."""
        number, degree = self.numbers[atom], self._degree(atom)
        if number not in _VALENCES or (number == 14 and degree != 4):  # no silenes
            raise ValueError(
                f"Atom {self.names[atom]} has atomic number {number}, which is bonded; expected "
                f"one of {', '.join(_SYMBOLS.values())}, or a single ion. Leave its residue out."
            )
        more = degree - _VALENCES[number]
        if more <= 0:
            return -more, 0
        if (number, more) not in _HYPERVALENT:
            raise ValueError(
                f"Atom {self.names[atom]} has {degree} bonds; expected at most "
                f"{_VALENCES[number]} for {_SYMBOLS[number]}. Check the structure's bonds."
            )
        return _HYPERVALENT[number, more]

    def _place_sp_groups(self) -> None:
        """Terminal N2 (azide, diazo), isocyanide and carbon monoxide have charges inside."""
        for atom, number in enumerate(self.numbers):
            if self._degree(atom) != 1 or number not in (6, 7):
                continue
            (other,) = self._others(atom)
            if self.numbers[other] == 7 and self._degree(other) == 2 and not self.charges[other]:
                self.charges[other], self.missing[other] = 1, 2
            elif not (number == 6 and self.numbers[other] == 8 and self._degree(other) == 1):
                continue
            else:
                self.charges[other], self.missing[other] = 1, 2
            if number == 6:
                self.charges[atom], self.missing[atom] = -1, 2

    def _share_double_bonds(self) -> None:
        """Give out double bonds so that what stays without is worth least (Edmonds' matching).

        Every missing bond of an atom is a vertex; the worth of an edge is the sum of what its
        ends are worth, so that the sum counts atoms that are served.
        """
        graph = nx.Graph()
        for bond, (i, j) in enumerate(self.bonds):
            for first in self._vertices(i, j):
                for second in self._vertices(j, i):
                    graph.add_edge(first, second, bond=bond, weight=self._worth(i, j))
        for part in list(nx.connected_components(graph)):
            for pair in nx.max_weight_matching(graph.subgraph(part)):
                bond = graph.edges[pair]["bond"]
                self.orders[bond] += 1
                for atom, _ in pair:
                    if self.missing[atom]:
                        self.missing[atom] -= 1
                    else:
                        self.charges[atom] += 1

    def _vertices(self, atom: int, partner: int) -> list[tuple[int, int]]:
        if self._is_amine(atom):
            return [(atom, 0)] if self.numbers[partner] == 6 else []
        # a carbene makes a cation of one of its nitrogens only
        most = 1 if self._is_amine(partner) else 3
        return [(atom, k) for k in range(min(self.missing[atom], most))]

    def _worth(self, i: int, j: int) -> int:
        return sum(
            -_COST_OF_ONIUM if self._is_amine(atom) else _WORTH[self.numbers[atom]]
            for atom in (i, j)
            if self._is_amine(atom) or self.missing[atom]
        )

    def _is_amine(self, atom: int) -> bool:
        """Whether it is a nitrogen of three single bonds."""
        return (
            self.numbers[atom] == 7
            and self._degree(atom) == 3
            and not self.charges[atom]
            and not self.missing[atom]
        )

    def _anions_at(self, atom: int) -> list[int]:
        """Neighbours that no double bond was left for."""
        return [k for k in self._others(atom) if self.missing[k] and self.numbers[k] != 6]

    def _make_cations_between_anions(self) -> bool:
        """No neutral N, O or S stands between anions: nitro, azoxy, ozone, sulfur dioxide."""
        changed = False
        for atom, number in enumerate(self.numbers):
            anions = self._anions_at(atom)
            if len(anions) < 2 or self.missing[atom] or self.charges[atom]:
                continue
            if self._is_amine(atom) or (number == 8 and self._all_are(anions, 8)):
                self.charges[atom], self.missing[atom] = 1, 1
                changed = True
            elif number in (16, 34) and self._degree(atom) == 2 and not self._all_are(anions, 16):
                self.missing[atom] = 2
                changed = True
        return changed

    def _all_are(self, atoms: Sequence[int], number: int) -> bool:
        return all(self.numbers[atom] == number for atom in atoms)

    def _look_at_shapes(self) -> None:
        """Tell nitronium from nitrite, and sulfur trioxide from sulfite, if positions are known."""
        if self.positions is None:
            return
        for atom, number in enumerate(self.numbers):
            others, shape = self._others(atom), _SHAPES.get((number, self._degree(atom)))
            terminal = all(self._degree(k) == 1 and self.numbers[k] == 8 for k in others)
            if shape is None or not terminal:
                continue
            bonds = self.positions[others] - self.positions[atom]
            units = bonds / np.linalg.norm(bonds, axis=1, keepdims=True)
            bend = float(np.linalg.norm(units.mean(axis=0)))
            if bend >= shape[1]:
                self.told.add(atom)
            elif bend <= shape[0]:
                self.charges[atom] = int(number == 7)
                for other, bond in self.bonds_of[atom]:
                    self.orders[bond], self.missing[other] = 2, 0
            else:
                raise self._cannot_tell(atom)
        if self.numbers == [8, 8]:
            length = np.linalg.norm(self.positions[1] - self.positions[0])
            if length > _LONGEST_DIOXYGEN_ANGSTROM:
                raise self._cannot_tell(0)

    def _cannot_tell(self, atom: int) -> ValueError:
        number, degree = self.numbers[atom], self._degree(atom)
        return ValueError(
            f"The bonds of atom {self.names[atom]} ({_SYMBOLS[number]}, {degree} bonded) leave "
            "several charges open."
        )

    def _check(self) -> None:
        """Refuse what has several closed shells with the same bonds."""
        for atom, number in enumerate(self.numbers):
            anions, degree = len(self._anions_at(atom)), self._degree(atom)
            rest = degree - anions
            if atom not in self.told and (
                (number in _CHALCOGENS and degree == 2 and anions == 2)
                or (number in (16, 34) and (degree, anions) in ((3, 3), (4, 0)))
                or (number == 15 and (degree, anions) in ((3, 2), (3, 3), (5, 1), (5, 2)))
                or (number in _HALOGENS and degree > 1 and rest > 1 and not self._is_iodonium(atom))
                or (self._is_amine(atom) and anions == 1 and self._may_be_nitroxide(atom))
                or (number == 7 and degree == 1 and self._ends_in_chalcogen(atom))
                or any(self.orders[bond] > 3 for _, bond in self.bonds_of[atom])
            ):
                raise self._cannot_tell(atom)

    def _ends_in_chalcogen(self, atom: int) -> bool:
        (other,) = self._others(atom)
        return self.numbers[other] in _CHALCOGENS and self._degree(other) == 1

    def _is_iodonium(self, atom: int) -> bool:
        others = self._others(atom)
        return self.numbers[atom] == 53 and len(others) == 2 and self._all_are(others, 6)

    def _may_be_nitroxide(self, atom: int) -> bool:
        """Hydroxylamines' anions look like radicals; not so with H or acyl groups (hydroxamate)."""
        is_oxide = any(self.numbers[k] == 8 for k in self._anions_at(atom))
        has_hydrogen = any(self.numbers[k] == 1 for k in self._others(atom))
        return is_oxide and not (has_hydrogen or self._is_acylated(atom))

    def _is_acylated(self, atom: int) -> bool:
        """Whether it is bonded to C=O or to S or P with charges (sulfonyl)."""
        return any(
            (self.charges[other] and self.numbers[other] in (15, 16))
            or any(self.orders[b] == 2 and self.numbers[k] == 8 for k, b in self.bonds_of[other])
            for other in self._others(atom)
        )

    def _settle(self, atom: int) -> None:
        """An atom that found no partner for a double bond becomes an anion."""
        number, missing = self.numbers[atom], self.missing[atom]
        if not missing:
            return
        cations = [k for k in self._others(atom) if self.charges[k] > 0]
        bonds = sum(self.orders[bond] for _, bond in self.bonds_of[atom])
        is_simple = not self.charges[atom] and bonds + missing == _VALENCES[number]
        if number == 7 and is_simple and missing == 1:
            self._settle_nitrogen(atom)
        elif number in _CHALCOGENS and is_simple and missing == 1:
            self.charges[atom] = -1
        elif number == 7 and missing == 2 and cations and self._all_are(cations, 7):
            self.charges[atom] = -2  # azide, one of its resonance structures
        elif number == 6 and missing == 1 and is_simple and (cations or self._is_acetylide(atom)):
            self.charges[atom] = -1
        else:
            raise ValueError(
                f"Atom {self.names[atom]} has too few bonds: {missing} missing to the valence of "
                f"{_SYMBOLS[number]}. Are there hydrogens missing, or is the chain broken?"
            )

    def _settle_nitrogen(self, atom: int) -> None:
        """An amide's anion; between two amines a cation (1,3-dialkyltriazolium)."""
        amines = [(k, bond) for k, bond in self.bonds_of[atom] if self._is_amine(k)]
        if len(amines) == 2:
            other, bond = amines[0]
            self.orders[bond] += 1
            self.charges[other] = 1
        elif amines and not self._is_acylated(atom):
            raise self._cannot_tell(atom)  # a hydrazine's anion or a protonated azo group
        else:
            self.charges[atom] = -1

    def _is_acetylide(self, atom: int) -> bool:
        return self._degree(atom) == 1 and self.orders[self.bonds_of[atom][0][1]] == 3

    def _write_hypervalent(self) -> None:
        """Write P, S and halogens with double bonds to anions, as is usual: ``S(=O)(=O)``."""
        for atom, number in enumerate(self.numbers):
            if number not in (15, 16, 34, *_HALOGENS):
                continue
            for other, bond in sorted(self.bonds_of[atom], key=self._by_partner):
                if self.charges[atom] > 0 and self.charges[other] == -1:
                    self.orders[bond] += 1
                    self.charges[atom] -= 1
                    self.charges[other] += 1

    def _by_partner(self, partner: tuple[int, int]) -> tuple[bool, int]:
        return self.numbers[partner[0]] != 8, partner[0]
