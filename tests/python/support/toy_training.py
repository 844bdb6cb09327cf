# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A small problem with a known answer: two triatomic molecules held by springs."""

import numpy as np
from numpy.typing import NDArray
from openmmgems.data.dataset import Group
from openmmgems.models.hyperparameters import Hyperparameters

NETWORK = Hyperparameters(num_features=8, num_basis_functions=6, num_modules=1)
STIFFNESS_EV_PER_ANGSTROM2 = 8.0
REFERENCE = np.array([[0.0, 0.0, 0.0], [0.97, 0.0, 0.0], [-0.25, 0.94, 0.0]])


def spring_energy_and_forces(
    positions: NDArray[np.float64], offset_ev: float
) -> tuple[float, NDArray[np.float64]]:
    """Springs between all pairs, at rest in the reference geometry."""
    energy, forces = offset_ev, np.zeros_like(positions)
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        vector = positions[j] - positions[i]
        length = np.linalg.norm(vector)
        strain = length - np.linalg.norm(REFERENCE[j] - REFERENCE[i])
        energy += 0.5 * STIFFNESS_EV_PER_ANGSTROM2 * strain**2
        pull = STIFFNESS_EV_PER_ANGSTROM2 * strain * vector / length
        forces[i] += pull
        forces[j] -= pull
    return energy, forces


def toy_group(numbers: list[int], offset_ev: float, count: int, seed: int) -> Group:
    """Structures of one molecule near its rest, with fixed charges as dipole."""
    generator = np.random.default_rng(seed)
    positions = REFERENCE + 0.08 * generator.normal(size=(count, 3, 3))
    results = [spring_energy_and_forces(p, offset_ev) for p in positions]
    return Group(
        atomic_numbers=np.array(numbers),
        positions=positions,
        energy=np.array([energy for energy, _ in results]),
        forces=np.array([forces for _, forces in results]),
        dipole=np.einsum("i,mik->mk", np.array([-0.6, 0.3, 0.3]), positions),
        charge=np.zeros(count, dtype=np.int64),
        spin=np.zeros(count, dtype=np.int64),
        source=[f"toy {k}" for k in range(count)],
    )


def toy_groups(count: int = 40) -> list[Group]:
    """Water and hydrogen sulphide, with very different energies."""
    return [
        toy_group([8, 1, 1], -137.0, count, seed=1),
        toy_group([16, 1, 1], -160.0, count // 2, seed=2),
    ]
