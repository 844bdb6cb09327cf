# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage of a run: it estimates without a trace, stops, goes on, and knows when it is done."""

import shutil
from pathlib import Path

import pytest
from openmmgems import models
from openmmgems.analysis.energies import read_energy_log
from openmmgems.benchmark.measure import write_random_model
from openmmgems.core.errors import RunFolderError
from openmmgems.core.stages import Work
from openmmgems.dynamics.platform_choice import PlatformChoice
from openmmgems.dynamics.protocol import Protocol
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.simulation import Forces, SimulationStage
from openmmgems.simulation.simulation_settings import folder_of
from support.listener import Listener

ONE_THREAD = PlatformChoice("CPU", {"Threads": "1"})


def stage_of(
    structure: Path, folder: Path, *, resume: bool = False, model: Path | None = None, **protocol
) -> SimulationStage:
    forces = (
        Forces(model=str(model), total_charge=0, outside_domain=True)
        if model
        else Forces(force_field="amber99sb-ildn")
    )
    settings = {
        "structure": str(structure),
        "forces": vars(forces),
        "protocol": vars(Protocol(**({"minimise": False, "num_steps": 60} | protocol))),
        "options": {},
    }
    return SimulationStage(RunFolder(folder), settings, ONE_THREAD, resume=resume)


def test_an_estimate_writes_nothing_and_a_run_writes_what_it_says(
    peptide: Path, tmp_path: Path
) -> None:
    stage = stage_of(peptide, tmp_path / "run")
    assert stage.inputs == [peptide]
    found = stage.estimate(Work())
    assert found.what.startswith("22 atoms, ")
    assert found.what.endswith(" 60 steps")
    assert found.seconds > 0
    assert not (tmp_path / "run").exists()
    assert not stage.is_done
    outcome = stage.run(Work())
    assert outcome.is_complete
    assert all(path.is_file() for path in stage.outputs)
    assert stage.is_done
    assert stage.inputs == ()


def test_what_was_estimated_runs_as_what_was_not(peptide: Path, tmp_path: Path) -> None:
    """Timed steps leave no trace, also in a thermostat."""
    first = stage_of(peptide, tmp_path / "first", minimise=True)
    first.estimate(Work())
    first.run(Work())
    second = stage_of(peptide, tmp_path / "second", minimise=True)
    second.run(Work())
    logs = [
        read_energy_log(tmp_path / name / "log.csv")["total_energy_kj_mol"].tolist()
        for name in ("first", "second")
    ]
    assert logs[0] == logs[1]


def test_a_stopped_stage_goes_on_from_where_it_is(peptide: Path, tmp_path: Path) -> None:
    stage = stage_of(peptide, tmp_path, num_steps=4000, log_interval=1)
    outcome = stage.run(Listener(stops_after=1))
    assert not outcome.is_complete
    assert not stage.is_done
    done = len(read_energy_log(tmp_path / "log.csv")["step"]) - 1
    assert f"at step {done} of 4000" in outcome.summary
    again = stage_of(peptide, tmp_path, resume=True, num_steps=done + 10, log_interval=1)
    assert again.estimate(Work()).what.endswith(" 10 steps")
    work = Listener()
    assert again.run(work).is_complete
    assert work.said == [f"Going on exactly from step {done}."]
    assert read_energy_log(tmp_path / "log.csv")["step"].tolist() == list(range(done + 11))


def test_one_stage_may_be_run_again(peptide: Path, tmp_path: Path) -> None:
    stage = stage_of(peptide, tmp_path, num_steps=400, log_interval=1)
    stage.run(Listener(stops_after=1))
    assert stage.run(Work()).is_complete
    assert read_energy_log(tmp_path / "log.csv")["step"].tolist() == list(range(401))


def test_a_longer_run_has_no_last_structure_until_its_end(peptide: Path, tmp_path: Path) -> None:
    stage_of(peptide, tmp_path).run(Work())
    final = tmp_path / "final.pdb"
    before = final.read_text()
    longer = stage_of(peptide, tmp_path, resume=True, num_steps=4000)
    longer.run(Listener(stops_after=1))
    assert not final.exists()
    assert not longer.is_done
    done = longer.folder
    assert longer.run(Work()).is_complete
    assert done.structure_file("final").read_text() != before


def test_a_longer_run_cannot_end_earlier(peptide: Path, tmp_path: Path) -> None:
    stage_of(peptide, tmp_path).run(Work())
    with pytest.raises(RunFolderError, match=r"already at 0\.03 ps, beyond the 0\.02 ps asked for"):
        stage_of(peptide, tmp_path, resume=True, num_steps=40)


def test_a_structure_that_has_yet_to_be_minimised_is_timed(tmp_path: Path) -> None:
    """Two molecules 0.04 nm apart fly away in ordinary steps; minimised they do not."""
    clash = tmp_path / "clash.xyz"
    molecule = [("O", 0.0, 0.0), ("H", 0.96, 0.0), ("H", -0.24, 0.93)]
    lines = [f"{name} {x} {y} {z}" for z in (0.0, 0.4) for name, x, y in molecule]
    clash.write_text("6\n\n" + "\n".join(lines) + "\n")
    model = models.path("ala-gfn2")
    stage = stage_of(clash, tmp_path / "run", model=model, minimise=True, time_step_fs=1.0)
    assert stage.estimate(Work()).seconds > 0


def test_a_model_that_changes_before_the_run_begins_is_refused(
    peptide: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copy(models.path("ala-gfn2"), tmp_path / "m.pt"))
    stage = stage_of(peptide, tmp_path / "run", model=model)
    stage.estimate(Work())
    write_random_model(model, "random:8:1")
    with pytest.raises(RunFolderError, match="is not the model that this run was begun with"):
        stage.run(Work())
    assert not RunFolder(tmp_path / "run").holds_a_run


def test_a_folder_is_called_after_structure_and_forces() -> None:
    given = {"out": None, "structure": Path("a/b.pdb"), "model": "c/d.pt", "force_field": None}
    assert folder_of(given).path == Path("b-d")
    assert folder_of(given | {"out": Path("e")}).path == Path("e")
