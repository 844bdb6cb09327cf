# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of a run, as its folder keeps them, from what `gems simulate` is given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from openmmgems.core.errors import RunFolderError
from openmmgems.dynamics.protocol import Protocol
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.systems.force_field_scripts import refuse_scripts
from openmmgems.systems.load import StructureOptions

from .kept_model import is_model_of_run
from .workflow import Forces

# What is given -> fields of the stored settings; all must be the same when a run goes on.
_FIELDS = {
    "structure": ("structure", None),
    "model": ("forces", "model"),
    "force_field": ("forces", "force_field"),
    "charge": ("forces", "total_charge"),
    "unpaired": ("forces", "num_unpaired_electrons"),
    "evaluator": ("forces", "evaluator"),
    "attention": ("forces", "attention"),
    "electrostatics": ("forces", "electrostatics"),
    "long_range_cutoff": ("forces", "long_range_cutoff"),
    "force": ("forces", "outside_domain"),
    "ensemble": ("protocol", "ensemble"),
    "temperature": ("protocol", "temperature"),
    "pressure": ("protocol", "pressure_bar"),
    "time_step": ("protocol", "time_step_fs"),
    "minimise": ("protocol", "minimise"),
    "frame_every": ("protocol", "frame_interval"),
    "log_every": ("protocol", "log_interval"),
    "checkpoint_every": ("protocol", "checkpoint_interval"),
    "trajectory": ("protocol", "trajectory_format"),
    "seed": ("protocol", "seed"),
    "coordinates": ("options", "coordinates"),
    "alternate_location": ("options", "alternate_location"),
    "gromacs_include": ("options", "include_folder"),
    "add_hydrogens": ("options", "hydrogens"),
    "ph": ("options", "ph"),
    "remove": ("options", "remove"),
    "box": ("options", "box"),
}

_CLASSES: dict[str, type] = {
    "forces": Forces,
    "protocol": Protocol,
    "options": StructureOptions,
}


def new_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a new run.

    Parameters
    ----------
    given : mapping
        The options of ``gems simulate`` by name, with ``_`` for ``-``.

    Returns
    -------
    dict
        What :class:`SimulationStage` takes.

    Raises
    ------
    FileNotFoundError
        If there is no structure file.
    """
    settings: dict[str, Any] = {"forces": {}, "protocol": {}, "options": {}}
    for option, (section, name) in _FIELDS.items():
        if name is None:
            settings[section] = _plain(given[option])
        else:
            settings[section][name] = _plain(given[option])
    settings["protocol"]["num_steps"] = _num_steps(given["time"], given["time_step"])
    if not Path(settings["structure"]).is_file():
        raise FileNotFoundError(f"There is no structure file '{given['structure']}'.")
    return settings


def stored_settings(
    folder: RunFolder, given: Mapping[str, Any], chosen: Collection[str]
) -> dict[str, Any]:
    """Settings of a run that goes on.

    Parameters
    ----------
    folder : RunFolder
    given : mapping
        As for :func:`new_settings`.
    chosen : collection of str
        The options that were named: only ``time`` may be another than before.

    Returns
    -------
    dict

    Raises
    ------
    RunFolderError
        If there is no run, or a chosen option is not as it was.
    """
    settings = folder.read_settings()
    for option in _FIELDS.keys() & set(chosen):
        section, name = _FIELDS[option]
        value = _plain(given[option])
        # Folders of earlier versions lack what is newer.
        missing = None if name is None else getattr(_CLASSES[section], name, None)
        stored = settings[section] if name is None else settings[section].get(name, missing)
        if value == stored or (option == "model" and is_model_of_run(settings, value)):
            continue
        raise RunFolderError(
            f"This run was begun with --{option.replace('_', '-')} {stored}, not {value}; "
            "leave the option out, or start a new run in another folder."
        )
    if settings["forces"]["force_field"] and "force_field" not in chosen:
        refuse_scripts(settings["forces"]["force_field"].split(","))
    if "time" in chosen:
        time_step = settings["protocol"]["time_step_fs"]
        settings["protocol"]["num_steps"] = _num_steps(given["time"], time_step)
    return settings


def folder_of(given: Mapping[str, Any]) -> RunFolder:
    """The folder that is given, or one called after structure and forces."""
    if given["out"] is not None:
        return RunFolder(given["out"])
    forces = Path(given["model"] or given["force_field"]).stem
    return RunFolder(f"{Path(given['structure']).stem}-{forces}")


def _plain(value: Any) -> Any:
    return str(value.absolute()) if isinstance(value, Path) else value


def _num_steps(time_ps: float, time_step_fs: float) -> int:
    return max(1, round(time_ps * 1e3 / time_step_fs))
