# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that trains a model on a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from openmmgems.core.stages import Estimate, Outcome, Work
from openmmgems.data.dataset import read_dataset

from .config import TrainingSettings
from .loop import Trainer


class TrainingStage:
    """
    Train a SpookyNet on a data set, or go on with it.

    Parameters
    ----------
    settings : TrainingSettings
    data : pathlib.Path
        The data set.
    checkpoint : pathlib.Path
        File that the state is kept in; an existing one is continued.
    """

    def __init__(self, settings: TrainingSettings, data: Path, checkpoint: Path) -> None:
        self._settings, self._data, self._checkpoint = settings, data, checkpoint

    @cached_property
    def trainer(self) -> Trainer:
        """The training itself, with its model; made of the data when it is first asked for."""
        groups = list(read_dataset(self._data).values())
        return Trainer(groups, self._settings, self._checkpoint)

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""
        network, settings = self._settings.hyperparameters, self._settings
        return {
            "Data": str(self._data),
            "Network": f"{network.num_features} features, {network.num_modules} modules",
            "Training": f"{settings.num_steps} steps of {settings.batch_size} structures",
            "Output": str(self._checkpoint),
        }

    @property
    def inputs(self) -> Sequence[Path]:
        """The data set."""
        return (self._data,)

    @property
    def outputs(self) -> Sequence[Path]:
        """The checkpoint, which has the best model."""
        return (self._checkpoint,)

    @property
    def is_done(self) -> bool:
        """Whether all steps are done."""
        return self._checkpoint.is_file() and self._steps_left == 0

    def estimate(self, work: Work) -> Estimate:
        """Time a few steps and go back."""
        del work
        left, split = self._steps_left, self.trainer.split
        what = f"{len(split.train)} structures train, {len(split.validation)} validate, "
        if not left:
            return Estimate(what + "no steps are left", 0.0)
        seconds = self.trainer.seconds_per_step()
        what += f"{1e3 * seconds:.3g} ms per step, {left} steps without validation"
        return Estimate(what, left * seconds)

    def run(self, work: Work) -> Outcome:
        """Train to the end, or until asked to stop."""
        self.trainer.run(work)
        done, total = self.trainer.step, self._settings.num_steps
        if done < total:
            return Outcome(f"{done} of {total} steps.", is_complete=False)
        errors = self.trainer.evaluate(self.trainer.split.validation)
        return Outcome(f"{total} steps; errors of the best model in validation: {errors}.")

    @property
    def _steps_left(self) -> int:
        return self._settings.num_steps - self.trainer.step
