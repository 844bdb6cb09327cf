# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The smallest model there is: argon, written by hand."""

from pathlib import Path

import numpy as np
import torch
from openmmgems.models.export import save_model
from openmmgems.models.metadata import make_description
from torch import Tensor, nn

EPSILON_EV, SIGMA_ANGSTROM, CUTOFF_ANGSTROM = 0.0104, 3.4, 9.0


class LennardJones(nn.Module):
    """Lennard-Jones energy of argon, shifted to vanish at the cutoff, with an integer buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("epsilon", torch.tensor([0.0, EPSILON_EV], dtype=torch.float64))
        index = torch.zeros(19, dtype=torch.int64)
        index[18] = 1
        self.register_buffer("parameter_of_element", index)
        self.sigma = SIGMA_ANGSTROM
        self.shift = (SIGMA_ANGSTROM / CUTOFF_ANGSTROM) ** 6

    def forward(
        self,
        atomic_numbers: Tensor,
        vectors: Tensor,
        pair_i: Tensor,
        pair_j: Tensor,
        charge: Tensor,
        spin: Tensor,
    ) -> dict[str, Tensor]:
        epsilon = self.epsilon[self.parameter_of_element[atomic_numbers]]
        r6 = (self.sigma**2 / vectors.square().sum(dim=-1)) ** 3
        shifted = r6.square() - r6 - (self.shift**2 - self.shift)
        energy = 2.0 * epsilon[pair_i] * shifted
        return {"energy": torch.zeros_like(epsilon).index_add(0, pair_i, energy)}


def write_lennard_jones(path: Path) -> None:
    description = make_description(
        "lennard-jones",
        cutoff=CUTOFF_ANGSTROM,
        long_range_cutoff=CUTOFF_ANGSTROM,
        elements=[18],
    )
    save_model(LennardJones(), path, description)


def lennard_jones_energy_ev(positions_angstrom: np.ndarray, cell: np.ndarray | None) -> float:
    """Brute force over images, by NumPy."""
    shifts = np.zeros((1, 3))
    if cell is not None:
        grid = np.arange(-3, 4)
        shifts = np.array(np.meshgrid(grid, grid, grid)).reshape(3, -1).T @ cell
    vectors = positions_angstrom[None, :, None] + shifts - positions_angstrom[:, None, None]
    square = (vectors**2).sum(axis=-1)
    square = square[(square > 1e-12) & (square < CUTOFF_ANGSTROM**2)]
    r6 = (SIGMA_ANGSTROM**2 / square) ** 3
    shift = (SIGMA_ANGSTROM / CUTOFF_ANGSTROM) ** 6
    return float(2.0 * EPSILON_EV * (r6**2 - r6 - (shift**2 - shift)).sum())
