# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One layer of the network: attention, then an exchange between the kinds of features."""

from torch import Tensor, nn
from torch.nn.functional import linear

from .attention import EuclideanAttention
from .filters import FilterNet
from .hyperparameters import So3lrHyperparameters
from .pairs import NearPairs
from .spherical_harmonics import DEGREES, Degrees

_EPSILON = 1e-6


class InteractionBlock(nn.Module):
    """Invariants of the equivariant features join the invariant ones, and these scale them."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        size = num_features + len(DEGREES)
        self.linear_layer = nn.Linear(size, size)

    def forward(self, x: Tensor, invariants: Tensor) -> tuple[Tensor, Tensor]:
        """Updates of the features [num_atoms, num_features], and scales [num_atoms, 4]."""
        layer = self.linear_layer
        features = x.shape[1]
        # Two products with parts of the matrix: nothing is joined and taken apart.
        both = linear(x, layer.weight[:, :features], layer.bias)
        both = both + linear(invariants, layer.weight[:, features:])
        return both[:, :features], both[:, features:]


class EuclideanTransformer(nn.Module):
    """Attention and interaction, with residuals and normalisation."""

    def __init__(self, options: So3lrHyperparameters) -> None:
        super().__init__()
        features = options.num_features
        self.degrees = Degrees()
        self.filter_net_inv = FilterNet(options.num_basis_functions, features)
        self.filter_net_ev = FilterNet(options.num_basis_functions, features)
        self.euclidean_attention_block = EuclideanAttention(
            features, options.num_heads, options.mean_neighbours
        )
        self.layer_norm_inv_1 = nn.LayerNorm(features, eps=_EPSILON)
        self.mlp_1 = nn.Sequential(
            nn.SiLU(), nn.Linear(features, features), nn.SiLU(), nn.Linear(features, features)
        )
        self.interaction_block = InteractionBlock(features)
        self.layer_norm_inv_2 = nn.LayerNorm(features, eps=_EPSILON)

    def forward(
        self, x: Tensor, ev: Tensor, invariants: Tensor, pairs: NearPairs
    ) -> tuple[Tensor, Tensor]:
        """New invariant [num_atoms, num_features] and equivariant [num_atoms, 24] features.

        ``invariants`` are those of the differences of ``ev`` over the pairs, as ``FilterNet``
        has them.
        """
        message, ev_message = self.euclidean_attention_block(
            x,
            self.filter_net_inv(pairs.basis, invariants),
            self.filter_net_ev(pairs.basis, invariants),
            pairs,
        )
        y = self.layer_norm_inv_1(x + message)
        y = y + self.mlp_1(y)
        ev = ev + ev_message
        update, scale = self.interaction_block(y, self.degrees.invariants(ev))
        return self.layer_norm_inv_2(y + update), ev * (1.0 + self.degrees.spread(scale))
