# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of a training run."""

from dataclasses import dataclass, field

from openmmgems.data.splits import SplitSettings
from openmmgems.models.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class LossWeights:
    """Weight of each term of the loss: energy (eV), forces (eV/angstrom), dipole (e angstrom)."""

    energy: float = 1.0
    forces: float = 10.0
    dipole: float = 1.0


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Fractions are of the structures of each kind, in units that share nothing; the rest trains, but
    for molecules, parents and imported files that are ``held_out`` by name. ``block_frames``: see
    ``openmmgems.data.splits.SplitSettings``.

    The last ``final_fraction`` of all steps takes ``final_weights``: energies, small against forces
    at first, are refined when forces are learned.
    """

    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    weights: LossWeights = field(default_factory=LossWeights)
    final_weights: LossWeights = field(default_factory=LossWeights)
    final_fraction: float = 0.0
    num_steps: int = 20000
    batch_size: int = 10
    learning_rate: float = 4e-3
    final_learning_rate: float = 1e-5
    moving_average: float = 0.999
    max_gradient_norm: float = 10.0
    validation_interval: int = 500
    validation_fraction: float = 0.05
    test_fraction: float = 0.1
    held_out: tuple[str, ...] = ()
    block_frames: int = 10
    num_threads: int = 1
    seed: int = 2026

    def split(self) -> SplitSettings:
        """How the data are divided."""
        return SplitSettings(
            self.validation_fraction,
            self.test_fraction,
            self.held_out,
            self.block_frames,
            self.seed,
        )

    def weights_at(self, step: int) -> LossWeights:
        """Weights of the loss at a step."""
        is_final = step >= (1.0 - self.final_fraction) * self.num_steps
        return self.final_weights if is_final else self.weights
