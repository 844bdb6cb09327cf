# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Attention of each atom to its neighbours: messages of invariant and equivariant features."""

import torch
from torch import Tensor, nn

from .pairs import NearPairs
from .spherical_harmonics import DEGREES, Degrees


class EuclideanAttention(nn.Module):
    """Weights are ``sum_d q_id k_jd W_ijd`` per head and per degree; no softmax.

    The matrices are [head, in, out].
    """

    def __init__(self, num_features: int, num_heads: int, mean_neighbours: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.num_degrees = len(DEGREES)
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
        weights = _weights(
            _per_head(x, self.W_q_inv),
            _per_head(x, self.W_k_inv),
            filter_inv,
            pairs,
            self.num_heads,
        )
        factor = pairs.cutoff / self.mean_neighbours
        values = _per_head(x, self.W_v_inv).index_select(0, pairs.sender)
        scaled = (weights * factor).reshape(-1, self.num_heads, 1)
        messages = values.view(-1, self.num_heads, values.shape[1] // self.num_heads) * scaled
        invariant = torch.zeros_like(x).index_add(0, pairs.receiver, messages.flatten(1))
        weights = _weights(
            _per_head(x, self.W_q_ev),
            _per_head(x, self.W_k_ev),
            filter_ev,
            pairs,
            self.num_degrees,
        )
        directed = self.degrees.spread(weights * factor) * pairs.harmonics
        columns = pairs.harmonics.shape[2]
        zeros = torch.zeros([x.shape[0], columns], dtype=x.dtype, device=x.device)
        return invariant, zeros.index_add(0, pairs.receiver, directed.reshape(-1, columns))


def _matrices(number: int, num_features: int) -> nn.Parameter:
    size = num_features // number
    return nn.Parameter(torch.randn(number, size, size) / size**0.5)


def _per_head(x: Tensor, matrices: Tensor) -> Tensor:
    """Features [num_atoms, num_features], each block of them times its matrix."""
    blocks = x.view(x.shape[0], matrices.shape[0], matrices.shape[1]).transpose(0, 1)
    return torch.bmm(blocks, matrices).transpose(0, 1).reshape(x.shape)


def _weights(
    query: Tensor, key: Tensor, filters: Tensor, pairs: NearPairs, num_heads: int
) -> Tensor:
    """Attention weights [2, num_pairs, num_heads] of both directions, before normalisation."""
    number, features = filters.shape
    query = query.index_select(0, pairs.receiver).view(2, number, features)
    key = key.index_select(0, pairs.sender).view(2, number, features)
    product = query * key * filters
    return product.view(2, number, num_heads, features // num_heads).sum(dim=-1)
