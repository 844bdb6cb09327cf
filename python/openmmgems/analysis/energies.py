# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Energy logs of simulations."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def read_energy_log(path: Path) -> dict[str, np.ndarray]:
    """Read the comma-separated log of a run.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict of str to numpy.ndarray
        One array ``[num_lines]`` per column; the names tell the units, such as ``time_ps``,
        ``potential_energy_kj_mol`` and ``temperature_k``. Empty entries are NaN.
    """
    with open(path) as file:
        names = file.readline().strip().split(",")
        table = np.genfromtxt(file, delimiter=",", ndmin=2)
    if table.shape[-1] != len(names):
        raise ValueError(
            f"'{path}' has {table.shape[-1]} columns of numbers for {len(names)} names."
        )
    return {name: table[:, column] for column, name in enumerate(names)}
