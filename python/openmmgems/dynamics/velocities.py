# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Velocities at the start of a segment, and degrees of freedom."""

from __future__ import annotations

import numpy as np
import openmm
from openmm import unit

from .protocol import GAS_CONSTANT, Ensemble, Segment, Thermostat

#: Of lengths, relative; a hundredth of OpenMM's own default for its integrators.
CONSTRAINT_TOLERANCE = 1e-7


def initial_velocities(
    masses: np.ndarray, positions: np.ndarray, segment: Segment, seed: int, *, periodic: bool
) -> np.ndarray:
    """Draw velocities from the Maxwell-Boltzmann distribution, without drift.

    For NVE without a box the rotation of the whole is taken out as well. Without constraints the
    kinetic energy is exactly that of the segment's temperature at its start.

    Parameters
    ----------
    masses : numpy.ndarray
        amu, shape ``[num_atoms]``; particles of mass 0 are at rest.
    positions : numpy.ndarray
        nm, shape ``[num_atoms, 3]``.
    segment : Segment
    seed : int
    periodic : bool
        Whether there is a box.

    Returns
    -------
    numpy.ndarray
        nm/ps, shape ``[num_atoms, 3]``.
    """
    moving = masses > 0
    velocities = np.zeros((len(masses), 3))
    weight, places = masses[moving][:, None], positions[moving]
    kt = GAS_CONSTANT * segment.start_temperature
    random = np.random.default_rng(seed)
    drawn = random.standard_normal((len(weight), 3)) * np.sqrt(kt / weight)
    if len(weight) > 1:
        drawn -= (weight * drawn).sum(axis=0) / weight.sum()
        degrees = 3 * len(weight) - 3
        if segment.ensemble is Ensemble.NVE and not periodic and len(weight) > 2:
            centred = places - (weight * places).sum(axis=0) / weight.sum()
            momentum = (weight * np.cross(centred, drawn)).sum(axis=0)
            squares = (weight[:, 0] * (centred**2).sum(axis=1)).sum()
            inertia = squares * np.eye(3) - (weight * centred).T @ centred
            drawn -= np.cross(np.linalg.lstsq(inertia, momentum, rcond=1e-8)[0], centred)
            degrees -= 3
        drawn *= np.sqrt(degrees * kt / (weight * drawn**2).sum())
    velocities[moving] = drawn
    return velocities


def draw_velocities(context: openmm.Context, segment: Segment, seed: int) -> None:
    """Draw velocities; with constraints, what is left of them gets the temperature.

    Parameters
    ----------
    context : openmm.Context
        With positions.
    segment : Segment
    seed : int
    """
    system = context.getSystem()
    state = context.getState(positions=True)
    positions = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    masses = np.array(
        [system.getParticleMass(i).value_in_unit(unit.dalton) for i in range(len(positions))]
    )
    periodic = system.usesPeriodicBoundaryConditions()
    velocities = initial_velocities(masses, positions, segment, seed, periodic=periodic)
    context.setVelocities(velocities)
    if system.getNumConstraints() == 0:
        return
    context.applyVelocityConstraints(CONSTRAINT_TOLERANCE)
    state = context.getState(velocities=True)
    velocities = state.getVelocities(asNumpy=True).value_in_unit(unit.nanometer / unit.picosecond)
    twice_kinetic = (masses[:, None] * velocities**2).sum()
    wanted = degrees_of_freedom(system, segment) * GAS_CONSTANT * segment.start_temperature
    context.setVelocities(velocities * np.sqrt(wanted / twice_kinetic))


def degrees_of_freedom(system: openmm.System, segment: Segment) -> int:
    """Three per massive particle, less constraints and what is kept at zero."""
    count = sum(3 for i in range(system.getNumParticles()) if system.getParticleMass(i)._value > 0)
    count -= system.getNumConstraints()
    if segment.ensemble is not Ensemble.NVE and segment.thermostat is Thermostat.LANGEVIN:
        return count  # random forces move the whole, too
    if count > 3:
        count -= 3
    if segment.ensemble is Ensemble.NVE and not system.usesPeriodicBoundaryConditions():
        count -= 3 if count > 3 else 0
    return count
