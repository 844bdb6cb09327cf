# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Filters: how strongly each feature of a pair counts, by distance and by environment."""

from collections import OrderedDict

from torch import Tensor, nn

from .spherical_harmonics import DEGREES


class FilterNet(nn.Module):
    """A network of the distance plus one of the invariants; equal for both directions of a pair."""

    def __init__(self, num_basis_functions: int, num_features: int) -> None:
        super().__init__()
        self.mlp_rbf = _two_layers("mlp_rbf", num_basis_functions, num_features, num_features)
        self.mlp_ev = _two_layers("mlp_ev", len(DEGREES), num_features // 4, num_features)

    def forward(self, basis: Tensor, invariants: Tensor) -> Tensor:
        """Filters [num_pairs, num_features].

        ``basis`` is [num_pairs, num_functions]; ``invariants`` of the difference of the two atoms'
        equivariant features [num_pairs, 4], or [1, 4] if all are equal.
        """
        return self.mlp_rbf(basis) + self.mlp_ev(invariants)


def _two_layers(name: str, before: int, between: int, after: int) -> nn.Sequential:
    last = nn.Sequential(nn.Linear(between, after))
    layers = [("0", nn.Linear(before, between)), ("1", nn.SiLU()), (f"{name}_layer_1", last)]
    return nn.Sequential(OrderedDict(layers))
