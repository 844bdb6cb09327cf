# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""An OpenMM System whose forces come from a machine-learned model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openmm
from openmm import app

from openmmgems.core.errors import OptionError, StructureError

from .chemistry import guess_total_charge


def createSystem(
    topology: app.Topology,
    model: str | Path,
    *,
    total_charge: int | None = None,
    num_unpaired_electrons: int = 0,
    periodic: bool | None = None,
    evaluator: str = "auto",
    attention: str = "model-default",
    long_range_cutoff: float = 0.0,
) -> openmm.System:
    """Create a System with a GemsForce for a topology.

    For a part of a System under a classical force field, take openmm-ml:
    ``MLPotential("gems", modelPath=model).createMixedSystem(...)``.

    Parameters
    ----------
    topology : openmm.app.Topology
        Atoms with elements, and bonds (they define molecules; they carry no energy).
    model : str or path
        Name of a bundled model, or a model file.
    total_charge : int, optional
        e. Default: guessed from residues and bonds
        (:func:`openmmgems.systems.chemistry.guess_total_charge`).
    num_unpaired_electrons : int
        Number of unpaired electrons.
    periodic : bool, optional
        Default: whether the topology has a box.
    evaluator : {"auto", "torchscript", "native"}
        How the model is evaluated.
    attention : {"model-default", "exact", "smooth"}
        Form of the attention's maxima.
    long_range_cutoff : float
        nm; 0 keeps the model's own.

    Returns
    -------
    openmm.System
        Without constraints and without a centre-of-mass remover.
    """
    from openmmgems import GemsForce

    if total_charge is None:
        total_charge = guess_total_charge(topology)
    atoms = list(topology.atoms())
    vectors = topology.getPeriodicBoxVectors()
    if periodic is None:
        periodic = vectors is not None
    system = _bare_system(atoms)
    if periodic:
        if vectors is None:
            raise ValueError("periodic is True, but the topology has no box.")
        system.setDefaultPeriodicBoxVectors(*vectors)
    force = GemsForce(str(model_file(model)))
    for atom in atoms:
        force.addAtom(atom.index, atom.element.atomic_number)
    for first, second in topology.bonds():
        force.addBond(first.index, second.index)
    force.setTotalCharge(total_charge)
    force.setNumUnpairedElectrons(num_unpaired_electrons)
    force.setUsesPeriodicBoundaryConditions(periodic)
    force.setEvaluator(_choice(GemsForce, "evaluator", evaluator, _EVALUATORS))
    force.setAttention(_choice(GemsForce, "attention", attention, _ATTENTIONS))
    if long_range_cutoff:
        force.setLongRangeCutoff(long_range_cutoff)
    system.addForce(force)
    return system


_EVALUATORS = {"auto": "Auto", "torchscript": "TorchScript", "native": "Native"}
_ATTENTIONS = {"model-default": "ModelDefault", "exact": "Exact", "smooth": "Smooth"}


def model_file(model: str | Path) -> Path:
    """Find the file of a bundled model's name, or check that a given file exists.

    Parameters
    ----------
    model : str or path
        A name (no slash, no ending) or a file.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    """
    from openmmgems import models

    if Path(model).is_file():
        return Path(model).resolve()
    names = models.names()
    if str(model) in names:
        return Path(models.path(str(model)))
    raise FileNotFoundError(
        f"There is no model '{model}': it is neither a file nor a bundled model "
        f"({', '.join(names) or 'none is bundled'})."
    )


def _bare_system(atoms: list[Any]) -> openmm.System:
    system = openmm.System()
    for atom in atoms:
        if atom.element is None:
            raise StructureError(f"Atom {atom.index} ({atom.name}) has no element.")
        system.addParticle(atom.element.mass)
    return system


def _choice(force_class: type, what: str, given: str, names: dict[str, str]) -> int:
    if given not in names:
        raise OptionError(f"{what} is '{given}'; expected one of {', '.join(names)}.")
    return int(getattr(force_class, names[given]))
