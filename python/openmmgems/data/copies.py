# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Leave out copies of geometries.

Two structures are copies if they have the same elements, charge and spin, and some order of atoms,
rotation and translation puts every atom of one close to an atom of the same element of the other.
Mirror images are no copies.

Candidates are found by numbers that hardly change when atoms hardly move: the singular values of
the positions of each element. By the inequality of Mirsky, Quart. J. Math. 11, 50 (1960),
doi:10.1093/qmath/11.1.50, the squares of their differences sum to at most the sum of squared
displacements. Nor may distances between elements, put in order, differ by more than twice the
tolerance.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from openmmgems.core.atomic_system import AtomicSystem

#: Far below the distance of any two atoms, so that it is clear which atom belongs to which.
LARGEST_TOLERANCE_ANGSTROM = 0.25
_ROUNDING = 1e-5
_AT_A_TIME = 64
_BATCH = 1000
_FEW_ORDERS = 150


def unique_structures(
    structures: Sequence[AtomicSystem], tolerance_angstrom: float = 0.05
) -> list[int]:
    """
    Find structures that are no copies of an earlier one: places of those to keep, in order.

    See `first_copies`.
    """
    first = first_copies(structures, tolerance_angstrom)
    return np.flatnonzero(first == np.arange(len(first))).tolist()


def first_copies(
    structures: Sequence[AtomicSystem], tolerance_angstrom: float = 0.05
) -> NDArray[np.int64]:
    """
    Find for each structure the one it is a copy of.

    Parameters
    ----------
    structures : sequence of AtomicSystem
    tolerance_angstrom : float
        After the best superposition (least squares) no atom is further from its counterpart.

    Returns
    -------
    array, shape ``[num_structures]``
        The place of the first structure that is kept and that this one is a copy of; its own place
        if it is kept itself.

    Raises
    ------
    ValueError
        If the tolerance is not between 0 and 0.25 angstrom, or a structure is periodic.
    """
    if not 0 < tolerance_angstrom <= LARGEST_TOLERANCE_ANGSTROM:
        raise ValueError(
            f"tolerance_angstrom is {tolerance_angstrom}; expected above 0 and at most "
            f"{LARGEST_TOLERANCE_ANGSTROM}: beyond, it is not clear which atom belongs to which."
        )
    for structure in structures:
        structure.require_molecule("Copies cannot be looked for")
    blocks: dict[tuple[bytes, int, int], list[int]] = defaultdict(list)
    orders = [np.argsort(s.atomic_numbers, kind="stable") for s in structures]
    for place, (structure, order) in enumerate(zip(structures, orders, strict=True)):
        numbers = structure.atomic_numbers[order].astype(np.int64)
        blocks[numbers.tobytes(), structure.charge, structure.spin].append(place)
    first = np.arange(len(structures))
    for (key, _, _), places in blocks.items():
        positions = np.array([structures[p].positions_angstrom[orders[p]] for p in places])
        block = _Block(np.frombuffer(key, dtype=np.int64), positions, tolerance_angstrom)
        first[places] = np.array(places)[block.first_copies()]
    return first


class _Block:
    """Structures with the same elements, atoms in the order of atomic numbers."""

    def __init__(
        self, numbers: NDArray[np.int64], positions: NDArray[np.float64], tolerance: float
    ) -> None:
        self.numbers = numbers
        self.positions = positions - positions.mean(axis=1, keepdims=True)
        self.tolerance = tolerance
        self.elements = [np.flatnonzero(numbers == z) for z in np.unique(numbers)]

    def first_copies(self) -> NDArray[np.int64]:
        """The structure kept instead of each, counted within the block."""
        count = len(self.positions)
        first = np.arange(count)
        if count == 1:
            return first
        values, distances = self._fingerprints(), self._distances()
        tree = cKDTree(values)
        radius = self.tolerance * np.sqrt(len(self.numbers)) + _ROUNDING
        for kept in range(count):
            if first[kept] != kept:
                continue
            near = np.array(tree.query_ball_point(values[kept], radius))
            near = np.sort(near[(near > kept) & (first[near] == near)])
            error = np.abs(distances[near] - distances[kept]).max(axis=1, initial=0.0)
            near = near[error <= 2 * self.tolerance + _ROUNDING]
            first[near[self._are_copies(kept, near)]] = kept
        return first

    def _fingerprints(self) -> NDArray[np.float64]:
        """Singular values of each element's positions, shape ``[count, 3 * num_elements]``."""
        grams = [
            np.einsum("mia,mib->mab", self.positions[:, atoms], self.positions[:, atoms])
            for atoms in self.elements
        ]
        squares = np.concatenate([np.linalg.eigvalsh(gram) for gram in grams], axis=1)
        return np.sqrt(np.maximum(squares, 0.0))

    def _distances(self) -> NDArray[np.float32]:
        """Distances between each two elements in order, shape ``[count, num_pairs]``."""
        count, found = len(self.positions), []
        for k, one in enumerate(self.elements):
            for other in self.elements[k:]:
                pairs = [(i, j) for i in one for j in other if i < j]
                i, j = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
                lengths = np.empty((count, len(pairs)), dtype=np.float32)
                for first in range(0, count, _BATCH):
                    x = self.positions[first : first + _BATCH]
                    lengths[first : first + _BATCH] = np.linalg.norm(x[:, i] - x[:, j], axis=-1)
                found.append(np.sort(lengths, axis=1))
        return np.concatenate(found, axis=1)

    def _are_copies(self, one: int, others: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the others are copies of one; first tried with atoms as they are."""
        x, found = self.positions[one], np.zeros(len(others), dtype=bool)
        for order in self._few_orders():
            left = np.flatnonzero(~found)
            if not len(left):
                return found
            found[left] = self._fits(x, self.positions[others[left]][:, order])
        if self._num_orders() > _FEW_ORDERS:
            for k in np.flatnonzero(~found):
                y = self.positions[others[k]]
                orders = _orders(x, y, self.elements, self.tolerance)
                found[k] = any(self._fits(x, y[order]).any() for order in orders)
        return found

    def _num_orders(self) -> int:
        """How many orders of atoms keep the elements."""
        return math.prod(math.factorial(len(atoms)) for atoms in self.elements)

    def _few_orders(self) -> Iterator[list[int]]:
        """All orders that keep the elements, if they are few; else the given one."""
        if self._num_orders() > _FEW_ORDERS:
            yield list(range(len(self.numbers)))
            return
        own = [itertools.permutations(atoms.tolist()) for atoms in self.elements]
        for order in itertools.product(*own):  # elements are contiguous
            yield list(itertools.chain(*order))

    def _fits(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of y ``[count, num_atoms, 3]`` lie on x, atom by atom."""
        errors = np.linalg.norm(y @ _rotations(y, x) - x, axis=-1).max(axis=-1, initial=0.0)
        return errors <= self.tolerance


def _rotations(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Matrices R ``[count, 3, 3]``, without reflection, for which ``x @ R`` is closest to y.

    Kabsch, Acta Cryst. A 32, 922 (1976), doi:10.1107/S0567739476001873.
    """
    u, _, vt = np.linalg.svd(x.swapaxes(-1, -2) @ y)
    u[..., -1] *= np.sign(np.linalg.det(u @ vt))[..., None]
    return u @ vt


def _orders(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    elements: list[NDArray[np.int64]],
    tolerance: float,
) -> Iterator[NDArray[np.int64]]:
    """
    Give orders ``[count, num_atoms]`` of the atoms of y that may put them on those of x.

    Three atoms of x far apart are put on all triples of y with the same elements, surroundings and
    distances; each time every other atom is paired with the one that is nearest.
    """
    distances_x, distances_y = cdist(x, x), cdist(y, y)
    alike = _alike(distances_x, distances_y, elements, 2 * tolerance + _ROUNDING)
    if not alike.any(axis=1).all():
        return
    frame = _frame(x, distances_x, alike.sum(axis=1))
    images = _images(frame, distances_x, distances_y, alike, 2 * tolerance + _ROUNDING)
    start_x = x[frame].mean(axis=0)
    for first in range(0, len(images), _AT_A_TIME):
        image = images[first : first + _AT_A_TIME]
        start_y = y[image].mean(axis=1, keepdims=True)
        turn = _rotations(y[image] - start_y, x[frame] - start_x)
        moved = (y - start_y) @ turn + start_x
        squares = ((x[:, None] - moved[:, None, :]) ** 2).sum(axis=-1)
        order = np.where(alike, squares, np.inf).argmin(axis=-1)
        yield order[(np.sort(order, axis=1) == np.arange(len(x))).all(axis=1)]


def _alike(
    distances_x: NDArray[np.float64],
    distances_y: NDArray[np.float64],
    elements: list[NDArray[np.int64]],
    tolerance: float,
) -> NDArray[np.bool_]:
    """Which atoms of x and y are of one element and have alike distances to all elements."""
    alike = np.zeros(distances_x.shape, dtype=bool)
    profile_x, profile_y = (
        np.concatenate([np.sort(d[:, atoms], axis=1) for atoms in elements], axis=1)
        for d in (distances_x, distances_y)
    )
    for atoms in elements:
        alike[np.ix_(atoms, atoms)] = (
            cdist(profile_x[atoms], profile_y[atoms], "chebyshev") <= tolerance
        )
    return alike


def _frame(
    x: NDArray[np.float64], distances: NDArray[np.float64], choices: NDArray[np.int64]
) -> list[int]:
    """Choose up to three atoms: few others are like the first, the others are far from a line."""
    first = int(np.argmin(choices))
    if len(x) < 3:
        return list(range(len(x)))
    far = distances[first] >= 0.5 * distances[first].max()
    second = int(np.flatnonzero(far)[np.argmin(choices[far])])
    axis = (x[second] - x[first]) / max(distances[first, second], _ROUNDING)
    heights = np.linalg.norm(np.cross(x - x[first], axis), axis=1)
    if heights.max() < 0.1:
        return [first, second]
    high = heights >= 0.5 * heights.max()
    return [first, second, int(np.flatnonzero(high)[np.argmin(choices[high])])]


def _images(
    frame: list[int],
    distances_x: NDArray[np.float64],
    distances_y: NDArray[np.float64],
    alike: NDArray[np.bool_],
    tolerance: float,
) -> NDArray[np.int64]:
    """Atoms of y that may be those of the frame, in its order, ``[count, len(frame)]``."""
    chosen: list[list[int]] = [[]]
    for atom in frame:
        longer = []
        for image in chosen:
            fits = alike[atom].copy()
            for other, its_image in zip(frame, image, strict=False):
                fits &= np.abs(distances_y[its_image] - distances_x[other, atom]) <= tolerance
            fits[image] = False
            longer += [[*image, int(k)] for k in np.flatnonzero(fits)]
        chosen = longer
    return np.array(chosen, dtype=np.int64).reshape(-1, len(frame))
