# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Which frames of a parent are kept, and the states they are in."""

from contextlib import closing
from pathlib import Path

import mdtraj
import numpy as np
import pytest
from openmm import app, unit
from openmmgems.data.frames_file import FramesFile
from openmmgems.data.selected_frames import Selected, read_selected, selected_frames
from openmmgems.sampling.coverage import backbone_angles, basin, coverage
from openmmgems.sampling.sampling_settings import SelectionSettings
from openmmgems.sampling.snapshots import choose, select_frames
from openmmgems.systems.chains import build_peptide

# Near copies of three shapes, and one frame far from all (number 12).
SHAPES = np.random.default_rng(1).normal(scale=3.0, size=(3, 6, 3))


def _frames() -> np.ndarray:
    generator = np.random.default_rng(2)
    near = [SHAPES[k % 3] + generator.normal(scale=0.3, size=(6, 3)) for k in range(12)]
    return np.array([*near, 4.0 * SHAPES[0] + 2.0 * SHAPES[1]])


def test_affinity_propagation_finds_one_of_each_shape_and_then_the_untypical() -> None:
    settings = SelectionSettings(
        threshold_angstrom2=-1.0, preference_angstrom2=-40.0, number_farthest=1
    )
    frames = _frames()
    found = choose(settings, frames[:12])
    assert [s.reason for s in found] == ["representative"] * 3 + ["untypical"]
    assert {s.frame % 3 for s in found[:3]} == {0, 1, 2}
    found = choose(settings.model_copy(update={"preference_angstrom2": -1e5}), frames)
    assert found[-1] == Selected(12, "untypical")


def test_near_copies_are_thinned_out_first() -> None:
    settings = SelectionSettings(threshold_angstrom2=30.0, number_farthest=0)
    assert len(choose(settings, np.repeat(_frames()[:1], 5, axis=0))) == 1


def test_the_farthest_are_chosen_one_after_the_other() -> None:
    settings = SelectionSettings(method="farthest", number_farthest=4)
    found = choose(settings, _frames())
    assert [s.frame for s in found[:2]] == [0, 12]
    assert {s.frame % 3 for s in found if s.frame < 12} == {0, 1, 2}


def test_all_frames_can_be_kept() -> None:
    assert [s.frame for s in choose(SelectionSettings(method="all"), _frames())] == list(range(13))


def test_no_more_frames_are_chosen_than_there_are() -> None:
    settings = SelectionSettings(number_farthest=100)
    assert sorted(s.frame for s in choose(settings, _frames())) == list(range(13))
    farthest = SelectionSettings(method="farthest", number_farthest=100)
    assert len(choose(farthest, _frames())) == 13


@pytest.fixture(scope="module")
def helix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parent whose frames are a helix, an extended chain, and a helix turned around."""
    folder = tmp_path_factory.mktemp("helix")
    modellers = [build_peptide("ACE ALA*4 NME", how) for how in ("helix", "extended", "helix")]
    positions = [np.array(m.positions.value_in_unit(unit.nanometer)) for m in modellers]
    positions[2] = positions[2] @ np.diag([-1.0, -1.0, 1.0])
    with open(folder / "system.pdb", "w") as file:
        app.PDBFile.writeFile(modellers[0].topology, modellers[0].positions, file)
    with closing(FramesFile(folder / "frames.dcd", modellers[0].topology)) as file:
        for frame in positions:
            file.write(frame)
    return folder


def test_selected_frames_are_written_and_read(helix: Path) -> None:
    found = select_frames(SelectionSettings(method="farthest", number_farthest=2), helix)
    assert (
        found == [Selected(0, "representative"), Selected(1, "untypical")] == read_selected(helix)
    )
    assert (helix / "selected.csv").read_text() == "frame,reason\n0,representative\n1,untypical\n"
    frames = list(selected_frames(helix))
    assert [number for number, _, _ in frames] == [0, 1]
    trajectory = mdtraj.load(str(helix / "frames.dcd"), top=str(helix / "system.pdb"))
    np.testing.assert_allclose(frames[1][1], trajectory.xyz[1] * 10.0, atol=1e-5)


def test_coverage_counts_basins_of_all_and_of_selected_frames(helix: Path) -> None:
    select_frames(SelectionSettings(method="farthest", number_farthest=2), helix)
    found = coverage(helix)
    assert found.basins["alpha"] == pytest.approx(2 / 3)
    assert found.basins["beta"] == pytest.approx(1 / 3)
    assert found.selected_basins["alpha"] == 0.5
    assert found.disulfides == []
    assert "  alpha: 66.7% (50.0%)" in found.lines()


def test_backbone_angles_are_those_of_mdtraj() -> None:
    topology = build_peptide("ACE ALA PRO GLY NME").topology
    other = mdtraj.Topology.from_openmm(topology)
    empty = mdtraj.Trajectory(np.zeros((1, topology.getNumAtoms(), 3)), other)
    found = backbone_angles(topology)
    assert [list(phi) for phi, _ in found] == mdtraj.compute_phi(empty)[0].tolist()
    assert [list(psi) for _, psi in found] == mdtraj.compute_psi(empty)[0].tolist()


@pytest.mark.parametrize(
    ("phi", "psi", "name"),
    [
        (-57, -47, "alpha"),
        (-139, 135, "beta"),
        (-120, -170, "beta"),
        (-75, 150, "polyproline"),
        (57, 45, "left-handed"),
        (60, -150, "other"),
    ],
)
def test_known_structures_are_in_their_basins(phi: float, psi: float, name: str) -> None:
    assert basin(phi, psi) == name


def test_what_has_not_run_or_been_selected_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"system\.pdb'; run this parent first"):
        select_frames(SelectionSettings(), tmp_path)
    with pytest.raises(FileNotFoundError, match="select frames of this parent first"):
        coverage(tmp_path)
