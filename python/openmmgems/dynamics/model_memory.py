# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Memory that evaluating a model takes, for the evaluator that will run where it will run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import openmm
from openmm import unit

from openmmgems.gemsforce import GemsForce
from openmmgems.models.electrostatic_forms import FORMS, PLAIN, electrostatic_form
from openmmgems.models.inspect import FileContent, inspect_model

from .platform_choice import PlatformChoice

# Numbers, pairs and bytes below are fitted to peak memory, for 150 to 25,000 atoms of peptides and
# water, 32 to 128 features and 1 to 6 modules: right to a fifth there.

# Automatic differentiation keeps numbers for each module, near pair and feature (fewer for SO3LR,
# measured with 300 to 2,400 atoms), and for each pair of the long-range terms.
_TORCH_NUMBERS_PER_PAIR_AND_FEATURE = 33
_TORCH_NUMBERS_OF_SO3LR = 7
_TORCH_NUMBERS_PER_FAR_PAIR = 130
_TORCH_BASE_BYTES = 50_000_000
# Native evaluators keep numbers for each atom and feature, fewer in the first module, which needs
# no derivative; for each near pair entries of lists, and four numbers of geometry and of gradient;
# and of 16 far atoms an entry, twice while lists are made.
_NATIVE_NUMBERS_OF_FIRST_MODULE = 24
_NATIVE_NUMBERS_OF_A_MODULE = 60
_NATIVE_NUMBERS_PER_PAIR = 8
_NATIVE_BYTES_PER_PAIR = 14
_NATIVE_BYTES_PER_FAR_PAIR = 1
_NATIVE_BASE_BYTES = 20_000_000
_NATIVE_NUMBERS_PER_PARAMETER = 4
# Added to cutoffs, nm: how far atoms may move before lists are made anew, and what sixteen fill.
_SKIN = 0.1
_SKIN_OF_SIXTEEN = 0.4


@dataclass(frozen=True)
class ModelMemory:
    """What an evaluation takes.

    Attributes
    ----------
    evaluator : str
        ``"native"`` or ``"torchscript"``, whichever will run.
    num_bytes : int
        Beyond what the process has without it.
    is_on_host : bool
        False: it is the device's own memory.
    """

    evaluator: str
    num_bytes: int
    is_on_host: bool


def model_memory(
    system: openmm.System, positions: np.ndarray, choice: PlatformChoice
) -> ModelMemory | None:
    """Estimate the memory that the model of a System will take on a platform.

    Parameters
    ----------
    system : openmm.System
    positions : numpy.ndarray
        nm, shape ``[num_particles, 3]``.
    choice : PlatformChoice

    Returns
    -------
    ModelMemory or None
        None: no force of the System is a GemsForce.
    """
    forces = [GemsForce.cast(f) for f in system.getForces() if GemsForce.isinstance(f)]
    if not forces:
        return None
    force = forces[0]
    model = inspect_model(force.getModelFile())
    atoms = [force.getAtomParameters(i)[0] for i in range(force.getNumAtoms())]
    atomic_positions, volume = np.asarray(positions)[atoms], None
    if force.usesPeriodicBoundaryConditions():
        vectors = system.getDefaultPeriodicBoxVectors()
        volume = abs(np.linalg.det(np.array([vector._value for vector in vectors])))
    evaluator = evaluator_that_runs(model, force.getEvaluator(), choice.name)
    stored = model.description["long_range_cutoff"]
    set_cutoff = force.getLongRangeCutoff().value_in_unit(unit.nanometer)
    far_cutoff = set_cutoff or (0.1 * stored if stored else math.inf)
    asked, is_periodic = FORMS[force.getElectrostatics()], force.usesPeriodicBoundaryConditions()
    if electrostatic_form(model.description, asked, is_periodic=is_periodic) == PLAIN:
        far_cutoff = math.inf
    estimate = _native_bytes if evaluator == "native" else _torch_bytes
    number = estimate(model, atomic_positions, volume, far_cutoff, _bytes_per_number(choice))
    is_device = choice.name not in ("CPU", "Reference") and not choice.is_pocl
    staged = evaluator == "torchscript" and choice.name != "CUDA"
    return ModelMemory(evaluator, number, not is_device or staged)


def evaluator_that_runs(model: FileContent, wanted: int, platform: str) -> str:
    """Tell which evaluator a GemsForce takes.

    Parameters
    ----------
    model : FileContent
    wanted : int
        ``GemsForce.Auto``, ``GemsForce.TorchScript`` or ``GemsForce.Native``.
    platform : str
        Name of OpenMM's platform; Reference takes the native evaluator only when it is asked for.

    Returns
    -------
    str
        ``"native"`` or ``"torchscript"``.
    """
    if wanted == GemsForce.Auto:
        is_native = model.has_native_evaluator and platform != "Reference"
    else:
        is_native = wanted == GemsForce.Native
    return "native" if is_native else "torchscript"


def _bytes_per_number(choice: PlatformChoice) -> int:
    is_double = choice.name == "Reference" or choice.properties.get("Precision") == "double"
    return 8 if is_double else 4


def _native_bytes(
    model: FileContent, positions: np.ndarray, volume: float | None, far_cutoff: float, size: int
) -> int:
    features, modules, cutoff = _network(model)
    numbers = _NATIVE_NUMBERS_OF_FIRST_MODULE + _NATIVE_NUMBERS_OF_A_MODULE * (modules - 1)
    of_pair = _NATIVE_BYTES_PER_PAIR + _NATIVE_NUMBERS_PER_PAIR * size
    far_pairs = 0.0  # no lists where all atoms interact
    if not math.isinf(far_cutoff):
        far_pairs = _num_pairs(positions, far_cutoff + _SKIN_OF_SIXTEEN, volume)
    return int(
        _NATIVE_BASE_BYTES
        + _NATIVE_NUMBERS_PER_PARAMETER * model.num_parameters * size
        + len(positions) * features * numbers * size
        + _num_pairs(positions, cutoff + _SKIN, volume) * of_pair
        + far_pairs * _NATIVE_BYTES_PER_FAR_PAIR
    )


def _torch_bytes(
    model: FileContent, positions: np.ndarray, volume: float | None, far_cutoff: float, size: int
) -> int:
    features, modules, cutoff = _network(model)
    near = modules * features * _num_pairs(positions, cutoff, volume)
    far = _num_pairs(positions, far_cutoff, volume)
    is_so3lr = model.description["architecture"] == "so3lr"
    kept = _TORCH_NUMBERS_OF_SO3LR if is_so3lr else _TORCH_NUMBERS_PER_PAIR_AND_FEATURE
    numbers = kept * near + _TORCH_NUMBERS_PER_FAR_PAIR * far
    return int(_TORCH_BASE_BYTES + size * numbers)


def _network(model: FileContent) -> tuple[int, int, float]:
    """Features, modules and cutoff (nm); those of the published network where a file is silent."""
    hyperparameters = model.description["hyperparameters"] or {}
    return (
        int(hyperparameters.get("num_features", 64)),
        int(hyperparameters.get("num_modules", hyperparameters.get("num_layers", 3))),
        0.1 * float(model.description["cutoff"] or 5.0),
    )


def _num_pairs(positions: np.ndarray, cutoff: float, volume: float | None) -> float:
    """Directed pairs within a cutoff, nm; with images, as many as at uniform density or more."""
    from scipy.spatial import cKDTree

    count = len(positions)
    if math.isinf(cutoff):
        return float(count * (count - 1))
    tree = cKDTree(positions)
    pairs = float(tree.count_neighbors(tree, cutoff)) - count
    if volume is None:
        return pairs
    return max(pairs, count * count / volume * 4.0 / 3.0 * math.pi * cutoff**3)
