# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One interaction module: residual blocks around local and nonlocal interactions."""

import numpy as np
from torch import Tensor, nn

from .attention import NonlocalInteraction
from .hyperparameters import Hyperparameters
from .local_interaction import LocalInteraction
from .residual import ResidualMLP, ResidualStack


class InteractionModule(nn.Module):
    """Refines the features of all atoms, and gives its contribution to the output."""

    def __init__(self, options: Hyperparameters, generator: np.random.Generator) -> None:
        super().__init__()
        features, activation = options.num_features, options.activation
        self.local_interaction = LocalInteraction(options)
        self.nonlocal_interaction = NonlocalInteraction(options, generator)
        self.residual_pre = ResidualStack(activation, features, options.num_residual_pre)
        self.residual_post = ResidualStack(activation, features, options.num_residual_post)
        self.resblock = ResidualMLP(activation, features, options.num_residual_output)

    def forward(
        self,
        x: Tensor,
        radial: Tensor,
        direction: Tensor,
        d_angular: Tensor,
        pair_i: Tensor,
        pair_j: Tensor,
        molecule: Tensor,
        num_molecules: int,
    ) -> tuple[Tensor, Tensor]:
        """New features and output features, both [num_atoms, num_features]."""
        x = self.residual_pre(x)
        local = self.local_interaction(x, radial, direction, d_angular, pair_i, pair_j)
        nonlocal_ = self.nonlocal_interaction(x, molecule, num_molecules)
        x = self.residual_post(x + local + nonlocal_)
        return x, self.resblock(x)
