# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Heavy atoms of a molecule and its connected sets of atoms."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rdkit import Chem

from openmmgems.systems.resonance import alike_bonds

from .residues import BOND_TYPES

#: Roots that share one window: masks of windows stay short however large the molecule is.
_WINDOW_ROOTS = 24


class AtomLabel(NamedTuple):
    """What the saturated graph keeps of a heavy atom."""

    atomic_number: int
    charge: int
    num_hydrogens: int
    is_aromatic: bool


class GraphKey(NamedTuple):
    """A saturated graph, its atoms in the order of the parent.

    Equal keys are equal graphs. The same graph can have several keys: its canonical SMILES
    tells, and is made once for each key. A bond is (first atom, second atom, index in BOND_TYPES).
    """

    atoms: tuple[AtomLabel, ...]
    bonds: tuple[tuple[int, int, int], ...]


class HeavyGraph:
    """A molecule as bit masks: bit i stands for atom i, or for group i of atoms.

    A group is a set of atoms that bonds join which are not cut.
    """

    def __init__(self, molecule: Chem.Mol) -> None:
        self.labels = [
            AtomLabel(
                atom.GetAtomicNum(),
                atom.GetFormalCharge(),
                atom.GetTotalNumHs(),
                atom.GetIsAromatic(),
            )
            for atom in molecule.GetAtoms()
        ]
        self.bonds: list[dict[int, int]] = [{} for _ in self.labels]
        for bond in molecule.GetBonds():
            i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
            self.bonds[i][j] = self.bonds[j][i] = BOND_TYPES.index(bond.GetBondType())
        alike = (molecule.GetBondWithIdx(bond) for bond in alike_bonds(molecule))
        self.alike = {frozenset((b.GetBeginAtomIdx(), b.GetEndAtomIdx())) for b in alike}
        self.groups = self._find_groups()

    def _find_groups(self) -> list[list[int]]:
        """Atoms of each group."""
        groups: list[list[int]] = []
        assigned: set[int] = set()
        for start in range(len(self.labels)):
            if start in assigned:
                continue
            group = [start]
            assigned.add(start)
            for atom in group:
                joined = (
                    other
                    for other, kind in self.bonds[atom].items()
                    if kind != 0 or frozenset((atom, other)) in self.alike
                )
                new = [other for other in joined if other not in assigned]
                group += new
                assigned.update(new)
            groups.append(group)
        return groups

    def saturated_graphs(
        self, max_heavy_atoms: int, window_roots: int = _WINDOW_ROOTS
    ) -> Iterator[GraphKey]:
        """Give the graph of every closed connected atom set.

        Sets are found by their lowest group, the root. ``window_roots`` roots at a time share a
        window that reaches as far as sets from them can: time and memory grow linearly with the
        molecule, and the result does not depend on the number.
        """
        group_of = {atom: g for g, group in enumerate(self.groups) for atom in group}
        neighbours: list[set[int]] = [set() for _ in self.groups]
        for atom, bonded in enumerate(self.bonds):
            neighbours[group_of[atom]] |= {group_of[other] for other in bonded}
        for first in range(0, len(self.groups), window_roots):
            roots = range(first, min(first + window_roots, len(self.groups)))
            window = _within(neighbours, roots, max_heavy_atoms - 1)
            place = {group: k for k, group in enumerate(window)}
            masks = [
                sum(1 << place[other] for other in neighbours[group] - {group} if other in place)
                for group in window
            ]
            sizes = [len(self.groups[group]) for group in window]
            local_roots = [place[group] for group in roots]
            for chosen in connected_sets(masks, sizes, max_heavy_atoms, local_roots):
                yield self._key(sorted(a for k in _bits(chosen) for a in self.groups[window[k]]))

    def _key(self, atoms: list[int]) -> GraphKey:
        """Saturate an atom set: every bond out of it is single and becomes a hydrogen."""
        place = {atom: k for k, atom in enumerate(atoms)}
        labels, bonds = [], []
        for atom, k in place.items():
            num_cut = 0
            for other, kind in self.bonds[atom].items():
                if other not in place:
                    num_cut += 1
                elif other > atom:
                    bonds.append((k, place[other], kind))
            number, charge, hydrogens, aromatic = self.labels[atom]
            labels.append(AtomLabel(number, charge, hydrogens + num_cut, aromatic))
        return GraphKey(tuple(labels), tuple(sorted(bonds)))


def _within(neighbours: Sequence[set[int]], roots: Iterable[int], steps: int) -> list[int]:
    """Vertices that are at most some steps from one of the roots, in order."""
    found = set(roots)
    edge = set(found)
    for _ in range(steps):
        edge = {other for vertex in edge for other in neighbours[vertex]} - found
        found |= edge
    return sorted(found)


def connected_sets(
    neighbours: Sequence[int], sizes: Sequence[int], max_size: int, roots: Iterable[int]
) -> Iterator[int]:
    """Enumerate the connected vertex sets of a graph, each once.

    Wernicke, IEEE/ACM Trans. Comput. Biol. Bioinform. 3, 347 (2006),
    https://doi.org/10.1109/TCBB.2006.51, algorithm ESU: a set grows from its lowest vertex (the
    root) by vertices of an extension set; a vertex joins the extension only if it is above the
    root and neither in the set nor next to it so far. Here sets of all sizes are given, and a
    vertex that would make the set too large is passed over with all that could follow.

    Parameters
    ----------
    neighbours : Sequence[int]
        Bit mask of the neighbours of each vertex.
    sizes : Sequence[int]
        Size of each vertex, above 0.
    max_size : int
        Largest sum of sizes in a set.
    roots : Iterable[int]
        Only sets with one of these as their lowest vertex are given.

    Yields
    ------
    int
        Bit mask of a set.

    """
    stack = [
        (1 << root, sizes[root], neighbours[root] & (-2 << root), (1 << root) | neighbours[root])
        for root in roots
        if sizes[root] <= max_size
    ]
    while stack:
        chosen, size, extension, seen = stack.pop()
        yield chosen
        above_root = -2 * (chosen & -chosen)
        while extension:
            bit = extension & -extension
            extension ^= bit
            vertex = bit.bit_length() - 1
            grown = size + sizes[vertex]
            if grown <= max_size:
                new = neighbours[vertex] & ~seen & above_root
                stack.append((chosen | bit, grown, extension | new, seen | neighbours[vertex]))


def _bits(mask: int) -> Iterator[int]:
    """Indices of the bits that are set."""
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1
