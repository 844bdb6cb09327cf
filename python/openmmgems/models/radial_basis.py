# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Radial basis functions, each multiplied by a smooth cutoff.

Distances [num_pairs] in angstrom, all below the cutoff, give values [num_pairs, num_functions].
The first function is the one at the smallest distance.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .hyperparameters import Hyperparameters

#: Initial decay constant of the exponential bases: half an inverse bohr, in 1/angstrom.
INITIAL_ALPHA_PER_ANGSTROM = 0.944863062918464


def cutoff_function(distance: Tensor, cutoff: float) -> Tensor:
    """``exp(-r^2 / ((c - r)(c + r)))``: one at 0, with all derivatives zero at the cutoff."""
    inside = (cutoff - distance) * (cutoff + distance)
    return torch.exp(-distance.square() / inside)


def inverse_softplus(x: float) -> float:
    """The argument at which softplus is x."""
    return x + math.log(-math.expm1(-x))


class _Bernstein(nn.Module):
    """Bernstein polynomials of a coordinate between 1 (first function) and 0 (last)."""

    logc: Tensor
    n: Tensor
    v: Tensor

    def __init__(self, number: int) -> None:
        super().__init__()
        v = np.arange(number)
        logc = [
            math.lgamma(number) - math.lgamma(k + 1) - math.lgamma(number - k)
            for k in range(number)
        ]
        self.register_buffer("logc", torch.tensor(logc))
        self.register_buffer("n", torch.tensor(number - 1 - v).float())
        self.register_buffer("v", torch.tensor(v).float())

    def polynomials(self, x: Tensor, one_minus_x: Tensor) -> Tensor:
        powers = torch.pow(x.unsqueeze(-1), self.n) * torch.pow(one_minus_x.unsqueeze(-1), self.v)
        return torch.exp(self.logc) * powers


class ExponentialBernstein(_Bernstein):
    """Bernstein polynomials of ``exp(-alpha r)``."""

    def __init__(self, number: int, cutoff: float, weighting: bool) -> None:
        super().__init__(number)
        self.cutoff_distance = cutoff
        self.weighting = weighting
        self._alpha = nn.Parameter(torch.tensor(inverse_softplus(INITIAL_ALPHA_PER_ANGSTROM)))

    def forward(self, distance: Tensor) -> Tensor:
        """Values [num_pairs, num_functions] at distances [num_pairs]."""
        exponent = -softplus(self._alpha) * distance
        t = torch.exp(exponent)
        factor = cutoff_function(distance, self.cutoff_distance)
        if self.weighting:
            factor = factor * t
        return factor.unsqueeze(-1) * self.polynomials(t, -torch.expm1(exponent))


class ExponentialGaussian(nn.Module):
    """Gaussians of ``exp(-alpha r)``."""

    center: Tensor
    width: Tensor

    def __init__(self, number: int, cutoff: float, weighting: bool) -> None:
        super().__init__()
        self.cutoff_distance = cutoff
        self.weighting = weighting
        self.register_buffer("center", torch.linspace(1.0, 0.0, number))
        self.register_buffer("width", torch.tensor(float(number)))
        self._alpha = nn.Parameter(torch.tensor(inverse_softplus(INITIAL_ALPHA_PER_ANGSTROM)))

    def forward(self, distance: Tensor) -> Tensor:
        """Values [num_pairs, num_functions] at distances [num_pairs]."""
        t = torch.exp(-softplus(self._alpha) * distance)
        factor = cutoff_function(distance, self.cutoff_distance)
        if self.weighting:
            factor = factor * t
        deviation = t.unsqueeze(-1) - self.center
        return factor.unsqueeze(-1) * torch.exp(-self.width * deviation.square())


class Bernstein(_Bernstein):
    """Bernstein polynomials of the distance relative to the cutoff."""

    cutoff: Tensor

    def __init__(self, number: int, cutoff: float) -> None:
        super().__init__(number)
        self.cutoff_distance = cutoff
        self.register_buffer("cutoff", torch.tensor(cutoff))

    def forward(self, distance: Tensor) -> Tensor:
        """Values [num_pairs, num_functions] at distances [num_pairs]."""
        x = distance / self.cutoff
        factor = cutoff_function(distance, self.cutoff_distance)
        return factor.unsqueeze(-1) * self.polynomials(x, 1.0 - x)


class Gaussian(nn.Module):
    """Gaussians of the distance."""

    cutoff: Tensor
    center: Tensor
    width: Tensor

    def __init__(self, number: int, cutoff: float) -> None:
        super().__init__()
        self.cutoff_distance = cutoff
        self.register_buffer("cutoff", torch.tensor(cutoff))
        self.register_buffer("center", torch.linspace(0.0, cutoff, number))
        self.register_buffer("width", torch.tensor(number / cutoff))

    def forward(self, distance: Tensor) -> Tensor:
        """Values [num_pairs, num_functions] at distances [num_pairs]."""
        factor = cutoff_function(distance, self.cutoff_distance)
        deviation = distance.unsqueeze(-1) - self.center
        return factor.unsqueeze(-1) * torch.exp(-self.width * deviation.square())


class Sinc(nn.Module):
    """``sin(pi x) / (pi x)`` with x = (v + 1) r / cutoff."""

    factor: Tensor

    def __init__(self, number: int, cutoff: float) -> None:
        super().__init__()
        self.cutoff_distance = cutoff
        self.register_buffer("factor", torch.arange(1, number + 1) / cutoff)

    def forward(self, distance: Tensor) -> Tensor:
        """Values [num_pairs, num_functions] at distances [num_pairs]."""
        factor = cutoff_function(distance, self.cutoff_distance)
        return factor.unsqueeze(-1) * torch.sinc(self.factor * distance.unsqueeze(-1))


def make_radial_basis(options: Hyperparameters) -> nn.Module:
    """Make the basis that the hyperparameters name."""
    number, cutoff = options.num_basis_functions, options.cutoff
    makers = {
        "exp-bernstein": lambda: ExponentialBernstein(number, cutoff, options.exp_weighting),
        "exp-gaussian": lambda: ExponentialGaussian(number, cutoff, options.exp_weighting),
        "bernstein": lambda: Bernstein(number, cutoff),
        "gaussian": lambda: Gaussian(number, cutoff),
        "sinc": lambda: Sinc(number, cutoff),
    }
    return makers[options.basis_functions]()
