# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Classical dynamics of a parent in a folder; a killed run goes on where it was, exactly.

Legs are segments of one run, whose checkpoints are each followed by a new Context with random
numbers of its own: nothing depends on where the run was interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import openmm
from openmm import app, unit

from openmmgems.core.errors import UnstableSimulationError
from openmmgems.core.files import write_atomically
from openmmgems.core.stages import Work
from openmmgems.dynamics.checkpoint import Checkpoint, Progress
from openmmgems.dynamics.estimate import time_steps
from openmmgems.dynamics.platform_choice import PlatformChoice
from openmmgems.dynamics.run import Run, state_text
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.dynamics.segment_simulation import SegmentSimulation

from .legs import ParentProtocol, legs_of, parent_protocol
from .parents import ParentSystem, build_parent, cpu_properties
from .sampling_settings import ParentSettings

#: Called with steps done and steps of the whole run.
ProgressCallback = Callable[[int, int], None]
_SECONDS_TO_MEASURE = 2.0
# Of versions before 0.2.
_OLD_CHECKPOINT = "checkpoint.json"
#: State that a parent begins with.
_BEGIN = "minimum"


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
    place, work = _folder(folder), _Work(progress or (lambda done, total: None), stop)
    with ExitStack() as held:
        held.enter_context(place.locked())
        _prepare(settings, place, threads, built)
        run, has_begun = _open(settings, place, threads, held.pop_all())
    with closing(run):
        if not has_begun:
            run.start()
        work.show(run.step, run.protocol.num_steps, "")
        try:
            run.advance(work)
        except UnstableSimulationError as error:
            leg = run.segment.name
            run.resume()  # frames after the last checkpoint are dropped
            raise RuntimeError(
                f"The parent '{settings.name}' became unstable in {leg}: a coordinate "
                f"or the energy is not a finite number. The {run.num_frames} frames up to the "
                "last checkpoint are kept; try a smaller time_step_fs in another folder, or check "
                "the structure."
            ) from error
        return ParentFrames(place.path, run.num_frames, _num_frames(run))


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
    place = _folder(folder)
    with place.locked():
        _prepare(settings, place, threads, built)


def holds_parent(folder: Path) -> bool:
    """Whether a parent was built in a folder."""
    return _folder(folder).state(_BEGIN).is_file()


class _Work(Work):
    """Tells one function how many steps are done, and asks another whether to stop."""

    def __init__(self, told: ProgressCallback, ask: Callable[[], bool] | None) -> None:
        self._told, self._ask = told, ask

    @property
    def is_stopped(self) -> bool:
        """What is answered."""
        return self._ask is not None and self._ask()

    def show(self, done: float, total: float | None, text: str) -> None:
        """Tell steps."""
        del text
        self._told(int(done), int(total or 0))


def _folder(path: Path) -> RunFolder:
    return RunFolder(path, start="system", frames="frames", how_to_go_on="repeat the command")


def _prepare(
    settings: ParentSettings, folder: RunFolder, threads: int | None, built: ParentSystem | None
) -> None:
    if holds_parent(folder.path):
        _check_same(folder, settings)
        return
    parent = build_parent(settings, threads) if built is None else built
    legs_of(settings, parent.topology)  # impossible biases are found here
    _write(parent, settings, folder)


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
    place = _folder(folder)
    with ExitStack() as held:
        held.enter_context(place.locked())
        run, _ = _open(settings, place, threads, held.pop_all())
    with closing(run):
        left = run.protocol.num_steps - run.step
        seconds = left * time_steps(run.simulation.context, _SECONDS_TO_MEASURE) if left else 0.0
        frames = _num_frames(run) - run.num_frames
        return ParentEstimate(run.simulation.system.getNumParticles(), left, frames, seconds)


def _check_same(folder: RunFolder, settings: ParentSettings) -> None:
    # what a folder of an earlier version does not name had its default
    stored = _essential(ParentSettings.model_validate_json(folder.settings.read_text()))
    asked = _essential(settings)
    other = [name for name in asked if stored[name] != asked[name]]
    if other:
        raise ValueError(
            f"The parent in '{folder.path}' was begun with {other[0]} {stored[other[0]]}, not "
            f"{asked[other[0]]}. Give the same settings to go on, or another folder."
        )


def _essential(settings: ParentSettings) -> dict[str, object]:
    """All that decides the frames."""
    return settings.model_dump(mode="json", exclude={"selection"})


def _write(parent: ParentSystem, settings: ParentSettings, folder: RunFolder) -> None:
    """Write down what runs; the state that it begins with comes last."""
    pdb = StringIO()
    positions = parent.positions_nm * unit.nanometer
    app.PDBFile.writeFile(parent.topology, positions, pdb, keepIds=True)
    write_atomically(folder.structure_file("system"), pdb.getvalue())
    folder.write_system(parent.system)
    folder.write_settings(_essential(settings))
    integrator = openmm.VerletIntegrator(0.001)
    platform = openmm.Platform.getPlatform("Reference")
    context = openmm.Context(parent.system, integrator, platform)
    context.setPositions(positions)
    write_atomically(folder.state(_BEGIN), state_text(context))


def _open(
    settings: ParentSettings, folder: RunFolder, threads: int | None, held: ExitStack
) -> tuple[Run, bool]:
    """Open the run of a prepared parent; it has begun, or is only ready to start."""
    with held:
        if not holds_parent(folder.path):
            raise FileNotFoundError(f"There is no parent in '{folder.path}'; prepare it first.")
        topology, _ = folder.read_start()
        protocol = parent_protocol(settings, topology)
        _adopt_old_checkpoint(folder, protocol)
        choice = PlatformChoice("CPU", cpu_properties(threads))
        simulation = SegmentSimulation(topology, folder.read_system(), protocol, choice)
        run = Run(folder, simulation, protocol, choice, held.pop_all())
    with ExitStack() as opened:
        opened.enter_context(closing(run))
        has_begun = run.resume()
        if not has_begun:
            state = openmm.XmlSerializer.deserialize(folder.state(_BEGIN).read_text())
            run.prepare(state.getPositions(asNumpy=True).value_in_unit(unit.nanometer))
        opened.pop_all()
    return run, has_begun


def _num_frames(run: Run) -> int:
    """Frames that it will have."""
    return sum(leg.num_frames for leg in run.protocol.segments)


def _adopt_old_checkpoint(folder: RunFolder, protocol: ParentProtocol) -> None:
    """Turn a checkpoint of versions before 0.2 into one of today's."""
    path = folder.path / _OLD_CHECKPOINT
    if not path.is_file():
        return
    old = json.loads(path.read_text())
    if old["steps"] and not folder.checkpoint.is_file():
        leg = old["leg"]
        if old["segment"]:
            step = old["segment"] * protocol.segments[leg].checkpoint_interval
        else:  # it named the leg to come
            leg -= 1
            step = protocol.segments[leg].num_steps
        progress = Progress(step, old["num_frames"], 0, old["log_bytes"], "CPU", leg)
        Checkpoint(progress, None, old["state"]).write(folder)
    path.unlink()
