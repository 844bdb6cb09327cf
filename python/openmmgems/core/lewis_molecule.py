# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One molecule while its Lewis structure is found."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from .valences import HALOGENS, HYPERVALENT, SYMBOLS, VALENCES

_CHALCOGENS = (8, 16, 34)
#: What a double bond is worth to an atom that lacks one; carbon cannot stay without.
_WORTH = {5: 80, 6: 400, 7: 60, 8: 80, 15: 80, 16: 40, 34: 40}
#: Anions of azoles keep their charge in the ring of five atoms.
_WORTH_TO_AZOLE = 50
#: Among alike structures that with double bonds within rings, which may be aromatic.
_WORTH_OF_RING = 1
#: An amine nitrogen becomes a cation for the sake of a carbon only, at the lower cost also of an
#: oxygen.
USUAL_COST_OF_ONIUM, LOWER_COST_OF_ONIUM = 100, 70
#: Where shapes decide between all bonds double and anions: by atomic number and number of bonds
#: the length of the mean of the unit vectors along the bonds (0: straight or flat), at most this
#: for double bonds (nitronium, sulfur trioxide), at least that for anions (nitrite, sulfite).
_SHAPES = {(7, 2): (0.25, 0.46), (16, 3): (0.15, 0.25), (34, 3): (0.15, 0.25)}
#: Likewise, at most this for carbons of two and three bonds with all their hydrogens; 0.20 in C60,
#: 1/3 in a tetrahedron that lacks an atom.
_MOST_BENT = {2: 0.3, 3: 0.27}
_LONGEST_TRIPLE_ANGSTROM = 1.3
#: Oxygen has 1.21 angstrom, superoxide 1.33, peroxide 1.49 (Holleman and Wiberg).
_LONGEST_DIOXYGEN_ANGSTROM = 1.28


class LewisMolecule:
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
        cost_of_onium: int = USUAL_COST_OF_ONIUM,
    ) -> None:
        self.numbers: list[int] = atomic_numbers.tolist()
        self.bonds: list[list[int]] = bonds.tolist()
        self.names, self.positions = names, positions
        self.cost_of_onium = cost_of_onium
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
            self._place_inner_charges()
            self._share_double_bonds()
            while self._make_cations_between_anions():
                self._share_double_bonds()
        self._look_at_shapes()
        self._check()
        for atom in range(len(self.numbers)):
            self._settle(atom)
        self._look_for_missing_hydrogens()
        self._write_hypervalent()

    def _degree(self, atom: int) -> int:
        return len(self.bonds_of[atom])

    def _others(self, atom: int) -> list[int]:
        return [other for other, _ in self.bonds_of[atom]]

    def _start(self, atom: int) -> tuple[int, int]:
        """Bonds that an atom lacks to its valence, and its charge if it has more than that."""
        number, degree = self.numbers[atom], self._degree(atom)
        if number not in VALENCES or (number == 14 and degree != 4):  # no silenes
            raise ValueError(
                f"Atom {self.names[atom]} has atomic number {number}, which is bonded; expected "
                f"one of {', '.join(SYMBOLS.values())}, or a single ion. Leave its residue out."
            )
        more = degree - VALENCES[number]
        if more <= 0:
            return -more, 0
        if (number, more) not in HYPERVALENT:
            raise ValueError(
                f"Atom {self.names[atom]} has {degree} bonds; expected at most "
                f"{VALENCES[number]} for {SYMBOLS[number]}. Check the structure's bonds."
            )
        return HYPERVALENT[number, more]

    def _place_inner_charges(self) -> None:
        """Nitro, terminal N2 (azide, diazo), isocyanide, carbon monoxide have charges inside."""
        for atom, number in enumerate(self.numbers):
            oxygens = [k for k in self._others(atom) if self._all_are([k], 8)]
            if self._is_amine(atom) and sum(self._degree(k) == 1 for k in oxygens) > 1:
                self.charges[atom], self.missing[atom] = 1, 1
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
        open_bonds = set(nx.bridges(nx.Graph(self.bonds)))
        for bond, (i, j) in enumerate(self.bonds):
            in_ring = (i, j) not in open_bonds and (j, i) not in open_bonds
            for first in self._vertices(i, j):
                for second in self._vertices(j, i):
                    worth = self._worth(i) + self._worth(j) + _WORTH_OF_RING * in_ring
                    graph.add_edge(first, second, bond=bond, weight=worth)
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

    def _worth(self, atom: int) -> int:
        if self._is_amine(atom):
            return -self.cost_of_onium
        return _WORTH_TO_AZOLE if self._is_azole(atom) else _WORTH[self.numbers[atom]]

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
            bend = self._bend(self.positions, atom)
            if bend >= shape[1]:
                self.told.add(atom)
            elif bend <= shape[0]:
                self.charges[atom] = int(number == 7)
                for other, bond in self.bonds_of[atom]:
                    self.orders[bond], self.missing[other] = 2, 0
            else:
                raise self.cannot_tell(atom)
        if self.numbers == [8, 8]:
            length = np.linalg.norm(self.positions[1] - self.positions[0])
            if length > _LONGEST_DIOXYGEN_ANGSTROM:
                raise self.cannot_tell(0)

    def _bend(self, positions: NDArray[np.float64], atom: int) -> float:
        """Length of the mean of the unit vectors along its bonds."""
        bonds = positions[self._others(atom)] - positions[atom]
        units = bonds / np.linalg.norm(bonds, axis=1, keepdims=True)
        return float(np.linalg.norm(units.mean(axis=0)))

    def _look_for_missing_hydrogens(self) -> None:
        """Refuse carbons whose shape is not that of their double and triple bonds."""
        if self.positions is None:
            return
        for atom, number in enumerate(self.numbers):
            degree = self._degree(atom)
            if number != 6 or (self.charges[atom] and degree > 1):
                continue
            (other, bond), *_ = self.bonds_of[atom]
            length = np.linalg.norm(self.positions[other] - self.positions[atom])
            is_long = self.orders[bond] == 3 and length > _LONGEST_TRIPLE_ANGSTROM
            if is_long or self._bend(self.positions, atom) > _MOST_BENT.get(degree, 1.0):
                raise ValueError(
                    f"Atom {self.names[atom]} (C, {degree} bonded) has not the shape that goes "
                    "with its bonds. Are there hydrogens missing?"
                )

    def cannot_tell(self, atom: int) -> ValueError:
        """The error of an atom whose charge is open."""
        number, degree = self.numbers[atom], self._degree(atom)
        return ValueError(
            f"The bonds of atom {self.names[atom]} ({SYMBOLS[number]}, {degree} bonded) leave "
            "several charges open."
        )

    def _check(self) -> None:
        """Refuse what has several closed shells with the same bonds."""
        num_carbons = self.numbers.count(6)
        if num_carbons > 2 and sorted(self.numbers) == [6] * num_carbons + [8] * num_carbons:
            raise self.cannot_tell(0)  # squarate and its kin, dianions
        for atom, number in enumerate(self.numbers):
            anions, degree = len(self._anions_at(atom)), self._degree(atom)
            rest = degree - anions
            if atom not in self.told and (
                (number in _CHALCOGENS and degree == 2 and anions == 2)
                or (number in (16, 34) and (degree, anions) in ((3, 3), (4, 0)))
                or (number == 15 and (degree, anions) in ((3, 2), (3, 3), (5, 1), (5, 2)))
                or (number in HALOGENS and degree > 1 and rest > 1 and not self._is_iodonium(atom))
                or (self._is_amine(atom) and anions == 1 and self._may_be_nitroxide(atom))
                or (number == 7 and degree == 1 and self._ends_in_chalcogen(atom))
                or any(self.orders[bond] > 3 for _, bond in self.bonds_of[atom])
            ):
                raise self.cannot_tell(atom)

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
        cations = [k for k in self._others(atom) if self._makes_ylide(k)]
        bonds = sum(self.orders[bond] for _, bond in self.bonds_of[atom])
        is_simple = not self.charges[atom] and bonds + missing == VALENCES[number]
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
                f"{SYMBOLS[number]}. Are there hydrogens missing, or is the chain broken?"
            )

    def _makes_ylide(self, atom: int) -> bool:
        """Whether it is a cation of P or S, or of N but ammonium."""
        is_ammonium = self.numbers[atom] == 7 and self._degree(atom) == 4
        return self.charges[atom] > 0 and self.numbers[atom] in (7, 15, 16) and not is_ammonium

    def _settle_nitrogen(self, atom: int) -> None:
        """An amide's anion; between two amines a cation (1,3-dialkyltriazolium)."""
        amines = [(k, bond) for k, bond in self.bonds_of[atom] if self._is_amine(k)]
        if len(amines) == 2:
            other, bond = amines[0]
            self.orders[bond] += 1
            self.charges[other] = 1
        elif not self._is_acylated(atom) and (
            amines or (self._sees_amine(atom) and not self._is_anion_of_azole_or_amide(atom))
        ):
            # a hydrazine's anion or a protonated azo group; a reduced or an oxidised cationic dye
            raise self.cannot_tell(atom)
        else:
            self.charges[atom] = -1

    def _is_in_ring_of_five(self, atom: int) -> bool:
        """Whether it has two neighbours (pyrrole, tetrazole) with a bond between theirs."""
        sets = [set(self._others(k)) - {atom} for k in self._others(atom)]
        return len(sets) == 2 and any(set(self._others(k)) & sets[1] for k in sets[0])

    def _shares_charge_with(self, atom: int) -> set[int]:
        """Atoms that an anion's charge can move to, along alternating double bonds; itself, too."""
        seen, found = {atom}, [atom]
        while found:
            start = found.pop()
            for other, bond in self.bonds_of[start]:
                if self.orders[bond] < 3:
                    ends = {k for k, b in self.bonds_of[other] if self.orders[b] == 2} - seen
                    found += ends
                    seen |= ends
        return seen

    def _sees_amine(self, atom: int) -> bool:
        """Whether an amine could become a cation for it, along alternating double bonds."""
        carbons = [k for k in self._shares_charge_with(atom) if self.numbers[k] == 6]
        return any(self._is_amine(other) for k in carbons for other in self._others(k))

    def _is_anion_of_azole_or_amide(self, atom: int) -> bool:
        """Whether its charge can be on O, or in a ring of five."""
        shared = self._shares_charge_with(atom)
        return any(self.numbers[k] == 8 or self._is_azole(k) for k in shared)

    def _is_azole(self, atom: int) -> bool:
        has_chalcogen = any(self.numbers[k] in _CHALCOGENS for k in self._others(atom))
        return self.numbers[atom] == 7 and self._is_in_ring_of_five(atom) and not has_chalcogen

    def has_oxide_that_sees_amine(self) -> bool:
        """Whether an anion of O may be a carbonyl group with a cation instead."""
        return any(
            self.numbers[atom] == 8 and charge < 0 and self._sees_amine(atom)
            for atom, charge in enumerate(self.charges)
        )

    def _is_acetylide(self, atom: int) -> bool:
        return self._degree(atom) == 1 and self.orders[self.bonds_of[atom][0][1]] == 3

    def _write_hypervalent(self) -> None:
        """Write P, S and halogens with double bonds to anions, as is usual: ``S(=O)(=O)``."""
        for atom, number in enumerate(self.numbers):
            if number not in (15, 16, 34, *HALOGENS):
                continue
            for other, bond in sorted(self.bonds_of[atom], key=self._by_partner):
                if self.charges[atom] > 0 and self.charges[other] == -1:
                    self.orders[bond] += 1
                    self.charges[atom] -= 1
                    self.charges[other] += 1

    def _by_partner(self, partner: tuple[int, int]) -> tuple[bool, int]:
        return self.numbers[partner[0]] != 8, partner[0]
