# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The cases of the published SO3LR as settings of an Evaluator or a GemsForce."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import openmmgems
from openmmgems import models
from openmmgems.models.export import load_so3lr, save_so3lr
from openmmgems.models.so3lr import So3lr, So3lrHyperparameters
from openmmgems.units import KJ_PER_MOL_PER_EV

from support import so3lr_oracle, systems

#: The constant that the published file adds for every atom.
SHIFT_EV = float(np.float32(-163.6181213551537))
#: kJ/mol/nm per eV/angstrom.
FORCE_UNIT = 10 * KJ_PER_MOL_PER_EV


@dataclass(frozen=True)
class Case:
    """Inputs and expected results, in eV and angstrom."""

    name: str

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        folder = "lattice" if self.name in so3lr_oracle.LATTICE_CASES else "vectors"
        with np.load(so3lr_oracle.ORACLE / folder / f"{self.name}.npz") as file:
            return dict(file)

    @property
    def numbers(self) -> list[int]:
        return self.arrays["Z"].tolist()

    @property
    def positions(self) -> np.ndarray:
        return self.arrays["R"]

    @property
    def cell(self) -> np.ndarray | None:
        return self.arrays.get("cell")

    @property
    def form(self) -> str:
        if self.name in so3lr_oracle.LATTICE_CASES:
            return "lattice"
        return "plain" if np.isnan(self.arrays["lr_cutoff"]) else "cutoff"

    @property
    def cutoff(self) -> float | None:
        return None if self.form == "plain" else float(self.arrays["lr_cutoff"])

    @property
    def terms(self) -> dict[str, np.ndarray]:
        """Per atom."""
        return {
            "network": self.arrays["e_nn"] - SHIFT_EV,
            "repulsion": self.arrays["e_zbl"],
            "electrostatics": self.arrays["e_ele"],
            "dispersion": self.arrays["e_disp"],
        }

    @property
    def energy(self) -> float:
        return float(sum(term.sum() for term in self.terms.values()))

    @property
    def sum_of_absolute_terms(self) -> float:
        return float(sum(np.abs(term).sum() for term in self.terms.values()))

    def evaluate(self, model_file: str | Path, **options: object) -> dict:
        evaluator = openmmgems.Evaluator(
            model_file,
            electrostatics=self.form,
            long_range_cutoff_angstrom=self.cutoff,
            **options,
        )
        charge, spin = int(self.arrays["charge"]), int(self.arrays["unpaired"])
        return evaluator.evaluate(self.numbers, self.positions, charge, spin, self.cell)

    def force(self, model_file: str | Path) -> openmmgems.GemsForce:
        force = systems.make_force(model_file, self.numbers)
        force.setTotalCharge(int(self.arrays["charge"]))
        force.setNumUnpairedElectrons(int(self.arrays["unpaired"]))
        force.setUsesPeriodicBoundaryConditions(self.cell is not None)
        force.setElectrostatics(getattr(openmmgems.GemsForce, self.form.capitalize()))
        force.setLongRangeCutoff((self.cutoff or 0.0) / 10)
        return force


#: An odd number of electrons of which none is unpaired: what evaluators refuse.
ODD_CASE = Case("l03_water_triclinic_charged")
CASES = [
    Case(name) for name in so3lr_oracle.CASES + so3lr_oracle.LATTICE_CASES if name != ODD_CASE.name
]


def model_file_maker(folder: Path) -> Callable[[Case], str]:
    """Gives the bundled model file, or one with another width of dispersion's switch."""

    def make(case: Case) -> str:
        bundled, width = models.path("so3lr"), float(case.arrays["damping"])
        if width == 2.0:
            return bundled
        path = folder / f"switch-{width}.pt"
        if not path.exists():
            published, description = load_so3lr(bundled)
            options = description["hyperparameters"] | {"dispersion_switch_width": width}
            changed = So3lr(So3lrHyperparameters(**options))
            changed.load_state_dict(published.state_dict())
            save_so3lr(changed, So3lrHyperparameters(**options), path)
        return str(path)

    return make
