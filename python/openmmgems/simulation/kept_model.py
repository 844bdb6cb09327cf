# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The model that a run was begun with: a copy in its folder, and what became of the original."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openmmgems.core.errors import RunFolderError
from openmmgems.core.files import file_digest
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.models import model_file
from openmmgems.models.electrostatic_forms import describe_form, electrostatic_form
from openmmgems.models.inspect import inspect_model

from .workflow import Forces, Say


def settings_of_model(forces: Forces, *, is_periodic: bool) -> dict[str, dict[str, str]]:
    """Where the model of a new run is, its SHA-256, and the form of its electrostatics.

    Parameters
    ----------
    forces : Forces
    is_periodic : bool
        Whether the structure has a box.

    Returns
    -------
    dict
        ``{"model": {"original": path, "sha256": ..., "electrostatics": ...}}``, the last for models
        that declare theirs; nothing under a force field.
    """
    if forces.model is None:
        return {}
    original = model_file(forces.model)
    kept = {"original": str(original), "sha256": file_digest(original)}
    description = inspect_model(original).description
    form = electrostatic_form(description, forces.electrostatics, is_periodic=is_periodic)
    if form is not None:
        kept["electrostatics"] = describe_form(form, forces.far_cutoff_angstrom(description))
    return {"model": kept}


def is_model_of_run(settings: Mapping[str, Any], model: str) -> bool:
    """Whether a name or file of a model is the very model that a run was begun with."""
    kept = settings.get("model")
    return kept is not None and file_digest(model_file(model)) == kept["sha256"]


def check_kept_model(folder: RunFolder, settings: Mapping[str, Any]) -> None:
    """Check a run's own copy of its model.

    Parameters
    ----------
    folder : RunFolder
    settings : mapping

    Raises
    ------
    RunFolderError
        If the copy is not what the run was begun with.
    """
    kept = settings.get("model")
    if kept is None:
        return
    if not folder.model.is_file() or file_digest(folder.model) != kept["sha256"]:
        raise RunFolderError(
            f"'{folder.model}' is not the model that this run was begun with (its SHA-256 was "
            f"{kept['sha256'][:12]}...); put that file there, or start a new run in another folder."
        )


def tell_original(folder: RunFolder, settings: Mapping[str, Any], say: Say) -> None:
    """Say if the original of a run's model is not there any more, or another file.

    Parameters
    ----------
    folder : RunFolder
    settings : mapping
    say : callable
    """
    kept = settings.get("model")
    if kept is None:
        return
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
