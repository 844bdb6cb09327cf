# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The bundled model conserves energy, as far as the integrator lets it."""

from importlib.resources import files

import numpy as np
import openmm
import openmm.app as app
import openmmgems
import pytest
from openmmgems import models


def total_energies(pdb: app.PDBFile, step_fs: float, duration_fs: float) -> np.ndarray:
    """Total energy in kJ/mol every 2 fs, from the same start whatever the step."""
    system = openmmgems.createSystem(pdb.topology, models.path("ala-gfn2"))
    integrator = openmm.VerletIntegrator(step_fs / 1000)
    context = openmm.Context(
        system, integrator, openmm.Platform.getPlatform("CPU"), {"Threads": "1"}
    )
    context.setPositions(pdb.positions)
    context.setVelocitiesToTemperature(300.0, 1)
    energies = []
    for _ in range(round(duration_fs / 2.0)):
        integrator.step(round(2.0 / step_fs))
        state = context.getState(getEnergy=True)
        energies.append((state.getPotentialEnergy() + state.getKineticEnergy())._value)
    return np.array(energies)


@pytest.mark.slow
def test_the_error_of_the_total_energy_falls_with_the_square_of_the_step() -> None:
    pdb = app.PDBFile(str(files("openmmgems") / "data/structures/ace-ala-nme.pdb"))
    coarse = total_energies(pdb, 0.5, 300.0)
    fine = total_energies(pdb, 0.25, 300.0)
    assert coarse.std() < 1.0
    assert 2.5 < coarse.std() / fine.std() < 6.0
