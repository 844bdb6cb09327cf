# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The cases of the published implementation, with their inputs as tensors."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

ORACLE = Path(__file__).parents[2] / "data" / "spookynet-oracle"
CASES = {case["case"]: case for case in json.loads((ORACLE / "index.json").read_text())}
#: All but the Ewald mode, which is no part of a model.
MODEL_CASES = [name for name in CASES if not name.startswith("g_")]
#: Name of each term in our results, and of its array in the files.
TERMS = {"network": "ea", "repulsion": "ea_rep", "electrostatics": "ea_ele", "dispersion": "ea_vdw"}

#: Relative to the largest force.
FORCE_TOLERANCE = 1e-8
ENERGY_TOLERANCE = 1e-9
#: In this case z -> -z swaps the last two atoms.
_MIRRORED = "b_water_dimer_mirror"
_IMAGE_OF = [0, 1, 2, 3, 5, 4]


def mean_over_kink(case: str, forces: np.ndarray) -> np.ndarray:
    """The forces; where two key maxima are equal by symmetry, the mean of those of both sides.

    There the force jumps: an evaluation gives that of one side or the other, as rounding decides,
    the published implementation their mean. The two sides are mirror images of each other.
    """
    if case != _MIRRORED:
        return forces
    return 0.5 * (forces + forces[_IMAGE_OF] * [1, 1, -1])


def checkpoint_of(case: str, shared: Path) -> Path:
    name = CASES[case]["model"]
    for folder in (ORACLE / "models", shared / "data" / "spookynet-oracle" / "models"):
        if (folder / name).exists():
            return folder / name
    if shared.is_dir():
        pytest.fail(f"'{shared}' is there, but not the published weights {name}")
    pytest.skip("the published weights are not at hand (no folder shared beside the repository)")


@dataclass
class OracleSystem:
    """Inputs of forward_batch, made from positions that can be differentiated."""

    vectors: dict[str, np.ndarray]
    positions: Tensor
    strain: Tensor
    inputs: dict[str, Tensor]

    @property
    def cell(self) -> np.ndarray | None:
        return self.vectors["cell"][0] if "cell" in self.vectors else None


def load_system(case: str, dtype: torch.dtype = torch.float64) -> OracleSystem:
    with np.load(ORACLE / "vectors" / f"{case}.npz") as file:
        arrays = dict(file)
    positions = torch.tensor(arrays["R"], dtype=dtype, requires_grad=True)
    strain = torch.zeros(3, 3, dtype=dtype, requires_grad=True)
    i, j = torch.tensor(arrays["idx_i"]), torch.tensor(arrays["idx_j"])
    molecule = torch.tensor(arrays["batch_seg"])
    vectors = positions[j] - positions[i]
    if "cell" in arrays:
        cell = torch.tensor(arrays["cell"], dtype=dtype)[molecule[i]]
        offsets = torch.tensor(arrays["cell_offsets"], dtype=dtype)
        vectors = vectors + torch.einsum("pk,pkx->px", offsets, cell)
    inputs = {
        "atomic_numbers": torch.tensor(arrays["Z"]),
        "vectors": vectors + vectors @ strain.T,
        "pair_i": i,
        "pair_j": j,
        "charge": torch.tensor(arrays["Q"], dtype=dtype),
        "spin": torch.tensor(arrays["S"], dtype=dtype),
        "molecule": molecule,
    }
    return OracleSystem(arrays, positions, strain, inputs)


@dataclass
class Molecule:
    """One molecule of a case, and what is expected of it; units are eV, angstrom, e."""

    atomic_numbers: np.ndarray
    positions: np.ndarray
    charge: int
    spin: int
    cell: np.ndarray | None
    energy: float
    forces: np.ndarray
    charges: np.ndarray
    dipole: np.ndarray
    terms: dict[str, float]
    strain: np.ndarray | None


def load_molecules(case: str) -> list[Molecule]:
    """The molecules of a case by themselves; in a batch they do not feel each other."""
    system = load_system(case)
    arrays = system.vectors
    return [
        Molecule(
            atomic_numbers=arrays["Z"][member],
            positions=arrays["R"][member],
            charge=int(arrays["Q"][number]),
            spin=int(arrays["S"][number]),
            cell=system.cell,
            energy=arrays["energy"][number],
            forces=arrays["forces"][member],
            charges=arrays["qa"][member],
            dipole=arrays["dipole"][number],
            terms={ours: arrays[theirs][member].sum() for ours, theirs in TERMS.items()},
            strain=arrays.get("dE_dstrain"),
        )
        for number in range(len(arrays["Q"]))
        for member in [arrays["batch_seg"] == number]
    ]
