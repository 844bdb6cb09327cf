# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that finds small graphs."""

from pathlib import Path

from openmmgems.core.stages import Work
from openmmgems.data.structure_file import read_structures
from openmmgems.fragments.bottom_up_stage import BottomUpStage
from openmmgems.fragments.fragment_settings import BottomUpSettings


class Listening(Work):
    """Remembers what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def test_structure_files_of_settings_are_read_when_they_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "hydroxide.xyz"
    settings = BottomUpSettings(
        amino_acids=False, structures=(str(path),), water_clusters=0, waters_per_ion=0
    ).model_copy(update={"complexes": False})
    stage = BottomUpStage(settings, {}, tmp_path / "graphs.h5")
    assert stage.inputs == (path,)
    assert not stage.is_done
    path.write_text("2\ncharge=-1\nO 0 0 0\nH 0.96 0 0\n")
    work = Listening()
    assert stage.estimate(work).what.startswith("1 molecules")
    told = list(work.said)
    assert stage.run(work).summary == "1 start structures, 0 left out."
    assert work.said == told  # read once
    assert stage.is_done
    (found,) = read_structures(tmp_path / "graphs.h5")
    assert (found.source, found.charge) == ("bottom-up:[OH-]:start", -1)
