# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers by Langevin dynamics with any engine, at temperatures where bonds may break.

The integrator is BAOAB (Leimkuhler and Matthews, Appl. Math. Res. Express 2013, 34 (2013),
doi:10.1093/amrx/abs010): half a kick, half a drift, friction and noise, half a drift, half a kick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .mechanics import ACCELERATION, BOLTZMANN_EV, Positions, Surface, masses_of
from .molecular_graph import MolecularGraph

_STEPS_BETWEEN_CHECKS = 10


@dataclass(frozen=True)
class Thermostat:
    """Langevin dynamics: temperature, time step, friction.

    ``hydrogen_mass_dalton``, if given, is the mass of hydrogens; no average over positions depends
    on masses.
    """

    temperature_kelvin: float
    time_step_fs: float = 0.5
    friction_per_ps: float = 10.0
    hydrogen_mass_dalton: float | None = None


@dataclass(frozen=True)
class FramePace:
    """Which frames are taken, in steps: after ``equilibration``, ``spacing`` apart.

    ``max_restarts`` is how often a run may begin again without a new frame.
    """

    number: int
    spacing: int
    equilibration: int
    max_restarts: int = 20


class LangevinDynamics:
    """One molecule in motion.

    Parameters
    ----------
    surface : Surface
    positions_angstrom : array [num_atoms, 3]
        Where it starts, with velocities of the temperature and no momentum.
    thermostat : Thermostat
    generator : numpy.random.Generator

    Attributes
    ----------
    positions_angstrom, velocities : arrays [num_atoms, 3]
        Angstrom, angstrom/fs.

    """

    def __init__(
        self,
        surface: Surface,
        positions_angstrom: Positions,
        thermostat: Thermostat,
        generator: np.random.Generator,
    ) -> None:
        masses = masses_of(surface.structure.atomic_numbers)[:, None]
        if thermostat.hydrogen_mass_dalton is not None:
            masses[surface.structure.atomic_numbers == 1] = thermostat.hydrogen_mass_dalton
        thermal = BOLTZMANN_EV * thermostat.temperature_kelvin * ACCELERATION
        self._surface, self._generator = surface, generator
        self._step = thermostat.time_step_fs
        self._kick = 0.5 * self._step * ACCELERATION / masses
        self._keep = np.exp(-thermostat.friction_per_ps * 1e-3 * self._step)
        self._noise = np.sqrt((1.0 - self._keep**2) * thermal / masses)
        self.positions_angstrom = np.array(positions_angstrom, float)
        self.velocities = generator.standard_normal(self.positions_angstrom.shape)
        self.velocities *= np.sqrt(thermal / masses)
        self.velocities -= (masses * self.velocities).sum(axis=0) / masses.sum()
        _, self._forces = surface.at(self.positions_angstrom)

    def step(self, number: int) -> None:
        """Make so many steps.

        Raises
        ------
        RuntimeError
            If the engine fails.

        """
        for _ in range(number):
            self.velocities += self._kick * self._forces
            self.positions_angstrom += 0.5 * self._step * self.velocities
            noise = self._generator.standard_normal(self.velocities.shape)
            self.velocities = self._keep * self.velocities + self._noise * noise
            self.positions_angstrom += 0.5 * self._step * self.velocities
            _, self._forces = self._surface.at(self.positions_angstrom)
            self.velocities += self._kick * self._forces


def hot_frames(
    surface: Surface,
    start_angstrom: Positions,
    graph: MolecularGraph,
    thermostat: Thermostat,
    pace: FramePace,
    generator: np.random.Generator,
) -> Iterator[tuple[Positions, int]]:
    """Yield frames of one run, each with the number of restarts so far.

    Bonds are looked at every 10 steps. When one broke or formed, or the engine fails on the way,
    the run begins again at the start with other random numbers; frames that were taken stay.

    Parameters
    ----------
    surface : Surface
    start_angstrom : array [num_atoms, 3]
    graph : MolecularGraph
        The bonds to keep.
    thermostat : Thermostat
    pace : FramePace
    generator : numpy.random.Generator
        Also of the runs that begin again.

    Raises
    ------
    RuntimeError
        If the run begins again more than ``pace.max_restarts`` times without a new frame.

    """
    taken = restarts = in_vain = 0
    while taken < pace.number:
        try:
            dynamics = LangevinDynamics(surface, start_angstrom, thermostat, generator)
            wait = pace.equilibration + pace.spacing
            while taken < pace.number and _advance(dynamics, wait, graph):
                taken += 1
                in_vain = 0
                yield dynamics.positions_angstrom.copy(), restarts
                wait = pace.spacing
            reason = "a bond broke or formed"
        except RuntimeError as error:
            reason = str(error)
        if taken < pace.number:
            restarts += 1
            in_vain += 1
        if in_vain > pace.max_restarts:
            raise RuntimeError(
                f"Dynamics of '{surface.structure.source}' at {thermostat.temperature_kelvin:g} K "
                f"was begun again {pace.max_restarts} times in vain and has {taken} of "
                f"{pace.number} frames; last reason: {reason}. Lower the temperature or the time "
                "step."
            )


def _advance(dynamics: LangevinDynamics, steps: int, graph: MolecularGraph) -> bool:
    """Make steps; stop and return False when bonds have changed."""
    for begin in range(0, steps, _STEPS_BETWEEN_CHECKS):
        dynamics.step(min(_STEPS_BETWEEN_CHECKS, steps - begin))
        if not graph.is_kept(dynamics.positions_angstrom):
            return False
    return True
