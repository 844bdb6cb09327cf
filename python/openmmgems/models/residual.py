# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Residual blocks: every dense part of the network is made of these."""

from torch import Tensor, nn

from .activation import make_activation


class Residual(nn.Module):
    """``x + L2(f2(L1(f1(x))))``; starts as the identity."""

    def __init__(self, activation: str, num_features: int, bias: bool = True) -> None:
        super().__init__()
        self.activation1 = make_activation(activation, num_features)
        self.linear1 = nn.Linear(num_features, num_features, bias)
        self.activation2 = make_activation(activation, num_features)
        self.linear2 = nn.Linear(num_features, num_features, bias)
        nn.init.orthogonal_(self.linear1.weight)
        nn.init.zeros_(self.linear2.weight)
        if bias:
            nn.init.zeros_(self.linear1.bias)
            nn.init.zeros_(self.linear2.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Apply to features [..., num_features]."""
        return x + self.linear2(self.activation2(self.linear1(self.activation1(x))))


class ResidualStack(nn.Module):
    """Residuals one after the other."""

    def __init__(self, activation: str, num_features: int, number: int, bias: bool = True) -> None:
        super().__init__()
        self.stack = nn.ModuleList(
            [Residual(activation, num_features, bias) for _ in range(number)]
        )

    def forward(self, x: Tensor) -> Tensor:
        """Apply to features [..., num_features]."""
        for residual in self.stack:
            x = residual(x)
        return x


class ResidualMLP(nn.Module):
    """``L(f(stack(x)))``, with no way around the whole.

    Parameters
    ----------
    activation : str
        Name of the activation function.
    num_features : int
        Number of features in and out.
    number : int
        Number of residuals.
    bias : bool
        Whether the linear layers have biases.
    zero_init : bool
        Whether the last layer starts as zero instead of orthogonal.

    """

    def __init__(
        self,
        activation: str,
        num_features: int,
        number: int,
        bias: bool = True,
        zero_init: bool = False,
    ) -> None:
        super().__init__()
        self.residual = ResidualStack(activation, num_features, number, bias)
        self.activation = make_activation(activation, num_features)
        self.linear = nn.Linear(num_features, num_features, bias)
        if zero_init:
            nn.init.zeros_(self.linear.weight)
        else:
            nn.init.orthogonal_(self.linear.weight)
        if bias:
            nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Apply to features [..., num_features]."""
        return self.linear(self.activation(self.residual(x)))
