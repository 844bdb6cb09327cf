# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage of small graphs: what it reads, how it is stopped, what it refuses."""

from pathlib import Path

import pytest
from openmmgems.core.stages import Work
from openmmgems.data.structure_file import read_structures
from openmmgems.fragments.bottom_up_stage import bottom_up_stage
from openmmgems.systems.structure import read_structure

SMALL = {
    "amino_acids": False,
    "max_heavy_atoms": 2,
    "water_clusters": 0,
    "waters_per_ion": 0,
    "complexes": False,
}


class Listener(Work):
    """Keeps what it is told; stops after so many structures."""

    def __init__(self, stops_after: float = float("inf")) -> None:
        self.said: list[str] = []
        self.shown: list[str] = []
        self._stops_after = stops_after

    @property
    def is_stopped(self) -> bool:
        return len(self.shown) >= self._stops_after

    def say(self, text: str) -> None:
        self.said.append(text)

    def show(self, done: float, total: float | None, text: str) -> None:
        self.shown.append(text)


def test_structure_files_are_read_once_and_completed(structures: Path, tmp_path: Path) -> None:
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
    assert not stage.run(work).is_complete
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
