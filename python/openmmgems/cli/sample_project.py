# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems sample` that does all of a project: graphs, conformers, parents."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape

from openmmgems.jobs.consent import Consent
from openmmgems.labels.project_folder import ProjectFolder
from openmmgems.labels.project_settings import ProjectSettings, read_project

from .carry_out import carry_out
from .console import output
from .sample_conformers import draw_conformers, limits_of
from .sample_parent import sample_snapshots


def sample_project(given: Mapping[str, Any]) -> int:
    """Do what is left of a project's sampling; give the exit code.

    Parameters
    ----------
    given : mapping
        Options of the command, by name.
    """
    file: Path = given["project"]
    settings = read_project(file)
    folder = ProjectFolder(given["out"] or file.stem)
    folder.begin(settings)
    if settings.bottom_up is not None:
        code = _bottom_up(settings, folder, given)
        if code:
            return code
    for parent in settings.parents:
        place = folder.parent(parent.name)
        code = sample_snapshots(parent, place, given["threads"], dry_run=given["dry_run"])
        if code:
            return code
    if not given["dry_run"]:
        step = "fragment" if settings.parents else "label"
        output.print(
            f"Next      gems {step} --project {escape(str(file))} --out {escape(str(folder.path))}",
            soft_wrap=True,
        )
    return 0


def _bottom_up(settings: ProjectSettings, folder: ProjectFolder, given: Mapping[str, Any]) -> int:
    """Make graphs, then conformers; give the exit code."""
    from openmmgems.data.structure_file import read_structures
    from openmmgems.fragments.bottom_up_stage import BottomUpStage

    if settings.bottom_up is not None and not folder.graphs.is_file():
        carry_out(BottomUpStage(settings.bottom_up, folder.graphs), dry_run=given["dry_run"])
    if folder.conformers.is_file():
        output.print(f"{escape(str(folder.conformers))} is there already.")
        return 0
    if not folder.graphs.is_file():
        output.print("Conformers are drawn of these graphs; their number is not known yet.")
        return 0
    structures = read_structures(folder.graphs)
    return draw_conformers(
        settings.conformers,
        structures,
        folder.conformers,
        limits_of(given),
        Consent(tuple(given["allow_code"] or ())),
        dry_run=given["dry_run"],
    )
