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

from openmmgems.labels.base import Structure

from .chemical_graph import ChemicalGraph, rdkit_molecule
from .images import Images

#: Lengths of bonds to hydrogen by atomic number: methane, methylamine, water, methanethiol.
CAP_LENGTHS_ANGSTROM = {6: 1.09, 7: 1.01, 8: 0.96, 16: 1.34}
#: Nothing may come closer to a cap than this: otherwise what was cut off there is kept.
CLOSEST_TO_CAP_ANGSTROM = 0.8


@dataclass(frozen=True)
class TopDownFragment:
    """
    A sphere around a centre of a snapshot.

    Attributes
    ----------
    structure : Structure
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

    structure: Structure
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
        If the centre or the positions make no sense, or the box is smaller than the fragment.
    """
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
    image = Images(cell_angstrom)
    image.check_unique(radius_angstrom)
    offsets = image.nearest(positions - positions[centre])
    inside = np.linalg.norm(offsets, axis=1) <= radius_angstrom
    placed = {int(atom): offsets[atom] for atom in np.flatnonzero(inside)}
    _grow(graph, positions, image, placed)
    cuts = _cuts(graph, placed)
    while crowded := _crowded(graph, positions, image, placed, cuts):
        for kept, lost in crowded:
            placed[lost] = placed[kept] + image.nearest(positions[lost] - positions[kept])
        _grow(graph, positions, image, placed)
        cuts = _cuts(graph, placed)
    return _capped(graph, positions, image, placed, cuts, parent, frame, centre)


def _grow(
    graph: ChemicalGraph,
    positions: NDArray[np.float64],
    image: Images,
    placed: dict[int, NDArray[np.float64]],
) -> None:
    """Keep what bonds that may not be cut lead to, and atoms with several bonds into the set."""
    waiting = list(placed)
    while waiting:
        atom = waiting.pop()
        for other, bond in graph.bonds_of[atom]:
            if other in placed:
                _check_image(graph, image, positions, placed, atom, other)
                continue
            contacts = sum(neighbour in placed for neighbour, _ in graph.bonds_of[other])
            if not graph.may_be_cut[bond] or contacts > 1:
                placed[other] = placed[atom] + image.nearest(positions[other] - positions[atom])
                waiting.append(other)


def _check_image(
    graph: ChemicalGraph,
    image: Images,
    positions: NDArray[np.float64],
    placed: dict[int, NDArray[np.float64]],
    atom: int,
    other: int,
) -> None:
    vector = image.nearest(positions[other] - positions[atom])
    if np.linalg.norm(placed[other] - placed[atom] - vector) > 0.01:
        raise ValueError(
            f"The fragment around {graph.residues[atom]} meets its own periodic image; expected a "
            "larger box, or a smaller radius."
        )


def _cuts(graph: ChemicalGraph, placed: dict[int, NDArray[np.float64]]) -> list[tuple[int, int]]:
    """Bonds from a kept atom to one that is not."""
    return [
        (atom, other)
        for atom in sorted(placed)
        for other, _ in graph.bonds_of[atom]
        if other not in placed
    ]


def _cap_positions(
    graph: ChemicalGraph,
    positions: NDArray[np.float64],
    image: Images,
    placed: dict[int, NDArray[np.float64]],
    cuts: list[tuple[int, int]],
) -> NDArray[np.float64]:
    caps = np.zeros((len(cuts), 3))
    for k, (kept, lost) in enumerate(cuts):
        bond = image.nearest(positions[lost] - positions[kept])
        length = CAP_LENGTHS_ANGSTROM[int(graph.atomic_numbers[kept])]
        caps[k] = placed[kept] + length * bond / np.linalg.norm(bond)
    return caps


def _crowded(
    graph: ChemicalGraph,
    positions: NDArray[np.float64],
    image: Images,
    placed: dict[int, NDArray[np.float64]],
    cuts: list[tuple[int, int]],
) -> list[tuple[int, int]]:
    """The cuts whose caps have too little room."""
    caps = _cap_positions(graph, positions, image, placed, cuts)
    everything = np.concatenate([np.array(list(placed.values())), caps])
    return [
        cut
        for cap, cut in zip(caps, cuts, strict=True)
        if np.sum(np.linalg.norm(everything - cap, axis=1) < CLOSEST_TO_CAP_ANGSTROM) > 1
    ]


def _capped(
    graph: ChemicalGraph,
    positions: NDArray[np.float64],
    image: Images,
    placed: dict[int, NDArray[np.float64]],
    cuts: list[tuple[int, int]],
    parent: str,
    frame: int,
    centre: int,
) -> TopDownFragment:
    atoms = np.array(sorted(placed), dtype=np.int64)
    place = {int(atom): k for k, atom in enumerate(atoms)}
    kept_bonds = [
        bond
        for atom in place
        for other, bond in graph.bonds_of[atom]
        if other in place and atom < other
    ]
    bonds = [[place[int(i)] for i in graph.bonds[bond]] for bond in kept_bonds]
    bonds += [[place[kept], len(atoms) + k] for k, (kept, _) in enumerate(cuts)]
    orders = np.concatenate([graph.orders[kept_bonds], np.ones(len(cuts), np.int64)])
    numbers = np.concatenate([graph.atomic_numbers[atoms], np.ones(len(cuts), np.int64)])
    charges = np.concatenate([graph.charges[atoms], np.zeros(len(cuts), np.int64)])
    kept_positions = np.array([placed[int(atom)] for atom in atoms])
    caps = _cap_positions(graph, positions, image, placed, cuts)
    return TopDownFragment(
        structure=Structure(
            numbers,
            np.concatenate([kept_positions, caps]),
            charge=int(charges.sum()),
            source=f"top-down:{parent}:{frame}:{centre}",
        ),
        atoms=atoms,
        caps=np.array(cuts, dtype=np.int64).reshape(-1, 2),
        parent=parent,
        frame=frame,
        centre=centre,
        residue=graph.residues[centre],
        molecule=rdkit_molecule(
            numbers, np.array(bonds, dtype=np.int64).reshape(-1, 2), orders.astype(int), charges
        ),
    )
