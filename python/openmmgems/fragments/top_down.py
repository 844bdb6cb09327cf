# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Top-down fragments: spheres cut out of a snapshot, open bonds closed by hydrogen.

Source: Unke et al., "Biomolecular dynamics with machine-learned quantum-mechanical force fields
trained on diverse chemical fragments", Sci. Adv. 10, eadn4397 (2024), Materials and methods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rdkit import Chem

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.systems.bond_lengths import longest_bond
from openmmgems.systems.chemical_graph import ChemicalGraph, rdkit_molecule
from openmmgems.systems.hydrogens import HYDROGEN_BOND_LENGTHS_ANGSTROM
from openmmgems.systems.images import Images

#: Nothing may come closer to a cap than this: otherwise what was cut off there is kept.
CLOSEST_TO_CAP_ANGSTROM = 0.8


@dataclass(frozen=True)
class TopDownFragment:
    """
    A sphere around a centre of a snapshot.

    Attributes
    ----------
    structure : AtomicSystem
        Kept atoms in the order of the snapshot, then the caps; around the centre.
    atoms : array, shape ``[num_kept]``
        Their indices in the snapshot.
    caps : array, shape ``[num_caps, 2]``
        Of each cap the kept atom it sits on and the atom it replaces.
    parent : str
    frame : int
    centre : int
        Index of an atom in the snapshot.
    residue : str
        That of the centre.
    molecule : rdkit.Chem.Mol
        Its bonds; atoms in the structure's order.
    """

    structure: AtomicSystem
    atoms: NDArray[np.int64]
    caps: NDArray[np.int64]
    parent: str
    frame: int
    centre: int
    residue: str
    molecule: Chem.Mol


def top_down_fragment(
    graph: ChemicalGraph,
    positions_angstrom: ArrayLike,
    centre: int,
    *,
    cell_angstrom: ArrayLike | None = None,
    radius_angstrom: float = 8.0,
    parent: str = "",
    frame: int = 0,
) -> TopDownFragment:
    """
    Cut a sphere out of a snapshot.

    Only single bonds between heavy atoms are cut. Where a bond to hydrogen, a multiple or aromatic
    bond, or a bond of a carboxylate or guanidinium group leads out of the sphere, the atom beyond
    is kept too, until no such bond is left; so is an atom with several bonds into the fragment,
    whose caps would collide. Cut bonds get a hydrogen, along the bond.

    Parameters
    ----------
    graph : ChemicalGraph
    positions_angstrom : array, shape ``[num_atoms, 3]``
    centre : int
        Index of the atom in the middle.
    cell_angstrom : array, shape ``[3, 3]``, optional
        Box vectors as rows; reduced, as OpenMM's.
    radius_angstrom : float
    parent, frame : str, int
        What is written into the fragment.

    Returns
    -------
    TopDownFragment

    Raises
    ------
    ValueError
        If the centre, the positions or ``parent`` make no sense, the box is smaller than the
        fragment, or a bond of a kept atom is too long to be one.
    """
    if ":" in parent:
        raise ValueError(f"parent is {parent!r}; expected a name without ':'.")
    positions = np.asarray(positions_angstrom, dtype=float)
    if positions.shape != (len(graph.atomic_numbers), 3) or not np.isfinite(positions).all():
        raise ValueError(
            f"positions_angstrom has shape {positions.shape}; expected finite numbers of shape "
            f"({len(graph.atomic_numbers)}, 3)."
        )
    if not 0 <= centre < len(positions):
        raise ValueError(f"centre is {centre}; expected an atom from 0 to {len(positions) - 1}.")
    if not radius_angstrom > 0:
        raise ValueError(f"radius_angstrom is {radius_angstrom}; expected a positive length.")
    images = Images(cell_angstrom)
    images.check_unique(radius_angstrom)
    kept = _Kept(graph, positions, images)
    offsets = images.nearest(positions - positions[centre])
    inside = np.flatnonzero(np.linalg.norm(offsets, axis=1) <= radius_angstrom)
    kept.placed = {int(atom): offsets[atom] for atom in inside}
    kept.grow()
    while crowded := kept.crowded_cuts():
        for atom, lost in crowded:
            kept.place(lost, atom)
        kept.grow()
    return _capped(kept, parent, frame, centre)


class _Kept:
    """
    The atoms that are kept, while they become more.

    ``placed`` has their positions around the centre, angstrom.
    """

    def __init__(
        self, graph: ChemicalGraph, positions: NDArray[np.float64], images: Images
    ) -> None:
        self.graph = graph
        self.positions = positions
        self.images = images
        self.placed: dict[int, NDArray[np.float64]] = {}

    def bond_vector(self, atom: int, other: int) -> NDArray[np.float64]:
        """From an atom to another one that is bonded to it."""
        vector = self.images.nearest(self.positions[other] - self.positions[atom])
        length = float(np.linalg.norm(vector))
        numbers = self.graph.atomic_numbers
        longest = longest_bond(int(numbers[atom]), int(numbers[other]))
        if length > longest:
            raise ValueError(
                f"The bond between {self.graph.residues[atom]} and {self.graph.residues[other]} is "
                f"{length:.1f} angstrom long; expected at most {longest:.1f}. The chain "
                "is broken, atoms are missing, or the box is wrong."
            )
        return vector

    def place(self, atom: int, neighbour: int) -> None:
        """Keep an atom that is bonded to one that is kept."""
        self.placed[atom] = self.placed[neighbour] + self.bond_vector(neighbour, atom)

    def grow(self) -> None:
        """Keep what bonds that are not cut lead to, and atoms with several bonds into the set."""
        waiting = list(self.placed)
        while waiting:
            atom = waiting.pop()
            for other, bond in self.graph.bonds_of[atom]:
                if other in self.placed:
                    self._check_image(atom, other)
                    continue
                contacts = sum(
                    next_one in self.placed for next_one, _ in self.graph.bonds_of[other]
                )
                if not self.graph.may_be_cut[bond] or contacts > 1:
                    self.place(other, atom)
                    waiting.append(other)

    def _check_image(self, atom: int, other: int) -> None:
        error = self.placed[other] - self.placed[atom] - self.bond_vector(atom, other)
        if np.linalg.norm(error) > 0.01:
            raise ValueError(
                f"The fragment around {self.graph.residues[atom]} meets its own periodic image; "
                "expected a larger box, or a smaller radius."
            )

    def cuts(self) -> list[tuple[int, int]]:
        """Bonds from a kept atom to one that is not."""
        return [
            (atom, other)
            for atom in sorted(self.placed)
            for other, _ in self.graph.bonds_of[atom]
            if other not in self.placed
        ]

    def caps(self) -> NDArray[np.float64]:
        """Positions of the hydrogens on the cuts, shape ``[num_cuts, 3]``."""
        found = []
        for atom, lost in self.cuts():
            bond = self.bond_vector(atom, lost)
            length = HYDROGEN_BOND_LENGTHS_ANGSTROM[int(self.graph.atomic_numbers[atom])]
            found.append(self.placed[atom] + length * bond / np.linalg.norm(bond))
        return np.array(found).reshape(-1, 3)

    def crowded_cuts(self) -> list[tuple[int, int]]:
        """The cuts whose caps have too little room."""
        caps = self.caps()
        everything = np.concatenate([np.array(list(self.placed.values())), caps])
        return [
            cut
            for cap, cut in zip(caps, self.cuts(), strict=True)
            if np.sum(np.linalg.norm(everything - cap, axis=1) < CLOSEST_TO_CAP_ANGSTROM) > 1
        ]


def check_closed(graph: ChemicalGraph, fragment: TopDownFragment) -> None:
    """
    Check a fragment independently of how it was made.

    Raises
    ------
    RuntimeError
        If atoms, caps or charge do not add up, electrons are unpaired, an atom has another number
        of bonds than in the graph, or something sits within 0.8 angstrom of a cap.
    """
    structure, kept, caps = fragment.structure, fragment.atoms, fragment.caps
    problems = []
    expected = np.concatenate([graph.atomic_numbers[kept], np.ones(len(caps), np.int64)])
    if not np.array_equal(structure.atomic_numbers, expected):
        problems.append("its formula is not that of the kept atoms and one hydrogen for each cut")
    if structure.charge != graph.charges[kept].sum():
        problems.append("its charge is not the sum of the formal charges of its atoms")
    if (structure.atomic_numbers.sum() - structure.charge) % 2:
        problems.append("its number of electrons is odd")
    atoms = list(fragment.molecule.GetAtoms())
    if any(atom.GetNumRadicalElectrons() for atom in atoms):
        problems.append("it has unpaired electrons")
    degrees = np.array([atom.GetDegree() for atom in atoms])
    own = np.array([len(graph.bonds_of[atom]) for atom in kept.tolist()])
    if not np.array_equal(degrees, np.concatenate([own, np.ones(len(caps), int)])):
        problems.append("an atom has lost or won a bond")
    positions = structure.positions_angstrom
    for cap in range(len(kept), len(positions)):
        distances = np.linalg.norm(positions - positions[cap], axis=1)
        if np.sum(distances < CLOSEST_TO_CAP_ANGSTROM) > 1:
            problems.append(f"an atom is within {CLOSEST_TO_CAP_ANGSTROM} angstrom of a cap")
            break
    if problems:
        raise RuntimeError(f"Fragment {structure.source} is wrong: {'; '.join(problems)}.")


def _capped(kept: _Kept, parent: str, frame: int, centre: int) -> TopDownFragment:
    """Make the fragment: kept atoms in the order of the snapshot, then the caps."""
    graph, cuts = kept.graph, kept.cuts()
    atoms = np.array(sorted(kept.placed), dtype=np.int64)
    place = {int(atom): k for k, atom in enumerate(atoms)}
    inside = [
        bond
        for atom in place
        for other, bond in graph.bonds_of[atom]
        if other in place and atom < other
    ]
    bonds = [[place[int(i)] for i in graph.bonds[bond]] for bond in inside]
    bonds += [[place[atom], len(atoms) + k] for k, (atom, _) in enumerate(cuts)]
    orders = np.concatenate([graph.orders[inside], np.ones(len(cuts), np.int64)])
    numbers = np.concatenate([graph.atomic_numbers[atoms], np.ones(len(cuts), np.int64)])
    charges = np.concatenate([graph.charges[atoms], np.zeros(len(cuts), np.int64)])
    kept_positions = np.array([kept.placed[int(atom)] for atom in atoms])
    return TopDownFragment(
        structure=AtomicSystem(
            numbers,
            np.concatenate([kept_positions, kept.caps()]),
            charge=int(charges.sum()),
            source=f"top-down:{parent}:{frame}:{centre}:{graph.residues[centre]}",
        ),
        atoms=atoms,
        caps=np.array(cuts, dtype=np.int64).reshape(-1, 2),
        parent=parent,
        frame=frame,
        centre=centre,
        residue=graph.residues[centre],
        molecule=rdkit_molecule(
            numbers, np.array(bonds, dtype=np.int64).reshape(-1, 2), orders, charges
        ),
    )
