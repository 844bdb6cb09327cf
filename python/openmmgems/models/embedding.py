# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Embeddings of what does not depend on positions: elements, total charge, unpaired electrons.

Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Methods.
"""

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .electron_table import electron_table
from .hyperparameters import ZMAX
from .molecules import max_by_molecule, sum_by_molecule
from .residual import ResidualMLP


def _orthogonal_linear(num_in: int, num_out: int, bias: bool) -> nn.Linear:
    linear = nn.Linear(num_in, num_out, bias)
    nn.init.orthogonal_(linear.weight)
    if bias:
        nn.init.zeros_(linear.bias)
    return linear


class NuclearEmbedding(nn.Module):
    """Features of an element: a free vector plus a linear map of its electron configuration."""

    electron_config: Tensor

    def __init__(self, num_features: int, zero_init: bool = True) -> None:
        super().__init__()
        self.register_buffer("electron_config", torch.from_numpy(electron_table()).float())
        self.element_embedding = nn.Parameter(torch.zeros(ZMAX, num_features))
        self.config_linear = nn.Linear(20, num_features, bias=False)
        if zero_init:
            nn.init.zeros_(self.config_linear.weight)
        else:
            nn.init.uniform_(self.element_embedding, -math.sqrt(3), math.sqrt(3))
            nn.init.orthogonal_(self.config_linear.weight)

    def forward(self, atomic_numbers: Tensor) -> Tensor:
        """Features [num_atoms, num_features] of atomic numbers [num_atoms]."""
        config = self.config_linear(self.electron_config[atomic_numbers])
        return self.element_embedding[atomic_numbers] + config


class ElectronicEmbedding(nn.Module):
    """A molecular quantity (charge or spin) shared out over the atoms by attention.

    Parameters
    ----------
    activation : str
        Name of the activation function.
    num_features : int
        Number of features.
    num_residual : int
        Number of residual blocks.
    is_charge : bool
        Whether the sign of the quantity counts.

    """

    epsilon: Final[float] = 1e-8

    def __init__(
        self, activation: str, num_features: int, num_residual: int, is_charge: bool
    ) -> None:
        super().__init__()
        self.is_charge = is_charge
        num_in = 2 if is_charge else 1
        self.linear_q = _orthogonal_linear(num_features, num_features, True)
        self.linear_k = _orthogonal_linear(num_in, num_features, False)
        self.linear_v = _orthogonal_linear(num_in, num_features, False)
        self.resblock = ResidualMLP(
            activation, num_features, num_residual, bias=False, zero_init=True
        )

    def forward(
        self, features: Tensor, quantity: Tensor, molecule: Tensor, count: Tensor
    ) -> Tensor:
        """Features [num_rows, num_features] of a quantity [num_molecules].

        Each row of ``features`` stands for ``count`` [num_rows] equal atoms of ``molecule``.
        """
        num_molecules = quantity.shape[0]
        if self.is_charge:
            entries = torch.relu(torch.stack([quantity, -quantity], dim=-1))
        else:
            entries = quantity.abs().unsqueeze(-1)
        key = self.linear_k(entries / entries.clamp(min=1.0))
        value = self.linear_v(entries)
        query = self.linear_q(features)
        dot = (key[molecule] * query).sum(dim=-1)
        share = softplus(dot / math.sqrt(query.shape[-1]))
        norm = sum_by_molecule(share * count, molecule, num_molecules) + self.epsilon
        return self.resblock((share / norm[molecule]).unsqueeze(-1) * value[molecule])


class NonlinearElectronicEmbedding(nn.Module):
    """The older form of ElectronicEmbedding: key and value are networks of the quantity."""

    epsilon: Final[float] = 1e-8

    def __init__(self, activation: str, num_features: int, num_residual: int) -> None:
        super().__init__()
        self.linear_q = _orthogonal_linear(num_features, num_features, False)
        self.featurize_k = _orthogonal_linear(1, num_features, True)
        self.resblock_k = ResidualMLP(activation, num_features, num_residual, zero_init=True)
        self.featurize_v = _orthogonal_linear(1, num_features, False)
        self.resblock_v = ResidualMLP(
            activation, num_features, num_residual, bias=False, zero_init=True
        )

    def forward(
        self, features: Tensor, quantity: Tensor, molecule: Tensor, count: Tensor
    ) -> Tensor:
        """Features [num_rows, num_features] of a quantity [num_molecules].

        Each row of ``features`` stands for ``count`` [num_rows] equal atoms of ``molecule``.
        """
        num_molecules = quantity.shape[0]
        entry = quantity.unsqueeze(-1)
        key = self.resblock_k(self.featurize_k(entry))
        value = self.resblock_v(self.featurize_v(entry))
        query = self.linear_q(features)
        dot = (key[molecule] * query).sum(dim=-1)
        maximum = max_by_molecule(dot, molecule, num_molecules)
        share = torch.exp((dot - maximum[molecule]) / math.sqrt(query.shape[-1]))
        norm = sum_by_molecule(share * count, molecule, num_molecules) + self.epsilon
        return (share / norm[molecule]).unsqueeze(-1) * value[molecule]
