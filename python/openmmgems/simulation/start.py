# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Begin a run or go on with it, from its settings: what `gems simulate` and scripts call."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from openmmgems.core.errors import RunFolderError
from openmmgems.core.files import file_digest
from openmmgems.core.stop import StopRequest
from openmmgems.dynamics.checkpoint import read_checkpoint
from openmmgems.dynamics.platform_choice import PlatformChoice, choose_platform
from openmmgems.dynamics.protocol import Protocol
from openmmgems.dynamics.run import Run, Watcher
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.systems.load import StructureOptions, load
from openmmgems.systems.system import model_file

from .workflow import (
    Forces,
    Say,
    build_system,
    prepare_run,
    protocol_from,
    reopen,
)


def begin(
    folder: RunFolder,
    settings: Mapping[str, Any],
    choice: PlatformChoice,
    stop: StopRequest,
    say: Say,
) -> Run:
    """Make a new run and bring it to step 0: minimised, velocities drawn, files open.

    Parameters
    ----------
    folder : RunFolder
        May hold a run that was stopped before step 0; that run's copy of the model counts.
    settings : mapping
        ``structure`` (path), ``forces``, ``protocol``, ``options`` with the fields of `Forces`,
        `Protocol` and `StructureOptions`; kept in the folder.
    choice : PlatformChoice
    stop : StopRequest
    say : callable
        Told what happens.

    Returns
    -------
    Run
        To be closed.
    """
    forces, protocol = Forces(**settings["forces"]), protocol_from(settings["protocol"])
    check_kept_model(folder, settings, say)
    options = StructureOptions(**settings["options"])
    structure = load(settings["structure"], options, allow_gaps=forces.outside_domain)
    used = replace(forces, model=str(folder.model)) if "model" in settings else forces
    system = build_system(structure, used, say)
    with ExitStack() as opened:
        run = opened.enter_context(
            closing(prepare_run(folder, structure, system, protocol, choice, say))
        )
        folder.write_settings({**settings_of_model(folder, forces), **settings})
        if protocol.minimise:
            say("Minimising ...")
        run.prepare(structure.positions, stop)
        run.start()
        opened.pop_all()
    return run


def go_on(
    folder: RunFolder, settings: Mapping[str, Any], choice: PlatformChoice, say: Say
) -> Run | None:
    """Open the run of a folder at its last checkpoint.

    Parameters
    ----------
    folder : RunFolder
    settings : mapping
        As for :func:`begin`; only the length of the run may differ from what it was begun with.
    choice : PlatformChoice
    say : callable

    Returns
    -------
    Run or None
        To be closed. None: there is no checkpoint yet.
    """
    checkpoint = read_checkpoint(folder)
    if checkpoint is None:
        return None
    protocol, done = protocol_from(settings["protocol"]), checkpoint.progress.step
    if done > protocol.num_steps:
        raise RunFolderError(
            f"The run is already at {done * protocol.time_step_fs * 1e-3:g} ps, beyond "
            f"the {protocol.length_ps:g} ps asked for; give a longer --time."
        )
    check_kept_model(folder, settings, say)
    with ExitStack() as opened:
        run = opened.enter_context(closing(reopen(folder, protocol, choice, say)))
        run.resume()
        folder.write_settings(dict(settings))
        opened.pop_all()
    how = "exactly" if run.is_exact else "with a new thermostat state (other platform)"
    say(f"Going on {how} from step {run.step}.")
    return run


def settings_of_model(folder: RunFolder, forces: Forces) -> dict[str, dict[str, str]]:
    """Where the model of a run came from, and the SHA-256 of the copy in its folder.

    Parameters
    ----------
    folder : RunFolder
    forces : Forces

    Returns
    -------
    dict
        ``{"model": {"original": path, "sha256": ...}}``, or nothing under a force field.
    """
    if forces.model is None:
        return {}
    original = str(model_file(forces.model))
    return {"model": {"original": original, "sha256": file_digest(folder.model)}}


def is_model_of_run(settings: Mapping[str, Any], model: str) -> bool:
    """Whether a name or file of a model is the very model that a run was begun with."""
    kept = settings.get("model")
    return kept is not None and file_digest(model_file(model)) == kept["sha256"]


def check_kept_model(folder: RunFolder, settings: Mapping[str, Any], say: Say) -> None:
    """Check a run's own copy of its model, and say what became of the original.

    Parameters
    ----------
    folder : RunFolder
    settings : mapping
    say : callable

    Raises
    ------
    RunFolderError
        If the copy is not what it was.
    """
    kept = settings.get("model")
    if kept is None:
        return
    if not folder.model.is_file() or file_digest(folder.model) != kept["sha256"]:
        raise RunFolderError(
            f"'{folder.model}' is not the model that this run was begun with (its SHA-256 was "
            f"{kept['sha256'][:12]}...); put that file there, or start a new run in another folder."
        )
    original = Path(kept["original"])
    if not original.is_file():
        become = "is no longer there"
    elif file_digest(original) != kept["sha256"]:
        become = "has changed"
    else:
        return
    say(
        f"The model '{original}' {become} since this run was begun; the run goes on with its own "
        f"copy, '{folder.model}'."
    )


def simulate(
    structure: str | Path,
    folder: str | Path,
    *,
    forces: Forces,
    protocol: Protocol | None = None,
    options: StructureOptions | None = None,
    platform: str | None = None,
    watch: Watcher | None = None,
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
    watch, say : callable

    Returns
    -------
    RunFolder
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
    with (
        StopRequest().listening() as stop,
        closing(begin(output, settings, choice, stop, say)) as run,
    ):
        run.advance(watch, stop)
    if stop:
        raise KeyboardInterrupt
    return output
