# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""An OpenMM System, or a force, whose forces come from a machine-learned model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openmm
from openmm import app

from openmmgems.core.errors import StructureError
from openmmgems.models import model_file

from .chemistry import guess_total_charge

if TYPE_CHECKING:
    from openmmgems import GemsForce


def createSystem(
    topology: app.Topology,
    model: str | Path,
    *,
    total_charge: int | None = None,
    num_unpaired_electrons: int = 0,
    periodic: bool | None = None,
    evaluator: str = "auto",
    attention: str = "model-default",
    electrostatics: str = "default",
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
    evaluator, attention, electrostatics, long_range_cutoff
        See :func:`create_force`.

    Returns
    -------
    openmm.System
        Without constraints and without a centre-of-mass remover.
    """
    if total_charge is None:
        total_charge = guess_total_charge(topology)
    vectors = topology.getPeriodicBoxVectors()
    if periodic is None:
        periodic = vectors is not None
    system = _bare_system(list(topology.atoms()))
    if periodic:
        if vectors is None:
            raise ValueError("periodic is True, but the topology has no box.")
        system.setDefaultPeriodicBoxVectors(*vectors)
    force = create_force(
        topology,
        model,
        evaluator=evaluator,
        attention=attention,
        electrostatics=electrostatics,
        long_range_cutoff=long_range_cutoff,
    )
    force.setTotalCharge(total_charge)
    force.setNumUnpairedElectrons(num_unpaired_electrons)
    force.setUsesPeriodicBoundaryConditions(periodic)
    system.addForce(force)
    return system


def create_force(
    topology: app.Topology,
    model: str | Path,
    atoms: Sequence[int] | None = None,
    *,
    evaluator: str = "auto",
    attention: str = "model-default",
    electrostatics: str = "default",
    long_range_cutoff: float = 0.0,
) -> GemsForce:
    """Create a GemsForce for atoms of a topology, with the bonds between them.

    Parameters
    ----------
    topology : openmm.app.Topology
    model : str or path
        Name of a bundled model, or a model file.
    atoms : sequence of int, optional
        Indices; None: all.
    evaluator : {"auto", "torchscript", "native"}
        How the model is evaluated.
    attention : {"model-default", "exact", "smooth"}
        Form of the attention's maxima.
    electrostatics : {"default", "plain", "lattice", "cutoff"}
        Form of the electrostatics, of models that declare theirs: all pairs, summed over the
        lattice, or cut off. The default is lattice in a box, else plain.
    long_range_cutoff : float
        nm; 0 keeps the model's own.

    Returns
    -------
    GemsForce
        Neutral, without unpaired electrons, not periodic.
    """
    from openmmgems import GemsForce

    force = GemsForce(str(model_file(model)))
    elements = [atom.element for atom in topology.atoms()]
    chosen = range(len(elements)) if atoms is None else atoms
    for index in chosen:
        force.addAtom(index, elements[index].atomic_number)
    members = set(chosen)
    for first, second in topology.bonds():
        if first.index in members and second.index in members:
            force.addBond(first.index, second.index)
    force.setEvaluator(_choice(GemsForce, "evaluator", evaluator, _EVALUATORS))
    force.setAttention(_choice(GemsForce, "attention", attention, _ATTENTIONS))
    force.setElectrostatics(_choice(GemsForce, "electrostatics", electrostatics, _ELECTROSTATICS))
    if long_range_cutoff:
        force.setLongRangeCutoff(long_range_cutoff)
    return force


_EVALUATORS = {"auto": "Auto", "torchscript": "TorchScript", "native": "Native"}
_ATTENTIONS = {"model-default": "ModelDefault", "exact": "Exact", "smooth": "Smooth"}
_ELECTROSTATICS = {
    "default": "ModelDefault",
    "plain": "Plain",
    "lattice": "Lattice",
    "cutoff": "Cutoff",
}


def _bare_system(atoms: list[Any]) -> openmm.System:
    system = openmm.System()
    for atom in atoms:
        if atom.element is None:
            raise StructureError(f"Atom {atom.index} ({atom.name}) has no element.")
        system.addParticle(atom.element.mass)
    return system


def _choice(force_class: type, what: str, given: str, names: dict[str, str]) -> int:
    if given not in names:
        raise ValueError(f"{what} is '{given}'; expected one of {', '.join(names)}.")
    return int(getattr(force_class, names[given]))
