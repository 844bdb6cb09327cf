# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What is given to the selection of conformations, checked before anything is computed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openmmgems import _selection

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]


def as_frames(frames: ArrayLike, name: str) -> NDArray[np.floating]:
    array = np.asarray(frames)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise ValueError(
            f"{name} has shape {list(array.shape)}; expected [num_frames, num_atoms, 3] with one "
            "frame and one atom at least."
        )
    if not np.isfinite(array.sum(dtype=np.float64)):
        bad = np.flatnonzero(~np.isfinite(array).all(axis=(1, 2)))
        if len(bad) > 0:
            raise ValueError(
                f"{name} has positions that are not finite, first in frame {bad[0]} "
                f"({len(bad)} such frames); leave these frames out."
            )
    return array


def check_same_atoms(frames: ArrayLike, others: NDArray[np.floating], name: str) -> None:
    num_atoms = np.shape(frames)[1]
    if others.shape[1] != num_atoms:
        raise ValueError(
            f"{name} has {others.shape[1]} atoms; expected {num_atoms}, as in frames_angstrom."
        )


def superposition(
    frames: NDArray[np.floating], masses: ArrayLike | None
) -> _selection.Superposition:
    if masses is None:
        return _selection.Superposition(frames)
    weights = np.asarray(masses, np.float64)
    if weights.shape != (frames.shape[1],):
        raise ValueError(
            f"masses has shape {list(weights.shape)}; expected [{frames.shape[1]}], one for each "
            "atom."
        )
    if not (np.isfinite(weights).all() and (weights >= 0.0).all() and weights.any()):
        raise ValueError("masses must be finite and not negative, and not all of them zero.")
    return _selection.Superposition(frames, weights)


def as_similarities(similarity: ArrayLike) -> Floats:
    values = np.ascontiguousarray(similarity, np.float32)
    if values.ndim != 2 or values.shape[0] != values.shape[1] or values.size == 0:
        raise ValueError(
            f"similarity has shape {list(values.shape)}; expected [num_frames, num_frames]."
        )
    if not np.isfinite([values.min(), values.max()]).all():
        raise ValueError(
            "similarity has numbers that are not finite; use a large negative number where a frame "
            "must not represent another."
        )
    return values


def as_preferences(preference: ArrayLike, number: int) -> Doubles:
    array = np.asarray(preference, np.float64)
    if array.shape not in ((), (number,)):
        raise ValueError(
            f"preference has shape {list(array.shape)}; expected one number, or one for each of "
            f"{number} frames."
        )
    if not np.isfinite(array).all():
        raise ValueError("preference has numbers that are not finite.")
    return np.broadcast_to(array, number).astype(np.float64)


def as_selected(start: Sequence[int] | Indices, number: int) -> Indices:
    array = np.asarray(start)
    if array.ndim != 1 or array.size == 0 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError("start must list the indices of one selected frame at least.")
    if array.min() < 0 or array.max() >= number:
        raise ValueError(
            f"start has indices from {array.min()} to {array.max()}; expected 0 to {number - 1}."
        )
    return np.unique(array).astype(np.int64)


def check_positive(value: int, name: str) -> None:
    if value < 1:
        raise ValueError(f"{name} is {value}; expected 1 or more.")


def as_threads(num_threads: int) -> int:
    if num_threads < 0:
        raise ValueError(f"num_threads is {num_threads}; expected 0 (all cores) or more.")
    return num_threads
