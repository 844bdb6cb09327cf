# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""An engine of springs, which knows everything analytically and fails when told to."""

import os
import signal
import time
from dataclasses import dataclass

import numpy as np
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.engines.engine import Cost


@dataclass(frozen=True)
class SpringEngine:
    """Each atom on a spring of its own, at `centres` (0: at the origin), or a pair on one.

    `stiffness` in eV/angstrom^2; for `pair_length` the energy is that of the distance of the first
    two atoms. Structures of `fails_for` atoms raise RuntimeError, of `nan_for` give NaN, of
    `hangs_for` never come back, of `fills_for` take 2 GB, of `dies_for` kill their process.
    """

    stiffness: float = 20.0
    pair_length: float | None = None
    fails_for: int = -1
    nan_for: int = -1
    hangs_for: int = -1
    fills_for: int = -1
    dies_for: int = -1

    level_of_theory = "springs"
    version = "springs 1"

    @property
    def settings(self) -> dict[str, Setting]:
        return {"stiffness": self.stiffness}

    def label(self, structure: AtomicSystem) -> Label:
        number = len(structure.atomic_numbers)
        if number == self.fails_for:
            raise RuntimeError(f"no convergence for {structure.source}")
        if number == self.hangs_for:
            time.sleep(1e6)
        if number == self.fills_for:
            held = [np.ones(int(20e6 / 8)) for _ in range(100)]
            time.sleep(len(held))
        if number == self.dies_for:
            os.kill(os.getpid(), signal.SIGKILL)
        x = structure.positions_angstrom
        if self.pair_length is None:
            energy, forces = 0.5 * self.stiffness * np.sum(x**2), -self.stiffness * x
        else:
            vector = x[1] - x[0]
            length = np.linalg.norm(vector)
            stretch = length - self.pair_length
            energy = 0.5 * self.stiffness * stretch**2
            forces = np.zeros_like(x)
            forces[0] = self.stiffness * stretch * vector / length
            forces[1] = -forces[0]
        if number == self.nan_for:
            energy = np.nan
        return Label(float(energy), forces, np.zeros(3))

    def cost(self, num_atoms: int) -> Cost:
        return Cost(1e-5 * num_atoms, 1.0)
