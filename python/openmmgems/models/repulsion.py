# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Nuclear repulsion: a screened Coulomb potential of the Ziegler-Biersack-Littmark form."""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from openmmgems.units import BOHR_ANGSTROM, COULOMB_EV_ANGSTROM

from .radial_basis import cutoff_function, inverse_softplus


class ZBLRepulsion(nn.Module):
    """Repulsion of nuclei closer than the cutoff.

    ``E = ke Z_i Z_j f(r) / r sum_k c_k exp(-a_k r d (Z_i^p + Z_j^p))`` with learnable, positive c
    (normalised), a, d, p, and the cutoff function f.
    """

    coulomb: Final[float] = COULOMB_EV_ANGSTROM

    def __init__(self, cutoff: float) -> None:
        super().__init__()
        self.cutoff = cutoff
        self._adiv = _positive(1.0 / (0.8854 * BOHR_ANGSTROM))
        self._apow = _positive(0.23)
        self._c1 = _positive(0.1818)
        self._c2 = _positive(0.5099)
        self._c3 = _positive(0.2802)
        self._c4 = _positive(0.02817)
        self._a1 = _positive(3.2)
        self._a2 = _positive(0.9423)
        self._a3 = _positive(0.4028)
        self._a4 = _positive(0.2016)

    def forward(
        self, atomic_numbers: Tensor, distance: Tensor, pair_i: Tensor, pair_j: Tensor
    ) -> Tensor:
        """Energy in eV of each atom [num_atoms] from pairs closer than the cutoff."""
        z = atomic_numbers.to(distance.dtype)
        z_power = torch.pow(z, softplus(self._apow)) * softplus(self._adiv)
        a = softplus(torch.stack([self._a1, self._a2, self._a3, self._a4]))
        c = softplus(torch.stack([self._c1, self._c2, self._c3, self._c4]))
        c = c / c.sum()
        reduced = (z_power[pair_i] + z_power[pair_j]) * distance
        screening = (c * torch.exp(-a * reduced.unsqueeze(0))).sum(dim=0)
        charges = z[pair_i] * z[pair_j]
        energy = charges * screening * cutoff_function(distance, self.cutoff) / distance
        zeros = torch.zeros_like(z)
        return 0.5 * self.coulomb * zeros.index_add(0, pair_i, energy)


def _positive(value: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor([inverse_softplus(value)]))
