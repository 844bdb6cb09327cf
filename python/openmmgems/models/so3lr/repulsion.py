# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Nuclear repulsion of bonded and overlapping atoms, of the Ziegler-Biersack-Littmark form."""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from openmmgems.units import BOHR_ANGSTROM, COULOMB_EV_ANGSTROM

from ..radial_basis import inverse_softplus
from ..switch import switch_function
from .radial import cutoff_function

#: Where repulsion ends, angstrom.
REACH = 1.5


class ZBLRepulsion(nn.Module):
    """``E = ke Z_i Z_j f(r) s(r) / r sum_k c_k exp(-a_k r d (Z_i^p + Z_j^p))``.

    f is the cutoff function of the network, s a switch from 0 to 1.5 angstrom; the learnable c
    (normalised), a, d and p are positive. It starts from the universal potential.
    """

    coulomb: Final[float] = COULOMB_EV_ANGSTROM
    reach: Final[float] = REACH

    def __init__(self, cutoff: float) -> None:
        super().__init__()
        self.cutoff = cutoff
        self.a1_raw = _positive(3.2)
        self.a2_raw = _positive(0.9423)
        self.a3_raw = _positive(0.4028)
        self.a4_raw = _positive(0.2016)
        self.c1_raw = _positive(0.1818)
        self.c2_raw = _positive(0.5099)
        self.c3_raw = _positive(0.2802)
        self.c4_raw = _positive(0.02817)
        self.p_raw = _positive(0.23)
        self.d_raw = _positive(1.0 / (0.8854 * BOHR_ANGSTROM))

    def forward(self, atomic_numbers: Tensor, distance: Tensor, i: Tensor, j: Tensor) -> Tensor:
        """Energy in eV of each pair [num_pairs], for both directions together."""
        z = atomic_numbers.to(distance.dtype)
        z_power = torch.pow(z, softplus(self.p_raw)) * softplus(self.d_raw)
        a = softplus(torch.cat([self.a1_raw, self.a2_raw, self.a3_raw, self.a4_raw]))
        c = softplus(torch.cat([self.c1_raw, self.c2_raw, self.c3_raw, self.c4_raw]))
        reduced = (z_power.index_select(0, i) + z_power.index_select(0, j)) * distance
        screening = torch.exp(-a * reduced.unsqueeze(-1)) @ (c / c.sum())
        charges = z.index_select(0, i) * z.index_select(0, j)
        factor = cutoff_function(distance, self.cutoff) * switch_function(distance, 0.0, self.reach)
        return self.coulomb * charges * factor * screening / distance


def _positive(value: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor([inverse_softplus(value)]))
