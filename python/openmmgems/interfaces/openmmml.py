# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The potentials 'gems' and 'so3lr' of openmm-ml.

``MLPotential("gems", modelPath=...)`` takes a model file or the name of a bundled model;
``MLPotential("so3lr")`` is the bundled model of that name.
"""

from collections.abc import Iterable
from typing import Any

import openmm
import openmm.app as app
from openmmml.mlpotential import MLPotentialImpl, MLPotentialImplFactory

from openmmgems.models import model_file
from openmmgems.models.inspect import inspect_model
from openmmgems.systems.chemistry import guess_total_charge
from openmmgems.systems.copy_topology import copy_topology
from openmmgems.systems.system import create_force


class GemsPotentialImplFactory(MLPotentialImplFactory):
    """Makes the implementation; openmm-ml finds it by an entry point."""

    def createImpl(self, name: str, modelPath: str | None = None, **args: Any) -> MLPotentialImpl:
        """Make the implementation for a model.

        Parameters
        ----------
        name : str
            Of the potential.
        modelPath : str
            A model file, or the name of a bundled model.
        **args
            ``evaluator``, ``attention``, ``electrostatics``, ``long_range_cutoff`` of
            :func:`openmmgems.systems.system.create_force`.

        """
        if modelPath is None:
            raise ValueError(
                f"MLPotential('{name}') needs modelPath, a model file or the name of a bundled "
                "model."
            )
        return GemsPotentialImpl(modelPath, **args)


class BundledPotentialImplFactory(GemsPotentialImplFactory):
    """Makes the implementation for the bundled model that is called as the potential is."""

    def createImpl(self, name: str, modelPath: str | None = None, **args: Any) -> MLPotentialImpl:
        """Make the implementation; for arguments see :class:`GemsPotentialImplFactory`."""
        return super().createImpl(name, modelPath or name, **args)


class GemsPotentialImpl(MLPotentialImpl):
    """Adds a GemsForce to the Systems that openmm-ml makes."""

    def __init__(self, model: str, **options: Any) -> None:
        self._model_file = model_file(model)
        self._options = options

    def getMLLongRange(self) -> bool:
        """In a mixed System the images are those of the force field."""
        return False

    def addForces(
        self,
        topology: app.Topology,
        system: openmm.System,
        atoms: Iterable[int] | None,
        forceGroup: int,
        charge: int | None = None,
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
        charge : int, optional
            Total charge of the atoms in elementary charges. By default what residues and bonds
            tell; 0 if atoms are cut out of a molecule or have unpaired electrons.
        multiplicity : int
            Spin multiplicity: number of unpaired electrons plus one.
        periodic : bool, optional
            Whether the atoms see their periodic images. By default, if the System is periodic; part
            of a System is taken as one molecule instead, under a model without long-range cutoff
            or with electrostatics of its own.
        **args
            What openmm-ml passes for others; not used.

        """
        chosen = list(range(topology.getNumAtoms()) if atoms is None else atoms)
        if periodic is None:
            is_part = len(chosen) < topology.getNumAtoms()
            periodic = topology.getPeriodicBoxVectors() is not None
            periodic = periodic and not (is_part and self._is_molecule_in_part())
        if charge is None:
            charge = 0 if multiplicity != 1 else _charge_of(topology, set(chosen))
        force = create_force(topology, self._model_file, chosen, **self._options)
        force.setTotalCharge(int(charge))
        force.setNumUnpairedElectrons(int(multiplicity) - 1)
        force.setUsesPeriodicBoundaryConditions(periodic)
        force.setForceGroup(forceGroup)
        system.addForce(force)

    def _is_molecule_in_part(self) -> bool:
        """Whether the model takes part of a System as a molecule without images."""
        description = inspect_model(self._model_file).description
        has_own = description.get("electrostatics") is not None
        return has_own or description["long_range_cutoff"] is None


def _charge_of(topology: app.Topology, members: set[int]) -> int:
    """Total charge of atoms, e, from residues and bonds; 0 if a bond is cut."""
    if any((b[0].index in members) != (b[1].index in members) for b in topology.bonds()):
        return 0
    atoms = [atom for atom in topology.atoms() if atom.index in members]
    return guess_total_charge(copy_topology(topology, atoms, topology.bonds()))
