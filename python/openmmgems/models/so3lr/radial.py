# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Functions of the distance of a pair: the radial basis and the cutoff."""

import math
from typing import Final

import torch
from torch import Tensor, nn

#: Decay of the coordinate of the basis, 1/angstrom; kept in float32 as published.
DECAY_PER_ANGSTROM = 0.9448630629184640


def cutoff_function(distance: Tensor, cutoff: float) -> Tensor:
    """``1 - 6 t^5 + 15 t^4 - 10 t^3`` with t = r/cutoff, for distances below the cutoff."""
    t = distance / cutoff
    return 1.0 - t * t * t * (10.0 - t * (15.0 - 6.0 * t))


class BernsteinBasis(nn.Module):
    """``C(n, k) w^k (1 - w)^(n - k)`` of ``w = exp(-gamma r)``, k = 0 .. n.

    The last function is the one at the smallest distance. The logarithms of the binomial
    coefficients are rounded to float32, as the weights were published and checked with them.
    """

    #: w stays this far from 0 and 1; between a few 1e-6 and 14 angstrom it always does.
    least: Final[float] = 1e-6
    b: Tensor
    gamma: Tensor
    powers: Tensor

    def __init__(self, number: int) -> None:
        super().__init__()
        n = number - 1
        log_binomials = [
            math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(number)
        ]
        self.register_buffer("b", torch.tensor(log_binomials, dtype=torch.float32))
        self.register_buffer("gamma", torch.tensor(DECAY_PER_ANGSTROM, dtype=torch.float32))
        self.register_buffer("powers", torch.arange(number, dtype=torch.float32), persistent=False)

    def forward(self, distance: Tensor) -> Tensor:
        """Values [num_pairs, num_functions] at distances [num_pairs] in angstrom."""
        # Powers, not sums of logarithms: these cancel, which costs a digit in single precision.
        exponent = (
            (self.gamma * distance)
            .clamp(-math.log1p(-self.least), -math.log(self.least))
            .unsqueeze(-1)
        )
        rising = torch.pow(torch.exp(-exponent), self.powers)
        falling = torch.pow(-torch.expm1(-exponent), self.powers.flip(0))
        return torch.exp(self.b) * rising * falling
