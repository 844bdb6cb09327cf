# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stages of labelling, as a chain of stages uses them."""

import os
from pathlib import Path

import pytest
from openmmgems.data.structure_file import write_structures
from openmmgems.jobs.store import JobStore
from openmmgems.labels.label_folder import LabelFolder
from openmmgems.labels.label_jobs import LabelJobs
from openmmgems.labels.label_stage import ExportStage, LabelStage, Retry
from support.labelling import CONSENT, LEVEL, settings_for, waters
from support.listener import Listener


@pytest.fixture(autouse=True)
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than the rest of a test."""
    monkeypatch.setattr("openmmgems.data.dataset_pictures.draw_dataset", lambda data, picture: None)


def stage_of(tmp_path: Path, sources: list[str], **more: object) -> LabelStage:
    """Labelling of waters; what they do is in their sources."""
    file = tmp_path / f"{len(sources)}.h5"
    write_structures(file, waters(sources))
    folder = LabelFolder(tmp_path / "labels")
    return LabelStage(folder, settings_for(tmp_path), CONSENT, [file], **more)


def test_done_is_done_until_there_is_more(tmp_path: Path) -> None:
    stage, told = stage_of(tmp_path, ["a", "b"]), Listener()
    assert not stage.is_done
    outcome = stage.run(told)
    assert (outcome.is_complete, "2 of 2 done" in outcome.summary) == (True, True)
    assert told.said[0] == "Added 2 new structures of 2."
    assert (tmp_path / "labels" / "data.h5") in outcome.look_at
    assert stage.is_done
    assert not stage_of(tmp_path, ["a", "b"]).is_done  # the file is newer
    stage = stage_of(tmp_path, ["a", "b"])
    os.utime(*stage.inputs, (0, 0))
    assert stage.is_done
    with JobStore(tmp_path / "labels" / "jobs.sqlite") as store:
        store.add(waters(["a", "b", "c"]), LEVEL)
    assert not stage.is_done


def test_only_what_is_new_or_waits_is_estimated(tmp_path: Path) -> None:
    first = stage_of(tmp_path, ["a", "fail"])
    assert first.estimate(Listener()).what.startswith("2 structures, ")
    assert not (tmp_path / "labels").exists()
    first.run(Listener())
    assert stage_of(tmp_path, ["a", "fail"]).estimate(Listener()).seconds == 0
    assert stage_of(tmp_path, ["a", "fail"], retry=Retry()).estimate(Listener()).seconds > 0
    more = stage_of(tmp_path, ["a", "fail", "c"]).estimate(Listener())
    assert more.what.startswith("1 structures, ")
    assert more.memory_bytes >= 1e6 * settings_for(tmp_path).min_memory_mb


def test_nothing_labelled_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        RuntimeError, match=r"Nothing is done yet.* 0 of 1 done, 1 parked.*--status"
    ):
        stage_of(tmp_path, ["impossible"]).run(Listener())
    jobs = LabelJobs.of(settings_for(tmp_path), CONSENT)
    export = ExportStage(LabelFolder(tmp_path / "labels"), jobs)
    with pytest.raises(RuntimeError, match="Nothing is done yet"):
        export.run(Listener())
    assert not export.is_done


def test_a_stop_keeps_what_waits(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ["a", "b"])
    outcome = stage.run(Listener(stops_after=0))
    assert not outcome.is_complete
    assert any(note.startswith("Go on with gems label --out ") for note in outcome.warnings)
    assert not stage.is_done
    assert "2 of 2 done" in stage.run(Listener()).summary


def test_what_a_file_says_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "water.xyz"
    file.write_text("3\n\nO 0 0 0.117\nH 0 0.757 -0.470\nH 0 -0.757 -0.470\n")
    told = Listener()
    stage = LabelStage(LabelFolder(tmp_path / "labels"), settings_for(tmp_path), CONSENT, [file])
    stage.estimate(told)
    stage.run(told)
    notes = [line for line in told.said if line.startswith("  ")]
    assert len(notes) == len(set(notes)) > 0
