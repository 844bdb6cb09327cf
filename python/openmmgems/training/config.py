# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of a training run."""

from dataclasses import dataclass, field

from ..models.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class LossWeights:
    """Weight of each term of the loss: energy (eV), forces (eV/angstrom), dipole (e angstrom)."""

    energy: float = 1.0
    forces: float = 10.0
    dipole: float = 1.0


@dataclass(frozen=True)
class TrainingSettings:
    """How to train. Fractions are of each composition's structures; the rest trains."""

    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    weights: LossWeights = field(default_factory=LossWeights)
    num_steps: int = 20000
    batch_size: int = 10
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-5
    moving_average: float = 0.999
    max_gradient_norm: float = 10.0
    validation_interval: int = 500
    validation_fraction: float = 0.05
    test_fraction: float = 0.1
    num_threads: int = 1
    seed: int = 2026
