# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Sums and maxima over the atoms of each molecule of a batch.

``molecule`` [num_atoms] holds the index of each atom's molecule.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def sum_by_molecule(values: Tensor, molecule: Tensor, num_molecules: int) -> Tensor:
    """Sum of values [num_atoms, ...] over each molecule: [num_molecules, ...]."""
    if num_molecules == 1:
        return values.sum(dim=0, keepdim=True)
    shape = [num_molecules] + list(values.shape[1:])
    zeros = torch.zeros(shape, dtype=values.dtype, device=values.device)
    return zeros.index_add(0, molecule, values)


def max_by_molecule(values: Tensor, molecule: Tensor, num_molecules: int) -> Tensor:
    """Maximum of values [num_atoms] over each molecule: [num_molecules].

    In a batch of several molecules it is the maximum of these and zero: the published
    implementation takes it over a masked matrix, and a model's numbers depend on it.
    """
    if num_molecules == 1:
        return values.max().unsqueeze(0)
    index = torch.arange(num_molecules, device=molecule.device)
    mask = molecule.unsqueeze(0) == index.unsqueeze(1)
    masked = torch.where(mask, values.unsqueeze(0), torch.zeros_like(values).unsqueeze(0))
    return masked.max(dim=1)[0]


def kinds_of_atoms(
    atomic_numbers: Tensor, molecule: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Atoms of one element in one molecule are of one kind: what depends on no more is equal.

    Returns
    -------
    Tensor [num_kinds], Tensor [num_kinds], Tensor [num_kinds], Tensor [num_atoms]
        Element, molecule and number of atoms of each kind, and the kind of each atom.

    """
    more_than_any = 128  # atomic number
    kind = molecule * more_than_any + atomic_numbers
    kinds, row, count = torch.unique(kind, return_inverse=True, return_counts=True)
    owner = torch.div(kinds, more_than_any, rounding_mode="floor")
    return kinds - owner * more_than_any, owner, count, row


def conserve_charge(charges: Tensor, total: Tensor, molecule: Tensor) -> Tensor:
    """Spread what is missing to the total charge evenly over the atoms of each molecule."""
    num_molecules = total.shape[0]
    missing = total - sum_by_molecule(charges, molecule, num_molecules)
    atoms = sum_by_molecule(torch.ones_like(charges), molecule, num_molecules)
    return charges + (missing / atoms)[molecule]


def molecule_inputs(
    atomic_numbers: Sequence[int] | NDArray[np.integer],
    positions_angstrom: NDArray[np.floating],
    charge: int = 0,
    spin: int = 0,
) -> dict[str, Tensor]:
    """Arguments of ``SpookyNet.forward`` for one molecule, all pairs listed, in float64.

    Parameters
    ----------
    atomic_numbers : array [num_atoms]
        Elements.
    positions_angstrom : array [num_atoms, 3]
        Positions.
    charge, spin : int
        Total charge (e), and number of unpaired electrons.

    """
    positions = torch.as_tensor(np.asarray(positions_angstrom, dtype=np.float64))
    pair_i, pair_j = (~torch.eye(len(positions), dtype=torch.bool)).nonzero(as_tuple=True)
    return {
        "atomic_numbers": torch.as_tensor(np.asarray(atomic_numbers, dtype=np.int64)),
        "vectors": positions[pair_j] - positions[pair_i],
        "pair_i": pair_i,
        "pair_j": pair_j,
        "charge": torch.tensor([float(charge)], dtype=torch.float64),
        "spin": torch.tensor([float(spin)], dtype=torch.float64),
    }
