# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Predictions for a batch, the loss, and errors in the units people compare."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from openmmgems.models.molecules import sum_by_molecule
from openmmgems.models.spookynet import SpookyNet

from .batches import Batch
from .config import LossWeights

#: Added to mean squares; far below the square of any error that is reached.
_TINY = 1e-12


@dataclass(frozen=True)
class Prediction:
    """``energy`` [num_molecules] (eV), ``forces`` [num_atoms, 3], ``dipole`` [num_molecules, 3]."""

    energy: Tensor
    forces: Tensor
    dipole: Tensor


def predict(model: SpookyNet, batch: Batch, create_graph: bool) -> Prediction:
    """Evaluate the model for a batch; with ``create_graph`` the forces can be trained on."""
    positions = batch.positions.detach().requires_grad_(True)
    vectors = positions[batch.pair_j] - positions[batch.pair_i]
    results = model.forward_batch(
        batch.atomic_numbers,
        vectors,
        batch.pair_i,
        batch.pair_j,
        batch.charge,
        batch.spin,
        batch.molecule,
    )
    count = len(batch.energy)
    energy = sum_by_molecule(results["energy"], batch.molecule, count)
    (gradient,) = torch.autograd.grad(energy.sum(), positions, create_graph=create_graph)
    moments = results["charges"].unsqueeze(-1) * batch.positions
    return Prediction(energy, -gradient, sum_by_molecule(moments, batch.molecule, count))


def loss(prediction: Prediction, batch: Batch, weights: LossWeights) -> Tensor:
    """Weighted sum of root-mean-square errors, each molecule counting the same.

    Dipoles that are NaN are not known, and left out.

    Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Methods, "Training".
    """
    count = len(batch.energy)
    energy = _root((prediction.energy - batch.energy).square().mean())
    squares = (prediction.forces - batch.forces).square().sum(dim=-1)
    atoms = sum_by_molecule(torch.ones_like(squares), batch.molecule, count)
    forces = _root((sum_by_molecule(squares, batch.molecule, count) / atoms).mean())
    known = batch.dipole.isfinite().all(dim=-1)
    squares = (prediction.dipole - batch.dipole)[known].square().sum(dim=-1)
    dipole = _root(squares.sum() / max(1, len(squares)))
    return weights.energy * energy + weights.forces * forces + weights.dipole * dipole


def _root(mean_square: Tensor) -> Tensor:
    """Square root whose gradient is finite at zero."""
    return (mean_square + _TINY).sqrt()


@dataclass
class Errors:
    """Mean absolute errors, gathered over batches."""

    energy_sum: float = 0.0
    forces_sum: float = 0.0
    num_molecules: int = 0
    num_components: int = 0

    def add(self, prediction: Prediction, batch: Batch) -> None:
        """Add the errors of a batch."""
        count = len(batch.energy)
        atoms = sum_by_molecule(torch.ones_like(batch.forces[:, 0]), batch.molecule, count)
        per_atom = (prediction.energy.detach() - batch.energy).abs() / atoms
        self.energy_sum += float(per_atom.sum())
        self.num_molecules += count
        self.forces_sum += float((prediction.forces.detach() - batch.forces).abs().sum())
        self.num_components += batch.forces.numel()

    @classmethod
    def of_all(cls, parts: Iterable["Errors"]) -> "Errors":
        """Put the errors of several sets together."""
        total = cls()
        for part in parts:
            total.energy_sum += part.energy_sum
            total.forces_sum += part.forces_sum
            total.num_molecules += part.num_molecules
            total.num_components += part.num_components
        return total

    def __str__(self) -> str:
        return (
            f"{self.energy_mev_per_atom:.2f} meV/atom, "
            f"{self.forces_mev_per_angstrom:.1f} meV/angstrom"
        )

    @property
    def energy_mev_per_atom(self) -> float:
        """Mean absolute error of the energy per atom in meV."""
        return 1000.0 * self.energy_sum / self.num_molecules

    @property
    def forces_mev_per_angstrom(self) -> float:
        """Mean absolute error of the force components in meV/angstrom."""
        return 1000.0 * self.forces_sum / self.num_components

    def score(self, weights: LossWeights) -> float:
        """One number to choose a model by: both errors per atom and component, weighted."""
        return (
            weights.energy * self.energy_mev_per_atom
            + weights.forces * self.forces_mev_per_angstrom
        )
