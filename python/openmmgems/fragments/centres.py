# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Centres of top-down fragments that cover a system evenly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from openmmgems.systems.images import Images


def covering_centres(
    positions_angstrom: ArrayLike,
    candidates: Sequence[int],
    *,
    spacing_angstrom: float = 6.0,
    cell_angstrom: ArrayLike | None = None,
    seed: int = 0,
) -> list[int]:
    """
    Choose atoms so that every candidate is within a distance of one of them.

    The first is drawn at random, each further one is the candidate farthest from those chosen
    (Gonzalez, Theor. Comput. Sci. 38, 293 (1985)): chosen ones are farther apart than the spacing.

    Parameters
    ----------
    positions_angstrom : array, shape ``[num_atoms, 3]``
    candidates : sequence of int
        Indices of atoms that may be chosen, and that are to be covered.
    spacing_angstrom : float
    cell_angstrom : array, shape ``[3, 3]``, optional
        Box vectors as rows. Distances beyond half of its width may be taken for larger than they
        are.
    seed : int

    Returns
    -------
    list of int
        Indices of atoms, in the order in which they were chosen.

    Raises
    ------
    ValueError
        If there are no candidates, or the spacing is not positive.
    """
    members = np.asarray(candidates, dtype=np.int64)
    if len(members) == 0:
        raise ValueError("There are no candidates for centres; the selection is empty.")
    if not spacing_angstrom > 0:
        raise ValueError(f"spacing_angstrom is {spacing_angstrom}; expected a positive length.")
    positions = np.asarray(positions_angstrom, dtype=float)[members]
    images = Images(cell_angstrom)
    chosen = [int(np.random.default_rng(seed).integers(len(members)))]
    distances = np.full(len(members), np.inf)
    while True:
        offsets = images.nearest(positions - positions[chosen[-1]])
        distances = np.minimum(distances, np.linalg.norm(offsets, axis=1))
        farthest = int(np.argmax(distances))
        if distances[farthest] <= spacing_angstrom:
            return [int(members[k]) for k in chosen]
        chosen.append(farthest)
