# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage of small graphs: what it reads, how it is stopped, what it refuses."""

from pathlib import Path

import pytest
from openmmgems.data.structure_file import read_structures
from openmmgems.fragments.bottom_up_stage import BottomUpStage, bottom_up_stage
from openmmgems.fragments.fragment_settings import BottomUpSettings
from openmmgems.systems.structure import read_structure
from support.listener import Listener

SMALL = {
    "amino_acids": False,
    "max_heavy_atoms": 2,
    "water_clusters": 0,
    "waters_per_ion": 0,
    "complexes": False,
}


def test_structure_files_of_settings_are_read_when_they_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "hydroxide.xyz"
    settings = BottomUpSettings(
        amino_acids=False, structures=(str(path),), water_clusters=0, waters_per_ion=0
    ).model_copy(update={"complexes": False})
    stage = BottomUpStage(settings, tmp_path / "graphs.h5")
    assert stage.inputs == (path,)
    assert not stage.is_done
    path.write_text("2\ncharge=-1\nO 0 0 0\nH 0.96 0 0\n")
    work = Listener()
    assert stage.estimate(work).what.startswith("1 molecules")
    told = list(work.said)
    assert stage.run(work).summary == "1 start structures, 0 left out."
    assert work.said == told  # read once
    assert stage.is_done
    (found,) = read_structures(tmp_path / "graphs.h5")
    assert (found.source, found.charge) == ("bottom-up:[OH-]:start", -1)


def test_structure_files_are_completed(structures: Path, tmp_path: Path) -> None:
    crystal = structures / "6m0j-cut.pdb"
    reading = {"hydrogens": True, "box": False, "remove": ("NAG",)}
    settings = SMALL | {"structures": (str(crystal),)}
    stage = bottom_up_stage(settings, reading, tmp_path / "g.h5")
    assert list(stage.inputs) == [crystal]
    work = Listener()
    assert "graphs are found" in stage.estimate(work).what
    assert not list(tmp_path.iterdir())
    stage.run(work)
    assert work.said.count("left out: 1 NAG") == 1
    assert all(path.is_file() for path in stage.outputs)
    completed = read_structure(tmp_path / "g.6m0j-cut.completed.cif")
    assert completed.num_atoms > read_structure(crystal).num_atoms
    assert stage.is_done


def test_stopped_it_writes_nothing_and_says_so(tmp_path: Path) -> None:
    stage = bottom_up_stage(SMALL | {"smiles": ("CCO",)}, {}, tmp_path / "g.h5")
    work = Listener(stops_after=2)
    outcome = stage.run(work)
    assert (outcome.is_complete, outcome.is_kept) == (False, False)
    assert len(work.shown) == 2
    assert not list(tmp_path.iterdir())
    outcome = stage.run(Listener())
    assert outcome.is_complete
    assert {s.source.split(":")[1] for s in read_structures(tmp_path / "g.h5")} == {
        *("C", "O", "CC", "CO")
    }


def test_settings_that_make_no_sense_are_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^max_heavy_atoms is 0: input should be .*\.$"):
        bottom_up_stage(SMALL | {"max_heavy_atoms": 0}, {}, tmp_path / "g.h5")
