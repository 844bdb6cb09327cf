# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What to simulate: segments one after the other, each with its ensemble, length and output."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from enum import StrEnum

import openmm
from openmm import unit

from openmmgems.core.errors import OptionError

#: kJ/mol/K.
GAS_CONSTANT = unit.MOLAR_GAS_CONSTANT_R.value_in_unit(unit.kilojoule_per_mole / unit.kelvin)
# kJ/mol/nm, of a minimisation; OpenMM's own default.
_FORCE_TOLERANCE = 10.0


class Ensemble(StrEnum):
    """Which quantities the dynamics keep."""

    NVE = "nve"
    NVT = "nvt"
    NPT = "npt"


class ThermostatKind(StrEnum):
    """What keeps the temperature, outside NVE."""

    NOSE_HOOVER = "nose-hoover"
    LANGEVIN = "langevin"


Dihedral = tuple[int, int, int, int]


@dataclass(frozen=True)
class DihedralRestraint:
    """Dihedrals (four atoms each) held at angles in radian: k (1 - cos(angle - target)).

    ``force_constant``: k, kJ/mol.
    """

    targets: tuple[tuple[Dihedral, float], ...]
    force_constant: float

    def make_force(self) -> openmm.Force:
        """Make it for a System."""
        force = openmm.CustomTorsionForce("k*(1-cos(theta-target))")
        force.addGlobalParameter("k", self.force_constant)
        force.addPerTorsionParameter("target")
        for atoms, angle in self.targets:
            force.addTorsion(*atoms, [angle])
        return force


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One part of a run: its own ensemble, temperature, bias, length and frames.

    Attributes
    ----------
    name : str
        For logs and messages.
    ensemble : Ensemble
    thermostat : ThermostatKind
    temperature : float
        K.
    pressure_bar : float
        bar.
    collision_rate : float
        1/ps, of the thermostat.
    bias : DihedralRestraint, optional
    start : str
        State of the run's folder that it starts from; empty: where the segment before ended.
    force_tolerance : float
        kJ/mol/nm; first go to where forces are that small. 0: do not.
    max_iterations : int
        Of that; 0: as many as it takes.
    start_temperature : float
        K, of velocities drawn at its start; 0: those there are go on.
    num_steps : int
    frame_interval : int
        Steps between frames; 0: none are kept.
    checkpoint_interval : int
        Steps between checkpoints; there is one at its start and at its end, too.
    kept_as : str
        State of the folder that its end becomes; empty: none.
    """

    name: str = ""
    ensemble: Ensemble = Ensemble.NVT
    thermostat: ThermostatKind = ThermostatKind.NOSE_HOOVER
    temperature: float = 300.0
    pressure_bar: float = 1.01325
    collision_rate: float = 1.0
    bias: DihedralRestraint | None = None
    start: str = ""
    force_tolerance: float = 0.0
    max_iterations: int = 0
    start_temperature: float = 0.0
    num_steps: int
    frame_interval: int
    checkpoint_interval: int
    kept_as: str = ""

    @property
    def num_frames(self) -> int:
        """Frames that it keeps."""
        return self.num_steps // self.frame_interval if self.frame_interval else 0


class Schedule(typing.Protocol):
    """What a run goes through: segments, and what they have in common."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """One after the other."""

    @property
    def num_steps(self) -> int:
        """Of all segments together."""

    @property
    def length_ps(self) -> float:
        """Of all segments together, ps."""

    @property
    def time_step_fs(self) -> float:
        """Of all segments, fs."""

    @property
    def seed(self) -> int:
        """Of all random numbers."""

    @property
    def log_interval(self) -> int:
        """Steps between lines of the log; 0: a line with each frame."""

    @property
    def trajectory_format(self) -> str:
        """``"dcd"`` or ``"xtc"``."""

    @property
    def wraps_molecules(self) -> bool:
        """Whether frames have molecules in the box, not where they went."""

    @property
    def renews(self) -> bool:
        """Whether each checkpoint is followed by a new Context with random numbers of its own.

        Then nothing depends on where the run was interrupted, even where OpenMM's own checkpoints
        do not hold all (on the CPU platform the order of sums depends on the neighbour list).
        """


@dataclass(frozen=True)
class Protocol:
    """Settings of a run of one segment; all that changes its numbers.

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
                raise OptionError(f"{name} is {getattr(self, name)}; expected more than 0.")
        if self.seed < 0:
            raise OptionError(f"seed is {self.seed}; expected 0 or more.")
        if self.trajectory_format not in ("dcd", "xtc"):
            raise OptionError(
                f"trajectory_format is '{self.trajectory_format}'; expected dcd or xtc."
            )

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The one segment; from a minimum, velocities start at twice the temperature."""
        segment = Segment(
            ensemble=self.ensemble,
            temperature=self.temperature,
            pressure_bar=self.pressure_bar,
            collision_rate=self.collision_rate,
            force_tolerance=_FORCE_TOLERANCE if self.minimise else 0.0,
            start_temperature=(2.0 if self.minimise else 1.0) * self.temperature,
            num_steps=self.num_steps,
            frame_interval=self.frame_interval,
            checkpoint_interval=self.checkpoint_interval,
        )
        return (segment,)

    @property
    def wraps_molecules(self) -> bool:
        """Frames have molecules in the box."""
        return True

    @property
    def renews(self) -> bool:
        """The Context goes on after a checkpoint, and so does its thermostat."""
        return False

    @property
    def length_ps(self) -> float:
        """Length of the run, ps."""
        return self.num_steps * self.time_step_fs * 1e-3

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


def ns_per_day(protocol: Schedule, steps_per_second: float) -> float:
    """Simulated ns per day of wall time."""
    return protocol.time_step_fs * 1e-6 * 86400.0 * steps_per_second


def add_ensemble_forces(system: openmm.System, segment: Segment, seed: int) -> None:
    """Add what a segment needs and the System lacks.

    That is: under a Nose-Hoover thermostat the removal of drift; a barostat; the bias.

    Parameters
    ----------
    system : openmm.System
        Changed in place.
    segment : Segment
    seed : int
        Of the barostat.
    """
    present = {type(force) for force in system.getForces()}
    if segment.bias is not None:
        system.addForce(segment.bias.make_force())
    if segment.ensemble is Ensemble.NVE:
        return
    drifts = segment.thermostat is ThermostatKind.NOSE_HOOVER
    if drifts and openmm.CMMotionRemover not in present:
        system.addForce(openmm.CMMotionRemover(100))
    if segment.ensemble is Ensemble.NPT:
        if not system.usesPeriodicBoundaryConditions():
            raise OptionError("The NPT ensemble needs a periodic box; this structure has none.")
        if openmm.MonteCarloBarostat not in present:
            barostat = openmm.MonteCarloBarostat(
                segment.pressure_bar * unit.bar, segment.temperature * unit.kelvin, 25
            )
            barostat.setRandomNumberSeed(seed)
            system.addForce(barostat)


def make_integrator(segment: Segment, time_step_fs: float, seed: int) -> openmm.Integrator:
    """Make the integrator of a segment.

    Parameters
    ----------
    segment : Segment
    time_step_fs : float
        fs.
    seed : int
        Of random forces.

    Returns
    -------
    openmm.Integrator
    """
    step = time_step_fs * unit.femtosecond
    temperature, rate = segment.temperature * unit.kelvin, segment.collision_rate / unit.picosecond
    if segment.ensemble is Ensemble.NVE:
        return openmm.VerletIntegrator(step)
    if segment.thermostat is ThermostatKind.NOSE_HOOVER:
        return openmm.NoseHooverIntegrator(temperature, rate, step, 3)
    integrator = openmm.LangevinMiddleIntegrator(temperature, rate, step)
    integrator.setRandomNumberSeed(seed)
    return integrator
