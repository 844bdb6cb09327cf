# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Systems with one GemsForce, and what to compare of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openmm
import openmmgems
from openmm import unit

TRICLINIC_ANGSTROM = np.array([[11.0, 0.0, 0.0], [2.0, 10.5, 0.0], [-3.0, 2.5, 12.0]])

#: Relative to the largest force: the platforms but Reference compute in float32, OpenCL and CUDA
#: store forces in fixed point and positions in float32 (mixed precision adds the rest).
FORCE_TOLERANCE = {"Reference": 1e-10, "CPU": 1e-5, "OpenCL": 2e-5, "CUDA": 2e-5}


def platform_properties(platform: openmm.Platform) -> dict[str, str]:
    return {"Precision": "mixed"} if platform.getName() in ("OpenCL", "CUDA") else {}


def make_force(
    model_file: Path, atomic_numbers: Sequence[int], particles: Sequence[int] | None = None
) -> openmmgems.GemsForce:
    force = openmmgems.GemsForce(model_file)
    for atom, atomic_number in enumerate(atomic_numbers):
        force.addAtom(atom if particles is None else int(particles[atom]), int(atomic_number))
    return force


def make_system(
    num_particles: int, *forces: openmm.Force, box: np.ndarray | None = None
) -> openmm.System:
    system = openmm.System()
    for _ in range(num_particles):
        system.addParticle(39.9)
    for force in forces:
        system.addForce(force)
    if box is not None:
        system.setDefaultPeriodicBoxVectors(*(box / 10))
    return system


def make_context(
    system: openmm.System, platform: openmm.Platform, positions_angstrom: np.ndarray
) -> openmm.Context:
    context = openmm.Context(
        system, openmm.VerletIntegrator(0.001), platform, platform_properties(platform)
    )
    context.setPositions(np.asarray(positions_angstrom) / 10)
    return context


def energy_and_forces(context: openmm.Context, groups: int = -1) -> tuple[float, np.ndarray]:
    """Energy in kJ/mol and forces in kJ/mol/nm."""
    state = context.getState(getEnergy=True, getForces=True, groups=groups)
    return (
        state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole),
        state.getForces(asNumpy=True).value_in_unit(unit.kilojoule_per_mole / unit.nanometer),
    )


def argon(num_atoms: int = 20, seed: int = 7) -> np.ndarray:
    """Positions in angstrom, no two closer than 3 angstrom, in about the triclinic box."""
    generator = np.random.default_rng(seed)
    positions: list[np.ndarray] = []
    while len(positions) < num_atoms:
        trial = generator.random(3) @ TRICLINIC_ANGSTROM
        grid = np.array(np.meshgrid(*[[-1, 0, 1]] * 3)).reshape(3, -1).T @ TRICLINIC_ANGSTROM
        if all(np.linalg.norm(trial + grid - p, axis=1).min() > 2.9 for p in positions):
            positions.append(trial)
    return np.array(positions)
