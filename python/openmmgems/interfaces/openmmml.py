# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The potential 'gems' of openmm-ml: ``MLPotential('gems', modelPath='model.pt')``."""

from collections.abc import Iterable
from typing import Any

import openmm
import openmm.app as app
from openmmml.mlpotential import MLPotentialImpl, MLPotentialImplFactory

from openmmgems.gemsforce import GemsForce
from openmmgems.models.inspect import inspect_model


class GemsPotentialImplFactory(MLPotentialImplFactory):
    """Makes the implementation; openmm-ml finds it by an entry point."""

    def createImpl(self, name: str, modelPath: str | None = None, **args: Any) -> MLPotentialImpl:
        """Make the implementation for a model file."""
        if modelPath is None:
            raise ValueError(f"MLPotential('{name}') needs modelPath, the path of a model file.")
        return GemsPotentialImpl(modelPath)


class GemsPotentialImpl(MLPotentialImpl):
    """Adds a GemsForce to the Systems that openmm-ml makes."""

    def __init__(self, model_file: str) -> None:
        self._model_file = model_file

    def getMLLongRange(self) -> bool:
        """Models have no lattice sum: their long-range part ends at a cutoff."""
        return False

    def addForces(
        self,
        topology: app.Topology,
        system: openmm.System,
        atoms: Iterable[int] | None,
        forceGroup: int,
        charge: int = 0,
        multiplicity: int = 1,
        periodic: bool | None = None,
        **args: Any,
    ) -> None:
        """Add a GemsForce.

        Parameters
        ----------
        topology : openmm.app.Topology
            With link atoms, where openmm-ml has added any.
        system : openmm.System
            The System that gets the force.
        atoms : iterable of int, optional
            The atoms of the model; None: all.
        forceGroup : int
            Group of the force.
        charge : int
            Total charge of the atoms in elementary charges.
        multiplicity : int
            Spin multiplicity: number of unpaired electrons plus one.
        periodic : bool, optional
            Whether the atoms see their periodic images. By default, if the System is periodic; part
            of a System under a model without long-range cutoff is taken as one molecule instead.
        **args
            What openmm-ml passes for others; not used.

        """
        all_atoms = list(topology.atoms())
        chosen = list(range(len(all_atoms)) if atoms is None else atoms)
        if periodic is None:
            periodic = topology.getPeriodicBoxVectors() is not None
            if periodic and atoms is not None:
                description = inspect_model(self._model_file).description
                periodic = description["long_range_cutoff"] is not None
        force = GemsForce(self._model_file)
        for index in chosen:
            force.addAtom(index, all_atoms[index].element.atomic_number)
        members = set(chosen)
        for first, second in topology.bonds():
            if first.index in members and second.index in members:
                force.addBond(first.index, second.index)
        force.setTotalCharge(int(charge))
        force.setNumUnpairedElectrons(int(multiplicity) - 1)
        force.setUsesPeriodicBoundaryConditions(periodic)
        force.setForceGroup(forceGroup)
        system.addForce(force)
