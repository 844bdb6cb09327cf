# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Take the classical interactions among some atoms out of a System (mechanical embedding)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import openmm
from openmm import XmlSerializer

# Force class -> (count, getter, adder, number of leading particle indices)
_BONDED = {
    openmm.HarmonicBondForce: ("getNumBonds", "getBondParameters", "addBond", 2),
    openmm.HarmonicAngleForce: ("getNumAngles", "getAngleParameters", "addAngle", 3),
    openmm.PeriodicTorsionForce: ("getNumTorsions", "getTorsionParameters", "addTorsion", 4),
    openmm.RBTorsionForce: ("getNumTorsions", "getTorsionParameters", "addTorsion", 4),
}


def remove_internal_interactions(system: openmm.System, atoms: Iterable[int]) -> None:
    """Remove the bonded and nonbonded interactions in which only the given atoms take part.

    Parameters
    ----------
    system : openmm.System
        Changed in place.
    atoms : iterable of int
        Whole molecules.

    Raises
    ------
    ValueError
        If a force is of a kind for which this is not defined, or an atom is constrained.
    """
    chosen = set(atoms)
    for k in range(system.getNumConstraints()):
        i, j, _ = system.getConstraintParameters(k)
        if i in chosen or j in chosen:
            raise ValueError(
                f"The atoms {i} and {j} are constrained; create the classical System with "
                "constraints=None and rigidWater=False."
            )
    for index in reversed(range(system.getNumForces())):
        force = system.getForce(index)
        if type(force) in _BONDED:
            kept = _without_internal(force, chosen)
            system.removeForce(index)
            system.addForce(kept)
        elif isinstance(force, openmm.NonbondedForce):
            _exclude_pairs(force, chosen)
        elif not isinstance(force, openmm.CMMotionRemover | openmm.MonteCarloBarostat):
            raise ValueError(
                f"Interactions of a {type(force).__name__} cannot be divided between a classical "
                "force field and a model."
            )


def _without_internal(force: openmm.Force, chosen: set[int]) -> openmm.Force:
    """Copy a bonded force, leaving out terms whose particles are all chosen."""
    count, getter, adder, num_particles = _BONDED[type(force)]
    kept = type(force)()
    kept.setUsesPeriodicBoundaryConditions(force.usesPeriodicBoundaryConditions())
    kept.setForceGroup(force.getForceGroup())
    kept.setName(force.getName())
    for k in range(getattr(force, count)()):
        parameters = getattr(force, getter)(k)
        if not chosen.issuperset(parameters[:num_particles]):
            getattr(kept, adder)(*parameters)
    return kept


def _exclude_pairs(force: openmm.NonbondedForce, chosen: set[int]) -> None:
    for i, j in combinations(sorted(chosen), 2):
        force.addException(i, j, 0.0, 1.0, 0.0, True)


def copy_system(system: openmm.System) -> openmm.System:
    """Copy a System through its XML form.

    Parameters
    ----------
    system : openmm.System

    Returns
    -------
    openmm.System
    """
    return XmlSerializer.deserialize(XmlSerializer.serialize(system))
