# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Local interactions: every atom collects s, p and d type messages from its neighbours.

Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Methods.
"""

import torch
from torch import Tensor, nn

from .hyperparameters import Hyperparameters
from .residual import ResidualMLP


class LocalInteraction(nn.Module):
    """Messages through radial filters and angular functions, joined to a scalar."""

    def __init__(self, options: Hyperparameters) -> None:
        super().__init__()
        features, activation = options.num_features, options.activation
        self.radial_s = nn.Linear(options.num_basis_functions, features, bias=False)
        self.radial_p = nn.Linear(options.num_basis_functions, features, bias=False)
        self.radial_d = nn.Linear(options.num_basis_functions, features, bias=False)
        self.resblock_x = ResidualMLP(activation, features, options.num_residual_local_x)
        self.resblock_s = ResidualMLP(activation, features, options.num_residual_local_s)
        self.resblock_p = ResidualMLP(activation, features, options.num_residual_local_p)
        self.resblock_d = ResidualMLP(activation, features, options.num_residual_local_d)
        self.projection_p = nn.Linear(features, 2 * features, bias=False)
        self.projection_d = nn.Linear(features, 2 * features, bias=False)
        self.resblock = ResidualMLP(
            activation, features, options.num_residual_local, zero_init=True
        )
        for linear in (
            self.radial_s,
            self.radial_p,
            self.radial_d,
            self.projection_p,
            self.projection_d,
        ):
            nn.init.orthogonal_(linear.weight)

    def forward(
        self,
        x: Tensor,
        radial: Tensor,
        direction: Tensor,
        d_angular: Tensor,
        pair_i: Tensor,
        pair_j: Tensor,
    ) -> Tensor:
        """Features [num_atoms, num_features] that each atom receives.

        Parameters
        ----------
        x : Tensor [num_atoms, num_features]
            Features of the atoms.
        radial : Tensor [num_pairs, num_functions]
            Radial basis of each pair.
        direction : Tensor [num_pairs, 3]
            Unit vector from i to j.
        d_angular : Tensor [num_pairs, 5 or 6]
            Angular functions of d type.
        pair_i, pair_j : Tensor [num_pairs]
            Receiving and sending atom.

        """
        messages_s = self.radial_s(radial) * self.resblock_s(x)[pair_j]
        messages_p = self.radial_p(radial) * self.resblock_p(x)[pair_j]
        messages_d = self.radial_d(radial) * self.resblock_d(x)[pair_j]
        s = self.resblock_x(x).index_add(0, pair_i, messages_s)
        p = _collect(messages_p, direction, pair_i, x.shape[0])
        d = _collect(messages_d, d_angular, pair_i, x.shape[0])
        p1, p2 = self.projection_p(p).chunk(2, dim=-1)
        d1, d2 = self.projection_d(d).chunk(2, dim=-1)
        return self.resblock(s + (p1 * p2).sum(dim=1) + (d1 * d2).sum(dim=1))


def _collect(messages: Tensor, angular: Tensor, pair_i: Tensor, num_atoms: int) -> Tensor:
    """Sum of angular function times message over each atom's neighbours."""
    terms = angular.unsqueeze(-1) * messages.unsqueeze(1)
    shape = [num_atoms, angular.shape[1], messages.shape[1]]
    zeros = torch.zeros(shape, dtype=messages.dtype, device=messages.device)
    return zeros.index_add(0, pair_i, terms)
