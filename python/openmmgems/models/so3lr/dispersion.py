# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Dispersion of quantum Drude oscillators, from Hirshfeld ratios.

Khabibrakhmanov et al., J. Chem. Theory Comput. 19, 7895 (2023), doi:10.1021/acs.jctc.3c00797: the
terms r^-6, r^-8 and r^-10 follow from the dipole polarisability and C6 of the pair, and so does the
radius of their damping. Lengths are in bohr and energies in hartree unless a name says otherwise.
"""

from typing import Final

import torch
from torch import Tensor, nn

from openmmgems.units import BOHR_ANGSTROM

from ..switch import switch_function

#: Polarisability and C6 of free atoms, atomic units; Z: (alpha, C6).
FREE_ATOMS = {
    1: (4.5, 6.5),
    6: (12.0, 46.6),
    7: (7.4, 24.2),
    8: (5.4, 15.6),
    9: (3.8, 9.52),
    15: (25.0, 185.0),
    16: (19.6, 134.0),
    17: (15.0, 94.6),
}
_NUM_ROWS = 1 + max(FREE_ATOMS)


class QDODispersion(nn.Module):
    """Dispersion energy of pairs, which a switch ends at the long-range cutoff if there is one."""

    bohr: Final[float] = BOHR_ANGSTROM
    #: That of the published network, a part of its function.
    hartree: Final[float] = 27.211386245988
    #: Van der Waals radius of a unit polarisability: the fine-structure constant to -4/21.
    radius: Final[float] = 2.5527961000248887
    #: Keeps the seventh root differentiable.
    least: Final[float] = 1e-30
    lr_cutoff: float | None
    alpha: Tensor
    c6: Tensor

    def __init__(self, lr_cutoff: float | None, switch_width: float, scale: float) -> None:
        super().__init__()
        self.lr_cutoff = lr_cutoff
        self.switch_width = switch_width
        self.damping = scale * 2.0 * 2.54
        table = torch.zeros([2, _NUM_ROWS])
        for number, values in FREE_ATOMS.items():
            table[:, number] = torch.tensor(values)
        # In float32, as the weights were published and checked with them.
        self.register_buffer("alpha", table[0].clone(), persistent=False)
        self.register_buffer("c6", table[1].clone(), persistent=False)

    def forward(
        self, atomic_numbers: Tensor, ratio: Tensor, distance: Tensor, i: Tensor, j: Tensor
    ) -> Tensor:
        """Energy in eV of each pair [num_pairs], for both directions together.

        ``ratio`` [num_atoms] are the Hirshfeld ratios; ``distance`` [num_pairs] is in angstrom.
        """
        alpha = self.alpha.index_select(0, atomic_numbers) * ratio
        alpha_pair = 0.5 * (alpha.index_select(0, i) + alpha.index_select(0, j))
        c6 = ratio.index_select(0, i) * ratio.index_select(0, j) * self._c6(atomic_numbers, i, j)
        energy = -self.hartree * c6 * self._radial(alpha_pair, distance)
        cutoff = self.lr_cutoff
        if cutoff is not None:
            energy = energy * switch_function(distance, cutoff - self.switch_width, cutoff)
        return energy

    def _c6(self, atomic_numbers: Tensor, i: Tensor, j: Tensor) -> Tensor:
        """C6 [num_pairs] of the free atoms: looked up in a table of pairs of elements."""
        ratio = self.alpha.square() / self.c6
        products = self.alpha.unsqueeze(-1) * self.alpha
        table = 2.0 * products / (ratio.unsqueeze(-1) + ratio)
        rows = table.shape[0]
        entry = atomic_numbers.index_select(0, i) * rows + atomic_numbers.index_select(0, j)
        return table.flatten().index_select(0, entry)

    def _radial(self, alpha: Tensor, distance: Tensor) -> Tensor:
        """The factor [num_pairs] of C6: damped r^-6, r^-8 and r^-10."""
        t = torch.pow(alpha.clamp(min=self.least), 1.0 / 7.0)
        rho = self.radius * t
        sigma = -0.00433008 + rho * (0.24428889 + rho * (0.04125273 - rho * 0.00078893))
        # In powers of 1/r and of p/r: neither overflows at any distance.
        inverse = (self.bohr / distance).square()
        p = (self.damping * t).square() * inverse
        s = sigma.square() * inverse
        p2 = p.square()
        damped = 1.0 / (1.0 + p * p2)
        damped = damped + 10.0 * s / (1.0 + p2 * p2)
        damped = damped + 122.5 * s.square() / (1.0 + p * p2 * p2)
        return inverse * inverse.square() * damped
