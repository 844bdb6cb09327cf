# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage of training: it estimates without a trace, stops, goes on, and knows its end."""

import signal
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.stages import Work
from openmmgems.core.stages import run_in_script as run
from openmmgems.training import training_stage
from openmmgems.training.config import TrainingSettings
from openmmgems.training.training_stage import TrainingStage
from support.listener import Listener
from support.toy_training import NETWORK, toy_groups

SETTINGS = TrainingSettings(
    hyperparameters=NETWORK, num_steps=8, batch_size=5, validation_interval=3, seed=11
)


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = {str(number): group for number, group in enumerate(toy_groups())}
    monkeypatch.setattr(training_stage, "read_dataset", lambda file: groups)


def weights(stage: TrainingStage) -> dict[str, np.ndarray]:
    return {k: v.numpy() for k, v in stage.trainer.finished_model().state_dict().items()}


def test_timed_steps_leave_no_trace(tmp_path: Path) -> None:
    first = TrainingStage(SETTINGS, Path("data.h5"), tmp_path / "first.ckpt")
    estimate = first.estimate(Work())
    assert estimate.seconds > 0
    assert "8 steps" in estimate.what
    assert list(tmp_path.iterdir()) == []
    second = TrainingStage(SETTINGS, Path("data.h5"), tmp_path / "second.ckpt")
    for stage in (first, second):
        assert not stage.is_done
        assert "8 steps; errors" in run(stage, lambda text: None).summary
        assert stage.is_done
    expected = weights(second)
    for name, value in weights(first).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


def test_a_stopped_stage_goes_on_as_if_it_never_stopped(tmp_path: Path) -> None:
    whole = TrainingStage(SETTINGS, Path("data.h5"), tmp_path / "whole.ckpt")
    whole.run(Work())
    outcome = TrainingStage(SETTINGS, Path("data.h5"), tmp_path / "parts.ckpt").run(Listener(4))
    assert not outcome.is_complete
    assert outcome.summary == "4 of 8 steps."
    again = TrainingStage(SETTINGS, Path("data.h5"), tmp_path / "parts.ckpt")
    assert not again.is_done
    work = Listener()
    assert "4 steps" in again.estimate(work).what
    assert again.run(work).is_complete
    assert work.shown[0] == "5 of 8 steps"
    assert [line.split(":")[0] for line in work.said] == ["step 6", "step 8"]
    expected = weights(whole)
    for name, value in weights(again).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


def test_a_finished_stage_has_nothing_to_estimate(tmp_path: Path) -> None:
    stage = TrainingStage(SETTINGS, Path("data.h5"), tmp_path / "run.ckpt")
    stage.run(Work())
    assert stage.estimate(Work()).seconds == 0
    assert stage.plan["Training"] == "8 steps of 5 structures"


def test_a_script_is_interrupted_when_all_is_kept(tmp_path: Path) -> None:
    stage = TrainingStage(SETTINGS, Path("data.h5"), tmp_path / "run.ckpt")
    said: list[str] = []

    def interrupted(text: str) -> None:
        said.append(text)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(stage, interrupted)
    assert len(said) == 1
    assert TrainingStage(SETTINGS, Path("data.h5"), tmp_path / "run.ckpt").trainer.step == 3
