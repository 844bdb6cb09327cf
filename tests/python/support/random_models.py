# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""SpookyNets with random options and weights, and a few atoms for them."""

import numpy as np
import torch
from hypothesis import strategies as st
from openmmgems.models.hyperparameters import ACTIVATIONS, BASIS_FUNCTIONS, Hyperparameters
from openmmgems.models.spookynet import SpookyNet

EXACT, SMOOTH = 1, 2
ELEMENTS = np.array([8, 1, 1, 6, 1, 1, 1, 7])

options_strategy = st.builds(
    Hyperparameters,
    activation=st.sampled_from(ACTIVATIONS),
    basis_functions=st.sampled_from(BASIS_FUNCTIONS),
    exp_weighting=st.booleans(),
    num_features=st.sampled_from([4, 8, 16, 40, 128]),
    num_basis_functions=st.integers(2, 5),
    num_modules=st.integers(1, 6),
    num_residual_pre=st.integers(0, 2),
    num_residual_post=st.integers(0, 2),
    num_residual_local=st.integers(0, 2),
    num_residual_electron=st.integers(0, 2),
    lr_cutoff=st.sampled_from([None, 4.0, 8.0]),
    use_irreps=st.booleans(),
    use_nonlinear_embedding=st.booleans(),
    use_zbl_repulsion=st.booleans(),
    use_electrostatics=st.booleans(),
    use_d4_dispersion=st.booleans(),
    compute_d4_atomic=st.booleans(),
)


def random_model(options: Hyperparameters, seed: int) -> SpookyNet:
    """A network in float64 none of whose parts is zero."""
    torch.manual_seed(seed)
    model = SpookyNet(options, zero_init=False, seed=seed).double()
    of_weights = 0.6 / options.num_features**0.5  # features stay of the order of one
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            scale = 0.05 if "energy" in name or name.endswith("_alpha") else of_weights
            parameter += scale * torch.randn_like(parameter)
    return model.eval()


def random_positions(seed: int) -> np.ndarray:
    """Positions on a distorted grid, about two angstrom apart."""
    grid = np.array(np.meshgrid(*[[0.0, 1.9]] * 3)).reshape(3, -1).T
    return grid + np.random.default_rng(seed).uniform(-0.3, 0.3, grid.shape)
