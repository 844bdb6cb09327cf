# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One network on OpenCL for systems of several sizes, in a process of its own.

Prints after each how many kernels of ours PoCL has compiled, which keeps them in POCL_CACHE_DIR.

Usage: compile_run.py FOLDER
"""

import os
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import openmm
import openmmgems
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters

from support import systems
from support.on_device import OnDevice, check_equal
from support.random_models import random_model

RESIDUALS = [field.name for field in fields(Hyperparameters) if "num_residual" in field.name]
#: All terms; else as small as can be.
OPTIONS = Hyperparameters(
    num_features=4,
    num_modules=2,
    num_basis_functions=2,
    lr_cutoff=6.0,
    **dict.fromkeys(RESIDUALS, 0),
)


def num_kernels() -> int:
    """Programs are folders, with a folder for each kernel; OpenMM has some of its own."""
    cache = Path(os.environ["POCL_CACHE_DIR"])
    ours = [folder.parent for folder in cache.glob("*/*/addAllForces")]
    return sum(len(list(folder.rglob("*.so"))) for folder in ours)


def main() -> None:
    """Compute, compare with the CPU, and print."""
    model = Path(sys.argv[1]) / "model.pt"
    save_spookynet(random_model(OPTIONS, 4), OPTIONS, model)
    water = load_system("water:192")
    chloroform = np.array([6, 1, 17, 17, 17])
    corners = np.array([[0, 0, 0], [1, 1, -1], [-1, 1, 1], [1, -1, 1], [-1, -1, -1]])
    for numbers, positions, cell in (
        (water.atomic_numbers[:3], 10.0 * water.positions[:3], None),
        (water.atomic_numbers, 10.0 * water.positions, 1.2 * systems.TRICLINIC_ANGSTROM),
        (chloroform, 1.02 * corners, 20.0 * np.eye(3)),
    ):
        device = OnDevice(openmm.Platform.getPlatform("OpenCL"), model, numbers, cell)
        expected = openmmgems.Evaluator(model, "native").evaluate(numbers, positions, 0, 0, cell)
        check_equal(device.evaluate(positions), expected)
        print("kernels", num_kernels())


if __name__ == "__main__":
    main()
