# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Parents that run, are killed, and go on."""

import csv
import errno
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import openmmgems
import pytest
from openmm import app
from openmmgems.core.errors import ResourceError, RunFolderError
from openmmgems.core.locks import locked_folder
from openmmgems.data.frames_file import FramesFile, read_frames
from openmmgems.dynamics.protocol import Ensemble
from openmmgems.sampling.legs import disulfide_dihedrals, legs_of
from openmmgems.sampling.parent_run import estimate_parent, prepare_parent, run_parent
from openmmgems.sampling.parents import build_parent, solute_atoms
from openmmgems.sampling.sampling_settings import DihedralBias, ParentSettings
from openmmgems.systems.chains import build_peptide

DRY = ParentSettings(
    name="dry",
    peptide="ACE ALA*2 NME",
    temperatures_kelvin=(300.0, 600.0),
    length_ps=2.5,
    frame_interval_ps=0.1,
    time_step_fs=1.0,
)
WET = ParentSettings(
    name="wet",
    peptide="ACE LYS NME",
    solvent="water",
    salt_molar=0.5,
    box_nm=2.0,
    length_ps=0.4,
    equilibration_ps=0.1,
    frame_interval_ps=0.1,
)
CRAMBIN = Path(openmmgems.__file__).parent / "data" / "structures" / "1crn.pdb"


def _log(folder: Path) -> list[dict[str, str]]:
    with open(folder / "log.csv", newline="") as file:
        return list(csv.DictReader(file))


def _frames(folder: Path) -> np.ndarray:
    return np.array([positions for _, positions, _ in read_frames(folder / "frames.dcd")])


@pytest.fixture(scope="module")
def dry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parents") / "dry"
    found = run_parent(DRY, folder, threads=1)
    assert (found.num_frames, found.num_planned, found.is_complete) == (50, 50, True)
    return folder


def test_every_frame_has_a_line_in_the_log(dry: Path) -> None:
    lines = _log(dry)
    assert [int(line["frame"]) for line in lines] == list(range(50))
    assert [line["leg"] for line in lines] == ["300K"] * 25 + ["600K"] * 25
    times = [float(line["time_ps"]) for line in lines]
    np.testing.assert_allclose(times, np.tile(0.1 * np.arange(1, 26), 2), atol=1e-6)
    assert _frames(dry).shape == (50, 32, 3)


def test_runs_are_near_their_temperatures(dry: Path) -> None:
    kelvin = np.array([float(line["temperature_kelvin"]) for line in _log(dry)])
    # 32 atoms less 12 bonds to hydrogen: 84 degrees of freedom, 15 % for one frame.
    assert kelvin[5:25].mean() == pytest.approx(300.0, rel=0.25)
    assert kelvin[30:].mean() == pytest.approx(600.0, rel=0.25)


def test_the_same_seed_gives_the_same_frames_however_often_it_is_stopped(
    dry: Path, tmp_path: Path
) -> None:
    calls = 0

    def stop() -> bool:
        nonlocal calls
        calls += 1
        return calls % 17 == 0

    for _ in range(20):
        found = run_parent(DRY, tmp_path, stop=stop, threads=1)
        if found.is_complete:
            break
    assert calls > 60
    np.testing.assert_array_equal(_frames(tmp_path), _frames(dry))
    assert (tmp_path / "log.csv").read_text() == (dry / "log.csv").read_text()


_SCRIPT = """
import sys, time
from pathlib import Path
sys.path[:0] = {path!r}
from test_parent_run import DRY, run_parent
run_parent(DRY, Path(sys.argv[1]), threads=1, progress=lambda done, total: time.sleep(0.02))
"""


def test_a_killed_run_goes_on(dry: Path, tmp_path: Path) -> None:
    here = Path(__file__).parent
    script = _SCRIPT.format(path=[str(here), str(here.parent)])
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    deadline = time.monotonic() + 60.0
    frames = tmp_path / "frames.dcd"
    while not (frames.is_file() and frames.stat().st_size):
        assert time.monotonic() < deadline, "the run does nothing"
        assert process.poll() is None, "the run has ended"
        time.sleep(0.02)
    process.kill()
    process.wait()
    # As if it had been killed between writing frames and the checkpoint.
    with open(frames, "ab") as file:
        file.write(b"x" * 1000)
    assert run_parent(DRY, tmp_path, threads=1).is_complete
    np.testing.assert_array_equal(_frames(tmp_path), _frames(dry))
    assert (tmp_path / "log.csv").read_text() == (dry / "log.csv").read_text()


@pytest.mark.parametrize("frames", [10, 25, 50])
def test_a_folder_of_an_earlier_version_goes_on(dry: Path, tmp_path: Path, frames: int) -> None:
    """Its checkpoint was JSON, which named the leg to come at the end of one."""
    reached = False

    def note(done: int, total: int) -> None:
        nonlocal reached
        reached = done > 100 * frames

    run_parent(DRY, tmp_path, progress=note, stop=lambda: reached, threads=1)
    with zipfile.ZipFile(tmp_path / "checkpoint.zip") as archive:
        now = json.loads(archive.read("progress.json"))
        state = archive.read("portable.xml").decode()
    assert now["num_frames"] == frames
    is_leg_done = frames in (25, 50)
    old = {
        "leg": frames // 25,
        "segment": 0 if is_leg_done else 1,
        "num_frames": frames,
        "log_bytes": now["log_bytes"],
        "steps": 100 * frames,
        "state": state,
    }
    for path in tmp_path.glob("checkpoint*.zip"):
        path.unlink()
    (tmp_path / "checkpoint.json").write_text(json.dumps(old))
    assert run_parent(DRY, tmp_path, threads=1).is_complete
    np.testing.assert_array_equal(_frames(tmp_path), _frames(dry))
    assert (tmp_path / "log.csv").read_text() == (dry / "log.csv").read_text()


def test_two_callers_never_append_to_one_trajectory(dry: Path) -> None:
    with locked_folder(dry):
        for call in (run_parent, prepare_parent):
            with pytest.raises(RunFolderError, match="Another process is running in"):
                call(DRY, dry)


def test_progress_goes_from_none_to_all(dry: Path) -> None:
    seen: list[tuple[int, int]] = []
    run_parent(DRY, dry, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(5000, 5000)]


def test_other_settings_are_refused_but_for_the_selection(dry: Path) -> None:
    with pytest.raises(ValueError, match=r"was begun with length_ps 2\.5, not 3\.0"):
        run_parent(DRY.model_copy(update={"length_ps": 3.0}), dry)
    selection = DRY.selection.model_copy(update={"number_farthest": 3})
    assert run_parent(DRY.model_copy(update={"selection": selection}), dry).is_complete


def test_an_unstable_run_is_told_and_keeps_its_frames(tmp_path: Path) -> None:
    hot = DRY.model_copy(update={"time_step_fs": 4.0, "temperatures_kelvin": (300.0, 5000.0)})
    hot = hot.model_copy(update={"length_ps": 8.0, "frame_interval_ps": 0.4})
    with pytest.raises(RuntimeError, match=r"The parent 'dry' became unstable in 5000K"):
        run_parent(hot, tmp_path, threads=1)
    num_frames = len(_frames(tmp_path))
    assert num_frames >= 20
    assert num_frames % 10 == 0  # none after the last checkpoint


def test_a_full_disk_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(FramesFile, "write", full)
        with pytest.raises(ResourceError, match=r"disk is full.*make room and repeat the command"):
            run_parent(DRY, tmp_path, threads=1)
    assert estimate_parent(DRY, tmp_path, threads=1).steps_left == 5000


def test_an_estimate_changes_nothing(tmp_path: Path) -> None:
    prepare_parent(DRY, tmp_path, threads=1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found = estimate_parent(DRY, tmp_path, threads=1)
    assert (found.num_atoms, found.steps_left) == (32, 5000)
    assert 0.0 < found.seconds < 600.0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_not_prepared_cannot_be_estimated(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no parent in"):
        estimate_parent(DRY, tmp_path)


@pytest.mark.slow
def test_a_parent_in_water_is_at_pressure_and_neutral(tmp_path: Path) -> None:
    run_parent(WET, tmp_path, threads=1)
    topology = app.PDBFile(str(tmp_path / "system.pdb")).topology
    names = [residue.name for residue in topology.residues()]
    assert names.count("CL") == names.count("NA") + 1 > 1
    cells = [cell for _, _, cell in read_frames(tmp_path / "frames.dcd")]
    assert len(cells) == 4
    assert len({cell[0, 0] for cell in cells}) > 1
    assert [line["leg"] for line in _log(tmp_path)] == ["300K"] * 4
    # Frames hold whole molecules: a water's hydrogens are where its oxygen is.
    waters = [r for r in topology.residues() if r.name == "HOH"]
    atoms = np.array([[atom.index for atom in residue.atoms()] for residue in waters])
    last = _frames(tmp_path)[-1][atoms]
    assert np.linalg.norm(last[:, 1:] - last[:, :1], axis=-1).max() < 1.0


@pytest.mark.slow
def test_in_water_too_a_run_that_is_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    run_parent(WET, tmp_path / "whole", threads=1)
    calls = 0

    def stop() -> bool:
        nonlocal calls
        calls += 1
        return calls % 12 == 0

    while not run_parent(WET, tmp_path / "parts", stop=stop, threads=1).is_complete:
        assert calls < 200
    assert calls > 12
    np.testing.assert_array_equal(_frames(tmp_path / "parts"), _frames(tmp_path / "whole"))
    logs = [(tmp_path / name / "log.csv").read_text() for name in ("whole", "parts")]
    assert logs[0] == logs[1]


@pytest.mark.slow
def test_biased_runs_take_the_disulfide_bridge_through_all_its_states(tmp_path: Path) -> None:
    bias = DihedralBias(disulfides=(3,), length_ps=0.2)
    settings = ParentSettings(
        name="crambin",
        structure=str(CRAMBIN),
        length_ps=0.2,
        frame_interval_ps=0.1,
        time_step_fs=2.0,
        biases=(bias,),
    )
    run_parent(settings, tmp_path, threads=1)
    topology = app.PDBFile(str(tmp_path / "system.pdb")).topology
    bridge = disulfide_dihedrals(topology)[2]
    angles = np.array([[_dihedral(x[list(d)]) for d in bridge] for x in _frames(tmp_path)])
    legs = [line["leg"] for line in _log(tmp_path)]
    for first in (-60, 60, 180):
        for second in (-60, 60, 180):
            last = max(k for k, leg in enumerate(legs) if leg == f"disulfide-3-{first}/{second}")
            away = (angles[last] - (first, second) + 180.0) % 360.0 - 180.0
            assert np.abs(away).max() < 45.0


def _dihedral(x: np.ndarray) -> float:
    b1, b2, b3 = np.diff(x, axis=0)
    normal, other = np.cross(b1, b2), np.cross(b2, b3)
    sine = np.dot(np.cross(normal, other), b2) / np.linalg.norm(b2)
    return float(np.degrees(np.arctan2(sine, np.dot(normal, other))))


def test_crambin_has_the_bridges_of_the_paper() -> None:
    topology = app.PDBFile(str(CRAMBIN)).topology
    residues = [atom.residue for atom in topology.atoms()]
    found = [tuple(int(residues[d[0]].id) for d in pair) for pair in disulfide_dihedrals(topology)]
    assert found == [(3, 40), (4, 32), (16, 26)]


def test_in_vacuum_each_run_starts_from_the_minimum_at_twice_the_temperature() -> None:
    legs = legs_of(DRY, app.Topology())
    assert [(leg.temperature, leg.start_temperature, leg.start) for leg in legs] == [
        (300.0, 600.0, "minimum"),
        (600.0, 1200.0, "minimum"),
    ]


def test_in_water_each_temperature_is_reached_before_frames_are_kept() -> None:
    wet = DRY.model_copy(update={"solvent": "water", "temperatures_kelvin": (300.0,)})
    legs = legs_of(wet, app.Topology())
    assert [(leg.name, leg.ensemble, leg.num_frames) for leg in legs] == [
        ("300K-volume", Ensemble.NVT, 0),
        ("300K-pressure", Ensemble.NPT, 0),
        ("300K", Ensemble.NPT, 25),
    ]
    assert [leg.start_temperature for leg in legs] == [300.0, 0.0, 0.0]


def test_there_is_a_checkpoint_after_ten_frames() -> None:
    leg = legs_of(DRY.model_copy(update={"length_ps": 2.1}), app.Topology())[0]
    assert (leg.num_steps, leg.checkpoint_interval, leg.num_frames) == (2100, 1000, 21)


@pytest.mark.parametrize(
    ("bias", "message"),
    [
        (DihedralBias(disulfides=(1,)), "bridge 1, but the structure has 0 disulfide bridges"),
        (
            DihedralBias(dihedrals=(("A:1:CA", "A:2:N", "A:2:CA", "A:9:C"),)),
            "There is no atom 'A:9:C'|There is no atom 'A:1:CA'",
        ),
    ],
)
def test_biases_that_are_not_there_are_refused(bias: DihedralBias, message: str) -> None:
    settings = DRY.model_copy(update={"biases": (bias,)})
    with pytest.raises(ValueError, match=message):
        legs_of(settings, build_peptide("ACE ALA NME").topology)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    settings = ParentSettings(name="a", structure=str(tmp_path / "a.pdb"))
    with pytest.raises(FileNotFoundError, match="There is no structure file"):
        build_parent(settings)
    (tmp_path / "a.cif").write_text("not a structure")
    settings = ParentSettings(name="a", structure=str(tmp_path / "a.cif"))
    with pytest.raises(ValueError, match="cannot be read"):
        build_parent(settings)


def test_a_residue_that_amber_does_not_know_is_named(tmp_path: Path, peptide: Path) -> None:
    odd = tmp_path / "odd.pdb"
    odd.write_text(peptide.read_text().replace("ALA", "XYZ"))
    with pytest.raises(ValueError, match=r"parent 'a': residue A XYZ 2; leave .* --remove XYZ"):
        build_parent(ParentSettings(name="a", structure=str(odd)))


def test_what_lacks_is_completed(tmp_path: Path, peptide: Path) -> None:
    lines = peptide.read_text().splitlines()
    broken = tmp_path / "broken.pdb"
    broken.write_text("\n".join(line for line in lines if line[12:16].strip() != "HB1"))
    parent = build_parent(ParentSettings(name="a", structure=str(broken)))
    assert parent.system.getNumParticles() == 22
    assert "1 hydrogens were added for pH 7" in parent.notes


def test_a_box_that_is_too_small_is_refused() -> None:
    small = DRY.model_copy(update={"solvent": "water", "box_nm": 1.2})
    with pytest.raises(
        ValueError, match=r"images of parent 'dry' are 1\.20 nm apart; expected 2\.0 nm"
    ):
        build_parent(small)


def test_heavy_hydrogens_and_the_shape_of_the_box() -> None:
    heavy = build_parent(WET.model_copy(update={"hydrogen_mass_dalton": 3.0}))
    plain = build_parent(WET)
    box = np.array(plain.topology.getPeriodicBoxVectors()._value)
    images = [box[0], box[1], box[2], box[0] - box[2], box[1] - box[2], box[0] + box[1] - box[2]]
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 2.0)
    for atom in plain.topology.atoms():
        mass, usual = (s.getParticleMass(atom.index)._value for s in (heavy.system, plain.system))
        if atom.residue.name == "HOH" or atom.residue.name in ("NA", "CL"):
            assert mass == usual
        elif atom.element is app.element.hydrogen:
            assert (mass, usual) == pytest.approx((3.0, 1.008), abs=1e-3)
    solute = [a.index for a in plain.topology.atoms() if a.residue.name in ("ACE", "LYS", "NME")]
    totals = [sum(p.system.getParticleMass(k)._value for k in solute) for p in (heavy, plain)]
    assert totals[0] == pytest.approx(totals[1])


def test_solute_atoms_leave_out_hydrogen_water_and_ions() -> None:
    modeller = build_peptide("ACE ALA NME")
    chain = modeller.topology.addChain()
    for name in ("HOH", "NA"):
        residue = modeller.topology.addResidue(name, chain)
        modeller.topology.addAtom("O", app.element.oxygen, residue)
    assert len(solute_atoms(modeller.topology)) == 10
    assert len(solute_atoms(modeller.topology, "all")) == 22
    assert len(solute_atoms(modeller.topology, "backbone")) == 9
    with pytest.raises(ValueError, match="There are no heavy atoms besides water and ions"):
        solute_atoms(app.Topology())


def test_a_chain_can_move_in_implicit_water_first() -> None:
    settings = ParentSettings(name="a", peptide="ACE ALA LYS+", relaxation_ps=0.5)
    moved = build_parent(settings, threads=1).positions_nm
    still = build_parent(settings.model_copy(update={"relaxation_ps": 0.0}), threads=1).positions_nm
    assert np.isfinite(moved).all()
    assert np.abs(moved - still).max() > 0.01
