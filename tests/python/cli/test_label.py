# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems label`: what it says, writes, refuses, and that it goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import typer
from openmmgems.cli.label import label
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.data.import_data import read_labelled
from openmmgems.data.structure_file import write_structures
from openmmgems.engines.tblite_engine import TbliteEngine
from support.labelling import TESTS, read_log, wait_for, waters
from support.store_worker import label_of

WATER = np.array([[0.0, 0.0, 0.117], [0.0, 0.757, -0.470], [0.0, -0.757, -0.470]])
ENGINE = "support.faulty_engine:make"
MODULE = "support.faulty_engine"
ALLOWED = ["--allow-code", MODULE]
ALONE = ["--workers", "1", "--memory", "2"]
PROGRAM = (
    "import typer; from openmmgems.cli.label import label; "
    "app = typer.Typer(); app.command()(label); app()"
)


@pytest.fixture
def gems_label(capsys: pytest.CaptureFixture[str]):
    """Run the command in this process; gives (exit code, output)."""
    app = typer.Typer()
    app.command()(label)

    def run(*words: object) -> tuple[int, str]:
        code = app(args=[str(word) for word in words], standalone_mode=False)
        return int(code or 0), capsys.readouterr().out

    return run


@pytest.fixture
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than the rest of a test."""
    monkeypatch.setattr("openmmgems.data.dataset_pictures.draw_dataset", lambda data, picture: None)


def bent_waters(number: int) -> list[AtomicSystem]:
    rng = np.random.default_rng(3)
    return [
        AtomicSystem(
            np.array([8, 1, 1]),
            WATER + rng.normal(scale=0.02, size=(3, 3)),
            source=f"bottom-up:O:md-300K-{k}",
        )
        for k in range(number)
    ]


@pytest.mark.slow
def test_from_structures_to_a_data_set(tmp_path: Path, gems_label) -> None:
    given, folder = bent_waters(12), tmp_path / "labels"
    write_structures(tmp_path / "waters.h5", given)
    code, text = gems_label(tmp_path / "waters.h5", "-o", folder, *ALONE)
    assert code == 0
    assert "GFN2-xTB by tblite" in text
    assert "12 new structures of 12" in text
    assert "12 of 12 done" in text
    assert f"Look at   {folder / 'data.png'}" in text
    assert (folder / "data.png").read_bytes()[:4] == b"\x89PNG"
    wanted = [TbliteEngine().label(structure) for structure in given]
    with h5py.File(folder / "data.h5") as file:
        (group,) = file.values()
        np.testing.assert_allclose(group["energy"][:], [x.energy_ev for x in wanted], atol=1e-8)
        np.testing.assert_allclose(
            group["forces"][:], [x.forces_ev_per_angstrom for x in wanted], atol=1e-5
        )
        assert group["source"].asstr()[:].tolist() == [x.source for x in given]
        assert file.attrs["level_of_theory"] == "GFN2-xTB"
    code, text = gems_label("-o", folder)
    assert (code, "0 labels in 0 s; 12 of 12 done" in text) == (0, True)
    code, text = gems_label("-o", folder, "--status")
    assert (code, "GFN2-xTB  12 of 12 done" in text) == (0, True)
    with pytest.raises(ValueError, match="labelled with engine gfn2-xtb; now it is gfn1-xtb"):
        gems_label("-o", folder, "--engine", "gfn1-xtb")


@pytest.mark.usefixtures("no_picture")
def test_cells_virials_and_charges_get_into_the_data_set(tmp_path: Path, gems_label) -> None:
    """From an extended XYZ file with molecules and boxes of the same atoms; and again from that."""
    engine = ["--engine", ENGINE, "--engine-option", f"log={tmp_path / 'log'}"]
    water = "O 0 0 0.117\nH 0 0.757 -0.47\nH 0 -0.757 -0.47\n"
    cells = ['Lattice="9 0 0 1 8 0 0 0 7"', "free", 'Lattice="6 0 0 0 6 0 0 0 6"']
    (tmp_path / "mixed.extxyz").write_text("".join(f"3\n{cell}\n{water}" for cell in cells))
    code, text = gems_label(tmp_path / "mixed.extxyz", "-o", tmp_path / "a", *engine, *ALONE)
    assert (code, "3 of 3 done" in text) == (0, True)
    code, _ = gems_label(tmp_path / "a" / "data.h5", "-o", tmp_path / "b", *engine, *ALONE)
    assert code == 0
    box, smaller = np.array([[9.0, 0, 0], [1, 8, 0], [0, 0, 7]]), 6 * np.eye(3)
    for folder in ("a", "b"):
        found = {s.source: (s, label) for s, label in read_labelled(tmp_path / folder / "data.h5")}
        assert len(found) == 3
        for number, cell in ((0, box), (2, smaller)):
            structure, label = found[f"imported:mixed.extxyz:{number}"]
            np.testing.assert_array_equal(structure.cell_angstrom, cell)
            np.testing.assert_array_equal(label.virial_ev, 2.0 * cell)
            np.testing.assert_allclose(label.charges_e, [0.8, 0.1, 0.1])
            assert np.isnan(label.dipole_e_angstrom).all()
        molecule, label = found["imported:mixed.extxyz:1"]
        assert (molecule.cell_angstrom, label.virial_ev, label.charges_e) == (None, None, None)
        assert np.isfinite(label.dipole_e_angstrom).all()


def test_engines_of_molecules_refuse_boxes_by_name(tmp_path: Path, gems_label) -> None:
    water = "O 0 0 0.117\nH 0 0.757 -0.47\nH 0 -0.757 -0.47\n"
    (tmp_path / "ice.extxyz").write_text(f'3\nLattice="9 0 0 1 8 0 0 0 7"\n{water}')
    with pytest.raises(RuntimeError, match="Nothing is done yet"):
        gems_label(tmp_path / "ice.extxyz", "-o", tmp_path / "labels", *ALONE)
    text = " ".join(gems_label("-o", tmp_path / "labels", "--status")[1].split())
    assert "GFN2-xTB: the structure '...' has a periodic cell; expected a molecule" in text
    assert "(imported:ice.extxyz:0)" in text


def test_the_estimate_writes_nothing(tmp_path: Path, gems_label) -> None:
    write_structures(tmp_path / "waters.h5", bent_waters(5))
    code, text = gems_label(tmp_path / "waters.h5", "-o", tmp_path / "labels", "--dry-run")
    assert (code, "5 structures, " in text) == (0, True)
    assert not (tmp_path / "labels").exists()
    with pytest.raises(FileNotFoundError, match="holds no jobs; give files of structures"):
        gems_label("-o", tmp_path / "labels", "--dry-run")
    assert not (tmp_path / "labels").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("no_picture")
def test_failures_are_told_and_tried_again(tmp_path: Path, gems_label) -> None:
    log, folder = tmp_path / "log", tmp_path / "labels"
    write_structures(tmp_path / "waters.h5", waters(["fail", "impossible", "slow 1.2"]))
    engine = ["--engine", ENGINE, "--engine-option", f"log={log}", "--engine-option", "seconds=0.5"]
    limits = ["--time-limit", 0.6, "--max-attempts", 2]
    with pytest.raises(RuntimeError, match=r"Nothing is done yet.* 0 of 3 done, 3 parked"):
        gems_label(tmp_path / "waters.h5", "-o", folder, *engine, *ALONE, *limits)
    assert not (folder / "data.h5").exists()
    text = gems_label("-o", folder, "--status")[1]
    for line in (
        "1 x ... did not converge (fail)",
        "1 x no parameters for oxygen (impossible)",
        "1 x it took longer than its limit of 0.6 s (slow 1.2)",
    ):
        assert line in text
    code, text = gems_label("-o", folder, "--retry-parked", "--time-limit", 60, *ALONE, *ALLOWED)
    assert (code, "3 parked jobs wait again" in text) == (0, True)
    assert "1 of 3 done, 2 parked" in text
    assert f"Why jobs failed: gems label --out {folder} --allow-code {MODULE} --status" in text
    with h5py.File(folder / "data.h5") as file:
        (group,) = file.values()
        assert group["energy"][:] == [label_of(waters(["a", "b", "c"])[2]).energy_ev]
    assert read_log(tmp_path, "begin") == {"fail": 4, "impossible": 2, "slow 1.2": 2}


@pytest.mark.slow
@pytest.mark.usefixtures("no_picture")
def test_it_stops_by_ctrl_c_and_goes_on(tmp_path: Path, gems_label) -> None:
    log, folder = tmp_path / "log", tmp_path / "labels"
    write_structures(tmp_path / "waters.h5", waters(f"slow 0.02 {k}" for k in range(200)))
    words = [str(tmp_path / "waters.h5"), "-o", str(folder), "--engine", ENGINE]
    words += ["--engine-option", f"log={log}", *ALONE]
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: len(read_log(tmp_path, "end")) > 20)
    run.send_signal(signal.SIGINT)
    text = run.communicate(timeout=60)[0]
    assert run.returncode == 130
    assert "Nothing finished is lost" in text
    command = f"gems label --out {folder} --allow-code {MODULE}"
    assert f"Go on with {command}; a data set of what is done: {command} --export" in text
    assert not (folder / "data.h5").exists()
    first = len(read_log(tmp_path, "end"))
    assert 20 < first < 200
    assert gems_label("-o", folder, "--export", *ALLOWED)[0] == 0
    with h5py.File(folder / "data.h5") as file:
        (group,) = file.values()
        assert len(group["energy"]) == first
    code, text = gems_label("-o", folder, *ALONE, *ALLOWED)
    assert (code, "200 of 200 done" in text) == (0, True)
    assert set(read_log(tmp_path, "end").values()) == {1}
    with h5py.File(folder / "data.h5") as file:
        (group,) = file.values()
        assert group["source"].asstr()[:].tolist() == [f"slow 0.02 {k}" for k in range(200)]


@pytest.mark.usefixtures("no_picture")
def test_the_structures_of_a_project(tmp_path: Path, gems_label) -> None:
    file, folder = tmp_path / "some.toml", tmp_path / "some"
    file.write_text(
        f'[bottom_up]\n[labels]\nengine = "{ENGINE}"\noptions = {{log = "{tmp_path / "log"}"}}\n'
        "workers = 1\nmemory_gb = 2.0\n"
    )
    words = ("--project", file, "--out", folder, *ALLOWED)
    with pytest.raises(FileNotFoundError, match=r"conformers\.h5: not there yet.*gems sample"):
        gems_label(*words)
    assert not folder.exists()
    folder.mkdir()
    write_structures(folder / "conformers.h5", waters(["a", "b"]))
    code, text = gems_label(*words)
    assert (code, "2 of 2 done" in text) == (0, True)
    assert (folder / "labels" / "data.h5").is_file()
    with pytest.raises(ValueError, match="labelled with engine support"):
        gems_label(*words, "--engine", "gfn2-xtb")
    with pytest.raises(typer.BadParameter, match="files of structures or --project, not both"):
        gems_label(folder / "conformers.h5", *words)


@pytest.mark.usefixtures("no_picture")
def test_copies_are_left_out(tmp_path: Path, gems_label) -> None:
    first, second = waters(["a", "b"])
    turned = first.positions_angstrom[[0, 2, 1]] @ np.diag([-1.0, -1.0, 1.0]) + 2.0
    copy = AtomicSystem(first.atomic_numbers, turned, source="copy of a")
    write_structures(tmp_path / "three.h5", [first, second, copy])
    engine = ("--engine", ENGINE, "--engine-option", f"log={tmp_path / 'log'}")
    words = (tmp_path / "three.h5", *ALONE, *engine, "--skip-copies", "0.01")
    code, text = gems_label(*words, "--out", tmp_path / "labels")
    assert (code, "2 new structures of 3" in text, "2 of 2 done" in text) == (0, True, True)


def test_wrong_usage(tmp_path: Path, gems_label) -> None:
    folder = tmp_path / "labels"
    with pytest.raises(FileNotFoundError, match="holds no jobs; give files of structures"):
        gems_label("-o", folder)
    for what in ("--status", "--export", "--retry-parked"):
        with pytest.raises(FileNotFoundError, match="holds no jobs"):
            gems_label("-o", folder, what)
    with pytest.raises(ValueError, match="There is no engine 'magic'"):
        gems_label("-o", folder, "--engine", "magic")
    with pytest.raises(typer.BadParameter, match="'basis' is no option; expected name=value"):
        gems_label("-o", folder, "--engine-option", "basis")
    with pytest.raises(ValueError, match=r"slurm\.nodes is no setting, did you mean cores"):
        gems_label("-o", folder, "--slurm", "nodes=3")
    (tmp_path / "bad.h5").write_text("no file of structures")
    with pytest.raises(ValueError, match=r"bad\.h5"):
        gems_label(tmp_path / "bad.h5", "-o", folder)
    assert not folder.exists()
    folder.mkdir()
    (folder / "settings.json").write_text("{")
    with pytest.raises(ValueError, match=r"settings\.json' is damaged"):
        gems_label("-o", folder)
