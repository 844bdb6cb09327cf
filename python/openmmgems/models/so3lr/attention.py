# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Attention of each atom to its neighbours: messages of invariant and equivariant features."""

import torch
from torch import Tensor, nn

from .pairs import NearPairs, sum_by_atom
from .spherical_harmonics import DEGREES, Degrees


class EuclideanAttention(nn.Module):
    """Weights are ``sum_d q_id k_jd W_ijd`` per head and per degree; no softmax.

    The matrices are [head, in, out].
    """

    def __init__(self, num_features: int, num_heads: int, mean_neighbours: float) -> None:
        super().__init__()
        self.mean_neighbours = mean_neighbours
        self.degrees = Degrees()
        self.W_q_inv = _matrices(num_heads, num_features)
        self.W_k_inv = _matrices(num_heads, num_features)
        self.W_v_inv = _matrices(num_heads, num_features)
        self.W_q_ev = _matrices(len(DEGREES), num_features)
        self.W_k_ev = _matrices(len(DEGREES), num_features)

    def forward(
        self,
        x: Tensor,
        filter_inv: Tensor,
        filter_ev: Tensor,
        pairs: NearPairs,
    ) -> tuple[Tensor, Tensor]:
        """Messages [num_atoms, num_features] and [num_atoms, 24].

        ``x`` are the features [num_atoms, num_features]; the filters [num_pairs, num_features].
        """
        num_atoms = x.shape[0]
        weights = self._weights(x, self.W_q_inv, self.W_k_inv, filter_inv, pairs)
        values = _per_head(x, self.W_v_inv).index_select(0, pairs.sender)
        per_head = [values.shape[0], self.W_v_inv.shape[0], self.W_v_inv.shape[2]]
        messages = values.view(per_head) * weights.unsqueeze(-1)
        invariant = sum_by_atom(messages.flatten(1), pairs.receiver, num_atoms)
        weights = self._weights(x, self.W_q_ev, self.W_k_ev, filter_ev, pairs)
        directed = self.degrees.spread(weights) * pairs.harmonics
        return invariant, sum_by_atom(directed, pairs.receiver, num_atoms)

    def _weights(
        self, x: Tensor, query: Tensor, key: Tensor, filters: Tensor, pairs: NearPairs
    ) -> Tensor:
        """Attention weights [2 num_pairs, number of matrices] of both directions."""
        shape = [2, filters.shape[0], filters.shape[1]]
        queries = _per_head(x, query).index_select(0, pairs.receiver).view(shape)
        keys = _per_head(x, key).index_select(0, pairs.sender).view(shape)
        products = (queries * keys * filters).view(2, shape[1], query.shape[0], query.shape[2])
        scaled = products.sum(dim=-1) * (pairs.cutoff / self.mean_neighbours)
        return scaled.flatten(0, 1)


def _matrices(number: int, num_features: int) -> nn.Parameter:
    size = num_features // number
    return nn.Parameter(torch.randn(number, size, size) / size**0.5)


def _per_head(x: Tensor, matrices: Tensor) -> Tensor:
    """Features [num_atoms, num_features], each block of them times its matrix."""
    blocks = x.view(x.shape[0], matrices.shape[0], matrices.shape[1]).transpose(0, 1)
    return torch.bmm(blocks, matrices).transpose(0, 1).reshape(x.shape)
