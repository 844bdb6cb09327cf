# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What to simulate: ensemble, temperature, pressure, time step, length, output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import openmm
from openmm import unit

#: kJ/mol/K.
GAS_CONSTANT = unit.MOLAR_GAS_CONSTANT_R.value_in_unit(unit.kilojoule_per_mole / unit.kelvin)


class Ensemble(StrEnum):
    """Which quantities the dynamics keep."""

    NVE = "nve"
    NVT = "nvt"
    NPT = "npt"


@dataclass(frozen=True)
class Protocol:
    """Settings of one run; all that changes its numbers.

    Attributes
    ----------
    ensemble : Ensemble
        NVE: velocity Verlet. NVT: Nose-Hoover chain of length 3. NPT: the same with a Monte Carlo
        barostat.
    temperature : float
        K. From a minimum, velocities start at twice this temperature: half of their energy goes
        into vibrations.
    pressure_bar : float
        bar.
    time_step_fs : float
        fs.
    num_steps : int
        Length of the run.
    minimise : bool
        Go to the nearest minimum first.
    frame_interval, log_interval, checkpoint_interval : int
        Steps between frames, log lines and checkpoints.
    collision_rate : float
        1/ps, frequency of the Nose-Hoover chain.
    trajectory_format : str
        ``"dcd"`` or ``"xtc"``.
    seed : int
        Of velocities and of the barostat.
    """

    ensemble: Ensemble = Ensemble.NVT
    temperature: float = 300.0
    pressure_bar: float = 1.01325
    time_step_fs: float = 0.5
    num_steps: int = 20000
    minimise: bool = True
    frame_interval: int = 200
    log_interval: int = 20
    checkpoint_interval: int = 2000
    collision_rate: float = 1.0
    trajectory_format: str = "dcd"
    seed: int = 1

    def __post_init__(self) -> None:
        positive = ("temperature", "time_step_fs", "num_steps", "collision_rate")
        for name in (*positive, "frame_interval", "log_interval", "checkpoint_interval"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0.")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; expected 0 or more.")
        if self.trajectory_format not in ("dcd", "xtc"):
            raise ValueError(
                f"trajectory_format is '{self.trajectory_format}'; expected dcd or xtc."
            )

    @property
    def length_ps(self) -> float:
        """Length of the run, ps."""
        return self.num_steps * self.time_step_fs * 1e-3

    def ns_per_day(self, steps_per_second: float) -> float:
        """Simulated ns per day of wall time."""
        return self.time_step_fs * 1e-6 * 86400.0 * steps_per_second

    @property
    def description(self) -> str:
        """Ensemble, length, time step and start, in one line."""
        start = self.temperature * (2 if self.minimise else 1)
        what = {
            Ensemble.NVE: f"NVE, velocities at {start:g} K",
            Ensemble.NVT: f"NVT, {self.temperature:g} K, Nose-Hoover chain",
            Ensemble.NPT: f"NPT, {self.temperature:g} K, {self.pressure_bar:g} bar",
        }[self.ensemble]
        minimised = "minimised first" if self.minimise else "not minimised"
        return f"{what}, {self.length_ps:g} ps in steps of {self.time_step_fs:g} fs, {minimised}"


def add_ensemble_forces(system: openmm.System, protocol: Protocol) -> None:
    """Add what the ensemble needs to a System: barostat, removal of drift under a thermostat.

    Parameters
    ----------
    system : openmm.System
        Changed in place.
    protocol : Protocol
    """
    if protocol.ensemble is Ensemble.NVE:
        return
    system.addForce(openmm.CMMotionRemover(100))
    if protocol.ensemble is Ensemble.NPT:
        if not system.usesPeriodicBoundaryConditions():
            raise ValueError("The NPT ensemble needs a periodic box; this structure has none.")
        barostat = openmm.MonteCarloBarostat(
            protocol.pressure_bar * unit.bar, protocol.temperature * unit.kelvin, 25
        )
        barostat.setRandomNumberSeed(protocol.seed)
        system.addForce(barostat)


def make_integrator(protocol: Protocol) -> openmm.Integrator:
    """Make the integrator of a protocol.

    Parameters
    ----------
    protocol : Protocol

    Returns
    -------
    openmm.Integrator
    """
    step = protocol.time_step_fs * unit.femtosecond
    if protocol.ensemble is Ensemble.NVE:
        return openmm.VerletIntegrator(step)
    return openmm.NoseHooverIntegrator(
        protocol.temperature * unit.kelvin, protocol.collision_rate / unit.picosecond, step, 3
    )


def initial_velocities(
    masses: np.ndarray, positions: np.ndarray, protocol: Protocol, *, periodic: bool
) -> np.ndarray:
    """Draw velocities from the Maxwell-Boltzmann distribution, without drift.

    For NVE without a box the rotation of the whole is taken out as well. Without constraints the
    kinetic energy is exactly that of :func:`initial_temperature`.

    Parameters
    ----------
    masses : numpy.ndarray
        amu, shape ``[num_atoms]``; particles of mass 0 are at rest.
    positions : numpy.ndarray
        nm, shape ``[num_atoms, 3]``.
    protocol : Protocol
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
    kt = GAS_CONSTANT * initial_temperature(protocol)
    random = np.random.default_rng(protocol.seed)
    drawn = random.standard_normal((len(weight), 3)) * np.sqrt(kt / weight)
    if len(weight) > 1:
        drawn -= (weight * drawn).sum(axis=0) / weight.sum()
        degrees = 3 * len(weight) - 3
        if protocol.ensemble is Ensemble.NVE and not periodic and len(weight) > 2:
            centred = places - (weight * places).sum(axis=0) / weight.sum()
            momentum = (weight * np.cross(centred, drawn)).sum(axis=0)
            squares = (weight[:, 0] * (centred**2).sum(axis=1)).sum()
            inertia = squares * np.eye(3) - (weight * centred).T @ centred
            drawn -= np.cross(np.linalg.lstsq(inertia, momentum, rcond=1e-8)[0], centred)
            degrees -= 3
        drawn *= np.sqrt(degrees * kt / (weight * drawn**2).sum())
    velocities[moving] = drawn
    return velocities


def initial_temperature(protocol: Protocol) -> float:
    """Temperature of the velocities at step 0, K: from a minimum twice the protocol's."""
    return (2.0 if protocol.minimise else 1.0) * protocol.temperature
