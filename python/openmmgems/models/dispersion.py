# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""D4 dispersion: charge-dependent London dispersion of atom pairs, no three-body term.

Caldeweyher et al., J. Chem. Phys. 150, 154122 (2019), doi:10.1063/1.5090222, with the partial
charges of the network and learnable damping. The Casimir-Polder quadrature is applied to atomic
polarisabilities, A_i(w), instead of a table of reference C6 coefficients: the same sum in another
order. In this file lengths are in bohr and energies in hartree unless a name says otherwise.
"""

import math
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from openmmgems.units import BOHR_ANGSTROM, HARTREE_EV

from .radial_basis import inverse_softplus
from .switch import switch_function

TABLES_FILE = Path(__file__).parent / "data" / "d4_tables.npz"
TABLES = [
    "refsys",
    "zeff",
    "refh",
    "sscale",
    "secaiw",
    "gam",
    "ascale",
    "alphaiw",
    "hcount",
    "casimir_polder_weights",
    "rcov",
    "en",
    "ncount_mask",
    "ncount_weight",
    "cn",
    "fixgweights",
    "refq",
    "sqrt_r4r2",
    "alpha",
]


class D4Dispersion(nn.Module):
    """Dispersion energy of all listed pairs.

    The reference polarisabilities follow the learnable ``_scaleq`` at every evaluation, but carry
    no gradient with respect to it, as in the published implementation.
    """

    ga: Final[float] = 3.0
    gc: Final[float] = 2.0
    k2: Final[float] = 4.0 / 3.0
    k4: Final[float] = 4.10451
    k5: Final[float] = 19.08857
    k6: Final[float] = 254.5553148552
    kn: Final[float] = 7.5
    wf: Final[float] = 6.0
    tiny: Final[float] = 1e-8
    bohr: Final[float] = BOHR_ANGSTROM
    hartree: Final[float] = HARTREE_EV
    #: Width of the switch to zero of coordination numbers at the long-range cutoff.
    switch_width: Final[float] = BOHR_ANGSTROM
    lr_cutoff: float | None
    alpha: Tensor
    alphaiw: Tensor
    ascale: Tensor
    casimir_polder_weights: Tensor
    cn: Tensor
    en: Tensor
    fixgweights: Tensor
    gam: Tensor
    hcount: Tensor
    ncount_mask: Tensor
    ncount_weight: Tensor
    rcov: Tensor
    refh: Tensor
    refq: Tensor
    refsys: Tensor
    secaiw: Tensor
    sqrt_r4r2: Tensor
    sscale: Tensor
    zeff: Tensor

    def __init__(self, lr_cutoff: float | None) -> None:
        super().__init__()
        self.lr_cutoff = lr_cutoff
        with np.load(TABLES_FILE) as tables:
            for name in TABLES:
                table = torch.from_numpy(tables[name])
                self.register_buffer(name, table.float() if table.is_floating_point() else table)
        self._s6 = _positive(1.0)
        self._s6.requires_grad_(False)
        self._s8 = _positive(1.61679827)
        self._a1 = _positive(0.44959224)
        self._a2 = _positive(3.35743605)
        self._scaleq = _positive(1.0)

    def forward(
        self,
        atomic_numbers: Tensor,
        charges: Tensor,
        distance_angstrom: Tensor,
        pair_i: Tensor,
        pair_j: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Energy in eV, polarisability in angstrom^3 and C6 in eV angstrom^6, each [num_atoms]."""
        r = distance_angstrom / self.bohr
        coordination = self._coordination(atomic_numbers, r, pair_i, pair_j)
        weights = self._reference_weights(atomic_numbers, coordination, charges)
        alpha = self._polarizabilities(atomic_numbers, weights)
        casimir = self.casimir_polder_weights * (3.0 / math.pi)
        c6 = ((alpha * casimir)[pair_i] * alpha[pair_j]).sum(dim=-1)
        energy = -0.5 * self.hartree * c6 * self._radial(atomic_numbers, r, pair_i, pair_j)
        by_atom = torch.zeros_like(charges).index_add(0, pair_i, energy)
        static = (weights * self.alpha[atomic_numbers][:, :, 0]).sum(dim=-1) * self.bohr**3
        own_c6 = (alpha.square() * casimir).sum(dim=-1) * (self.hartree * self.bohr**6)
        return by_atom, static, own_c6

    def _charge_function(self, gamma: Tensor, reference: Tensor, charge: Tensor) -> Tensor:
        """``exp(ga (1 - exp(gamma gc (1 - reference/charge))))``; exp(ga) for charges near zero."""
        valid = charge > self.tiny
        safe = torch.where(valid, charge, torch.ones_like(charge))
        steepness = gamma * self.gc
        scaled = torch.exp(self.ga * (1.0 - torch.exp(steepness * (1.0 - reference / safe))))
        return torch.where(valid, scaled, torch.full_like(scaled, math.exp(self.ga)))

    def _coordination(self, z: Tensor, r: Tensor, pair_i: Tensor, pair_j: Tensor) -> Tensor:
        """Coordination number of each atom, bonds weighted by electronegativity differences."""
        r0 = self.k2 * (self.rcov[z][pair_i] + self.rcov[z][pair_j])
        difference = (self.en[z][pair_i] - self.en[z][pair_j]).abs()
        height = self.k4 * torch.exp(-(difference + self.k5).square() / self.k6)
        count = 0.5 * height * (1.0 + torch.erf(-self.kn * (r - r0) / r0))
        cutoff = self.lr_cutoff
        if cutoff is not None:
            end = cutoff / self.bohr
            count = count * switch_function(r, end - self.switch_width, end)
        zeros = torch.zeros(z.shape[0], dtype=r.dtype, device=r.device)
        return zeros.index_add(0, pair_i, count)

    def _reference_weights(self, z: Tensor, coordination: Tensor, charges: Tensor) -> Tensor:
        """Weight [num_atoms, 7] of each reference system."""
        deviation = coordination[:, None, None] - self.cn[z]
        gaussians = torch.exp(-self.wf * self.ncount_weight[z] * deviation.square())
        gaussian = (self.ncount_mask[z] * gaussians).sum(dim=-1)
        norm = gaussian.sum(dim=-1, keepdim=True)
        valid = norm > self.tiny
        normalised = gaussian / torch.where(valid, norm, torch.ones_like(norm))
        weights = torch.where(valid, normalised, self.fixgweights[z])
        zeff = self.zeff[z].unsqueeze(-1)
        reference = zeff + self.refq[z] * softplus(self._scaleq)
        actual = (zeff + charges.unsqueeze(-1)).expand_as(reference)
        return weights * self._charge_function(self.gam[z].unsqueeze(-1), reference, actual)

    def _polarizabilities(self, z: Tensor, weights: Tensor) -> Tensor:
        """Polarisability [num_atoms, 23] at each imaginary frequency."""
        elements, element_of_atom = torch.unique(z, return_inverse=True)
        reference = self._reference_polarizabilities(elements)
        return torch.einsum("na,naw->nw", weights, reference[element_of_atom])

    def _reference_polarizabilities(self, z: Tensor) -> Tensor:
        """Polarisability [num_elements, 7, 23] of each element's atom in its references."""
        partner = self.refsys[z]
        zeff = self.zeff[partner]
        charge = zeff + self.refh[z] * softplus(self._scaleq.detach())
        scale = self.sscale[partner] * self._charge_function(self.gam[partner], zeff, charge)
        removed = (self.hcount[z] * scale).unsqueeze(-1) * self.secaiw[partner]
        return (self.ascale[z].unsqueeze(-1) * (self.alphaiw[z] - removed)).clamp(min=0.0)

    def _radial(self, z: Tensor, r: Tensor, pair_i: Tensor, pair_j: Tensor) -> Tensor:
        """The factor [num_pairs] of C6: damped r^-6 and r^-8 terms."""
        root = self.sqrt_r4r2[z]
        ratio = math.sqrt(3.0) * root[pair_i] * root[pair_j]
        radius = softplus(self._a1) * ratio + softplus(self._a2)
        order6 = self._damped(r, radius, 6)
        order8 = self._damped(r, radius, 8)
        return softplus(self._s6) * order6 + softplus(self._s8) * ratio.square() * order8

    def _damped(self, r: Tensor, radius: Tensor, order: int) -> Tensor:
        """``1 / (r^n + R^n)``, shifted to vanish with its slope at the long-range cutoff."""
        radius_n = radius**order
        damped = 1.0 / (r**order + radius_n)
        cutoff = self.lr_cutoff
        if cutoff is None:
            return damped
        end = cutoff / self.bohr
        at_end = 1.0 / (end**order + radius_n)
        slope = order * end**order * at_end.square()
        shifted = damped - at_end + slope * (r / end - 1.0)
        return torch.where(r < end, shifted, torch.zeros_like(shifted))


def _positive(value: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor(inverse_softplus(value)))
