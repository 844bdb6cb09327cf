# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that runs a parent: built once, estimated without a trace, stopped, and done."""

from pathlib import Path

import pytest
from openmmgems.core.stages import Work
from openmmgems.data.selected_frames import read_selected
from openmmgems.sampling.parent_stage import ParentStage
from openmmgems.sampling.sampling_settings import ParentSettings, SelectionSettings
from support.listener import Listener

SETTINGS = ParentSettings(
    name="small",
    peptide="ACE ALA NME",
    length_ps=2.0,
    frame_interval_ps=0.1,
    time_step_fs=1.0,
    selection=SelectionSettings(method="all"),
)
BUILDING = "Building and relaxing it ..."


def _stage(folder: Path, settings: ParentSettings = SETTINGS) -> ParentStage:
    return ParentStage(settings, folder / "small", threads=1)


def test_it_is_built_once_for_estimate_and_run(tmp_path: Path) -> None:
    stage, work = _stage(tmp_path), Listener()
    found = stage.estimate(work)
    assert found.what == "22 atoms, 2000 steps"
    assert 0.0 < found.seconds < 600.0
    assert found.disk_bytes == 22 * 20 * 12  # 20 frames of 22 atoms in single precision
    assert list(tmp_path.iterdir()) == []
    outcome = stage.run(work)
    assert work.said.count(BUILDING) == 1
    assert outcome.summary == "20 frames, of which 20 are selected (20 representative)."
    assert all(path.is_file() for path in stage.outputs)
    assert stage.is_done
    assert work.shown[-1].startswith("100 % of the steps")


def test_stopped_it_goes_on_and_says_what_is_left(tmp_path: Path) -> None:
    stopped = _stage(tmp_path).run(Listener(stops_after=15))
    assert (stopped.is_complete, stopped.summary) == (False, "10 of 20 frames are kept.")
    again, work = _stage(tmp_path), Listener()
    assert not again.is_done
    found = again.estimate(work)
    assert found.what == "22 atoms, 1000 steps"
    assert found.disk_bytes == 22 * 10 * 12
    assert again.run(work).is_complete
    assert BUILDING not in work.said
    assert len(read_selected(tmp_path / "small")) == 20


def test_a_run_of_other_settings_is_refused_by_the_estimate(tmp_path: Path) -> None:
    _stage(tmp_path).run(Listener(stops_after=1))
    other = _stage(tmp_path, SETTINGS.model_copy(update={"length_ps": 3.0}))
    with pytest.raises(ValueError, match=r"was begun with length_ps 2\.0, not 3\.0"):
        other.estimate(Work())


def test_a_parent_that_is_built_needs_no_structure_file(tmp_path: Path, peptide: Path) -> None:
    file = tmp_path / "copy.pdb"
    file.write_bytes(peptide.read_bytes())
    settings = SETTINGS.model_copy(update={"peptide": None, "structure": str(file)})
    stage = _stage(tmp_path, settings)
    assert stage.inputs == (file,)
    stage.run(Listener(stops_after=1))
    file.unlink()
    again = _stage(tmp_path, settings)
    assert again.inputs == ()
    assert again.run(Work()).is_complete
