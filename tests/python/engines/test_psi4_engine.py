# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Psi4 as a program: a stand-in for what it may do, and the real one against PySCF."""

import json
import shutil
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.psi4_engine import Psi4Engine
from openmmgems.engines.pyscf_engine import PyscfEngine

WATER = AtomicSystem(
    np.array([8, 1, 1]),
    np.array([[0.10, 0.00, 0.05], [0.85, 0.20, 0.60], [-0.80, -0.10, 0.60]]),
    source="water",
)
RADICAL = AtomicSystem(
    np.array([8, 1]), np.array([[1.0, -2.0, 3.0], [1.0, -1.5, 3.83]]), charge=0, spin=1
)
ION = AtomicSystem(np.array([8, 1]), np.array([[1.0, -2.0, 3.0], [1.0, -1.5, 3.83]]), charge=-1)
GOOD = {"energy": -2.0, "gradient": [[1.0, 2.0, 3.0]] * 3, "dipole": [0.1, 0.2, 0.3]}


def stand_in(folder: Path, body: str) -> str:
    """An executable that answers --version, keeps its job, and does as told."""
    program = folder / "psi4"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo 9.8; exit 0; fi\n'
        f"cp job.json input.dat '{folder}'; pwd > '{folder}/folder'; env > '{folder}/env'\n{body}\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def writing(result: object) -> str:
    text = result if isinstance(result, str) else json.dumps(result)
    return f"echo '{text}' > result.json"


def test_a_result_is_read_in_our_units(tmp_path: Path) -> None:
    engine = Psi4Engine(executable=stand_in(tmp_path, writing(GOOD)), num_threads=2)
    label = engine.label(WATER)
    assert label.energy_ev == pytest.approx(-54.422772, abs=1e-5)
    np.testing.assert_allclose(
        label.forces_ev_per_angstrom, [[-51.422067, -102.844135, -154.266202]] * 3, rtol=1e-7
    )
    np.testing.assert_allclose(label.dipole_e_angstrom, np.array([0.1, 0.2, 0.3]) * 0.529177211)
    assert engine.version == "Psi4 9.8"
    assert engine.level_of_theory == "PBE0/def2-TZVPP"
    assert engine.settings["basis"] == "def2-TZVPP"


def test_a_job_says_all_and_runs_in_a_folder_that_goes(tmp_path: Path) -> None:
    program = stand_in(tmp_path, writing(GOOD | {"gradient": [[0, 0, 0]] * 2}))
    Psi4Engine("B3LYP", "cc-pVDZ", program, memory_mb=1000.0).label(RADICAL)
    job = json.loads((tmp_path / "job.json").read_text())
    assert (job["charge"], job["spin"], job["functional"]) == (0, 1, "B3LYP")
    assert (job["options"]["basis"], job["options"]["reference"]) == ("cc-pVDZ", "uks")
    assert job["memory_bytes"] == 1e9
    np.testing.assert_allclose(job["positions_bohr"][:3], np.array([1, -2, 3]) / 0.529177211)
    assert "import psi4" in (tmp_path / "input.dat").read_text()
    folder = (tmp_path / "folder").read_text().strip()
    assert f"PSI_SCRATCH={folder}" in (tmp_path / "env").read_text()
    assert not Path(folder).exists()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("echo 'Could not converge SCF' > output.dat; exit 3", r"exit code 3\): Could not conv"),
        ("echo 'no licence' >&2; exit 1", "no licence"),
        ("exit 1", "it said nothing"),
        ("exit 0", "left no readable result for water.*FileNotFound"),
        (writing('{"energy": -1.0'), "left no readable result"),
        (writing("[1, 2]"), "left no readable result"),
        (writing({"energy": -1.0}), "left no readable result.*gradient"),
        (writing(GOOD | {"dipole": [1, 2]}), r"dipole has shape \(2,\); expected \(3,\)"),
        (writing(GOOD | {"energy": "much"}), "left no readable result"),
        (writing(GOOD | {"energy": float("nan")}), "NaN or infinite values for water"),
    ],
)
def test_failures_are_told(body: str, message: str, tmp_path: Path) -> None:
    engine = Psi4Engine(executable=stand_in(tmp_path, body))
    with pytest.raises(RuntimeError, match=message):
        engine.label(WATER)


def test_a_calculation_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    engine = Psi4Engine(executable=stand_in(tmp_path, "exec sleep 60"), time_limit_s=0.5)
    start = time.monotonic()
    with pytest.raises(RuntimeError, match=r"longer than 0.5 s for water and was ended"):
        engine.label(WATER)
    assert time.monotonic() - start < 10.0


def test_a_missing_program_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ImportError, match=r"not at '/no/psi4'. Install it \(Debian: apt-get"):
        Psi4Engine(executable="/no/psi4")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImportError, match=r"not on the search path"):
        Psi4Engine()


def test_a_program_that_does_not_tell_its_version(tmp_path: Path) -> None:
    program = tmp_path / "psi4"
    program.write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    program.chmod(0o755)
    with pytest.raises(RuntimeError, match=r"--version' failed \(exit code 1\): broken"):
        _ = Psi4Engine(executable=str(program)).version


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_threads": 0}, "num_threads is 0"),
        ({"memory_mb": 10.0}, "memory_mb is 10.0; expected at least 300"),
        ({"time_limit_s": 0.0}, "time_limit_s is 0.0"),
    ],
)
def test_wrong_options_are_refused(options: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        Psi4Engine(executable=stand_in(tmp_path, ""), **options)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("psi4") is None, reason="the program psi4 is not installed")
@pytest.mark.parametrize("structure", [WATER, ION, RADICAL], ids=["water", "ion", "radical"])
def test_psi4_and_pyscf_agree(structure: AtomicSystem) -> None:
    psi4 = Psi4Engine(basis="def2-SVP").label(structure)
    pyscf = PyscfEngine(basis="def2-SVP", dispersion="none").label(structure)
    # Different grids and fitting bases; Psi4's gradient lacks the grid's response.
    assert psi4.energy_ev == pytest.approx(pyscf.energy_ev, abs=2e-4, rel=0)
    np.testing.assert_allclose(psi4.forces_ev_per_angstrom, pyscf.forces_ev_per_angstrom, atol=1e-3)
    np.testing.assert_allclose(psi4.dipole_e_angstrom, pyscf.dipole_e_angstrom, atol=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("psi4") is None, reason="the program psi4 is not installed")
def test_psi4_itself_tells_what_is_wrong() -> None:
    with pytest.raises(RuntimeError, match=r"Psi4 failed for water .*(?i:basis)"):
        Psi4Engine(basis="def9-none").label(WATER)
