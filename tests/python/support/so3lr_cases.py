# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The cases of the published SO3LR as settings of an Evaluator or a GemsForce."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import openmmgems
import torch
from openmmgems import models
from openmmgems.models.export import load_so3lr, save_model, save_so3lr
from openmmgems.models.so3lr import So3lr, So3lrHyperparameters
from openmmgems.units import KJ_PER_MOL_PER_EV
from torch import Tensor, nn

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
    def charge(self) -> int:
        """What evaluators are told."""
        charge = int(self.arrays["charge"])
        return charge + 1 if self == ODD_CASE else charge

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
        spin = int(self.arrays["unpaired"])
        return evaluator.evaluate(self.numbers, self.positions, self.charge, spin, self.cell)

    def force(self, model_file: str | Path) -> openmmgems.GemsForce:
        force = systems.make_force(model_file, self.numbers)
        force.setTotalCharge(self.charge)
        force.setNumUnpairedElectrons(int(self.arrays["unpaired"]))
        force.setUsesPeriodicBoundaryConditions(self.cell is not None)
        force.setElectrostatics(getattr(openmmgems.GemsForce, self.form.capitalize()))
        force.setLongRangeCutoff((self.cutoff or 0.0) / 10)
        return force


#: An odd number of electrons of which none is unpaired, which evaluators refuse: they are told one
#: electron less, and the model is one that adds it.
ODD_CASE = Case("l03_water_triclinic_charged")
CASES = [Case(name) for name in so3lr_oracle.CASES + so3lr_oracle.LATTICE_CASES]


class WithAnElectronMore(nn.Module):
    """SO3LR with a total charge that is lower by one than what is given."""

    def __init__(self, network: So3lr) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        atomic_numbers: Tensor,
        vectors: Tensor,
        pair_i: Tensor,
        pair_j: Tensor,
        charge: Tensor,
        spin: Tensor,
    ) -> dict[str, Tensor]:
        return self.network(atomic_numbers, vectors, pair_i, pair_j, charge - 1.0, spin)

    @torch.jit.export
    def set_long_range_cutoff(self, cutoff_angstrom: float | None) -> None:
        self.network.set_long_range_cutoff(cutoff_angstrom)


def model_file_maker(folder: Path) -> Callable[[Case], str]:
    """Gives the bundled model file, or one that a case needs instead."""

    def make(case: Case) -> str:
        bundled, width = models.path("so3lr"), float(case.arrays["damping"])
        if case == ODD_CASE:
            published, description = load_so3lr(bundled)
            save_model(WithAnElectronMore(published), folder / "odd.pt", description)
            return str(folder / "odd.pt")
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
