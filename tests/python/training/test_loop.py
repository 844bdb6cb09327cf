# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The training loop: it learns, stops and continues."""

import dataclasses
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import torch
from openmmgems.models.spookynet import SpookyNet
from openmmgems.training.config import LossWeights, TrainingSettings
from openmmgems.training.loop import Trainer
from openmmgems.training.losses import predict
from support.listener import Listener
from support.toy_training import NETWORK, toy_groups

SETTINGS = TrainingSettings(
    hyperparameters=NETWORK, num_steps=8, batch_size=5, validation_interval=2, seed=11
)


class StoppedError(Exception):
    """Stands for whatever ends a run early."""


class StoppingTrainer(Trainer):
    """Ends in the middle of step 6, after the checkpoint of step 4."""

    def _update_average(self) -> None:
        super()._update_average()
        if self.step == 5:
            raise StoppedError


def _weights(model: SpookyNet) -> dict[str, np.ndarray]:
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


def _train(path: Path, settings: TrainingSettings) -> Trainer:
    trainer = Trainer(toy_groups(), settings, path)
    trainer.run()
    return trainer


def test_a_continued_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    whole = _train(tmp_path / "whole.ckpt", SETTINGS)
    with pytest.raises(StoppedError):
        StoppingTrainer(toy_groups(), SETTINGS, tmp_path / "parts.ckpt").run()
    continued = Trainer(toy_groups(), SETTINGS, tmp_path / "parts.ckpt")
    assert continued.step == 4
    continued.run()
    assert (continued.step, continued.best) == (8, whole.best)
    for kept in ("model", "average"):
        expected = _weights(getattr(whole, kept))
        for name, value in _weights(getattr(continued, kept)).items():
            np.testing.assert_array_equal(value, expected[name], err_msg=f"{kept} {name}")


def test_a_finished_run_is_not_trained_further(tmp_path: Path) -> None:
    first = _train(tmp_path / "run.ckpt", SETTINGS)
    again = _train(tmp_path / "run.ckpt", SETTINGS)
    np.testing.assert_array_equal(
        again.model.element_bias.detach(), first.model.element_bias.detach()
    )


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    _train(tmp_path / "run.ckpt", SETTINGS)
    other = dataclasses.replace(SETTINGS, learning_rate=3e-4)
    with pytest.raises(ValueError, match="belongs to a run with other settings"):
        Trainer(toy_groups(), other, tmp_path / "run.ckpt")


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    _train(tmp_path / "run.ckpt", SETTINGS)
    with pytest.raises(ValueError, match="belongs to a run with other data"):
        Trainer(toy_groups(30), SETTINGS, tmp_path / "run.ckpt")


@pytest.mark.parametrize(
    "array", ["positions", "forces", "dipole", "charge", "spin", "atomic_numbers", "source"]
)
def test_a_checkpoint_of_data_that_differ_in_anything_is_refused(
    tmp_path: Path, array: str
) -> None:
    Trainer(toy_groups(), SETTINGS, tmp_path / "run.ckpt")._save()
    groups = toy_groups()
    values = getattr(groups[1], array)
    if array == "source":
        values[3] = "toy 3, again"
    else:
        values.flat[-1] += 2  # oxygen and helium in place of hydrogen, two more electrons
    with pytest.raises(ValueError, match="belongs to a run with other data"):
        Trainer(groups, SETTINGS, tmp_path / "run.ckpt")


def test_errors_are_reported_by_kind(tmp_path: Path) -> None:
    groups = toy_groups()
    groups[1] = dataclasses.replace(groups[1], kind=["top-down"] * 20)
    trainer = Trainer(groups, dataclasses.replace(SETTINGS, num_steps=2), tmp_path / "run.ckpt")
    work = Listener()
    trainer.run(work)
    by_kind = trainer.evaluate_kinds(trainer.split.validation)
    own = {
        "imported": [n for n in trainer.split.validation if n < 40],
        "top-down": [n for n in trainer.split.validation if n >= 40],
    }
    assert {kind: errors.num_molecules for kind, errors in by_kind.items()} == {
        kind: len(numbers) for kind, numbers in own.items()
    }
    for kind, numbers in own.items():
        assert by_kind[kind] == trainer.evaluate(numbers)
    errors = trainer.evaluate(trainer.split.validation)
    expected = f"step 2: validation {errors} (imported: {by_kind['imported']}; top-down: "
    assert work.said == [expected + f"{by_kind['top-down']})"]


def test_a_run_without_validation_is_refused(tmp_path: Path) -> None:
    settings = dataclasses.replace(SETTINGS, validation_fraction=0.0)
    with pytest.raises(ValueError, match=r"validation_fraction is 0\.0; expected more than 0"):
        Trainer(toy_groups(), settings, tmp_path / "run.ckpt")


def test_held_out_molecules_are_in_no_part(tmp_path: Path) -> None:
    settings = dataclasses.replace(SETTINGS, held_out=("toy 1", "toy 30"))
    split = Trainer(toy_groups(), settings, tmp_path / "run.ckpt").split
    assert split.held_out == [1, 30, 41]


def test_training_leaves_one_checkpoint_and_no_temporary_file(tmp_path: Path) -> None:
    _train(tmp_path / "run.ckpt", SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["run.ckpt"]


def test_training_learns_the_springs(tmp_path: Path) -> None:
    settings = dataclasses.replace(
        SETTINGS, num_steps=100, validation_interval=50, learning_rate=1e-2, moving_average=0.9
    )
    trainer = Trainer(toy_groups(), settings, tmp_path / "run.ckpt")
    before = trainer.evaluate(trainer.split.test)
    trainer.run()
    after = trainer.evaluate(trainer.split.test)
    assert after.forces_mev_per_angstrom < 0.5 * before.forces_mev_per_angstrom
    assert after.energy_mev_per_atom < 0.5 * before.energy_mev_per_atom


def test_the_best_average_is_what_is_kept(tmp_path: Path) -> None:
    trainer = _train(tmp_path / "run.ckpt", SETTINGS)
    errors = trainer.evaluate(trainer.split.validation)
    assert errors.score(SETTINGS.weights) == pytest.approx(trainer.best, rel=1e-6)


def test_the_last_steps_take_the_final_weights() -> None:
    final = LossWeights(energy=20.0)
    settings = dataclasses.replace(SETTINGS, num_steps=10, final_weights=final, final_fraction=0.3)
    used = [settings.weights_at(step) for step in range(10)]
    assert used == 7 * [settings.weights] + 3 * [final]


def test_the_best_is_measured_anew_when_the_weights_change(tmp_path: Path) -> None:
    settings = dataclasses.replace(
        SETTINGS, final_weights=LossWeights(energy=1e3), final_fraction=0.5
    )
    trainer = _train(tmp_path / "run.ckpt", settings)
    errors = trainer.evaluate(trainer.split.validation)
    assert errors.score(settings.final_weights) == pytest.approx(trainer.best, rel=1e-6)


def test_a_loss_that_is_not_finite_ends_the_run_before_it_spoils_the_weights(
    tmp_path: Path,
) -> None:
    groups = toy_groups()
    groups[0].forces[:] = np.nan
    trainer = Trainer(groups, SETTINGS, tmp_path / "run.ckpt")
    with pytest.raises(RuntimeError, match="The loss is nan at step"):
        trainer.run()
    assert trainer.step < SETTINGS.num_steps
    assert all(np.isfinite(value).all() for value in _weights(trainer.model).values())


def test_the_finished_model_gives_total_energies_of_the_data(tmp_path: Path) -> None:
    trainer = _train(tmp_path / "run.ckpt", SETTINGS)
    model = trainer.finished_model()
    assert not model.training
    batch = trainer.table.batch(trainer.split.test)
    relative = predict(trainer.average, batch, create_graph=False).energy
    total = predict(model, batch, create_graph=False).energy
    groups = [0 if n < 40 else 1 for n in trainer.split.test]
    means = np.array([toy_groups()[g].energy.mean() for g in groups])
    best = trainer.best_weights["element_bias"]
    same = torch.equal(best, trainer.average.element_bias)
    assert same, "the toy's last average must be its best for this comparison"
    # Energies of 160 eV in float32.
    np.testing.assert_allclose((total - relative).detach(), means, atol=1e-4)


def test_a_kill_while_the_checkpoint_is_written_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.ckpt"
    trainer = _train(path, SETTINGS)
    before = path.read_bytes()

    def half(state: object, file: BinaryIO) -> None:
        file.write(before[: len(before) // 2])
        raise StoppedError

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(StoppedError):
        trainer._save()
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["truncated", "text", "other"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "run.ckpt"
    _train(path, dataclasses.replace(SETTINGS, num_steps=2))
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
    elif kind == "text":
        path.write_text("no checkpoint")
    else:
        torch.save([1, 2], path)
    with pytest.raises(ValueError, match=r"run\.ckpt' is damaged or no checkpoint"):
        Trainer(toy_groups(), SETTINGS, path)
