# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""An OpenMM System whose forces come from a machine-learned model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openmm
from openmm import app

from openmmgems.core.errors import StructureError

from .chemistry import guess_total_charge


def createSystem(
    topology: app.Topology,
    model: str | Path,
    *,
    total_charge: int | None = None,
    num_unpaired_electrons: int = 0,
    ml_atoms: Iterable[int] | None = None,
    mm_system: openmm.System | None = None,
    periodic: bool | None = None,
    evaluator: str = "auto",
    attention: str = "model-default",
    long_range_cutoff: float = 0.0,
) -> openmm.System:
    """Create a System with a GemsForce for a topology, or for part of it.

    Parameters
    ----------
    topology : openmm.app.Topology
        Atoms with elements, and bonds (they define molecules; they carry no energy).
    model : str or path
        Name of a bundled model, or a model file.
    total_charge : int, optional
        Charge of the atoms the model sees, e. Default: guessed from residues and bonds
        (:func:`openmmgems.systems.chemistry.guess_total_charge`); with `ml_atoms`, give it.
    num_unpaired_electrons : int
        Unpaired electrons of these atoms.
    ml_atoms : iterable of int, optional
        Indices of the atoms the model sees: whole molecules. Needs `mm_system`. Default: all.
    mm_system : openmm.System, optional
        A System for the same topology with a classical force field and without constraints on the
        model's atoms. It is changed: its interactions among these atoms are taken out; those with
        all other atoms stay (mechanical embedding).
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
        Without constraints and without a centre-of-mass remover, unless `mm_system` has them.
    """
    from openmmgems import GemsForce

    if (ml_atoms is None) != (mm_system is None):
        raise ValueError("ml_atoms and mm_system go together: give both or none.")
    if total_charge is None:
        if ml_atoms is not None:
            raise ValueError("total_charge of the ml_atoms is needed.")
        total_charge = guess_total_charge(topology)
    atoms = list(topology.atoms())
    selected = sorted(set(range(len(atoms)) if ml_atoms is None else ml_atoms))
    _check_selection(topology, selected)
    vectors = topology.getPeriodicBoxVectors()
    if periodic is None:
        periodic = vectors is not None
    system = mm_system if mm_system is not None else _bare_system(atoms)
    if mm_system is not None:
        from .mixed import remove_internal_interactions

        remove_internal_interactions(system, selected)
    if periodic:
        if vectors is None:
            raise ValueError("periodic is True, but the topology has no box.")
        system.setDefaultPeriodicBoxVectors(*vectors)
    force = GemsForce(str(model_file(model)))
    for index in selected:
        force.addAtom(index, atoms[index].element.atomic_number)
    chosen = set(selected)
    for bond in topology.bonds():
        if bond[0].index in chosen:
            force.addBond(bond[0].index, bond[1].index)
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


def _check_selection(topology: app.Topology, selected: list[int]) -> None:
    count = topology.getNumAtoms()
    if not selected:
        raise ValueError("ml_atoms is empty; the model needs at least one atom.")
    if selected[0] < 0 or selected[-1] >= count:
        raise ValueError(f"ml_atoms must lie between 0 and {count - 1}.")
    chosen = set(selected)
    for bond in topology.bonds():
        if (bond[0].index in chosen) != (bond[1].index in chosen):
            raise ValueError(
                f"ml_atoms cuts the bond between atoms {bond[0].index} ({bond[0].residue.name} "
                f"{bond[0].name}) and {bond[1].index} ({bond[1].residue.name} {bond[1].name}); "
                "choose whole molecules."
            )


def _choice(force_class: type, what: str, given: str, names: dict[str, str]) -> int:
    if given not in names:
        raise ValueError(f"{what} is '{given}'; expected one of {', '.join(names)}.")
    return int(getattr(force_class, names[given]))
