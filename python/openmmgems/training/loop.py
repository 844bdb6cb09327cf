# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The training loop: a plain one, stopped and continued at will."""

import copy
import hashlib
import io
import math
import os
import pickle
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from openmmgems.core.files import write_atomically
from openmmgems.core.stages import Work
from openmmgems.core.time_left import TimeLeft
from openmmgems.data.dataset import Group
from openmmgems.data.splits import split_structures
from openmmgems.models.spookynet import SpookyNet

from .batches import StructureTable, chunks, fit_atomic_energies
from .config import TrainingSettings
from .losses import Errors, loss, predict

_EVALUATION_BATCH = 50


class Trainer:
    """Trains a SpookyNet on a data set.

    The moving average of the weights is what is validated and kept. Every step's batch follows
    from the seed and the number of the step, so a continued run equals an uninterrupted one.

    Parameters
    ----------
    groups : sequence of Group
        The data set.
    settings : TrainingSettings
        How to train.
    checkpoint : path
        File that the state is kept in; an existing one is continued.

    """

    def __init__(
        self,
        groups: Sequence[Group],
        settings: TrainingSettings,
        checkpoint: str | os.PathLike[str],
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.checkpoint = Path(checkpoint)
        self.atomic_energies = fit_atomic_energies(groups)
        self.table = StructureTable(groups, self.atomic_energies, torch.float32)
        self._data = _fingerprint(groups)
        if not settings.validation_fraction > 0:
            raise ValueError(
                f"validation_fraction is {settings.validation_fraction}; expected more than 0: the "
                "model that is kept is chosen by its errors there."
            )
        self.split = split_structures(groups, settings.split())
        self.model = SpookyNet(settings.hyperparameters, zero_init=False, seed=settings.seed)
        self.average = copy.deepcopy(self.model)
        self.average.eval()
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(trained, lr=settings.learning_rate, fused=True)
        self.step = 0
        self.best = math.inf
        self.best_weights = copy.deepcopy(self.average.state_dict())
        if self.checkpoint.exists():
            self._load()

    def run(self, work: Work | None = None) -> None:
        """
        Train to the end, or until asked to stop; another run continues.

        Parameters
        ----------
        work : Work, optional
            Told how far it is at every step, and the errors at every validation. The state is kept
            at validations and when it asks to stop.
        """
        work, time_left = work or Work(), TimeLeft()
        self._set_threads()
        total = self.settings.num_steps
        for numbers in self._training_batches():
            if work.is_stopped:
                self._save()
                return
            self._train(numbers)
            left = time_left.text(self.step, total)
            work.show(self.step, total, f"{self.step} of {total} steps{left}")
            if self.step % self.settings.validation_interval == 0 or self.step == total:
                work.say(_report(self.step, self._validate()))
                self._save()

    def seconds_per_step(self, number: int = 3) -> float:
        """Time a step that is to come, a few times, and go back to where it was."""
        self._set_threads()
        before = copy.deepcopy(self._state())
        numbers = next(self._training_batches())
        self._train(numbers)  # warms up
        start = time.perf_counter()
        for _ in range(number):
            self._train(numbers)
        seconds = (time.perf_counter() - start) / number
        self._restore(before)
        return seconds

    def evaluate(self, numbers: Sequence[int]) -> Errors:
        """Errors of the best averaged model for structures of these numbers."""
        return Errors.of_all(self.evaluate_kinds(numbers).values())

    def evaluate_kinds(self, numbers: Sequence[int]) -> dict[str, Errors]:
        """Errors as of `evaluate`, of each kind of structures by itself."""
        model = copy.deepcopy(self.average)
        model.load_state_dict(self.best_weights)
        return self._evaluate(model, numbers)

    def finished_model(self) -> SpookyNet:
        """Return the best averaged model, energies of free atoms included."""
        model = copy.deepcopy(self.average)
        model.load_state_dict(self.best_weights)
        with torch.no_grad():
            model.element_bias[:, 0] += self.atomic_energies.to(model.element_bias.dtype)
        return model.eval()

    def _set_threads(self) -> None:
        torch.set_num_threads(self.settings.num_threads)
        torch.set_flush_denormal(True)

    def _training_batches(self) -> Iterator[Sequence[int]]:
        """Batches from the current step to the last; every epoch is its own permutation."""
        per_epoch = max(1, len(self.split.train) // self.settings.batch_size)
        while self.step < self.settings.num_steps:
            epoch, position = divmod(self.step, per_epoch)
            generator = np.random.default_rng((self.settings.seed, epoch))
            order = generator.permutation(self.split.train).tolist()
            start = position * self.settings.batch_size
            yield order[start : start + self.settings.batch_size]

    def _train(self, numbers: Sequence[int]) -> None:
        settings = self.settings
        progress = self.step / settings.num_steps
        decay = 0.5 * (1.0 + math.cos(math.pi * progress))
        rate = settings.final_learning_rate + decay * (
            settings.learning_rate - settings.final_learning_rate
        )
        self.optimizer.param_groups[0]["lr"] = rate
        batch = self.table.batch(numbers)
        self.model.train()
        self.optimizer.zero_grad()
        weights = settings.weights_at(self.step)
        value = loss(predict(self.model, batch, create_graph=True), batch, weights)
        if not torch.isfinite(value):
            raise RuntimeError(
                f"The loss is {value.item()} at step {self.step}; try a smaller learning rate. "
                f"The last good state is in '{self.checkpoint}'."
            )
        value.backward()
        torch.nn.utils.clip_grad_norm_(
            self.model.parameters(), settings.max_gradient_norm, foreach=True
        )
        self.optimizer.step()
        self._update_average()
        self.step += 1

    def _update_average(self) -> None:
        keep = min(self.settings.moving_average, (1.0 + self.step) / (10.0 + self.step))
        with torch.no_grad():
            averages: list[torch.Tensor] = list(self.average.parameters())
            weights: list[torch.Tensor] = list(self.model.parameters())
            torch._foreach_lerp_(averages, weights, 1.0 - keep)

    def _validate(self) -> dict[str, Errors]:
        by_kind = self._evaluate(self.average, self.split.validation)
        errors = Errors.of_all(by_kind.values())
        weights = self.settings.weights_at(self.step - 1)
        if weights != self.settings.weights_at(self.step - 1 - self.settings.validation_interval):
            self.best = math.inf  # measured otherwise
        if errors.score(weights) < self.best:
            self.best = errors.score(weights)
            self.best_weights = copy.deepcopy(self.average.state_dict())
        return by_kind

    def _evaluate(self, model: SpookyNet, numbers: Sequence[int]) -> dict[str, Errors]:
        by_kind: dict[str, Errors] = {}
        for kind in sorted({self.table.kind(number) for number in numbers}):
            errors = by_kind[kind] = Errors()
            own = [number for number in numbers if self.table.kind(number) == kind]
            for part in chunks(own, _EVALUATION_BATCH):
                batch = self.table.batch(part)
                errors.add(predict(model, batch, create_graph=False), batch)
        return by_kind

    def _state(self) -> dict[str, Any]:
        return {
            "settings": repr(self.settings),
            "data": self._data,
            "step": self.step,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "best": self.best,
            "best_weights": self.best_weights,
        }

    def _save(self) -> None:
        data = io.BytesIO()
        torch.save(self._state(), data)
        write_atomically(self.checkpoint, data.getvalue())

    def _load(self) -> None:
        try:
            state = torch.load(self.checkpoint, weights_only=True)
            settings, data = state["settings"], state["data"]
        except (
            RuntimeError,
            OSError,
            EOFError,
            pickle.UnpicklingError,
            KeyError,
            TypeError,
        ) as error:
            raise ValueError(
                f"'{self.checkpoint}' is damaged or no checkpoint of a training run; remove it to "
                f"start anew. ({error})"
            ) from error
        if settings != repr(self.settings):
            raise ValueError(
                f"'{self.checkpoint}' belongs to a run with other settings; expected the same. "
                "Choose another file, or remove it to start anew."
            )
        if data != self._data:
            raise ValueError(
                f"'{self.checkpoint}' belongs to a run with other data; expected the same. "
                "Choose another file, or remove it to start anew."
            )
        self._restore(state)

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.step, self.best = state["step"], state["best"]
        self.best_weights = state["best_weights"]
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])


def _report(step: int, by_kind: Mapping[str, Errors]) -> str:
    """One line of the log: errors of all that validates, and of each kind."""
    line = f"step {step}: validation {Errors.of_all(by_kind.values())}"
    if len(by_kind) == 1:
        return line
    return f"{line} ({'; '.join(f'{kind}: {errors}' for kind, errors in by_kind.items())})"


def _fingerprint(groups: Sequence[Group]) -> str:
    """SHA-256 of all that is in a data set, in order."""
    digest = hashlib.sha256()
    for group in groups:
        for name, values in vars(group).items():
            if isinstance(values, np.ndarray):
                content = f"{values.dtype} {values.shape}".encode() + values.tobytes()
            else:
                content = repr(values).encode()
            digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()
