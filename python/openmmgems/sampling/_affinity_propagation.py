# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Affinity propagation, for more frames than fit into memory elsewhere."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openmmgems import _selection

from ._selection_checks import (
    Doubles,
    Floats,
    Indices,
    as_preferences,
    as_similarities,
    as_threads,
    check_positive,
)

# Part of a preference by which preferences are made unequal.
_DIFFERENCE = 1e-6


@dataclass(frozen=True)
class Clusters:
    """What affinity propagation found.

    Attributes
    ----------
    exemplars : int64 array [num_clusters]
        Indices of the representatives, in ascending order.
    labels : int64 array [num_frames]
        Each frame's cluster: a place in `exemplars`.
    num_iterations : int
        Iterations until convergence.

    """

    exemplars: Indices
    labels: Indices
    num_iterations: int


def affinity_propagation(
    similarity: ArrayLike,
    preference: ArrayLike,
    damping: float = 0.5,
    max_iterations: int = 1000,
    convergence_iterations: int = 15,
    *,
    seed: int = 0,
    num_threads: int = 0,
) -> Clusters:
    """Choose representatives by affinity propagation (doi:10.1126/science.1136800).

    Damping, convergence and the choice of exemplars are those of scikit-learn's
    `AffinityPropagation(affinity="precomputed")`. Beside the similarities, one more matrix of
    their size is in memory.

    Parameters
    ----------
    similarity : float32 array [num_frames, num_frames]
        Row i says how well others represent frame i; the diagonal is not used. Float32 in C order
        is used as it is and not changed, everything else is copied.
    preference : float or array [num_frames]
        Similarity of a frame to itself, in the unit of `similarity`: the higher, the more
        representatives. Below the smallest similarity there are few; the median gives many.
    damping : float
        Part of the messages that is kept in each iteration, from 0.5 to below 1.
    max_iterations : int
        Iterations after which there must be convergence.
    convergence_iterations : int
        Iterations for which the exemplars must not change.
    seed : int
        Frames that can stand for each other, as copies can, would let the messages oscillate
        for ever: preferences are made unequal at random, by a millionth.
    num_threads : int
        0: all cores. Results do not depend on it.

    Returns
    -------
    Clusters
        If all similarities and all preferences are equal, every frame or only the first one is an
        exemplar, whichever is better.

    Raises
    ------
    ValueError
        If an argument is out of range, has a wrong shape or is not finite.
    RuntimeError
        If there is no convergence.

    """
    values = as_similarities(similarity)
    number = len(values)
    preferences = as_preferences(preference, number)
    if not 0.5 <= damping < 1.0:
        raise ValueError(f"damping is {damping}; expected 0.5 or more, and less than 1.")
    check_positive(max_iterations, "max_iterations")
    check_positive(convergence_iterations, "convergence_iterations")
    threads = as_threads(num_threads)
    if number == 1 or (np.ptp(preferences) == 0.0 and _all_equal(values)):
        every = number == 1 or preferences[0] > values[0, 1]
        found = np.arange(number if every else 1)
        return Clusters(found, np.arange(number) if every else np.zeros(number, int), 0)
    unequal = 1.0 + _DIFFERENCE * np.random.default_rng(seed).standard_normal(number)
    messages = _selection.AffinityPropagation(values, preferences * unequal, damping)
    history: deque[NDArray[np.bool_]] = deque(maxlen=convergence_iterations)
    for iteration in range(max_iterations):
        messages.iterate(threads)
        history.append(messages.exemplars)
        # The first round after the history is full is the first that may end, as in scikit-learn.
        if iteration >= convergence_iterations and _is_constant(history):
            exemplars = np.flatnonzero(history[-1])
            return _assign(values, preferences, exemplars, iteration + 1)
    raise RuntimeError(
        f"Affinity propagation did not converge in {max_iterations} iterations with damping "
        f"{damping}; {history[-1].sum()} of {number} frames are exemplars now. Raise damping "
        "(0.7, 0.9) if their number goes up and down, or max_iterations, or change the preference."
    )


def _is_constant(history: deque[NDArray[np.bool_]]) -> bool:
    return bool(history[-1].any()) and all((flags == history[-1]).all() for flags in history)


def _assign(values: Floats, preferences: Doubles, exemplars: Indices, iterations: int) -> Clusters:
    """Give each frame to its nearest exemplar, after the best frame of each cluster became it."""
    labels = _labels(values, exemplars)
    better = np.empty_like(exemplars)
    for k in range(len(exemplars)):
        inside = np.flatnonzero(labels == k)
        among = values[np.ix_(inside, inside)].astype(np.float64)
        np.fill_diagonal(among, preferences[inside])
        better[k] = inside[among.sum(axis=0).argmax()]
    better.sort()
    return Clusters(better, _labels(values, better), iterations)


def _labels(values: Floats, exemplars: Indices) -> Indices:
    labels = values[:, exemplars].argmax(axis=1)
    labels[exemplars] = np.arange(len(exemplars))
    return labels


def _all_equal(values: Floats) -> bool:
    """Tell whether all numbers off the diagonal are equal, with no copy of the matrix."""
    return all(
        (row[:i] == values[0, 1]).all() and (row[i + 1 :] == values[0, 1]).all()
        for i, row in enumerate(values)
    )
