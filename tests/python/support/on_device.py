# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One GemsForce on a device, and comparison with an evaluator on the host.

Every network and precision is a program of its own, which takes PoCL half a minute to compile and
which it keeps. So tests share programs, and those that do run one after another in one process: two
would compile the same at the same time.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openmm
import pytest
from openmmgems import GemsForce
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters
from openmmgems.units import KJ_PER_MOL_PER_EV

from support import systems
from support.random_models import ELEMENTS, EXACT, SMOOTH, random_model, random_positions

share_small = pytest.mark.xdist_group("programs of the small network")
share_tensor = pytest.mark.xdist_group("programs for tensor cores")

KJ_PER_MOL_NM = 10 * KJ_PER_MOL_PER_EV
#: A small network with all terms.
SMALL = Hyperparameters(num_features=16, num_modules=2, num_basis_functions=4, lr_cutoff=6.0)
#: For tensor cores, with attention: one and several blocks of 16 features and functions, with
#: numbers that only fill up.
TENSOR_CASES = {
    "exact": (Hyperparameters(num_features=8, num_modules=2, lr_cutoff=6.0), EXACT),
    "smooth": (
        Hyperparameters(
            num_features=24,
            num_modules=2,
            num_basis_functions=20,
            use_irreps=False,
            activation="ssp",
            num_residual_local=2,
            lr_cutoff=6.0,
        ),
        SMOOTH,
    ),
}
#: Molecules for them.
TWO = np.concatenate([ELEMENTS, ELEMENTS])
TWO_POSITIONS = np.concatenate([random_positions(1), random_positions(2) + 5.0])
NINE = np.tile(ELEMENTS, 9)
NINE_POSITIONS = np.concatenate([random_positions(k) + [0.0, 0.0, 4.2 * k] for k in range(9)])
NINE_CELL = 0.9 * systems.TRICLINIC_ANGSTROM


def save_small(path: Path) -> Path:
    """The small network as a model file."""
    save_spookynet(random_model(SMALL, 4), SMALL, path)
    return path


class OnDevice:
    """A Context with one GemsForce that the native evaluator computes, and maybe other forces."""

    def __init__(
        self,
        device: openmm.Platform,
        model: Path,
        numbers: np.ndarray,
        cell: np.ndarray | None = None,
        precision: str = "double",
        change: Callable[[GemsForce], Any] = lambda force: None,
        others: Sequence[openmm.Force] = (),
    ) -> None:
        self.force = systems.make_force(model, numbers)
        self.force.setEvaluator(GemsForce.Native)
        self.force.setUsesPeriodicBoundaryConditions(cell is not None)
        change(self.force)
        system = systems.make_system(len(numbers), self.force, *others, box=cell)
        self.context = openmm.Context(
            system, openmm.VerletIntegrator(0.0005), device, {"Precision": precision}
        )

    def evaluate(self, positions: np.ndarray, cell: np.ndarray | None = None) -> dict[str, Any]:
        """As openmmgems.Evaluator's."""
        if cell is not None:
            self.context.setPeriodicBoxVectors(*(cell / 10))
        self.context.setPositions(positions / 10)
        energy, forces = systems.energy_and_forces(self.context)
        terms = self.force.getEnergyTerms(self.context)
        return {
            "energy_ev": energy / KJ_PER_MOL_PER_EV,
            "forces_ev_per_angstrom": forces / KJ_PER_MOL_NM,
            "charges": self.force.getAtomicCharges(self.context)._value,
            "terms_ev": {name: term._value / KJ_PER_MOL_PER_EV for name, term in terms.items()},
        }


def check_equal(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found["energy_ev"] == pytest.approx(expected["energy_ev"], rel=1e-9, abs=1e-9)
    assert found["terms_ev"] == pytest.approx(expected["terms_ev"], rel=1e-9, abs=1e-9)
    for name, tolerance in (("charges", 1e-9), ("forces_ev_per_angstrom", 1e-8)):
        largest = max(1.0, np.abs(expected[name]).max())
        np.testing.assert_allclose(
            found[name], expected[name], rtol=0, atol=tolerance * largest, err_msg=name
        )
