# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A run goes on under the model it was begun with, wherever its folder or that model went."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from openmmgems import models
from openmmgems.analysis.energies import read_energy_log
from openmmgems.benchmark.measure import write_random_model
from openmmgems.simulation import workflow

SHORT = ["--no-minimise", "--log-every", "1", "--platform", "CPU", "--threads", "1"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copy(models.path("ala-gfn2"), tmp_path / "m.pt"))


@pytest.fixture
def folder(gems, peptide: Path, tmp_path: Path, model: Path) -> Path:
    """A run of ten steps."""
    out = tmp_path / "run"
    code, text = gems("simulate", peptide, "--model", model, "--time", 0.005, *SHORT, "--out", out)
    assert code == 0, text
    return out


def go_on(gems, folder: Path, *more: object) -> tuple[int, str]:
    words = ["--resume", "--out", folder, "--time", 0.01, "--platform", "CPU", "--threads", 1]
    return gems("simulate", *words, *more)


def check_energies(folder: Path) -> None:
    """Twenty steps without a jump: another model's energy is hundreds of kJ/mol away."""
    log = read_energy_log(folder / "log.csv")
    assert log["step"].tolist() == list(range(21))
    assert np.abs(np.diff(log["total_energy_kj_mol"])).max() < 10


def test_the_folder_has_the_model_and_its_checksum(folder: Path, model: Path) -> None:
    assert (folder / "model.pt").read_bytes() == model.read_bytes()
    kept = json.loads((folder / "settings.json").read_text())["model"]
    assert kept["original"] == str(model)
    assert len(kept["sha256"]) == 64
    assert 'modelFile="model.pt"' in (folder / "system.xml").read_text()


def test_a_replaced_model_changes_nothing_and_is_told(gems, folder: Path, model: Path) -> None:
    write_random_model(model, "random:8:1")
    code, text = go_on(gems, folder)
    assert code == 0, text
    assert f"'{model}' has changed since this run was begun; the run goes on with its own" in text
    assert "Going on exactly from step 10" in text
    check_energies(folder)


def test_a_moved_model_is_told_and_may_be_named(gems, folder: Path, model: Path) -> None:
    moved = model.rename(model.with_name("moved.pt"))
    code, text = go_on(gems, folder, "--model", moved)
    assert code == 0, text
    assert f"'{model}' is no longer there since this run was begun" in text
    check_energies(folder)
    write_random_model(moved, "random:8:1")
    code, text = go_on(gems, folder, "--model", moved)
    assert code == 1
    assert "begun with --model" in text


def test_a_moved_folder_goes_on(gems, folder: Path, tmp_path: Path, model: Path) -> None:
    moved = folder.rename(tmp_path / "elsewhere")
    model.unlink()
    code, text = go_on(gems, moved)
    assert code == 0, text
    check_energies(moved)


def test_a_folder_of_a_version_that_kept_no_model_goes_on(gems, folder: Path, model: Path) -> None:
    """Its system.xml has the path of the model, its settings nothing of it, nor a cutoff."""
    system, settings = folder / "system.xml", folder / "settings.json"
    system.write_text(system.read_text().replace('"model.pt"', f'"{model}"'))
    (folder / "model.pt").unlink()
    content = json.loads(settings.read_text())
    del content["model"], content["forces"]["long_range_cutoff"]
    settings.write_text(json.dumps(content))
    code, text = go_on(gems, folder)
    assert code == 0, text
    check_energies(folder)


def test_going_on_where_the_model_does_not_fit_is_refused(
    gems, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the Reference platform automatic differentiation takes fifty megabytes and more."""
    monkeypatch.setattr(workflow, "available_memory_bytes", lambda: 45 * 10**6)
    words = ["--resume", "--out", folder, "--time", 0.01, "--platform"]
    code, text = gems("simulate", *words, "Reference")
    assert code == 1
    assert "This needs about" in text
    code, text = gems("simulate", *words, "CPU")
    assert code == 0, text


def test_a_changed_copy_is_refused(gems, folder: Path, tmp_path: Path) -> None:
    write_random_model(folder / "model.pt", "random:8:1")
    code, text = go_on(gems, folder)
    assert code == 1
    assert "is not the model that this run was begun with" in text


def test_a_run_whose_checkpoints_are_gone_does_not_begin_anew(gems, folder: Path) -> None:
    for file in folder.glob("checkpoint*.zip"):
        file.unlink()
    before = (folder / "log.csv").read_text()
    code, text = go_on(gems, folder)
    assert code == 1
    assert "has a log of steps in 'log.csv', but no checkpoint" in text
    assert (folder / "log.csv").read_text() == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("settings.json", "{}", "is damaged: it has no forces, options, protocol, structure."),
        ("settings.json", "[1]", "is not readable"),
        ("system.xml", "<System>", "system.xml' is not readable"),
    ],
)
def test_damaged_files_are_told(gems, folder: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_text(content)
    code, text = go_on(gems, folder)
    assert code == 1
    assert message in text.replace("\n", "")
    assert "unexpected" not in text


def test_a_run_that_was_stopped_before_step_0_keeps_its_model(
    gems, folder: Path, model: Path
) -> None:
    for name in ("checkpoint.zip", "checkpoint-previous.zip", "log.csv", "trajectory.dcd"):
        (folder / name).unlink(missing_ok=True)
    before = (folder / "settings.json").read_text()
    write_random_model(model, "random:8:1")
    code, text = go_on(gems, folder)
    assert code == 0, text
    assert "has changed since this run was begun" in text
    check_energies(folder)
    assert (
        json.loads((folder / "settings.json").read_text())["model"] == json.loads(before)["model"]
    )


def test_a_structure_with_names_longer_than_columns_goes_on(gems, tmp_path: Path) -> None:
    """One residue of 1,005 atoms: the last names are Ar1000 and so on."""
    lines = [f"Ar {4.0 * (k % 10)} {4.0 * (k // 10 % 10)} {4.0 * (k // 100)}" for k in range(1005)]
    (tmp_path / "many.xyz").write_text(f"{len(lines)}\n\n" + "\n".join(lines) + "\n")
    write_random_model(tmp_path / "m.pt", "random:4:1")
    out = ["--out", tmp_path / "run", "--platform", "CPU", "--threads", 1]
    words = ["--model", tmp_path / "m.pt", "--charge", 0, "--no-minimise", "--time-step", 0.001]
    code, text = gems("simulate", tmp_path / "many.xyz", *words, "--time", 1e-5, *out)
    assert code == 0, text
    code, text = gems("simulate", "--resume", "--time", 2e-5, *out)
    assert code == 0, text
    assert "Going on exactly from step 10" in text
