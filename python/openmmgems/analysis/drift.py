# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How well a run conserves energy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Drift:
    """Slope of an energy against time and its standard error, in units of the input."""

    slope: float
    error: float


def energy_drift(time: ArrayLike, energy: ArrayLike, num_blocks: int = 20) -> Drift:
    """Fit a line to the averages of equal blocks of a series.

    Fluctuations that are shorter than a block are averaged out, so that the residuals of the line
    tell its error although neighbouring values are correlated.

    Parameters
    ----------
    time : array [num_values]
        Evenly spaced.
    energy : array [num_values]
        Total energy at each time.
    num_blocks : int
        Number of blocks; left-over values at the end are not used.

    Raises
    ------
    ValueError
        If shapes differ, or there are fewer than two values per block or three blocks.

    """
    x, y = np.asarray(time, float), np.asarray(energy, float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"time and energy have shapes {x.shape} and {y.shape}; expected equal.")
    size = len(x) // num_blocks
    if size < 2 or num_blocks < 3:
        raise ValueError(
            f"{len(x)} values do not make {num_blocks} blocks of two or more; "
            "run longer, or store energies more often."
        )
    x, y = (v[: size * num_blocks].reshape(num_blocks, size).mean(axis=1) for v in (x, y))
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    residuals = y - y.mean() - slope * centred
    variance = residuals @ residuals / (num_blocks - 2)
    return Drift(slope, float(np.sqrt(variance / (centred @ centred))))
