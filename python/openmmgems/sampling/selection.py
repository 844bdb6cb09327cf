# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Representative conformations: thin out, cluster, and add the untypical ones.

The selection of GEMS (Unke et al., Sci. Adv. 10, eadn4397 (2024), doi:10.1126/sciadv.adn4397;
supplement, sections S3 and S4). Its order: `thin` many frames until no more than some ten thousand
are left, find the `similarity` of all pairs, choose representatives by `affinity_propagation`, add
the frames `farthest` from them, and look at the `distances_to_nearest`.

Similarity is minus the sum over atoms of squared distances in angstrom^2 between two frames, both
centred, after the best proper rotation: mirror images differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openmmgems import _selection

from ._affinity_propagation import Clusters, affinity_propagation
from ._selection_checks import (
    Floats,
    Indices,
    as_frames,
    as_selected,
    as_threads,
    check_positive,
    check_same_atoms,
    superposition,
)

__all__ = [
    "Clusters",
    "Nearest",
    "affinity_propagation",
    "distances_to_nearest",
    "farthest",
    "similarity",
    "thin",
]

# Rows of similarities that are in memory at once where not all are kept.
_ROWS = 1024


@dataclass(frozen=True)
class Nearest:
    """The representative that is nearest to each frame.

    Attributes
    ----------
    representative : int64 array [num_frames]
        Its index among the representatives.
    squares_angstrom2 : float32 array [num_frames]
        Sum over atoms of squared distances from it. In order of time it tells where a trajectory
        lacks representatives; sorted it is the curve by which selections are compared.
    rmsd_angstrom : float32 array [num_frames]
        Root of the mean over atoms.

    """

    representative: Indices
    squares_angstrom2: Floats
    rmsd_angstrom: Floats


def similarity(
    frames_angstrom: ArrayLike,
    other: ArrayLike | None = None,
    masses: ArrayLike | None = None,
    num_threads: int = 0,
) -> Floats:
    """Find how similar frames are: minus the sum of squared distances in angstrom^2.

    The best rotation is Kabsch's (doi:10.1107/S0567739476001873), and minimises the sum that is
    not weighted by mass. Everything is computed in double precision: sums are accurate to 1e-14 of
    the frames' own sums of squares, then rounded.

    Parameters
    ----------
    frames_angstrom : array [num_frames, num_atoms, 3]
        Positions in angstrom, of molecules that are whole.
    other : array [num_others, num_atoms, 3], optional
        Frames to compare with; None: all pairs of `frames_angstrom`, each computed once.
    masses : array [num_atoms], optional
        Frames are centred at their centre of mass; None: at their mean position, which gives the
        least sum of all.
    num_threads : int
        0: all cores. Results do not depend on it.

    Returns
    -------
    float32 array [num_frames, num_frames] or [num_frames, num_others]
        Zero or less; nothing else of that size is in memory.

    Raises
    ------
    ValueError
        If shapes are wrong, there are no frames or no atoms, numbers are not finite, or masses are
        negative or all zero.

    """
    threads = as_threads(num_threads)
    frames = superposition(as_frames(frames_angstrom, "frames_angstrom"), masses)
    if other is None:
        return frames.compare_all(threads)
    others = as_frames(other, "other")
    check_same_atoms(frames_angstrom, others, "other")
    return frames.compare(superposition(others, masses), 0, frames.num_frames, threads)


def thin(
    frames_angstrom: ArrayLike,
    threshold_angstrom2: float = 9.0,
    seed: int = 0,
    *,
    rounds: int = 4,
    subset_size: int = 2000,
    masses: ArrayLike | None = None,
    num_threads: int = 0,
) -> Indices:
    """Remove frames that are almost the same as one that is kept.

    In each round the frames that are left are mixed and dealt to subsets. In each subset, one after
    the other is kept if it is farther than the threshold from all that are kept there already.

    What holds: frames kept by the same subset of the last round are farther from each other than
    the threshold; a frame removed in a round is within the threshold of one that was kept in this
    round, so that of those kept at last one is within rounds^2 times the threshold (distances, the
    roots of sums of squares, add up). If `subset_size` is not less than the number of frames, all
    that are kept are farther from each other than the threshold, and every removed frame is within
    the threshold of one of them.

    Parameters
    ----------
    frames_angstrom : array [num_frames, num_atoms, 3]
        Positions in angstrom, of molecules that are whole.
    threshold_angstrom2 : float
        Sum over atoms of squared distances; nothing is removed if it is negative.
    seed : int
        Of the mixing.
    rounds : int
        How often frames are mixed and thinned out.
    subset_size : int
        Frames in a subset at most; so many squared similarities are in memory.
    masses : array [num_atoms], optional
        As for `similarity`.
    num_threads : int
        0: all cores. Results do not depend on it.

    Returns
    -------
    int64 array [num_kept]
        Indices of the frames that are kept, in ascending order.

    Raises
    ------
    ValueError
        As `similarity`, and if the threshold is not a number, or rounds or subset_size is not
        positive.

    """
    frames = as_frames(frames_angstrom, "frames_angstrom")
    if np.isnan(threshold_angstrom2):
        raise ValueError("threshold_angstrom2 is not a number.")
    check_positive(rounds, "rounds")
    check_positive(subset_size, "subset_size")
    threads = as_threads(num_threads)
    generator = np.random.default_rng(seed)
    kept = np.arange(len(frames))
    for _ in range(rounds):
        mixed = generator.permutation(kept)
        subsets = np.array_split(mixed, -(-len(mixed) // subset_size))
        left = []
        for subset in subsets:
            squares = -superposition(frames[subset], masses).compare_all(threads)
            left.append(subset[_keep_distant(squares, threshold_angstrom2)])
        kept = np.concatenate(left)
    return np.sort(kept)


def farthest(
    frames_angstrom: ArrayLike,
    start: Sequence[int] | Indices,
    number: int,
    *,
    masses: ArrayLike | None = None,
    num_threads: int = 0,
) -> Indices:
    """Pick untypical frames: each time the one farthest from all that are selected.

    The greedy algorithm for k centres (Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5).

    Parameters
    ----------
    frames_angstrom : array [num_frames, num_atoms, 3]
        Positions in angstrom, of molecules that are whole.
    start : sequence of int
        Indices of frames that are selected already, one at least.
    number : int
        How many to add; there must be so many others.
    masses : array [num_atoms], optional
        As for `similarity`.
    num_threads : int
        0: all cores. Results do not depend on it.

    Returns
    -------
    int64 array [number]
        Indices of the added frames in the order in which they were picked; of equally far ones
        the first.

    Raises
    ------
    ValueError
        As `similarity`, and if `start` or `number` is out of range.

    """
    frames = as_frames(frames_angstrom, "frames_angstrom")
    threads = as_threads(num_threads)
    selected = as_selected(start, len(frames))
    left = len(frames) - len(selected)
    if not 0 <= number <= left:
        raise ValueError(f"number is {number}; expected 0 to {left}, the frames not in start.")
    all_frames = superposition(frames, masses)
    nearest = _nearest(all_frames, superposition(frames[selected], masses), threads)
    squares = nearest.squares_angstrom2.copy()
    squares[selected] = -1.0
    picked = np.empty(number, np.int64)
    for k in range(number):
        pick = int(np.argmax(squares))
        picked[k] = pick
        row = all_frames.compare(all_frames, pick, pick + 1, threads)
        np.minimum(squares, -row[0], out=squares)
        squares[pick] = -1.0
    return picked


def distances_to_nearest(
    frames_angstrom: ArrayLike,
    representatives_angstrom: ArrayLike,
    *,
    masses: ArrayLike | None = None,
    num_threads: int = 0,
) -> Nearest:
    """Find the nearest representative of each frame.

    Parameters
    ----------
    frames_angstrom : array [num_frames, num_atoms, 3]
        Positions in angstrom, of molecules that are whole.
    representatives_angstrom : array [num_representatives, num_atoms, 3]
        Positions of the representatives, for example `frames_angstrom[exemplars]`.
    masses : array [num_atoms], optional
        As for `similarity`.
    num_threads : int
        0: all cores. Results do not depend on it.

    Returns
    -------
    Nearest
        With a distance for each frame.

    Raises
    ------
    ValueError
        As `similarity`.

    """
    frames = as_frames(frames_angstrom, "frames_angstrom")
    representatives = as_frames(representatives_angstrom, "representatives_angstrom")
    check_same_atoms(frames, representatives, "representatives_angstrom")
    return _nearest(
        superposition(frames, masses),
        superposition(representatives, masses),
        as_threads(num_threads),
    )


def _nearest(
    frames: _selection.Superposition, representatives: _selection.Superposition, threads: int
) -> Nearest:
    number = frames.num_frames
    nearest, squares = np.empty(number, np.int64), np.empty(number, np.float32)
    for begin in range(0, number, _ROWS):
        end = min(begin + _ROWS, number)
        rows = frames.compare(representatives, begin, end, threads)
        nearest[begin:end] = rows.argmax(axis=1)
        squares[begin:end] = -rows.max(axis=1)
    return Nearest(nearest, squares, np.sqrt(squares / np.float32(frames.num_atoms)))


def _keep_distant(squares: Floats, threshold: float) -> NDArray[np.bool_]:
    """Tell which frames are kept if one after the other removes all near ones that follow."""
    near = squares <= threshold
    kept = np.ones(len(squares), bool)
    for i in range(len(squares)):
        if kept[i]:
            kept[i + 1 :] &= ~near[i, i + 1 :]
    return kept
