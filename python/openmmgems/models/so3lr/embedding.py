# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Features of atoms before the first layer: they follow from the composition."""

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ..molecules import sum_by_molecule

NUM_ELEMENTS = 118


class ElementEmbedding(nn.Module):
    """A vector for every element."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.embedding = nn.Linear(NUM_ELEMENTS, num_features, bias=False)

    def forward(self, atomic_numbers: Tensor) -> Tensor:
        """Vectors [num_atoms, num_features]."""
        return self.embedding.weight.t().index_select(0, atomic_numbers - 1)


class ElectronicEmbedding(nn.Module):
    """Spreads the total charge, or the number of unpaired electrons, over the atoms.

    Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0.
    """

    epsilon: Final[float] = 1e-6

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.root = math.sqrt(num_features)
        self.Wq = nn.Linear(NUM_ELEMENTS, num_features, bias=False)
        self.Wk = nn.Parameter(torch.randn(2, num_features) / self.root)
        self.Wv = nn.Parameter(torch.randn(2, num_features) / self.root)
        self.mlp = nn.Sequential(
            nn.SiLU(),
            nn.Linear(num_features, num_features, bias=False),
            nn.SiLU(),
            nn.Linear(num_features, num_features, bias=False),
        )

    def forward(
        self, atomic_numbers: Tensor, psi: Tensor, molecule: Tensor, count: Tensor
    ) -> Tensor:
        """Features [num_kinds, num_features] of the kinds of atoms.

        ``psi`` [num_molecules] is what is spread; ``molecule`` and ``count`` [num_kinds] are each
        kind's molecule and its number of atoms there.
        """
        query = self.Wq.weight.t().index_select(0, atomic_numbers - 1)
        row = (psi < 0).long().index_select(0, molecule)
        weight = softplus((query * self.Wk[row]).sum(dim=-1) / self.root)
        total = sum_by_molecule(count * weight, molecule, psi.shape[0]) + self.epsilon
        share = weight * (psi / total).index_select(0, molecule)
        value = share.unsqueeze(-1) * self.Wv[row]
        return value + self.mlp(value)
