# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Logs, frames and checkpoints of a run cost no evaluation of a model, and change nothing."""

from pathlib import Path

import numpy as np
import openmm
import pytest
from openmmgems.analysis.energies import read_energy_log
from openmmgems.dynamics.estimate import time_steps
from openmmgems.dynamics.platform_choice import choose_platform
from openmmgems.dynamics.protocol import Ensemble, Protocol
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.simulation.workflow import keep_run, new_simulation
from openmmgems.systems.load import load
from openmmgems.systems.system import createSystem, model_file
from openmmgems.units import KJ_PER_MOL_PER_EV
from support.counting import write_counting


def carry_out(folder: Path, peptide: Path, model: Path, platform: str, settings: Protocol) -> str:
    """Run it; returns the state at its end, as XML with all digits."""
    structure, place = load(peptide), RunFolder(folder)
    system = createSystem(structure.topology, model, total_charge=0)
    choice = choose_platform(platform, num_threads=1, precision="mixed", needs_model=True)
    simulation = new_simulation(place, structure, system, settings, choice, say=lambda text: None)
    run = keep_run(place, simulation, structure.positions, settings, choice)
    run.prepare(structure.positions)
    run.start()
    run.advance()
    state = simulation.context.getState(positions=True, velocities=True)
    run.close()
    return openmm.XmlSerializer.serialize(state)


@pytest.mark.parametrize("platform", ["CPU", "Reference"])
@pytest.mark.parametrize("ensemble", [Ensemble.NVE, Ensemble.NVT])
def test_a_run_evaluates_the_model_once_a_step(
    tmp_path: Path, peptide: Path, ensemble: Ensemble, platform: str
) -> None:
    write_counting(tmp_path / "counting.pt")
    settings = Protocol(
        ensemble=ensemble, minimise=False, num_steps=60,
        log_interval=7, frame_interval=10, checkpoint_interval=20,
    )  # fmt: skip
    carry_out(tmp_path / "run", peptide, tmp_path / "counting.pt", platform, settings)
    log = read_energy_log(RunFolder(tmp_path / "run").log)
    counts = log["potential_energy_kj_mol"] / KJ_PER_MOL_PER_EV
    # one where it begins, which its first step needs; at each line one for the step after it
    np.testing.assert_allclose(counts, log["step"] + 1, rtol=1e-6)


def test_an_estimate_times_steps_and_nothing_else(tmp_path: Path, peptide: Path) -> None:
    """Also where atoms stay where they are, as without forces and velocities."""
    write_counting(tmp_path / "counting.pt")
    structure = load(peptide)
    system = createSystem(structure.topology, tmp_path / "counting.pt", total_charge=0)
    integrator = openmm.NoseHooverIntegrator(300.0, 1.0, 0.0005)
    reference = openmm.Platform.getPlatform("Reference")
    context = openmm.Context(system, integrator, reference)
    context.setPositions(structure.positions)
    assert time_steps(context, seconds=0.0) > 0
    energy = context.getState(energy=True).getPotentialEnergy()._value
    assert round(energy / KJ_PER_MOL_PER_EV) == (3 + 1) + 1  # to warm up, and timed; this one


@pytest.mark.parametrize("platform", ["CPU", "Reference"])
@pytest.mark.parametrize("ensemble", [Ensemble.NVE, Ensemble.NVT])
def test_a_log_changes_nothing(
    tmp_path: Path, peptide: Path, ensemble: Ensemble, platform: str
) -> None:
    ends = set()
    for interval in (1, 3, 100):
        settings = Protocol(
            ensemble=ensemble, minimise=False, num_steps=12,
            log_interval=interval, frame_interval=4, checkpoint_interval=6,
        )  # fmt: skip
        folder = tmp_path / str(interval)
        ends.add(carry_out(folder, peptide, model_file("ala-gfn2"), platform, settings))
    assert len(ends) == 1
