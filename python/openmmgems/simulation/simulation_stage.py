# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that runs dynamics in a folder, stopped and continued at will."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from openmmgems.core.errors import RunFolderError
from openmmgems.core.stages import Estimate, Outcome, Work, run_in_script
from openmmgems.dynamics.checkpoint import Checkpoint, read_checkpoint
from openmmgems.dynamics.estimate import peak_memory_bytes, time_steps, trajectory_bytes
from openmmgems.dynamics.platform_choice import PlatformChoice, choose_platform
from openmmgems.dynamics.protocol import Protocol, ns_per_day
from openmmgems.dynamics.run import Run, place
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.dynamics.segment_simulation import SegmentSimulation
from openmmgems.models.electrostatic_forms import DEFAULT
from openmmgems.systems.load import StructureOptions, load

from .kept_model import check_kept_model, settings_of_model, tell_original
from .simulation_settings import folder_of, new_settings, stored_settings
from .workflow import (
    Forces,
    Say,
    build_system,
    keep_run,
    kept_simulation,
    new_simulation,
    protocol_from,
)

_TOO_SHORT_TO_MOVE = 1e-9  # ps


class SimulationStage:
    """
    Run a structure under a model or a force field in a folder.

    Parameters
    ----------
    folder : RunFolder
    settings : mapping
        ``structure`` (path), ``forces``, ``protocol``, ``options`` with the fields of `Forces`,
        `Protocol` and `StructureOptions`; kept in the folder.
    choice : PlatformChoice
    resume : bool
        Go on with the run of the folder, whose settings may differ in length only. One that was
        stopped before step 0 begins anew, under the model that was copied there.

    Raises
    ------
    RunFolderError
        If the run is longer already.
    """

    def __init__(
        self,
        folder: RunFolder,
        settings: Mapping[str, Any],
        choice: PlatformChoice,
        *,
        resume: bool = False,
    ) -> None:
        self.folder = folder
        self.protocol = protocol_from(settings["protocol"])
        self._settings, self._choice, self._resume = dict(settings), choice, resume
        self._forces = Forces(**settings["forces"])
        self._options = StructureOptions(**settings["options"])
        self._simulation: SegmentSimulation | None = None
        self._start = np.empty((0, 3))  # nm, of a run that begins
        checkpoint = self._checkpoint
        if checkpoint is not None and checkpoint.progress.step > self.protocol.num_steps:
            done = checkpoint.progress.step * self.protocol.time_step_fs * 1e-3
            raise RunFolderError(
                f"The run is already at {done:g} ps, beyond the {self.protocol.length_ps:g} ps "
                "asked for; give a longer --time."
            )

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""
        return {
            "Structure": self._settings["structure"],
            "Model" if self._forces.model else "Force field": self._forces.label,
            **({"Electrostatics": self._electrostatics} if self._electrostatics else {}),
            "Dynamics": self.protocol.description,
            "Platform": self._choice.description,
            "Output": str(self.folder.path),
        }

    @property
    def inputs(self) -> Sequence[Path]:
        """Files of the structure, until the run is at step 0."""
        if self._checkpoint is not None:
            return ()
        files = (self._settings["structure"], self._options.coordinates)
        return [Path(file) for file in files if file]

    @property
    def outputs(self) -> Sequence[Path]:
        """Trajectory, what it opens with, log, last structure."""
        trajectory = self.folder.trajectory(self.protocol.trajectory_format)
        start, final = map(self.folder.structure_file, ("start", "final"))
        return (trajectory, start, self.folder.log, final)

    @property
    def is_done(self) -> bool:
        """Whether the run is at its end and its last structure written."""
        checkpoint = self._checkpoint
        return (
            checkpoint is not None
            and checkpoint.progress.step == self.protocol.num_steps
            and all(path.is_file() for path in self.outputs)
        )

    def estimate(self, work: Work) -> Estimate:
        """Build all in memory and time some steps, from where the run is."""
        simulation, checkpoint = self._open(work), self._checkpoint
        if checkpoint is not None:
            checkpoint.restore(simulation.context, self._choice.name)
        else:
            place(simulation.context, self._start)
        is_still = checkpoint is None and self.protocol.minimise
        seconds = time_steps(simulation.context, time_step=_TOO_SHORT_TO_MOVE if is_still else None)
        left = self.protocol.num_steps - simulation.currentStep
        num_atoms = simulation.system.getNumParticles()
        return Estimate(
            f"{num_atoms} atoms, {seconds * 1e3:.3g} ms per step, "
            f"{ns_per_day(self.protocol, 1 / seconds):.3g} ns/day, {left} steps",
            left * seconds,
            peak_memory_bytes(),
            trajectory_bytes(num_atoms, self.protocol),
        )

    def run(self, work: Work) -> Outcome:
        """Run to the end, or until asked to stop; a checkpoint is written then."""
        with closing(self._go_on(work) if self._checkpoint else self._begin(work)) as run:
            self._simulation, self._resume = None, True
            if run.step < self.protocol.num_steps:
                self.folder.structure_file("final").unlink(missing_ok=True)  # of a shorter run
            run.advance(work)
            if run.step < self.protocol.num_steps:
                return Outcome(
                    f"at step {run.step} of {self.protocol.num_steps}.", is_complete=False
                )
            state = run.simulation.context.getState(positions=True, enforcePeriodicBox=True)
            positions = state.getPositions(asNumpy=True)._value
            self.folder.write_structure("final", run.simulation.topology, positions)
        trajectory, start, log, final = self.outputs
        form = f" (electrostatics: {self._electrostatics})" if self._electrostatics else ""
        return Outcome(
            f"{self.protocol.length_ps:g} ps under {self._forces.label}{form}, {run.num_frames} "
            f"frames; the trajectory opens with {start.name}.",
            (trajectory, log, final),
        )

    @property
    def _electrostatics(self) -> str:
        """Form of the model's own; what was asked for as long as the structure is not read."""
        asked = self._forces.electrostatics
        return self._settings.get("model", {}).get(
            "electrostatics", "" if asked == DEFAULT else asked
        )

    @property
    def _checkpoint(self) -> Checkpoint | None:
        """The newest one of the run that goes on."""
        return read_checkpoint(self.folder) if self._resume else None

    def _open(self, work: Work) -> SegmentSimulation:
        """Make what computes, once."""
        if self._simulation is None:
            check_kept_model(self.folder, self._settings)
            tell_original(self.folder, self._settings, work.say)
            if self._checkpoint is not None:
                self._simulation = kept_simulation(
                    self.folder, self.protocol, self._choice, work.say
                )
            else:
                self._simulation = self._build(work.say)
        return self._simulation

    def _build(self, say: Say) -> SegmentSimulation:
        """Make what computes from the structure file."""
        forces = self._forces
        structure = load(
            self._settings["structure"], self._options, allow_gaps=forces.outside_domain
        )
        if "model" in self._settings:
            forces = replace(forces, model=str(self.folder.model))
        kept = settings_of_model(forces, is_periodic=structure.is_periodic)
        system = build_system(structure, forces, say)
        simulation = new_simulation(
            self.folder, structure, system, self.protocol, self._choice, say
        )
        self._settings, self._start = {**kept, **self._settings}, structure.positions
        return simulation

    def _begin(self, work: Work) -> Run:
        """Bring a new run to step 0: minimised, velocities drawn, files open."""
        simulation = self._open(work)
        with ExitStack() as opened:
            run = opened.enter_context(
                closing(keep_run(self.folder, simulation, self._start, self.protocol, self._choice))
            )
            check_kept_model(self.folder, self._settings)  # it may have changed since it was read
            self.folder.write_settings(self._settings)
            run.prepare(self._start, work)
            run.start()
            opened.pop_all()
        return run

    def _go_on(self, work: Work) -> Run:
        """Bring a run to its last checkpoint, files open."""
        simulation = self._open(work)
        with ExitStack() as opened:
            run = opened.enter_context(
                closing(Run(self.folder, simulation, self.protocol, self._choice))
            )
            run.resume()
            self.folder.write_settings(self._settings)
            opened.pop_all()
        how = "exactly" if run.is_exact else "with a new thermostat state (other platform)"
        work.say(f"Going on {how} from step {run.step}.")
        return run


def simulation_of(given: Mapping[str, Any], chosen: Collection[str]) -> SimulationStage:
    """
    Make the stage of what `gems simulate` is given.

    Parameters
    ----------
    given : mapping
        Its options by name, with ``_`` for ``-``.
    chosen : collection of str
        Those that were named.

    Raises
    ------
    RunFolderError
        If a new run is asked for in a folder that holds one, or the run that goes on has other
        settings than were chosen.
    """
    folder = folder_of(given)
    if given["resume"]:
        settings = stored_settings(folder, given, chosen)
    else:
        settings = new_settings(given)
        if folder.holds_a_run and not given["dry_run"]:
            raise RunFolderError(
                f"'{folder.path}' already holds a run; add --resume to go on with it, or choose "
                "another folder with --out."
            )
    choice = choose_platform(
        given["platform"],
        num_threads=given["threads"],
        precision=given["precision"],
        needs_model=settings["forces"]["model"] is not None,
    )
    return SimulationStage(folder, settings, choice, resume=given["resume"])


def prepare_simulation(
    structure: str | Path,
    folder: str | Path,
    forces: Forces,
    protocol: Protocol | None = None,
    platform: str | None = None,
    options: StructureOptions | None = None,
) -> SimulationStage:
    """Make the stage of a new run, for scripts.

    Parameters
    ----------
    structure : path
    folder : path
        Output; must not hold a run.
    forces : Forces
    protocol : Protocol, optional
    platform : str, optional
    options : StructureOptions, optional

    Returns
    -------
    SimulationStage

    Raises
    ------
    RunFolderError
        If the folder holds a run.
    """
    settings = {
        "structure": str(Path(structure).absolute()),
        "forces": asdict(forces),
        "protocol": asdict(protocol or Protocol()),
        "options": asdict(options or StructureOptions()),
    }
    output = RunFolder(folder)
    if output.holds_a_run:
        raise RunFolderError(f"'{folder}' already holds a run; choose another folder.")
    choice = choose_platform(platform, needs_model=forces.model is not None)
    return SimulationStage(output, settings, choice)


def simulate(
    structure: str | Path,
    folder: str | Path,
    *,
    forces: Forces,
    protocol: Protocol | None = None,
    options: StructureOptions | None = None,
    platform: str | None = None,
    say: Say = print,
) -> RunFolder:
    """Run a simulation from a structure file to the end, as ``gems simulate`` does.

    Parameters
    ----------
    structure : path
    folder : path
        Output; must not hold a run.
    forces : Forces
    protocol : Protocol, optional
    options : StructureOptions, optional
    platform : str, optional
    say : callable
        Told what happens.

    Returns
    -------
    RunFolder

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C or the system stopped it; ``gems simulate --resume`` goes on.
    """
    stage = prepare_simulation(structure, folder, forces, protocol, platform, options)
    run_in_script(stage, say)
    return stage.folder
