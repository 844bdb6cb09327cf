# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Nonlocal interactions: linear-scaling attention over all atoms of a molecule.

The random-feature softmax kernel is that of Performers (Choromanski et al., arXiv:2009.14794). Two
additive constants make the result depend on the maxima that are subtracted before exponentiation;
they are therefore part of the function, and of its gradient.
"""

import math
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from .hyperparameters import Hyperparameters
from .molecules import max_by_molecule
from .residual import ResidualMLP

#: The values of GemsForce.AttentionMode.
MODEL_DEFAULT, EXACT, SMOOTH = 0, 1, 2


def random_features(num_features: int, generator: np.random.Generator) -> Tensor:
    """Orthogonal random directions with the lengths of normal random vectors, one a column."""
    q, _ = np.linalg.qr(generator.standard_normal((num_features, num_features)))
    lengths = np.linalg.norm(generator.standard_normal((num_features, num_features)), axis=1)
    return torch.from_numpy((q.T * lengths[:, None]).T).float()


class Attention(nn.Module):
    """Attention of every atom to all atoms of its molecule.

    In mode EXACT the maximum over keys is taken over the molecule, and its gradient lands on one
    atom: forces jump where another atom takes over. In mode SMOOTH it is the constant
    ``key_maximum``.
    """

    epsilon_features: Final[float] = 1e-4
    epsilon_norm: Final[float] = 1e-8
    smooth: Final[int] = SMOOTH

    omega: Tensor
    key_maximum: Tensor

    def __init__(self, num_features: int, generator: np.random.Generator) -> None:
        super().__init__()
        self.register_buffer("omega", random_features(num_features, generator))
        self.register_buffer("key_maximum", torch.zeros(1))
        self.mode = SMOOTH

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, molecule: Tensor, num_molecules: int
    ) -> Tensor:
        """Attended values [num_atoms, num_features]."""
        query_u, query_h = self._project(query)
        key_u, key_h = self._project(key)
        query_maximum = query_u.max(dim=-1, keepdim=True)[0]
        phi_q = self._features(query_u, query_h, query_maximum)
        phi_k = self._features(key_u, key_h, self._key_maximum(key_u, molecule, num_molecules))
        if num_molecules == 1:
            norm = phi_q @ phi_k.sum(dim=0) + self.epsilon_norm
            return phi_q @ (phi_k.t() @ value) / norm.unsqueeze(-1)
        same = (molecule.unsqueeze(0) == molecule.unsqueeze(1)).to(value.dtype)
        weight = phi_q @ phi_k.t() * same
        return weight @ value / (weight.sum(dim=-1, keepdim=True) + self.epsilon_norm)

    def measure_key_maximum(self, key: Tensor) -> Tensor:
        """The exact maximum over the keys [num_atoms, num_features] of one molecule."""
        return self._project(key)[0].max().unsqueeze(0)

    def _project(self, x: Tensor) -> tuple[Tensor, Tensor]:
        u = x @ self.omega / x.shape[-1] ** 0.25
        h = x.square().sum(dim=-1, keepdim=True) / (2.0 * math.sqrt(x.shape[-1]))
        return u, h

    def _features(self, u: Tensor, h: Tensor, maximum: Tensor) -> Tensor:
        return (torch.exp(u - h - maximum) + self.epsilon_features) / math.sqrt(u.shape[-1])

    def _key_maximum(self, u: Tensor, molecule: Tensor, num_molecules: int) -> Tensor:
        if self.mode == self.smooth:
            return self.key_maximum
        if num_molecules == 1:
            return u.max().reshape(1, 1)
        by_atom = u.max(dim=-1)[0]
        return max_by_molecule(by_atom, molecule, num_molecules)[molecule].unsqueeze(-1)


class NonlocalInteraction(nn.Module):
    """Attention whose queries, keys and values are networks of the features."""

    def __init__(self, options: Hyperparameters, generator: np.random.Generator) -> None:
        super().__init__()
        features, activation = options.num_features, options.activation
        self.resblock_q = ResidualMLP(
            activation, features, options.num_residual_nonlocal_q, zero_init=True
        )
        self.resblock_k = ResidualMLP(
            activation, features, options.num_residual_nonlocal_k, zero_init=True
        )
        self.resblock_v = ResidualMLP(
            activation, features, options.num_residual_nonlocal_v, zero_init=True
        )
        self.attention = Attention(features, generator)

    def forward(self, x: Tensor, molecule: Tensor, num_molecules: int) -> Tensor:
        """Features [num_atoms, num_features] that each atom receives."""
        return self.attention(
            self.resblock_q(x), self.resblock_k(x), self.resblock_v(x), molecule, num_molecules
        )
