# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Runs of several segments: what each has for itself, and that they go on exactly."""

import csv
import math
from dataclasses import dataclass, replace
from pathlib import Path

import mdtraj
import numpy as np
import openmm
import pytest
from openmmgems.core.stages import Work
from openmmgems.dynamics.checkpoint import read_checkpoint
from openmmgems.dynamics.estimate import trajectory_bytes
from openmmgems.dynamics.platform_choice import PlatformChoice
from openmmgems.dynamics.protocol import (
    DihedralRestraint,
    Ensemble,
    Segment,
    Thermostat,
    add_ensemble_forces,
    make_integrator,
)
from openmmgems.dynamics.run import Run
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.dynamics.segment_simulation import SegmentSimulation
from openmmgems.dynamics.velocities import degrees_of_freedom
from openmmgems.simulation.workflow import Forces, build_system
from openmmgems.systems.load import load

REFERENCE = PlatformChoice("Reference")
HOT = Segment(
    name="hot",
    thermostat=Thermostat.LANGEVIN,
    temperature=500.0,
    start_temperature=500.0,
    num_steps=50,
    frame_interval=5,
    checkpoint_interval=20,
    kept_as="end-of-hot",
)
SILENT = replace(HOT, name="silent", temperature=300.0, frame_interval=0, kept_as="")
AGAIN = replace(HOT, name="again", start="end-of-hot", num_steps=20, kept_as="")


@dataclass(frozen=True)
class Several:
    segments: tuple[Segment, ...] = (HOT, SILENT, AGAIN)
    renews: bool = True
    time_step_fs: float = 0.5
    seed: int = 3
    log_interval: int = 0
    trajectory_format: str = "dcd"
    wraps_molecules: bool = False
    num_steps: int = 120
    length_ps: float = 0.06


class StopAt(Work):
    """Asks to stop once so many steps are done."""

    def __init__(self, step: int) -> None:
        self._step, self.seen = step, [0.0]

    @property
    def is_stopped(self) -> bool:
        return self.seen[-1] >= self._step

    def show(self, done: float, total: float | None, text: str) -> None:
        assert total == 120
        assert f"{done * 0.0005:.2f} of 0.06 ps, " in text
        self.seen.append(done)


def run_of(folder: Path, peptide: Path, protocol: Several) -> tuple[Run, np.ndarray]:
    structure = load(peptide)
    system = build_system(structure, Forces(force_field="amber99sb-ildn"))
    simulation = SegmentSimulation(structure.topology, system, protocol, REFERENCE)
    return Run(RunFolder(folder), simulation, protocol, REFERENCE), structure.positions


def begun(folder: Path, peptide: Path, protocol: Several) -> Run:
    run, positions = run_of(folder, peptide, protocol)
    run.prepare(positions)
    run.start()
    return run


def lines_of(folder: Path) -> list[dict[str, str]]:
    with open(folder / "log.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("renews", [True, False])
def test_segments_follow_one_another_and_go_on_exactly(
    tmp_path: Path, peptide: Path, renews: bool
) -> None:
    protocol = Several(renews=renews)
    whole = begun(tmp_path / "whole", peptide, protocol)
    whole.advance()
    assert (whole.step, whole.num_frames) == (120, 14)
    whole.close()
    lines = lines_of(tmp_path / "whole")
    assert [line["leg"] for line in lines] == ["hot"] * 10 + ["again"] * 4
    assert [int(line["frame"]) for line in lines] == list(range(14))
    assert [float(line["time_ps"]) for line in lines[-4:]] == [0.0025, 0.005, 0.0075, 0.01]
    for stop_at in (30, 50, 75, 110):
        part = begun(tmp_path / f"{stop_at}", peptide, protocol)
        part.advance(StopAt(stop_at))
        part.close()
        again, _ = run_of(tmp_path / f"{stop_at}", peptide, protocol)
        assert again.resume()
        assert again.is_exact
        again.advance()
        again.close()
        assert lines_of(tmp_path / f"{stop_at}") == lines
        frames = [
            mdtraj.load(str(tmp_path / name / "trajectory.dcd"), top=str(peptide)).xyz
            for name in ("whole", f"{stop_at}")
        ]
        np.testing.assert_array_equal(*frames)


def test_a_segment_can_start_where_an_earlier_one_ended(tmp_path: Path, peptide: Path) -> None:
    still = replace(AGAIN, ensemble=Ensemble.NVE, start_temperature=0.0, num_steps=1)
    run = begun(tmp_path, peptide, Several(segments=(HOT, SILENT, still), renews=False))
    run.advance()
    run.close()
    checkpoint = read_checkpoint(run.folder)
    assert (checkpoint.progress.segment, checkpoint.progress.step) == (2, 1)
    then, now = (
        openmm.XmlSerializer.deserialize(text)
        for text in (run.folder.state("end-of-hot").read_text(), checkpoint.portable)
    )
    # one leapfrog step, by hand
    context = run.simulation.context
    context.setPositions(then.getPositions())
    force = context.getState(forces=True).getForces(asNumpy=True)._value
    system = run.simulation.system
    masses = [system.getParticleMass(i)._value for i in range(system.getNumParticles())]
    velocities = then.getVelocities(asNumpy=True)._value + 0.0005 * force / np.c_[masses]
    expected = then.getPositions(asNumpy=True)._value + 0.0005 * velocities
    np.testing.assert_allclose(now.getPositions(asNumpy=True)._value, expected, atol=1e-9)


def test_what_lies_after_the_last_checkpoint_is_dropped_at_a_stop(
    tmp_path: Path, peptide: Path
) -> None:
    run = begun(tmp_path, peptide, Several())
    work = StopAt(35)
    run.advance(work)
    assert {5, 10, 15, 20, 25, 30, 35} <= set(work.seen)  # at each frame
    assert (run.step, run.num_frames) == (20, 4)
    run.close()
    assert len(lines_of(tmp_path)) == 4
    assert len(mdtraj.load(str(tmp_path / "trajectory.dcd"), top=str(peptide))) == 4


def test_random_forces_move_the_whole_too() -> None:
    system = openmm.System()
    for mass in (1.0, 1.0, 16.0, 0.0):
        system.addParticle(mass)
    system.addConstraint(0, 1, 0.1)
    chain = replace(HOT, thermostat=Thermostat.NOSE_HOOVER)
    found = [
        degrees_of_freedom(system, segment)
        for segment in (HOT, chain, replace(HOT, ensemble=Ensemble.NVE))
    ]
    assert found == [9 - 1, 9 - 1 - 3, 9 - 1 - 3 - 3]


def test_forces_of_the_ensemble_are_added_once() -> None:
    system = openmm.System()
    system.addParticle(1.0)
    force = openmm.NonbondedForce()
    force.setNonbondedMethod(force.PME)
    force.addParticle(0, 1, 0)
    system.addForce(force)
    segment = replace(HOT, ensemble=Ensemble.NPT, thermostat=Thermostat.NOSE_HOOVER)
    for seed in (7, 8):
        add_ensemble_forces(system, segment, seed)
        assert system.getNumForces() == 3
    assert system.getForce(2).getRandomNumberSeed() == 7


def test_the_thermostat_of_random_forces_has_the_seed() -> None:
    integrator = make_integrator(replace(HOT, collision_rate=2.0), 0.5, 9)
    assert isinstance(integrator, openmm.LangevinMiddleIntegrator)
    assert integrator.getRandomNumberSeed() == 9
    assert integrator.getTemperature()._value == 500.0
    assert integrator.getFriction()._value == 2.0
    assert integrator.getStepSize()._value == pytest.approx(0.0005)


@pytest.mark.parametrize("target", [0.0, 90.0, 180.0])
def test_the_restraint_of_a_dihedral_is_one_minus_cosine(target: float) -> None:
    system = openmm.System()
    for _ in range(4):
        system.addParticle(1.0)
    bias = DihedralRestraint((((0, 1, 2, 3), math.radians(target)),), 40.0)
    add_ensemble_forces(system, replace(HOT, bias=bias), 1)
    platform = openmm.Platform.getPlatform("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions([[0.1, 0, 0], [0, 0, 0], [0, 0, 0.1], [0, 0.1, 0.1]])
    energy = context.getState(energy=True).getPotentialEnergy()._value
    angle = math.degrees(_dihedral(context))
    assert abs(angle) == pytest.approx(90.0)
    assert energy == pytest.approx(40.0 * (1.0 - math.cos(math.radians(angle - target))))


def _dihedral(context: openmm.Context) -> float:
    topology = mdtraj.Topology()
    residue = topology.add_residue("A", topology.add_chain())
    for _ in range(4):
        topology.add_atom("C", mdtraj.element.carbon, residue)
    positions = context.getState(positions=True).getPositions(asNumpy=True)._value
    return float(mdtraj.compute_dihedrals(mdtraj.Trajectory(positions, topology), [range(4)])[0, 0])


def test_files_are_as_long_as_the_frames_of_all_segments() -> None:
    one, all_three = (Several(segments=s) for s in ((HOT,), (HOT, SILENT, AGAIN)))
    sizes = [trajectory_bytes(22, protocol) for protocol in (one, all_three)]
    assert sizes[1] - sizes[0] == 4 * (12 * 22 + 100 + 90)
