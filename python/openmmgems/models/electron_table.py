# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Electron configurations of the elements, the fixed input of the nuclear embedding.

Ground states by the aufbau rule with the known exceptions up to Z = 86 (the same choice as the
published SpookyNet; reproduces its table bit for bit).
"""

import numpy as np
from numpy.typing import NDArray

from .hyperparameters import ZMAX

_CAPACITY = {"s": 2, "p": 6, "d": 10, "f": 14}
_FILLING = [
    "1s",
    "2s",
    "2p",
    "3s",
    "3p",
    "4s",
    "3d",
    "4p",
    "5s",
    "4d",
    "5p",
    "6s",
    "4f",
    "5d",
    "6p",
]
_EXCEPTIONS = {
    24: {"4s": 1, "3d": 5},
    29: {"4s": 1, "3d": 10},
    41: {"5s": 1, "4d": 4},
    42: {"5s": 1, "4d": 5},
    44: {"5s": 1, "4d": 7},
    45: {"5s": 1, "4d": 8},
    46: {"5s": 0, "4d": 10},
    47: {"5s": 1, "4d": 10},
    57: {"4f": 0, "5d": 1},
    58: {"4f": 1, "5d": 1},
    64: {"4f": 7, "5d": 1},
    78: {"6s": 1, "5d": 9},
    79: {"6s": 1, "5d": 10},
}
_NOBLE_GASES = (2, 10, 18, 36, 54, 86)


def _occupations(atomic_number: int) -> dict[str, int]:
    left = atomic_number
    occupied = {}
    for shell in _FILLING:
        occupied[shell] = min(left, _CAPACITY[shell[-1]])
        left -= occupied[shell]
    return occupied | _EXCEPTIONS.get(atomic_number, {})


def _valence(atomic_number: int, occupied: dict[str, int]) -> list[int]:
    period = 1 + sum(atomic_number > gas for gas in _NOBLE_GASES)
    return [
        occupied[f"{period}s"],
        occupied.get(f"{period}p", 0),
        occupied[f"{period - 1}d"] if period >= 4 else 0,
        occupied["4f"] if period == 6 else 0,
    ]


def electron_table() -> NDArray[np.float64]:
    """Atomic number, occupation of 15 shells and of 4 valence shells, each relative to its largest.

    Returns
    -------
    array [87, 20]
        One row per element; row 0 is zero.

    """
    table = np.zeros((ZMAX, 1 + len(_FILLING) + 4))
    for z in range(1, ZMAX):
        occupied = _occupations(z)
        table[z] = [z, *occupied.values(), *_valence(z, occupied)]
    return table / table.max(axis=0)
