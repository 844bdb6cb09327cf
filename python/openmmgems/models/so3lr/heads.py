# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What is read from the features of the last layer: energies, charges, Hirshfeld ratios."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from .embedding import NUM_ELEMENTS

_TABLE_ROWS = 100


class EnergyHead(nn.Module):
    """Energy of each atom in eV, scaled by element.

    ``energy_shifts``, a constant of every atom in the published file, is kept there and never
    added: energies are relative.
    """

    energy_shifts: Tensor

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(num_features, num_features)])
        self.final_layer = nn.Linear(num_features, 1)
        self.energy_scales = nn.Linear(NUM_ELEMENTS, 1, bias=False)
        nn.init.ones_(self.energy_scales.weight)
        self.register_buffer("energy_shifts", torch.zeros(NUM_ELEMENTS))

    def forward(self, atomic_numbers: Tensor, x: Tensor) -> Tensor:
        """Energies [num_atoms] of features [num_atoms, num_features]."""
        for layer in self.layers:
            x = silu(layer(x))
        scale = self.energy_scales.weight[0].index_select(0, atomic_numbers - 1)
        return scale * self.final_layer(x).squeeze(-1)


class ChargeHead(nn.Module):
    """Charge of each atom in e, before charge is conserved."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.transform_inv_features = nn.Sequential(
            nn.Linear(num_features, num_features), nn.SiLU(), nn.Linear(num_features, 1)
        )
        self.atomic_embedding = nn.Embedding(_TABLE_ROWS, 1)

    def forward(self, atomic_numbers: Tensor, x: Tensor) -> Tensor:
        """Charges [num_atoms] of features [num_atoms, num_features]."""
        of_element = self.atomic_embedding.weight.index_select(0, atomic_numbers)
        return (of_element + self.transform_inv_features(x)).squeeze(-1)


class HirshfeldHead(nn.Module):
    """Volume of each atom as a fraction of the free atom's; never negative."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        size = num_features // 2
        self.root = math.sqrt(size)
        self.transform_features = nn.Sequential(
            nn.Linear(num_features, size), nn.SiLU(), nn.Linear(size, size)
        )
        self.v_shift_embedding = nn.Embedding(_TABLE_ROWS, 1)
        self.q_embedding = nn.Embedding(_TABLE_ROWS, size)

    def forward(self, atomic_numbers: Tensor, x: Tensor) -> Tensor:
        """Ratios [num_atoms] of features [num_atoms, num_features]."""
        shift = self.v_shift_embedding.weight.index_select(0, atomic_numbers).squeeze(-1)
        query = self.q_embedding.weight.index_select(0, atomic_numbers)
        return (shift + (query * self.transform_features(x)).sum(dim=-1) / self.root).abs()
