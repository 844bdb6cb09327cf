# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The Ewald form of the published implementation's electrostatics.

A switch of that implementation at run time, not stored in checkpoints and not part of any model
here. It is not a lattice sum of the damped potential: the reciprocal part adds the undamped
interaction also where the real part damps it, cells are taken as orthorhombic, and charged cells
get no background. It is kept as a function so that numbers made with it can be reproduced.
"""

import math

import torch
from openmmgems.models.electrostatics import Electrostatics
from openmmgems.units import COULOMB_EV_ANGSTROM
from torch import Tensor

_TINY = 1e-8


def default_alpha(cutoff_angstrom: float) -> float:
    """Splitting parameter in 1/angstrom that is used when none is given."""
    return 4.0 / (0.75 * cutoff_angstrom) + 1e-3


def reciprocal_vectors(lengths: Tensor, kmax: tuple[int, int, int]) -> Tensor:
    """Wave vectors [num_vectors, 3] in 1/angstrom: index triples in a sphere, without zero.

    The published implementation rounds 2 pi n to float32; so does this.
    """
    axes = [torch.arange(-k, k + 1) for k in kmax]
    triples = torch.cartesian_prod(*axes)
    square = triples.square().sum(dim=-1)
    triples = triples[(square > 0) & (square <= max(kmax) ** 2)]
    rounded = (2.0 * math.pi * triples.to(torch.float32)).to(lengths.dtype)
    return rounded / lengths


def ewald_energy(
    charges: Tensor,
    positions: Tensor,
    lengths: Tensor,
    distance: Tensor,
    pair_i: Tensor,
    pair_j: Tensor,
    *,
    cutoff_angstrom: float,
    kmax: tuple[int, int, int],
    alpha: float | None = None,
) -> Tensor:
    """Electrostatic energy of each atom.

    Parameters
    ----------
    charges : Tensor [num_atoms]
        In elementary charges.
    positions : Tensor [num_atoms, 3]
        In angstrom.
    lengths : Tensor [3]
        Edges of the orthorhombic cell in angstrom.
    distance, pair_i, pair_j : Tensor [num_pairs]
        Directed pairs of the real-space sum, distances in angstrom.
    cutoff_angstrom : float
        Short-range cutoff of the model, which sets where the damping ends.
    kmax : tuple of int
        Largest index of wave vectors along each axis.
    alpha : float, optional
        Splitting parameter in 1/angstrom.

    Returns
    -------
    Tensor [num_atoms]
        In eV.

    """
    alpha = default_alpha(cutoff_angstrom) if alpha is None else alpha
    potential = Electrostatics(cutoff_angstrom, None).potential(distance)
    screened = charges[pair_i] * charges[pair_j] * torch.erfc(alpha * distance) * potential
    real = 0.5 * torch.zeros_like(charges).index_add(0, pair_i, screened)

    k = reciprocal_vectors(lengths, kmax)
    k2 = k.square().sum(dim=-1)
    phase = positions @ k.t()
    cosine = (charges.unsqueeze(-1) * torch.cos(phase)).sum(dim=0)
    sine = (charges.unsqueeze(-1) * torch.sin(phase)).sum(dim=0)
    weights = torch.exp(-0.25 * k2 / alpha**2) / k2
    total = 2.0 * math.pi / lengths.prod() * (weights * (cosine**2 + sine**2)).sum()
    share = charges.square() + _TINY
    own = alpha / math.sqrt(math.pi) * charges.square()
    return COULOMB_EV_ANGSTROM * (real + total * share / share.sum() - own)
