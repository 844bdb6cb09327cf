# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Classical dynamics of a parent in a folder; a killed run goes on where it was, exactly.

The run is made of segments. Each has a Context of its own, with random numbers of its own, that
begins from the stored positions, velocities and box; at its end frames, log and this state are
written. So nothing depends on where a run was interrupted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import openmm
from openmm import app, unit

from openmmgems.core.files import write_atomically
from openmmgems.core.locks import locked_folder
from openmmgems.data.frames_file import Frame, append_frames, append_text

from .legs import Leg, leg_system, legs_of
from .parents import ParentSystem, build_parent, cpu_properties
from .sampling_settings import ParentSettings

#: Called with steps done and steps of the whole run.
ProgressCallback = Callable[[int, int], None]
_LOG_HEAD = "frame,leg,time_ps,target_kelvin,temperature_kelvin,potential_kj_per_mol,volume_nm3\n"
_GAS = 8.31446261815324e-3
_FRICTION = 1.0
_SECONDS_TO_MEASURE = 2.0


@dataclass(frozen=True)
class ParentFrames:
    """What a folder holds: ``num_frames`` of ``num_planned``; ``is_complete``."""

    folder: Path
    num_frames: int
    num_planned: int

    @property
    def is_complete(self) -> bool:
        """Whether the run is at its end."""
        return self.num_frames == self.num_planned


@dataclass(frozen=True)
class _Checkpoint:
    """How far a run is: leg, segment, frames, size of the log, steps; the state as XML."""

    leg: int
    segment: int
    num_frames: int
    log_bytes: int
    steps: int
    state: str


def run_parent(
    settings: ParentSettings,
    folder: Path,
    *,
    progress: ProgressCallback | None = None,
    stop: Callable[[], bool] | None = None,
    threads: int | None = None,
    built: ParentSystem | None = None,
) -> ParentFrames:
    """Build a parent and run it, or go on with it; files are `system.pdb`, `frames.dcd`, `log.csv`.

    Parameters
    ----------
    settings : ParentSettings
    folder : pathlib.Path
        Of this parent; made if it is not there.
    progress : callable, optional
        Called with steps done and all steps, at each frame.
    stop : callable, optional
        Asked at each frame; True ends the run, which then loses its last 10 frames at most and
        goes on from there when it is called again.
    threads : int, optional
        Default: all cores.
    built : ParentSystem, optional
        What `build_parent` made of the settings; default: it is built here.

    Returns
    -------
    ParentFrames

    Raises
    ------
    ValueError
        If the settings are not those the folder was begun with (the selection may differ), or
        :func:`build_parent` refuses them.
    RunFolderError
        If another process, or another caller of this one, works in the folder.
    RuntimeError
        If the dynamics become unstable; all up to the last checkpoint is kept.

    """
    folder = Path(folder)
    with locked_folder(folder):
        _prepare(settings, folder, threads, built)
        parent = _load(folder)
        legs = legs_of(settings, parent.topology)
        run = _Run(parent, folder, settings, legs, threads)
        run.advance(progress or (lambda done, total: None), stop or (lambda: False))
    return ParentFrames(folder, run.checkpoint.num_frames, sum(leg.num_frames for leg in legs))


def prepare_parent(
    settings: ParentSettings,
    folder: Path,
    threads: int | None = None,
    built: ParentSystem | None = None,
) -> None:
    """Build a parent in its folder, if that is not done yet; for the rest see :func:`run_parent`.

    Raises
    ------
    ValueError, FileNotFoundError, RuntimeError
        As :func:`run_parent`.

    """
    with locked_folder(folder):
        _prepare(settings, folder, threads, built)


def holds_parent(folder: Path) -> bool:
    """Whether a parent was built in a folder."""
    return (folder / "checkpoint.json").is_file()


def _prepare(
    settings: ParentSettings, folder: Path, threads: int | None, built: ParentSystem | None
) -> None:
    if holds_parent(folder):
        _check_same(folder, settings)
        return
    parent = build_parent(settings, threads) if built is None else built
    legs_of(settings, parent.topology)  # impossible biases are found here
    _begin(parent, settings, folder)


@dataclass(frozen=True)
class ParentEstimate:
    """Size of a parent, and what is left of its run: steps, frames, time."""

    num_atoms: int
    steps_left: int
    frames_left: int
    seconds: float


def estimate_parent(
    settings: ParentSettings, folder: Path, threads: int | None = None
) -> ParentEstimate:
    """Measure how long a prepared parent will run, in two seconds or so; nothing is changed.

    Raises
    ------
    FileNotFoundError
        If it is not prepared.

    """
    folder = Path(folder)
    parent = _load(folder)
    run = _Run(parent, folder, settings, legs_of(settings, parent.topology), threads)
    return run.estimate()


def _check_same(folder: Path, settings: ParentSettings) -> None:
    # what a folder of an earlier version does not name had its default
    stored = _essential(ParentSettings.model_validate_json((folder / "settings.json").read_text()))
    asked = _essential(settings)
    other = [name for name in asked if stored[name] != asked[name]]
    if other:
        raise ValueError(
            f"The parent in '{folder}' was begun with {other[0]} {stored[other[0]]}, not "
            f"{asked[other[0]]}. Give the same settings to go on, or another folder."
        )


def _essential(settings: ParentSettings) -> dict[str, object]:
    """All that decides the frames."""
    return settings.model_dump(mode="json", exclude={"selection"})


def _begin(parent: ParentSystem, settings: ParentSettings, folder: Path) -> None:
    """Write the system down; the checkpoint comes last."""
    pdb = StringIO()
    positions = parent.positions_nm * unit.nanometer
    app.PDBFile.writeFile(parent.topology, positions, pdb, keepIds=True)
    write_atomically(folder / "system.pdb", pdb.getvalue())
    write_atomically(folder / "system.xml", openmm.XmlSerializer.serialize(parent.system))
    write_atomically(folder / "settings.json", json.dumps(_essential(settings), indent=1))
    context = _context(parent.system, _integrator(300.0, 0.001, 1), {"DeterministicForces": "true"})
    context.setPositions(positions)
    state = _state_text(context)
    write_atomically(folder / "minimum.xml", state)
    _write(folder, _Checkpoint(0, 0, 0, 0, 0, state))


def _load(folder: Path) -> ParentSystem:
    if not holds_parent(folder):
        raise FileNotFoundError(f"There is no parent in '{folder}'; prepare it first.")
    pdb = app.PDBFile(str(folder / "system.pdb"))
    system = openmm.XmlSerializer.deserialize((folder / "system.xml").read_text())
    positions = pdb.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    return ParentSystem(pdb.topology, system, positions)


class _Run:
    """A run from its checkpoint on."""

    def __init__(
        self,
        parent: ParentSystem,
        folder: Path,
        settings: ParentSettings,
        legs: list[Leg],
        threads: int | None,
    ) -> None:
        self._parent, self._folder, self._settings, self._legs = parent, folder, settings, legs
        self._properties = cpu_properties(threads)
        self._total = sum(leg.steps for leg in legs)
        self.checkpoint = _Checkpoint(**json.loads((folder / "checkpoint.json").read_text()))

    def advance(self, progress: ProgressCallback, stop: Callable[[], bool]) -> None:
        progress(self.checkpoint.steps, self._total)
        while self.checkpoint.leg < len(self._legs) and not stop():
            leg = self._legs[self.checkpoint.leg]
            finished = self._segment(leg, progress, stop)
            if finished is None:
                return
            self.checkpoint = finished
            _write(self._folder, finished)

    def estimate(self) -> ParentEstimate:
        """Time some steps from the checkpoint on."""
        left = self._total - self.checkpoint.steps
        num_atoms = self._parent.system.getNumParticles()
        frames = sum(leg.num_frames for leg in self._legs) - self.checkpoint.num_frames
        if not left:
            return ParentEstimate(num_atoms, 0, frames, 0.0)
        leg = self._legs[self.checkpoint.leg]
        context = self._start(leg)
        self._step(context, leg, 2)
        steps, begin = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - begin) < _SECONDS_TO_MEASURE:
            self._step(context, leg, 5)
            steps += 5
        return ParentEstimate(num_atoms, left, frames, left * elapsed / steps)

    def _segment(
        self, leg: Leg, progress: ProgressCallback, stop: Callable[[], bool]
    ) -> _Checkpoint | None:
        """Run one segment and write its frames; None if it was stopped."""
        here = self.checkpoint
        context = self._start(leg)
        steps = leg.segments[here.segment]
        pace = leg.frame_steps or max(1, steps // 10)
        frames: list[Frame] = []
        for done in range(pace, steps + 1, pace):
            self._step(context, leg, pace)
            if leg.frame_steps:
                time_ps = 1e-3 * self._settings.time_step_fs * (self._before(leg) + done)
                number = here.num_frames + len(frames)
                frames.append(_frame(context, f"{number},{leg.name},{time_ps:.4f}", leg))
            progress(here.steps + done, self._total)
            if stop():
                return None
        if rest := steps % pace:
            self._step(context, leg, rest)
        num_frames, log_bytes = here.num_frames, here.log_bytes
        if frames:
            path, topology = self._folder / "frames.dcd", self._parent.topology
            num_frames = append_frames(path, topology, frames, here.num_frames)
            lines = "".join(frame.log_line for frame in frames)
            text = lines if here.log_bytes else _LOG_HEAD + lines
            log_bytes = append_text(self._folder / "log.csv", text, here.log_bytes)
        last = here.segment + 1 == len(leg.segments)
        place = (here.leg + 1, 0) if last else (here.leg, here.segment + 1)
        state = _state_text(context)
        if last and not leg.targets:
            write_atomically(self._folder / "unbiased.xml", state)
        return _Checkpoint(*place, num_frames, log_bytes, here.steps + steps, state)

    def _before(self, leg: Leg) -> int:
        """Steps of a leg before the segment."""
        return sum(leg.segments[: self.checkpoint.segment])

    def _start(self, leg: Leg) -> openmm.Context:
        here, settings = self.checkpoint, self._settings
        generator = np.random.default_rng([settings.seed, here.leg, here.segment])
        seeds = [int(seed) for seed in generator.integers(1, 2**31 - 1, 3)]
        system = leg_system(self._parent.system, leg, seeds[0])
        integrator = _integrator(leg.temperature, 1e-3 * settings.time_step_fs, seeds[1])
        context = _context(system, integrator, self._properties)
        begins = here.segment == 0
        text = here.state
        if begins and leg.start != "before":
            text = (self._folder / f"{leg.start}.xml").read_text()
        state = openmm.XmlSerializer.deserialize(text)
        if self._parent.is_periodic:
            context.setPeriodicBoxVectors(*state.getPeriodicBoxVectors())
        context.setPositions(state.getPositions())
        if begins and leg.targets:
            # Far from its target the restraint would throw the molecule about.
            openmm.LocalEnergyMinimizer.minimize(context, 100.0, 500)
        if begins and leg.start_temperature > 0:
            context.setVelocitiesToTemperature(leg.start_temperature, seeds[2])
        else:
            context.setVelocities(state.getVelocities())
        return context

    def _step(self, context: openmm.Context, leg: Leg, steps: int) -> None:
        try:
            context.getIntegrator().step(steps)
            state = context.getState(positions=True, energy=True)
            good = np.isfinite(state.getPotentialEnergy()._value)
        except openmm.OpenMMException as error:
            if "nan" not in str(error).lower():
                raise
            good = False
        if not good:
            here = self.checkpoint
            raise RuntimeError(
                f"The parent '{self._settings.name}' became unstable in {leg.name}: a coordinate "
                f"or the energy is not a finite number. The {here.num_frames} frames up to the "
                "last checkpoint are kept; try a smaller time_step_fs in another folder, or check "
                "the structure."
            )


def _integrator(temperature: float, step_ps: float, seed: int) -> openmm.Integrator:
    integrator = openmm.LangevinMiddleIntegrator(temperature, _FRICTION, step_ps)
    integrator.setRandomNumberSeed(seed)
    return integrator


def _context(
    system: openmm.System, integrator: openmm.Integrator, properties: dict[str, str]
) -> openmm.Context:
    return openmm.Context(system, integrator, openmm.Platform.getPlatform("CPU"), properties)


def _state_text(context: openmm.Context) -> str:
    return openmm.XmlSerializer.serialize(context.getState(positions=True, velocities=True))


def _frame(context: openmm.Context, begin: str, leg: Leg) -> Frame:
    state = context.getState(positions=True, energy=True)
    system = context.getSystem()
    freedom = 3 * sum(system.getParticleMass(i)._value > 0 for i in range(system.getNumParticles()))
    freedom -= system.getNumConstraints()
    temperature = 2.0 * state.getKineticEnergy()._value / (freedom * _GAS)
    box = state.getPeriodicBoxVectors(asNumpy=True)
    periodic = system.usesPeriodicBoundaryConditions()
    cell = np.array(box.value_in_unit(unit.nanometer)) if periodic else None
    volume = f"{np.linalg.det(cell):.5f}" if cell is not None else ""
    energy = state.getPotentialEnergy()._value
    line = f"{begin},{leg.temperature:g},{temperature:.2f},{energy:.4f},{volume}\n"
    positions = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    return Frame(np.array(positions), cell, line)


def _write(folder: Path, checkpoint: _Checkpoint) -> None:
    write_atomically(folder / "checkpoint.json", json.dumps(asdict(checkpoint)))
