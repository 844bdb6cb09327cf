# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Run dynamics so that it can be stopped or killed at any time and go on later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import openmm
from openmm import app, unit

from openmmgems.core.errors import ResourceError, UnstableSimulationError
from openmmgems.core.files import DISK_FULL
from openmmgems.core.quantities import format_seconds
from openmmgems.core.stages import Work

from .checkpoint import Progress, read_checkpoint, write_checkpoint
from .platform_choice import PlatformChoice
from .protocol import (
    GAS_CONSTANT,
    Ensemble,
    Protocol,
    initial_temperature,
    initial_velocities,
    make_integrator,
)
from .reporters import EnergyLog, TrajectoryFile
from .run_folder import RunFolder

_SILENT = Work()
_SECONDS_BETWEEN_UPDATES = 0.5
# Of lengths, relative; a hundredth of OpenMM's own default for its integrators.
_CONSTRAINT_TOLERANCE = 1e-7


def make_simulation(
    topology: app.Topology, system: openmm.System, protocol: Protocol, choice: PlatformChoice
) -> app.Simulation:
    """Make what a run computes with: nothing of it is in a folder yet.

    Parameters
    ----------
    topology : openmm.app.Topology
    system : openmm.System
        With everything the ensemble needs (``add_ensemble_forces``).
    protocol : Protocol
    choice : PlatformChoice

    Returns
    -------
    openmm.app.Simulation
    """
    integrator = make_integrator(protocol)
    return app.Simulation(topology, system, integrator, choice.platform, choice.properties)


def place(context: openmm.Context, positions: np.ndarray) -> None:
    """Set positions, with constraints kept.

    Parameters
    ----------
    context : openmm.Context
    positions : numpy.ndarray
        nm, shape ``[num_atoms, 3]``.

    Raises
    ------
    UnstableSimulationError
        If there the energy is not finite.
    """
    context.setPositions(positions)
    context.applyConstraints(_CONSTRAINT_TOLERANCE)
    if not _is_finite(context):
        raise UnstableSimulationError(_unstable("at the start"))


class Run:
    """One simulation in one folder.

    Call :meth:`start` or :meth:`resume` once, then :meth:`advance`, then :meth:`close`. From the
    beginning until it is closed nobody else can run in the folder.

    Parameters
    ----------
    folder : RunFolder
    simulation : openmm.app.Simulation
        See :func:`make_simulation`.
    protocol : Protocol
    choice : PlatformChoice
    held : contextlib.ExitStack, optional
        Holds the folder's lock, and is closed with the run. Default: the run locks the folder.

    Raises
    ------
    RunFolderError
        If another run holds the folder.
    """

    def __init__(
        self,
        folder: RunFolder,
        simulation: app.Simulation,
        protocol: Protocol,
        choice: PlatformChoice,
        held: ExitStack | None = None,
    ) -> None:
        self.folder = folder
        self.simulation = simulation
        self.protocol = protocol
        self.choice = choice
        if held is None:
            held = ExitStack()
            held.enter_context(folder.locked())
        self._held = held
        self._reporters: tuple[EnergyLog, TrajectoryFile] | None = None
        self._good_step = 0

    @property
    def step(self) -> int:
        """Steps done."""
        return int(self.simulation.currentStep)

    @property
    def num_frames(self) -> int:
        """Frames in the trajectory."""
        return self._reporters[1].num_frames if self._reporters else 0

    def prepare(self, positions: np.ndarray, work: Work = _SILENT) -> None:
        """Set positions, go to a minimum if the protocol says so, and draw velocities.

        Parameters
        ----------
        positions : numpy.ndarray
            nm, shape ``[num_atoms, 3]``.
        work : Work
            Asked between the steps of the minimisation whether to stop.
        """
        context = self.simulation.context
        place(context, positions)
        if self.protocol.minimise:
            work.say("Minimising ...")
            openmm.LocalEnergyMinimizer.minimize(context, 10.0, 0, _MinimisationGuard(work))
            self._require_finite("after the minimisation")
        state = context.getState(positions=True)
        minimum = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
        self._draw_velocities(minimum)
        self.folder.write_structure("minimised", self.simulation.topology, minimum)

    def _draw_velocities(self, positions: np.ndarray) -> None:
        """Draw velocities; with constraints, what is left of them gets the temperature."""
        context, system = self.simulation.context, self.simulation.system
        masses = np.array(
            [system.getParticleMass(i).value_in_unit(unit.dalton) for i in range(len(positions))]
        )
        periodic = system.usesPeriodicBoundaryConditions()
        velocities = initial_velocities(masses, positions, self.protocol, periodic=periodic)
        context.setVelocities(velocities)
        if system.getNumConstraints() == 0:
            return
        context.applyVelocityConstraints(_CONSTRAINT_TOLERANCE)
        state = context.getState(velocities=True)
        velocities = state.getVelocities(asNumpy=True).value_in_unit(
            unit.nanometer / unit.picosecond
        )
        twice_kinetic = (masses[:, None] * velocities**2).sum()
        wanted = (
            _degrees_of_freedom(system, self.protocol)
            * GAS_CONSTANT
            * initial_temperature(self.protocol)
        )
        context.setVelocities(velocities * np.sqrt(wanted / twice_kinetic))

    def start(self) -> None:
        """Open the output files and write the checkpoint of step 0; call after :meth:`prepare`."""
        self._open_files(None)
        log, _ = self._files
        log.report(self.simulation, self.simulation.context.getState(energy=True))
        self._write_checkpoint()

    def resume(self) -> bool:
        """Go back to the newest checkpoint; False if there was none and the run must start."""
        checkpoint = read_checkpoint(self.folder)
        if checkpoint is None:
            return False
        self.is_exact = checkpoint.restore(self.simulation.context, self.choice.name)
        self._open_files(checkpoint.progress)
        self._good_step = checkpoint.progress.step
        return True

    def advance(self, work: Work = _SILENT) -> None:
        """Run to the end of the protocol, or until asked to stop; a checkpoint is written then.

        Parameters
        ----------
        work : Work
            Told about twice a second how many steps are done, and asked then whether to stop.

        Raises
        ------
        UnstableSimulationError
            If a coordinate or an energy is not finite; the last good checkpoint stays.
        ResourceError
            If the disk is full; the last good checkpoint stays.
        """
        with self._translating_errors():
            self._advance(work)

    def close(self) -> None:
        """Close the output files and let others run in the folder."""
        with self._held:
            for reporter in self._reporters or ():
                reporter.close()

    @property
    def _files(self) -> tuple[EnergyLog, TrajectoryFile]:
        if self._reporters is None:
            raise RuntimeError("Call start or resume first.")
        return self._reporters

    def _open_files(self, progress: Progress | None) -> None:
        simulation, protocol = self.simulation, self.protocol
        log = EnergyLog(
            self.folder.log,
            protocol.log_interval,
            _degrees_of_freedom(simulation.system, protocol),
            progress.log_bytes if progress else 0,
        )
        try:
            trajectory = TrajectoryFile(
                self.folder.trajectory(protocol.trajectory_format),
                simulation.topology,
                protocol,
                progress.trajectory_bytes if progress else 0,
                progress.num_frames if progress else 0,
            )
        except BaseException:
            log.close()
            raise
        self._reporters = (log, trajectory)
        simulation.reporters[:] = [log, trajectory]

    def _advance(self, work: Work) -> None:
        chunk, first, began = 1, self.step, time.perf_counter()
        interval = self.protocol.checkpoint_interval
        while self.step < self.protocol.num_steps and not work.is_stopped:
            to_checkpoint = interval - self.step % interval
            before, start = self.step, time.perf_counter()
            self.simulation.step(min(chunk, to_checkpoint, self.protocol.num_steps - self.step))
            speed = (self.step - before) / max(time.perf_counter() - start, 1e-9)
            chunk = max(1, min(4 * chunk, int(speed * _SECONDS_BETWEEN_UPDATES)))
            if self.step % interval == 0:
                self._write_checkpoint()
            rate = (self.step - first) / (time.perf_counter() - began)
            work.show(self.step, self.protocol.num_steps, self._describe(rate))
        if self._good_step != self.step:
            self._write_checkpoint()

    def _describe(self, steps_per_second: float) -> str:
        """How the run stands, in one line."""
        protocol, latest = self.protocol, self._files[0].latest
        left = (protocol.num_steps - self.step) / max(steps_per_second, 1e-9)
        text = (
            f"{self.step * protocol.time_step_fs * 1e-3:.2f} of {protocol.length_ps:g} ps, "
            f"{protocol.ns_per_day(steps_per_second):.3g} ns/day, {format_seconds(left)} left"
        )
        if latest:
            text += f", {latest['temperature']:.0f} K, {latest['potential']:.1f} kJ/mol"
        return text

    def _write_checkpoint(self) -> None:
        self._require_finite(f"between step {self._good_step} and step {self.step}")
        log, trajectory = self._files
        log.flush()
        trajectory.flush()
        progress = Progress(
            self.step, trajectory.num_frames, trajectory.size, log.size, self.choice.name
        )
        write_checkpoint(self.folder, self.simulation.context, progress)
        self._good_step = self.step

    def _require_finite(self, when: str) -> None:
        if not _is_finite(self.simulation.context):
            raise UnstableSimulationError(self._unstable(when))

    def _unstable(self, when: str) -> str:
        kept = f"; the checkpoint of step {self._good_step} is kept" if self._reporters else ""
        return _unstable(when, kept)

    @contextmanager
    def _translating_errors(self) -> Iterator[None]:
        try:
            yield
        except FloatingPointError as error:
            raise UnstableSimulationError(self._unstable(f"at step {self.step}")) from error
        except openmm.OpenMMException as error:
            text = str(error).lower()
            if "nan" in text or "finite" in text:
                when = f"at step {self.step + 1}"
                raise UnstableSimulationError(self._unstable(when)) from error
            raise
        except OSError as error:
            if error.errno in DISK_FULL:
                raise ResourceError(
                    f"The disk is full ('{self.folder.path}', step {self.step}); nothing up to the "
                    f"checkpoint of step {self._good_step} is lost: make room and add --resume."
                ) from error
            raise


class _MinimisationGuard(openmm.MinimizationReporter):
    """Stops a minimisation when asked to."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work

    def report(self, iteration: int, x: Any, grad: Any, args: Any) -> bool:
        """Return whether to stop."""
        del iteration, x, grad, args
        return self._work.is_stopped


def _is_finite(context: openmm.Context) -> bool:
    state = context.getState(energy=True, positions=True)
    energy = state.getPotentialEnergy()._value + state.getKineticEnergy()._value
    return bool(np.isfinite(energy) and np.isfinite(state.getPositions(asNumpy=True)._value).all())


def _unstable(when: str, kept: str = "") -> str:
    advice = (
        "try a smaller --time-step, leave out --no-minimise, or check the structure and, "
        "for a model, its domain"
    )
    return f"A coordinate or an energy stopped being a finite number {when}{kept}; {advice}."


def _degrees_of_freedom(system: openmm.System, protocol: Protocol) -> int:
    """Three per massive particle, less constraints and what is kept at zero."""
    count = sum(3 for i in range(system.getNumParticles()) if system.getParticleMass(i)._value > 0)
    count -= system.getNumConstraints()
    if count > 3:
        count -= 3
    if protocol.ensemble is Ensemble.NVE and not system.usesPeriodicBoundaryConditions():
        count -= 3 if count > 3 else 0
    return count
