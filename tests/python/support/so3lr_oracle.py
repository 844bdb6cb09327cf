# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The cases of the published SO3LR, and the Coulomb term that its module leaves to others."""

import itertools
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from openmmgems import _core
from openmmgems.models.so3lr import So3lr, So3lrHyperparameters
from openmmgems.models.switch import switch_function
from openmmgems.units import COULOMB_EV_ANGSTROM
from torch import Tensor

ORACLE = Path(__file__).parents[2] / "data" / "so3lr-oracle"
WIDTH_ANGSTROM = 4.0
#: Our names of results per atom, and their arrays in the files.
TERMS = {"repulsion": "e_zbl", "dispersion": "e_disp"}


def _names(folder: str) -> list[str]:
    return sorted(file.stem for file in (ORACLE / folder).glob("*.npz"))


CASES = _names("vectors")
LATTICE_CASES = _names("lattice")
INDEX = {case["case"]: case for case in json.loads((ORACLE / "index.json").read_text())}


@dataclass
class System:
    """Inputs of the module, made from positions and a strain that can be differentiated."""

    arrays: dict[str, np.ndarray]
    positions: Tensor
    strain: Tensor
    inputs: dict[str, Tensor]
    long_range_cutoff: float | None

    @property
    def network_energy(self) -> np.ndarray:
        """Per atom in eV, without the constant of the published file."""
        shift = float(np.float32(-163.6181213551537))
        return self.arrays["e_nn"] - shift


def load(case: str, dtype: torch.dtype = torch.float64) -> System:
    folder = "lattice" if case in LATTICE_CASES else "vectors"
    with np.load(ORACLE / folder / f"{case}.npz") as file:
        arrays = dict(file)
    cutoff = float(arrays["lr_cutoff"])
    return make_system(arrays, None if math.isnan(cutoff) else cutoff, dtype)


def make_system(
    arrays: dict[str, np.ndarray], cutoff: float | None, dtype: torch.dtype = torch.float64
) -> System:
    """Inputs for ``Z``, ``R``, ``charge``, ``unpaired`` and perhaps ``cell`` of the arrays."""
    i, j, vectors = _core.list_pairs(arrays["R"], arrays.get("cell"), cutoff)
    pair_i, pair_j = torch.tensor(i), torch.tensor(j)
    image = torch.tensor(vectors - (arrays["R"][j] - arrays["R"][i]))
    positions = torch.tensor(arrays["R"], dtype=torch.float64, requires_grad=True)
    strain = torch.zeros(3, 3, dtype=torch.float64, requires_grad=True)
    bare = positions[pair_j] - positions[pair_i] + image
    inputs = {
        "atomic_numbers": torch.tensor(arrays["Z"]),
        "vectors": (bare + bare @ strain.T).to(dtype),
        "pair_i": pair_i,
        "pair_j": pair_j,
        "charge": torch.tensor([float(arrays["charge"])], dtype=dtype),
        "spin": torch.tensor([float(arrays["unpaired"])], dtype=dtype),
    }
    return System(arrays, positions, strain, inputs, cutoff)


def network_for(system: System, published: So3lr) -> So3lr:
    """A network with the weights of another, and the cutoff and switch of a case."""
    options = So3lrHyperparameters(
        lr_cutoff=system.long_range_cutoff,
        dispersion_switch_width=float(system.arrays.get("damping", 2.0)),
    )
    model = So3lr(options).to(published.embedding_dtype)
    model.load_state_dict(published.state_dict())
    return model.eval()


def coulomb_of_pairs(charges: Tensor, system: System) -> Tensor:
    """Energy in eV of erf(r/4)/r over the listed pairs, ended at the cutoff if there is one."""
    vectors = system.inputs["vectors"].to(charges.dtype)
    i, j = system.inputs["pair_i"], system.inputs["pair_j"]
    r = vectors.square().sum(dim=-1).sqrt()
    potential = torch.erf(r / WIDTH_ANGSTROM) / r
    cutoff = system.long_range_cutoff
    if cutoff is not None:
        x = cutoff / WIDTH_ANGSTROM
        at_end = math.erf(x) / cutoff
        slope = (2.0 * x * math.exp(-x * x) / math.sqrt(math.pi) - math.erf(x)) / cutoff**2
        switch = switch_function(r, 0.45 * cutoff, cutoff)
        potential = potential - at_end - (1.0 - switch) * (r - cutoff) * slope
    return 0.5 * COULOMB_EV_ANGSTROM * (charges[i] * charges[j] * potential).sum()


def coulomb_of_lattice(charges: Tensor, system: System, largest_wave: float = 2.8) -> Tensor:
    """Energy in eV of the periodic Gaussian charges, uniform background included."""
    deformation = torch.eye(3, dtype=torch.float64) + system.strain
    cell = torch.tensor(system.arrays["cell"]) @ deformation.T
    positions = system.positions @ deformation.T
    volume = torch.linalg.det(cell).abs()
    reach = [int(largest_wave * float(row.norm()) / (2 * math.pi)) + 1 for row in cell.detach()]
    numbers = itertools.product(*[range(-n, n + 1) for n in reach])
    waves = torch.tensor([n for n in numbers if any(n)], dtype=torch.float64)
    waves = 2.0 * math.pi * waves @ torch.linalg.inv(cell).T
    square = waves.square().sum(dim=-1)
    phase = positions @ waves.T
    structure = (charges @ phase.cos()).square() + (charges @ phase.sin()).square()
    weight = 4.0 * math.pi / volume * torch.exp(-square * WIDTH_ANGSTROM**2 / 4.0) / square
    own = 2.0 * charges.square().sum() / (WIDTH_ANGSTROM * math.sqrt(math.pi))
    background = math.pi * WIDTH_ANGSTROM**2 * charges.sum().square() / volume
    return 0.5 * COULOMB_EV_ANGSTROM * ((weight * structure).sum() - own - background)
