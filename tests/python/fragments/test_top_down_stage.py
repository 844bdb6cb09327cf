# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that cuts spheres out of snapshots: when it reads and writes, how it is stopped."""

from pathlib import Path

import mdtraj
import numpy as np
import pytest
from openmmgems.data.structure_file import read_structures
from openmmgems.fragments.snapshot_sources import snapshot_source
from openmmgems.fragments.top_down_stage import TopDownStage, top_down_stage
from support.listener import Listener

FRAMES = 60


@pytest.fixture
def stage_of(peptide: Path, tmp_path: Path):
    """Makes a stage of 60 frames of Ace-Ala-Nme with five centres each: three parts."""
    system = mdtraj.load(str(peptide))
    moves = np.random.default_rng(2).normal(0, 0.002, (FRAMES, system.n_atoms, 3))
    frames = tmp_path / "frames.dcd"
    mdtraj.Trajectory(system.xyz + moves, system.topology).save_dcd(str(frames))

    def make(out: str, picture: Path | None = None) -> TopDownStage:
        settings = {"radius_angstrom": 3.0, "centres_per_frame": 5}
        source = snapshot_source(peptide, {}, frames, None)
        return top_down_stage(settings, source, tmp_path / out, picture, "ala")

    return make


def test_an_estimate_writes_nothing(stage_of, peptide: Path, tmp_path: Path) -> None:
    stage = stage_of("f.h5", tmp_path / "f.png")
    assert list(stage.inputs) == [peptide, tmp_path / "frames.dcd"]
    before = set(tmp_path.iterdir())
    estimate = stage.estimate(Listener())
    assert "22 atoms, charge +0 e, 60 frames; 5 centres in the first frame, in all about 300" in (
        estimate.what
    )
    assert estimate.seconds > 0
    assert set(tmp_path.iterdir()) == before
    assert not stage.is_done
    stage.run(Listener())
    assert stage.is_done
    assert all(path.is_file() for path in stage.outputs)


def test_stopped_it_keeps_finished_parts_and_goes_on(stage_of, tmp_path: Path) -> None:
    work = Listener(stops_after=2)
    outcome = stage_of("f.h5").run(work)
    assert not outcome.is_complete
    told = [text.split(",")[0] for text in work.shown]
    assert told == ["20 of 60 frames", "40 of 60 frames"]
    assert not (tmp_path / "f.h5").exists()
    parts = {file: file.stat().st_mtime_ns for file in tmp_path.glob("f.h5.parts/*.h5")}
    assert len(parts) == 2
    work = Listener(stops_after=2)  # both are there: only then it is asked whether to go on
    assert not stage_of("f.h5").run(work).is_complete
    assert parts == {file: file.stat().st_mtime_ns for file in parts}
    assert stage_of("f.h5").run(Listener()).is_complete
    assert stage_of("whole.h5").run(Listener()).is_complete
    first, second = read_structures(tmp_path / "f.h5"), read_structures(tmp_path / "whole.h5")
    assert [s.source for s in first] == [s.source for s in second]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.positions_angstrom, other.positions_angstrom)


def test_a_table_that_lacks_is_not_done(stage_of) -> None:
    stage = stage_of("f.h5")
    stage.run(Listener())
    stage.outputs[1].unlink()
    assert not stage.is_done


def test_settings_that_make_no_sense_are_told_in_one_sentence(peptide: Path) -> None:
    source = snapshot_source(peptide, {}, None, None)
    with pytest.raises(ValueError, match=r"^radius_angstrom is -1: input should be .*\.$"):
        top_down_stage({"radius_angstrom": -1}, source, Path("f.h5"))


def test_a_frame_that_is_not_there_is_told(stage_of, peptide: Path, tmp_path: Path) -> None:
    selection = tmp_path / "chosen.csv"
    selection.write_text("frame\n70\n")
    stage_of("f.h5")
    source = snapshot_source(peptide, {}, tmp_path / "frames.dcd", selection)
    with pytest.raises(ValueError, match="has 60 frames; expected also frame 70"):
        top_down_stage({}, source, tmp_path / "f.h5").estimate(Listener())
