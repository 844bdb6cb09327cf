# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A model whose energy tells how often it was evaluated."""

from pathlib import Path

import torch
from openmmgems.models.export import save_model
from openmmgems.models.metadata import make_description
from torch import Tensor, nn


class Counting(nn.Module):
    """As many eV as there were evaluations since it was read, with this one; no forces."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1, dtype=torch.float64))

    def forward(
        self,
        atomic_numbers: Tensor,
        vectors: Tensor,
        pair_i: Tensor,
        pair_j: Tensor,
        charge: Tensor,
        spin: Tensor,
    ) -> dict[str, Tensor]:
        self.calls += 1.0
        energy = torch.zeros_like(atomic_numbers, dtype=self.calls.dtype)
        energy[0] = self.calls[0]
        return {"energy": energy}


def write_counting(path: Path) -> None:
    save_model(Counting(), path, make_description("counting", cutoff=5.0, long_range_cutoff=5.0))
