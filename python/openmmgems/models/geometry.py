# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Angular functions of pair directions."""

import math

import torch
from torch import Tensor


def d_functions(direction: Tensor, use_irreps: bool) -> Tensor:
    """Angular functions of d type.

    Parameters
    ----------
    direction : Tensor [num_pairs, 3]
        Unit vectors.
    use_irreps : bool
        The five real spherical harmonics, or the six Cartesian products.

    Returns
    -------
    Tensor [num_pairs, 5 or 6]
        Their values.

    """
    root2, root3 = math.sqrt(2.0), math.sqrt(3.0)
    x, y, z = direction[:, 0], direction[:, 1], direction[:, 2]
    if use_irreps:
        return torch.stack(
            [
                root3 * x * y,
                root3 * x * z,
                root3 * y * z,
                0.5 * (3.0 * z * z - 1.0),
                0.5 * root3 * (x * x - y * y),
            ],
            dim=-1,
        )
    return torch.stack([x * x, y * y, z * z, root2 * x * y, root2 * x * z, root2 * y * z], dim=-1)
