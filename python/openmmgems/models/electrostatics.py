# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Coulomb energy of the partial charges, damped where atoms overlap."""

from typing import Final

import torch
from torch import Tensor, nn

from openmmgems.units import COULOMB_EV_ANGSTROM

from .switch import switch_function


class Electrostatics(nn.Module):
    """Coulomb interaction of all listed pairs; shifted to end smoothly at a long-range cutoff.

    Below three quarters of the short-range cutoff, ``1/r`` passes over to ``1/sqrt(r^2 + 1)``.
    With a long-range cutoff, potential and force are shifted so that both vanish there.
    """

    coulomb: Final[float] = COULOMB_EV_ANGSTROM
    lr_cutoff: float | None

    def __init__(self, cutoff: float, lr_cutoff: float | None) -> None:
        super().__init__()
        self.switch_on = 0.25 * cutoff
        self.switch_off = 0.75 * cutoff
        self.lr_cutoff = lr_cutoff

    def potential(self, distance: Tensor) -> Tensor:
        """Interaction of two unit charges in 1/angstrom at distances [num_pairs]."""
        coulomb = 1.0 / distance
        damped = torch.rsqrt(distance.square() + 1.0)
        switch = switch_function(distance, self.switch_on, self.switch_off)
        cutoff = self.lr_cutoff
        if cutoff is None:
            return switch * damped + (1.0 - switch) * coulomb
        square = cutoff * cutoff + 1.0
        coulomb = coulomb + distance / cutoff**2 - 2.0 / cutoff
        damped = damped + (distance * cutoff - (2.0 * cutoff**2 + 1.0)) / square**1.5
        shifted = switch * damped + (1.0 - switch) * coulomb
        return torch.where(distance < cutoff, shifted, torch.zeros_like(shifted))

    def forward(self, charges: Tensor, distance: Tensor, pair_i: Tensor, pair_j: Tensor) -> Tensor:
        """Energy in eV of each atom [num_atoms]."""
        energy = charges[pair_i] * charges[pair_j] * self.potential(distance)
        zeros = torch.zeros_like(charges)
        return 0.5 * self.coulomb * zeros.index_add(0, pair_i, energy)
