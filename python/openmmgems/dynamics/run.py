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
from openmm import unit

from openmmgems.core.errors import ResourceError, UnstableSimulationError
from openmmgems.core.files import DISK_FULL, write_atomically
from openmmgems.core.quantities import format_seconds
from openmmgems.core.stages import Work

from .checkpoint import Progress, read_checkpoint, write_checkpoint
from .platform_choice import PlatformChoice
from .protocol import Schedule, Segment, ns_per_day
from .reporters import EnergyLog, FrameLog, TrajectoryFile
from .run_folder import RunFolder
from .segment_simulation import SegmentSimulation
from .velocities import CONSTRAINT_TOLERANCE, degrees_of_freedom, draw_velocities

_SILENT = Work()
_SECONDS_BETWEEN_UPDATES = 0.5


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
    context.applyConstraints(CONSTRAINT_TOLERANCE)
    if not _is_finite(context):
        raise UnstableSimulationError(_unstable("at the start"))


def next_chunk(chunk: int, steps_per_second: float) -> int:
    """Steps to make at once after so many: more by and by, as long as users see them go on."""
    return max(1, min(4 * chunk, int(steps_per_second * _SECONDS_BETWEEN_UPDATES)))


class Run:
    """One simulation in one folder: segment after segment.

    Call :meth:`start` or :meth:`resume` once, then :meth:`advance`, then :meth:`close`. From the
    beginning until it is closed nobody else can run in the folder.

    Parameters
    ----------
    folder : RunFolder
    simulation : SegmentSimulation
        Of the first segment.
    protocol : Schedule
        A `Protocol`, or several segments.
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
        simulation: SegmentSimulation,
        protocol: Schedule,
        choice: PlatformChoice,
        held: ExitStack | None = None,
    ) -> None:
        self.folder, self.simulation = folder, simulation
        self.protocol, self.choice = protocol, choice
        if held is None:
            held = ExitStack()
            held.enter_context(folder.locked())
        self._held = held
        self._reporters: tuple[EnergyLog | FrameLog, TrajectoryFile] | None = None
        self._good_step = 0

    def _make_simulation(self, number: int, step: int) -> None:
        """Compute with a new Context, of a segment from this step on."""
        old = self.simulation
        self.simulation = SegmentSimulation(
            old.topology, old.base, self.protocol, self.choice, number, step
        )
        if self._reporters is not None:
            self._attach()

    @property
    def segment(self) -> Segment:
        """The present one."""
        return self.simulation.segment

    @property
    def step(self) -> int:
        """Steps done, of all segments."""
        before = self.protocol.segments[: self.simulation.number]
        return sum(segment.num_steps for segment in before) + int(self.simulation.currentStep)

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
        place(self.simulation.context, positions)
        if self.segment.force_tolerance:
            work.say("Minimising ...")
        self._enter(work)
        if self.segment.force_tolerance:
            state = self.simulation.context.getState(positions=True)
            minimum = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
            self.folder.write_structure("minimised", self.simulation.topology, minimum)

    def _enter(self, work: Work = _SILENT) -> None:
        """Begin a segment where its atoms are placed."""
        context, segment = self.simulation.context, self.segment
        if segment.force_tolerance:
            openmm.LocalEnergyMinimizer.minimize(
                context, segment.force_tolerance, segment.max_iterations, _MinimisationGuard(work)
            )
            self._require_finite("after the minimisation")
        if segment.start_temperature:
            draw_velocities(context, segment, self.simulation.velocity_seed)

    def start(self) -> None:
        """Open the output files and write the checkpoint of step 0; call after :meth:`prepare`."""
        self._open_files(None)
        if self.protocol.log_interval:
            log, _ = self._files
            log.report(self.simulation, self.simulation.context.getState(energy=True, forces=True))
        self._write_checkpoint()

    def resume(self) -> bool:
        """Go back to the newest checkpoint; False if there was none and the run must start."""
        checkpoint = read_checkpoint(self.folder)
        if checkpoint is None:
            return False
        progress = checkpoint.progress
        self._close_files()
        if self.protocol.renews or progress.segment != self.simulation.number:
            self._make_simulation(progress.segment, progress.step)
        restored = checkpoint.restore(self.simulation.context, self.choice.name)
        self.is_exact = restored or self.protocol.renews
        self._open_files(progress)
        self._good_step = self.step
        return True

    def advance(self, work: Work = _SILENT) -> None:
        """Run to the end of the protocol, or until asked to stop; a checkpoint is written then.

        Where each checkpoint is followed by a new Context, a run that is stopped goes back to the
        last one instead: where it was stopped leaves no trace.

        Parameters
        ----------
        work : Work
            Told at each frame, or more often, how many steps are done, and asked then whether to
            stop.

        Raises
        ------
        UnstableSimulationError
            If a coordinate or an energy is not finite; the last good checkpoint stays.
        ResourceError
            If the disk is full; the last good checkpoint stays.
        """
        with self._translating_errors():
            self._advance(work)

    def make_steps(self, most: int) -> int:
        """Make steps of the segment, with all that is due, and return how many.

        There are fewer than asked for where a frame, a checkpoint or the segment's end is nearer:
        0 at its end.
        """
        if made := min(most, self._steps_to_pause()):
            self.simulation.step(made)
            self._keep()
        return made

    def close(self) -> None:
        """Close the output files and let others run in the folder."""
        with self._held:
            self._close_files()

    @property
    def _files(self) -> tuple[EnergyLog | FrameLog, TrajectoryFile]:
        if self._reporters is None:
            raise RuntimeError("Call start or resume first.")
        return self._reporters

    def _open_files(self, progress: Progress | None) -> None:
        protocol = self.protocol
        log_bytes, num_frames = (progress.log_bytes, progress.num_frames) if progress else (0, 0)
        log: EnergyLog | FrameLog
        if protocol.log_interval:
            log = EnergyLog(self.folder.log, protocol.log_interval, log_bytes)
        else:
            log = FrameLog(self.folder.log, log_bytes, num_frames)
        try:
            trajectory = TrajectoryFile(
                self.folder.trajectory(protocol.trajectory_format),
                self.simulation.topology,
                protocol,
                progress.trajectory_bytes if progress else 0,
                num_frames,
            )
        except BaseException:
            log.close()
            raise
        self._reporters = (log, trajectory)
        self._attach()

    def _close_files(self) -> None:
        for reporter in self._reporters or ():
            reporter.close()

    def _attach(self) -> None:
        """Let the files follow the present segment."""
        degrees = degrees_of_freedom(self.simulation.system, self.segment)
        for reporter in self._files:
            reporter.enter(self.segment, degrees)
        self.simulation.reporters[:] = [file for file in self._files if file.interval]

    def _advance(self, work: Work) -> None:
        chunk, first, began = 1, self.step, time.perf_counter()
        while not work.is_stopped:
            start = time.perf_counter()
            if not (made := self.make_steps(chunk)):
                if self.simulation.number + 1 == len(self.protocol.segments):
                    break
                self._begin_next()
                continue
            chunk = next_chunk(chunk, made / max(time.perf_counter() - start, 1e-9))
            rate = (self.step - first) / (time.perf_counter() - began)
            work.show(self.step, self.protocol.num_steps, self._describe(rate))
        if self._good_step != self.step:
            if self.protocol.renews:
                self.resume()
            else:
                self._write_checkpoint()

    def _describe(self, steps_per_second: float) -> str:
        """How the run stands, in one line."""
        protocol, latest = self.protocol, self._files[0].latest
        left = (protocol.num_steps - self.step) / max(steps_per_second, 1e-9)
        text = (
            f"{self.step * protocol.time_step_fs * 1e-3:.2f} of {protocol.length_ps:g} ps, "
            f"{ns_per_day(protocol, steps_per_second):.3g} ns/day, {format_seconds(left)} left"
        )
        if latest:
            text += f", {latest['temperature']:.0f} K, {latest['potential']:.1f} kJ/mol"
        return text

    def _steps_to_pause(self) -> int:
        """Steps to the next frame, checkpoint or end of the segment; 0: it is at its end."""
        segment, step = self.segment, self.simulation.currentStep
        pace = segment.frame_interval or max(1, segment.num_steps // 10)
        paces = (pace, segment.checkpoint_interval)
        return max(0, min(segment.num_steps - step, *(each - step % each for each in paces)))

    def _keep(self) -> None:
        """Write a checkpoint where one is due."""
        segment, step = self.segment, self.simulation.currentStep
        is_last = step == segment.num_steps
        if is_last and segment.kept_as:
            write_atomically(
                self.folder.state(segment.kept_as), state_text(self.simulation.context)
            )
        if is_last or step % segment.checkpoint_interval == 0:
            self._write_checkpoint()

    def _begin_next(self) -> None:
        """Begin the next segment where this one ended, or from a state of the folder."""
        name = self.protocol.segments[self.simulation.number + 1].start
        if name:
            state = openmm.XmlSerializer.deserialize(self.folder.state(name).read_text())
        else:
            state = self.simulation.context.getState(positions=True, velocities=True)
        self._make_simulation(self.simulation.number + 1, 0)
        context = self.simulation.context
        if self.simulation.base.usesPeriodicBoundaryConditions():
            context.setPeriodicBoxVectors(*state.getPeriodicBoxVectors())
        place(context, state.getPositions())
        context.setVelocities(state.getVelocities())
        self._enter()
        self._write_checkpoint()

    def _write_checkpoint(self) -> None:
        self._require_finite(f"between step {self._good_step} and step {self.step}")
        log, trajectory = self._files
        log.flush()
        trajectory.flush()
        step, renews = int(self.simulation.currentStep), self.protocol.renews
        progress = Progress(
            *(step, trajectory.num_frames, trajectory.size, log.size, self.choice.name),
            segment=self.simulation.number,
        )
        write_checkpoint(self.folder, self.simulation.context, progress, is_exact=not renews)
        self._good_step = self.step
        if renews and step < self.segment.num_steps:
            state = self.simulation.context.getState(positions=True, velocities=True)
            self._make_simulation(self.simulation.number, step)
            self.simulation.context.setState(state)

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
                    f"checkpoint of step {self._good_step} is lost: make room and "
                    f"{self.folder.how_to_go_on}."
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
    # forces with the energy serve the next step
    state = context.getState(energy=True, forces=True, positions=True)
    energy = state.getPotentialEnergy()._value + state.getKineticEnergy()._value
    return bool(np.isfinite(energy) and np.isfinite(state.getPositions(asNumpy=True)._value).all())


def _unstable(when: str, kept: str = "") -> str:
    advice = (
        "try a smaller --time-step, leave out --no-minimise, or check the structure and, "
        "for a model, its domain"
    )
    return f"A coordinate or an energy stopped being a finite number {when}{kept}; {advice}."


def state_text(context: openmm.Context) -> str:
    """Positions, velocities and box as XML, for `RunFolder.state`."""
    return openmm.XmlSerializer.serialize(context.getState(positions=True, velocities=True))
