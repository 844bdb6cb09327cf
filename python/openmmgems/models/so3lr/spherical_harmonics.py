# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Real spherical harmonics of degree 1 to 4, and what is made of them.

Everything here has 24 columns: the orders -l .. l of degree 1, of degree 2, and so on.
"""

import math

import torch
from torch import Tensor, nn

DEGREES = (1, 2, 3, 4)


def spherical_harmonics(direction: Tensor) -> Tensor:
    """Real spherical harmonics [num_pairs, 24] of unit vectors [num_pairs, 3].

    Orthonormal on the sphere, without the Condon-Shortley phase.
    """
    pi = math.pi
    x, y, z = direction.unbind(-1)
    xx, yy, zz = x * x, y * y, z * z
    xy, yz, xz = x * y, y * z, x * z
    a1 = math.sqrt(3.0 / pi) / 2.0
    a2, b2 = math.sqrt(15.0 / pi) / 2.0, math.sqrt(5.0 / pi) / 4.0
    a3, b3 = math.sqrt(35.0 / (2.0 * pi)) / 4.0, math.sqrt(105.0 / pi) / 2.0
    c3, d3 = math.sqrt(21.0 / (2.0 * pi)) / 4.0, math.sqrt(7.0 / pi) / 4.0
    a4, b4 = 0.75 * math.sqrt(35.0 / pi), 0.75 * math.sqrt(35.0 / (2.0 * pi))
    c4, d4 = 0.75 * math.sqrt(5.0 / pi), 0.75 * math.sqrt(5.0 / (2.0 * pi))
    e4 = 3.0 / (16.0 * math.sqrt(pi))
    difference, five, seven = xx - yy, 5.0 * zz - 1.0, 7.0 * zz - 3.0
    wide, narrow = 3.0 * xx - yy, xx - 3.0 * yy
    return torch.stack(
        [
            a1 * y,
            a1 * z,
            a1 * x,
            a2 * xy,
            a2 * yz,
            b2 * (3.0 * zz - 1.0),
            a2 * xz,
            0.5 * a2 * difference,
            a3 * y * wide,
            b3 * xy * z,
            c3 * y * five,
            d3 * z * (five - 2.0),
            c3 * x * five,
            0.5 * b3 * difference * z,
            a3 * x * narrow,
            a4 * xy * difference,
            b4 * yz * wide,
            c4 * xy * (seven + 2.0),
            d4 * yz * seven,
            e4 * (35.0 * zz * zz - 30.0 * zz + 3.0),
            d4 * xz * seven,
            0.5 * c4 * difference * (seven + 2.0),
            b4 * xz * narrow,
            0.25 * a4 * (xx * narrow - yy * wide),
        ],
        dim=-1,
    )


class Degrees(nn.Module):
    """Sums over the orders of each degree, and back."""

    columns: Tensor
    norm: Tensor
    parity: Tensor

    def __init__(self) -> None:
        super().__init__()
        sizes = [2 * degree + 1 for degree in DEGREES]
        columns = torch.eye(len(DEGREES)).repeat_interleave(torch.tensor(sizes), dim=1)
        self.register_buffer("columns", columns, persistent=False)
        # In float32, as the weights were published and checked with them.
        self.register_buffer(
            "norm", torch.tensor([1.0 / math.sqrt(size) for size in sizes]), persistent=False
        )
        self.register_buffer(
            "parity", (-1.0) ** torch.tensor(DEGREES).float() @ columns, persistent=False
        )

    def invariants(self, features: Tensor) -> Tensor:
        """``sum_m w_lm^2 / sqrt(2l + 1)``: [..., 4] of features [..., 24]."""
        return (features.square() @ self.columns.t()) * self.norm

    def spread(self, values: Tensor) -> Tensor:
        """One value per degree, [..., 4], given to each of its orders: [..., 24]."""
        return values @ self.columns

    def reversed(self, harmonics: Tensor) -> Tensor:
        """The harmonics [..., 24] of the opposite directions."""
        return harmonics * self.parity
