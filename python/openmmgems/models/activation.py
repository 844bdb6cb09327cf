# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Activation functions with a learnable amplitude and steepness for every feature."""

import math

import torch
from torch import Tensor, nn


class Swish(nn.Module):
    """``alpha x / (1 + exp(-beta x))``; starts as an approximation of GELU."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(num_features))
        self.beta = nn.Parameter(torch.full((num_features,), 1.702))

    def forward(self, x: Tensor) -> Tensor:
        """Apply to features [..., num_features]."""
        return self.alpha * x * torch.sigmoid(self.beta * x)


class ShiftedSoftplus(nn.Module):
    """``alpha (softplus(beta x) - ln 2) / beta``, continued by ``alpha x / 2`` to beta = 0."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(num_features))
        self.beta = nn.Parameter(torch.ones(num_features))

    def forward(self, x: Tensor) -> Tensor:
        """Apply to features [..., num_features]."""
        flat = self.beta == 0
        beta = torch.where(flat, torch.ones_like(self.beta), self.beta)
        curved = (nn.functional.softplus(beta * x) - math.log(2.0)) / beta
        return self.alpha * torch.where(flat, 0.5 * x, curved)


def make_activation(name: str, num_features: int) -> nn.Module:
    """Make the activation function that the hyperparameters name."""
    return Swish(num_features) if name == "swish" else ShiftedSoftplus(num_features)
