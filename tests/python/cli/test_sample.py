# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The command `gems sample`."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import typer
from openmmgems.cli.fragment_project import fragment_project
from openmmgems.cli.sample import sample
from openmmgems.data.selected_frames import read_selected
from openmmgems.data.structure_file import read_structures, write_structures
from openmmgems.jobs.store import JobStore
from typer.testing import CliRunner, Result

WATER = "3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"
FEW = ["--number", "3", "--spacing", "5", "--processes", "1"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(sample)
    return lambda *words: CliRunner().invoke(app, list(words))


def _told(result: Result) -> str:
    text = f"{result.output} {result.exception}"
    return " ".join(text.replace("│", " ").split())


def test_conformers_of_smiles_and_files_are_written(run: object, tmp_path: Path) -> None:
    (tmp_path / "water.xyz").write_text(WATER)
    result = run("N", "water.xyz", "-o", "first.h5", *FEW)
    assert result.exit_code == 0, _told(result)
    assert "Done: 6 conformers of 2 molecules" in _told(result)
    assert "Next gems label first.h5 --engine gfn2-xtb" in _told(result)
    found = read_structures("first.h5")
    assert [s.source.split(":")[1] for s in found] == ["N"] * 3 + ["O"] * 3
    start = [s for s in found if s.source.endswith("nm-300K-1")]
    assert len(start) == 2


def test_files_of_structures_are_taken_and_the_command_goes_on(run: object) -> None:
    run("[NH4+]", "-o", "ion.h5", *FEW, "--dry-run")
    assert not Path("ion.h5").exists()
    run("[NH4+]", "-o", "ion.h5", *FEW)
    first = read_structures("ion.h5")
    again = run("[NH4+]", "-o", "ion.h5", *FEW)
    assert "Going on: 1 of 1 molecules are done" in _told(again)
    second = read_structures("ion.h5")
    np.testing.assert_array_equal(first[0].positions_angstrom, second[0].positions_angstrom)
    assert {s.charge for s in second} == {1}
    other = run("[NH4+]", "-o", "ion.h5", "--number", "4")
    assert "were begun with number 3, not 4" in _told(other)


def test_the_plan_has_an_estimate(run: object) -> None:
    result = run("CC(=O)NC", "-o", "a.h5", "--dry-run", "--number", "100")
    assert "100 of each: 50 along normal modes, 50 from dynamics at 300, 600, 1000 K" in _told(
        result
    )
    assert "Estimate:" in _told(result)


def test_a_failing_molecule_is_named_and_left_out(run: object, tmp_path: Path) -> None:
    (tmp_path / "water.xyz").write_text(WATER)
    run("water.xyz", "-o", "good.h5", *FEW)
    good = read_structures("good.h5")[0]
    plutonium = np.array([94, 8, 8])  # beyond GFN2-xTB
    bad = type(good)(plutonium, good.positions_angstrom, source="bottom-up:bad:start")
    start = type(good)(good.atomic_numbers, good.positions_angstrom, source="bottom-up:O:start")
    write_structures("both.h5", [bad, start])
    result = run("both.h5", "-o", "out.h5", *FEW)
    assert result.exit_code == 0, _told(result)
    assert "Failed: bottom-up:bad:start:" in _told(result)
    assert "1 of 2 molecules failed and are left out" in _told(result)
    assert len(read_structures("out.h5")) == 3


def _num_done(path: Path) -> int:
    with JobStore(path) as store:
        return store.query("SELECT count(*) FROM result")[0][0]


_SCRIPT = "import sys, typer; from openmmgems.cli.sample import sample; typer.run(sample)"


@pytest.mark.slow
def test_a_killed_command_goes_on_to_the_same_result(run: object) -> None:
    molecules = ["C", "N", "O", "S", "CO", "CN", "CC", "C=O", "CS", "C#N", "CCO", "CCN"]
    words = [*molecules, *FEW]
    command = [sys.executable, "-c", _SCRIPT, *words, "-o", "killed.h5"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120.0
    store = Path("killed.h5.parts/jobs.sqlite")
    while not (store.is_file() and _num_done(store)):
        assert time.monotonic() < deadline, "the command does nothing"
        assert process.poll() is None, "the command has ended"
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not Path("killed.h5").exists()
    assert run(*words, "-o", "killed.h5").exit_code == 0
    assert run(*words, "-o", "whole.h5").exit_code == 0
    killed, whole = read_structures("killed.h5"), read_structures("whole.h5")
    assert len(killed) == len(whole) == 3 * len(molecules)
    for one, other in zip(killed, whole, strict=True):
        assert one.source == other.source
        np.testing.assert_array_equal(one.positions_angstrom, other.positions_angstrom)


def test_snapshots_of_a_peptide_are_selected(run: object) -> None:
    words = ["--peptide", "ACE ALA NME", "--time", "1", "--threads", "1"]
    result = run(*words, "--untypical", "1", "--preference=-1000", "--threshold=-1")
    assert result.exit_code == 0, _told(result)
    assert "Estimate: 22 atoms, 1000 steps" in _told(result)
    assert "Done: 5 frames, of which 2 are selected (1 representative, 1 untypical)" in _told(
        result
    ) or "Done: 5 frames, of which 2 are selected (1 untypical, 1 representative)" in _told(result)
    folder = Path("parents/ace-ala-nme")
    assert len(read_selected(folder)) == 2
    assert f"Next gems fragment {folder}" in _told(result)
    again = run(*words, "--untypical", "2", "--preference=-1000", "--threshold=-1")
    assert "Estimate: 22 atoms, 0 steps" in _told(again)
    assert len(read_selected(folder)) == 3


def test_a_structure_file_can_be_a_parent(run: object, peptide: Path) -> None:
    words = ["--parent", str(peptide), "--time", "0.4", "--threads", "1", "-o", "here"]
    result = run(*words)
    assert result.exit_code == 0, _told(result)
    assert {path.name for path in Path("here").iterdir()} >= {
        "system.pdb",
        "frames.dcd",
        "log.csv",
        "selected.csv",
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give one of: small molecules (files or SMILES), --parent FILE, --peptide"),
        (["C", "--peptide", "ALA"], "give one of: small molecules"),
        (["C"], "an output file is needed: --out FILE.h5"),
        (["C", "-o", "no/a.h5"], "There is no folder"),
        (["C", "-o", "a.h5", "--number", "0"], "number is 0: input should be greater than"),
        (["C", "-o", "a.h5", "--temperature", "-5"], "temperatures_kelvin.0 is -5.0: input should"),
        (["C", "-o", "a.h5", "--engine", "none"], "There is no engine 'none'"),
        (["C", "-o", "a.h5", "--engine-option", "a"], "expected name=value"),
        (["C", "-o", "a.h5", "--water"], "--water is for --parent and --peptide only"),
        (["--peptide", "ALA", "--number", "3"], "--number is for conformers of small molecules"),
        (["--peptide", "ALA FOO"], "Residue 'FOO' of the peptide 'ALA FOO' is unknown"),
        (["--parent", "no.pdb"], "no.pdb'."),
        (["no.h5", "-o", "a.h5"], "There is no file 'no.h5'"),
        (["O.O", "-o", "a.h5"], "'O.O' is more than one molecule; expected one"),
        (["C(", "-o", "a.h5"], "is not SMILES"),
        (["C", "-o", "a.h5", "--preset", "desk"], "preset is 'desk'; expected laptop or paper"),
    ],
)
def test_wrong_use_is_told(run: object, words: list[str], message: str) -> None:
    result = run(*words)
    assert result.exit_code != 0
    assert message in _told(result)
    assert not Path("a.h5").exists()


def test_an_output_of_something_else_is_not_replaced(run: object) -> None:
    Path("a.h5").write_text("precious")
    result = run("C", "-o", "a.h5")
    assert "'a.h5' exists already; choose another file" in _told(result)
    assert Path("a.h5").read_text() == "precious"


PROJECT = """
[bottom_up]
amino_acids = false
smiles = ["CO"]
water_clusters = 0
waters_per_ion = 0
complexes = false

[conformers]
number = 2
spacing_fs = 5.0

[[parents]]
name = "ala"
peptide = "ACE ALA NME"
length_ps = 0.4
time_step_fs = 1.0

[top_down]
centres = ["protein"]
"""


def test_a_project_has_graphs_conformers_and_parents(run: object) -> None:
    Path("small.toml").write_text(PROJECT)
    words = ["--project", "small.toml", "-o", "small", "--processes", "1", "--threads", "1"]
    result = run(*words)
    assert result.exit_code == 0, _told(result)
    graphs = read_structures("small/graphs.h5")
    assert {s.source for s in graphs} >= {"bottom-up:CO:start", "bottom-up:C:start"}
    assert len(read_structures("small/conformers.h5")) == 2 * len(graphs)
    assert read_selected(Path("small/parents/ala"))
    assert "Next gems fragment --project small.toml --out small" in _told(result)
    again = run(*words)
    assert "small/conformers.h5 is there already" in _told(again)


def test_a_dry_run_of_a_project_adds_up_and_leaves_nothing(run: object) -> None:
    Path("small.toml").write_text(PROJECT)
    words = ["--project", "small.toml", "-o", "small", "--processes", "1", "--threads", "1"]
    told = _told(run(*words, "--dry-run"))
    assert "not known before small/graphs.h5 is there" in told
    assert "Estimate: 22 atoms, 400 steps" in told
    assert "In all: 3 stages, of which 2 cannot be told yet" in told
    assert not Path("small").exists()
    Path("small.toml").write_text(PROJECT.replace("0.4", "0.2"))  # other settings are welcome
    assert run(*words).exit_code == 0
    assert "In all" not in _told(run(*words, "--dry-run"))  # nothing is left


def test_a_dry_run_of_a_parent_tells_what_is_left(run: object) -> None:
    words = ["--peptide", "ACE ALA NME", "--time", "0.4", "--threads", "1"]
    dry = run(*words, "--dry-run")
    assert "Estimate: 22 atoms, 400 steps" in _told(dry)
    assert not Path("parents").exists()
    run(*words)
    assert "Estimate: 22 atoms, 0 steps" in _told(run(*words, "--dry-run"))


def test_a_parent_without_any_of_the_centres_is_an_error(run: object) -> None:
    Path("dry.toml").write_text(PROJECT.replace('["protein"]', '["water", "ions"]'))
    words = ["--project", "dry.toml", "-o", "dry", "--processes", "1", "--threads", "1"]
    assert run(*words).exit_code == 0
    with pytest.raises(ValueError, match="'ala' has none of the centres water, ions"):
        fragment_project(Path("dry.toml"), Path("dry"))


def test_other_options_beside_a_project_are_refused(run: object) -> None:
    result = run("--project", "small.toml", "--number", "3")
    assert "--number cannot stand beside --project" in _told(result)
