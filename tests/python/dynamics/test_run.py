# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Runs survive being stopped, a full disk and broken files; nothing is double or missing."""

import errno
import os
import zipfile
from pathlib import Path

import mdtraj
import numpy as np
import openmm
import pytest
from openmm import app
from openmmgems.analysis.energies import read_energy_log
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.core import files
from openmmgems.core.errors import ResourceError, RunFolderError, UnstableSimulationError
from openmmgems.core.stages import Work
from openmmgems.data import frames_file
from openmmgems.dynamics.checkpoint import read_checkpoint
from openmmgems.dynamics.platform_choice import PlatformChoice
from openmmgems.dynamics.protocol import Ensemble, Protocol
from openmmgems.dynamics.run import Run
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.dynamics.velocities import initial_velocities
from openmmgems.simulation.workflow import (
    Forces,
    build_system,
    keep_run,
    kept_simulation,
    new_simulation,
)
from openmmgems.systems.load import load
from openmmgems.systems.structure import LoadedStructure

AMBER = Forces(force_field="amber99sb-ildn")
CPU = PlatformChoice("Reference")


def protocol(**changes: object) -> Protocol:
    settings = {
        "num_steps": 100,
        "minimise": False,
        "frame_interval": 5,
        "log_interval": 2,
        "checkpoint_interval": 20,
    }
    return Protocol(**(settings | changes))


def prepare_run(
    folder: RunFolder, structure: LoadedStructure, system: openmm.System, settings: Protocol
) -> Run:
    simulation = new_simulation(folder, structure, system, settings, CPU)
    return keep_run(folder, simulation, structure.positions, settings, CPU)


def reopen(folder: RunFolder, settings: Protocol, choice: PlatformChoice) -> Run:
    return Run(folder, kept_simulation(folder, settings, choice), settings, choice)


def begin(folder: Path, peptide: Path, settings: Protocol) -> Run:
    structure = load(peptide)
    run = prepare_run(RunFolder(folder), structure, build_system(structure, AMBER), settings)
    run.prepare(structure.positions)
    run.start()
    return run


def finish(folder: Path, settings: Protocol) -> Run:
    run = reopen(RunFolder(folder), settings, CPU)
    assert run.resume()
    run.advance()
    run.close()
    return run


def check_files(folder: Path, settings: Protocol) -> tuple[np.ndarray, np.ndarray]:
    """Frames and energies, after checking that every step is there once."""
    files = RunFolder(folder)
    log = read_energy_log(files.log)
    expected = np.arange(0, settings.num_steps + 1, settings.log_interval)
    assert log["step"].tolist() == expected.tolist()
    trajectory = files.trajectory(settings.trajectory_format)
    frames = mdtraj.load(str(trajectory), top=str(files.structure_file("start")))
    assert len(frames) == settings.num_steps // settings.frame_interval
    return frames.xyz, log["total_energy_kj_mol"]


class StopAfter(Work):
    """Asks to stop once so many steps are done."""

    def __init__(self, step: int) -> None:
        self.step, self.done = step, 0.0

    @property
    def is_stopped(self) -> bool:
        return self.done >= self.step

    def show(self, done: float, total: float | None, text: str) -> None:
        self.done, self.total, self.text = done, total, text


@pytest.mark.parametrize("file_format", ["dcd", "xtc"])
@pytest.mark.parametrize("ensemble", [Ensemble.NVE, Ensemble.NVT])
def test_a_stopped_run_goes_on_exactly(
    tmp_path: Path, peptide: Path, file_format: str, ensemble: Ensemble
) -> None:
    settings = protocol(trajectory_format=file_format, ensemble=ensemble)
    whole = begin(tmp_path / "whole", peptide, settings)
    whole.advance()
    whole.close()
    part = begin(tmp_path / "part", peptide, settings)
    work = StopAfter(30)
    part.advance(work)
    assert 30 <= part.step < 100
    assert (work.done, work.total) == (part.step, 100)
    assert work.text.startswith(f"{part.step * 0.0005:.2f} of 0.05 ps, ")
    assert "ns/day" in work.text
    part.close()
    resumed = finish(tmp_path / "part", settings)
    assert resumed.is_exact
    expected = check_files(tmp_path / "whole", settings)
    found = check_files(tmp_path / "part", settings)
    assert np.array_equal(found[0], expected[0])
    assert np.array_equal(found[1], expected[1])


@pytest.mark.parametrize("file_format", ["dcd", "xtc"])
def test_what_was_written_after_the_checkpoint_is_cut_off(
    tmp_path: Path, peptide: Path, file_format: str
) -> None:
    settings = protocol(trajectory_format=file_format)
    run = begin(tmp_path, peptide, settings)
    run.simulation.step(33)  # frames and lines, but no checkpoint: as if killed here
    run.close()
    with open(RunFolder(tmp_path).log, "ab") as log:
        log.write(b"34,0.01")  # half a line
    finish(tmp_path, settings)
    check_files(tmp_path, settings)


def test_a_longer_time_extends_a_finished_run(tmp_path: Path, peptide: Path) -> None:
    run = begin(tmp_path, peptide, protocol(num_steps=40))
    run.advance()
    run.close()
    finish(tmp_path, protocol(num_steps=60))
    check_files(tmp_path, protocol(num_steps=60))


def test_another_platform_goes_on_from_the_portable_state(tmp_path: Path, peptide: Path) -> None:
    settings = protocol(num_steps=40)
    run = begin(tmp_path, peptide, settings)
    run.advance()
    positions = run.simulation.context.getState(positions=True).getPositions(asNumpy=True)._value
    run.close()
    other = reopen(RunFolder(tmp_path), settings, PlatformChoice("CPU", {"Threads": "1"}))
    assert other.resume()
    assert not other.is_exact
    assert other.step == 40
    found = other.simulation.context.getState(positions=True).getPositions(asNumpy=True)._value
    assert np.allclose(found, positions, atol=1e-6)
    other.close()


def test_a_broken_checkpoint_gives_way_to_the_one_before(tmp_path: Path, peptide: Path) -> None:
    settings = protocol()
    run = begin(tmp_path, peptide, settings)
    run.advance()
    run.close()
    folder = RunFolder(tmp_path)
    whole = folder.checkpoint.read_bytes()
    folder.checkpoint.write_bytes(whole[: len(whole) // 2])
    assert read_checkpoint(folder).progress.step == 80
    finish(tmp_path, settings)
    check_files(tmp_path, settings)
    for path in (folder.checkpoint, folder.previous_checkpoint):
        path.write_bytes(b"nothing")
    with pytest.raises(RunFolderError, match=r"No checkpoint .* is whole"):
        read_checkpoint(folder)


def test_dying_within_a_checkpoint_write_keeps_the_old_one(
    tmp_path: Path, peptide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = protocol()
    run = begin(tmp_path, peptide, settings)
    run.simulation.step(20)

    def die(source: object, target: Path) -> None:
        if Path(target).name == "checkpoint.zip":
            raise SystemExit("killed")
        os.rename(source, target)

    monkeypatch.setattr(files.os, "replace", die)
    with pytest.raises(SystemExit):
        run.advance()
    monkeypatch.undo()
    run.close()
    assert read_checkpoint(RunFolder(tmp_path)).progress.step == 0
    finish(tmp_path, settings)
    check_files(tmp_path, settings)


def test_a_changed_trajectory_is_not_continued(tmp_path: Path, peptide: Path) -> None:
    settings = protocol()
    run = begin(tmp_path, peptide, settings)
    run.advance()
    run.close()
    os.truncate(RunFolder(tmp_path).trajectory("dcd"), 400)
    again = reopen(RunFolder(tmp_path), settings, CPU)
    with pytest.raises(OSError, match="changed since"):
        again.resume()


def test_a_full_disk_loses_nothing(
    tmp_path: Path, peptide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = protocol()
    run = begin(tmp_path, peptide, settings)
    write = frames_file.FramesFile.write

    def full(self: frames_file.FramesFile, *arguments: object) -> None:
        if self.num_frames == 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, *arguments)

    monkeypatch.setattr(frames_file.FramesFile, "write", full)
    with pytest.raises(ResourceError, match=r"disk is full.*checkpoint of step 40.*--resume"):
        run.advance()
    run.close()
    monkeypatch.undo()
    finish(tmp_path, settings)
    check_files(tmp_path, settings)


def test_an_unstable_run_stops_and_keeps_the_last_good_checkpoint(
    tmp_path: Path, peptide: Path
) -> None:
    settings = protocol()
    run = begin(tmp_path, peptide, settings)
    run.advance(StopAfter(20))
    good = run.step
    positions = run.simulation.context.getState(positions=True).getPositions(asNumpy=True)._value
    positions[3] = np.nan
    run.simulation.context.setPositions(positions)
    with pytest.raises(UnstableSimulationError, match=rf"checkpoint of step {good} is kept; try"):
        run.advance()
    run.close()
    assert read_checkpoint(RunFolder(tmp_path)).progress.step == good
    log = read_energy_log(RunFolder(tmp_path).log)
    assert np.isfinite(log["total_energy_kj_mol"]).all()


def test_a_folder_is_used_by_one_process_at_a_time(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with (
        folder.locked(),
        pytest.raises(RunFolderError, match="Another process"),
        RunFolder(tmp_path).locked(),
    ):
        pass


def test_a_run_holds_its_folder_until_it_is_closed(tmp_path: Path, peptide: Path) -> None:
    settings = protocol(num_steps=40)
    run = begin(tmp_path, peptide, settings)
    with pytest.raises(RunFolderError, match="Another process is running"):
        reopen(RunFolder(tmp_path), settings, CPU)
    with pytest.raises(RunFolderError, match="Another process is running"):
        Run(RunFolder(tmp_path), run.simulation, settings, CPU)
    with pytest.raises(RunFolderError, match="Another process is running"):
        begin(tmp_path, peptide, settings)
    run.advance()
    run.close()
    with pytest.raises(RunFolderError, match="already holds a run"):
        begin(tmp_path, peptide, settings)
    finish(tmp_path, settings)
    check_files(tmp_path, settings)


def test_a_run_that_cannot_be_made_leaves_the_folder_free(tmp_path: Path, peptide: Path) -> None:
    structure = load(peptide)
    system = build_system(structure, AMBER)
    system.addParticle(1.0)  # which no force knows
    with pytest.raises(openmm.OpenMMException):
        prepare_run(RunFolder(tmp_path), structure, system, protocol())
    begin(tmp_path, peptide, protocol()).close()


@pytest.mark.parametrize("ensemble", [Ensemble.NVE, Ensemble.NVT])
@pytest.mark.parametrize(("minimise", "expected"), [(True, 600.0), (False, 300.0)])
@pytest.mark.parametrize("is_periodic", [True, False])
def test_rigid_water_begins_at_the_temperature(
    tmp_path: Path, ensemble: Ensemble, minimise: bool, expected: float, is_periodic: bool
) -> None:
    """Six of nine degrees of freedom are left; a massless particle changes nothing."""
    water = load_system("water:90")
    if not is_periodic:
        water.topology.setPeriodicBoxVectors(None)
    method = app.CutoffPeriodic if is_periodic else app.NoCutoff
    system = app.ForceField("tip3p.xml").createSystem(
        water.topology, nonbondedMethod=method, nonbondedCutoff=0.4, rigidWater=True
    )
    settings = protocol(ensemble=ensemble, minimise=minimise, num_steps=20)
    run = prepare_run(RunFolder(tmp_path), water, system, settings)
    run.prepare(water.positions)
    run.start()
    state = run.simulation.context.getState(positions=True, velocities=True, energy=True)
    run.close()
    degrees = 3 * water.num_atoms - system.getNumConstraints() - 3
    degrees -= 3 if ensemble is Ensemble.NVE and not is_periodic else 0
    gas_constant = 8.31446261815324e-3
    kinetic = state.getKineticEnergy()._value
    if ensemble is Ensemble.NVE:  # a Verlet integrator tells kinetic energies of half steps
        velocities = state.getVelocities(asNumpy=True)._value
        masses = np.array([system.getParticleMass(i)._value for i in range(water.num_atoms)])
        kinetic = 0.5 * (masses[:, None] * velocities**2).sum()
        assert np.abs(masses @ velocities).max() < 1e-6
    assert 2 * kinetic / degrees / gas_constant == pytest.approx(expected, rel=1e-4)
    log = read_energy_log(RunFolder(tmp_path).log)
    assert log["temperature_k"][0] == pytest.approx(expected, rel=0.01)


def test_particles_without_mass_stay_at_rest() -> None:
    masses = np.array([16.0, 0.0, 1.0, 1.0])
    found = initial_velocities(masses, np.eye(4, 3), protocol().segments[0], 1, periodic=True)
    assert np.isfinite(found).all()
    assert not found[1].any()
    kinetic = 0.5 * (masses[:, None] * found**2).sum()
    assert kinetic == pytest.approx(0.5 * 6 * 8.31446261815324e-3 * 300)


def test_a_checkpoint_is_an_ordinary_zip_file(tmp_path: Path, peptide: Path) -> None:
    begin(tmp_path, peptide, protocol()).close()
    with zipfile.ZipFile(RunFolder(tmp_path).checkpoint) as archive:
        assert archive.testzip() is None
        state = openmm.XmlSerializer.deserialize(archive.read("portable.xml").decode())
    assert len(state.getPositions()) == 22


def test_energy_is_conserved_from_a_minimum(tmp_path: Path, peptide: Path) -> None:
    settings = protocol(ensemble=Ensemble.NVE, minimise=True, num_steps=400)
    run = begin(tmp_path, peptide, settings)
    run.advance()
    run.close()
    _, total = check_files(tmp_path, settings)
    log = read_energy_log(RunFolder(tmp_path).log)
    assert log["temperature_k"][0] == pytest.approx(600, abs=0.1)
    assert np.ptp(total) < 0.02 * np.ptp(log["kinetic_energy_kj_mol"])
