# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Runs the native evaluator on OpenCL in a process of its own, and compares with the CPU.

Usage: device_run.py FOLDER CASE
"""

import os
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import openmm
import openmmgems
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters
from openmmgems.units import KJ_PER_MOL_PER_EV

from support import systems
from support.random_models import ELEMENTS, EXACT, SMOOTH, random_model, random_positions

RESIDUALS = [field.name for field in fields(Hyperparameters) if "num_residual" in field.name]
#: Options, attention, and whether periodic; together they use every kernel in every variant. The
#: last one is as small as can be: tensor cores are emulated, with many barriers.
CASES = {
    "exact-periodic": (
        Hyperparameters(num_features=8, num_modules=2, num_basis_functions=4, lr_cutoff=6.0),
        EXACT,
        True,
    ),
    "smooth-gas": (
        Hyperparameters(
            num_features=12,
            num_modules=2,
            num_basis_functions=3,
            num_residual_pre=0,
            num_residual_local=2,
            use_irreps=False,
            activation="ssp",
        ),
        SMOOTH,
        False,
    ),
    "tensor-cores": (
        Hyperparameters(
            num_features=4,
            num_modules=2,
            num_basis_functions=2,
            use_d4_dispersion=False,
            **dict.fromkeys(RESIDUALS, 0),
        ),
        EXACT,
        False,
    ),
}


def main() -> None:
    """Compute, compare, and say so."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    options, mode, periodic = CASES[name]
    model = random_model(options, 4)
    model.set_attention(mode)
    save_spookynet(model, options, folder / f"{name}.pt")
    molecules = range(5)
    if name == "tensor-cores":
        os.environ["OPENMMGEMS_TENSOR_CORES"] = "1"
        molecules = range(2)  # more neighbours than a thread has rows
    numbers = np.concatenate([ELEMENTS for _ in molecules])
    positions = np.concatenate(
        [random_positions(k) + 4.2 * np.array([k % 3, k // 3, 0]) for k in molecules]
    )
    cell = 13.0 * np.eye(3) if periodic else None
    force = systems.make_force(folder / f"{name}.pt", numbers)
    force.setEvaluator(openmmgems.GemsForce.Native)
    force.setUsesPeriodicBoundaryConditions(periodic)
    system = systems.make_system(len(numbers), force, box=cell)
    platform = openmm.Platform.getPlatform("OpenCL")
    context = openmm.Context(
        system, openmm.VerletIntegrator(0.001), platform, {"Precision": "single"}
    )
    context.setPositions(positions / 10)
    forces = systems.energy_and_forces(context)[1] / (10 * KJ_PER_MOL_PER_EV)
    expected = openmmgems.Evaluator(folder / f"{name}.pt", "native").evaluate(
        numbers, positions, 0, 0, cell
    )["forces_ev_per_angstrom"]
    np.testing.assert_allclose(forces, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    print("forces agree")


if __name__ == "__main__":
    main()
