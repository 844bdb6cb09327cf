# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stages of a project that cut up its parents."""

from __future__ import annotations

from pathlib import Path

from openmmgems.core.stages import Stage
from openmmgems.fragments.snapshot_sources import SampledFolder
from openmmgems.fragments.top_down_stage import TopDownStage

from .project_folder import ProjectFolder
from .project_settings import ProjectSettings, read_project


def fragment_stages(settings: ProjectSettings, folder: ProjectFolder) -> list[Stage]:
    """
    Make a stage for each parent: its selected frames in, its fragments out.

    Parameters
    ----------
    settings : ProjectSettings
    folder : ProjectFolder

    Raises
    ------
    ValueError
        If the project has nothing to cut up.
    """
    if settings.top_down is None:
        raise ValueError("The project has no [top_down]: there is nothing to cut up.")
    stages: list[Stage] = []
    for parent in settings.parents:
        source, out = SampledFolder(folder.parent(parent.name)), folder.fragments(parent.name)
        picture = out.with_suffix(".png")
        stages.append(TopDownStage(settings.top_down, source, out, picture, shared_settings=True))
    return stages


def project_fragments(
    file: Path, out: Path | None = None, *, dry_run: bool = False
) -> tuple[list[Stage], Path]:
    """
    Make the stages of a project file that cut up; unless it is dry, begin the project's folder.

    Parameters
    ----------
    file : pathlib.Path
    out : pathlib.Path, optional
        The folder; default: that of the file's name.
    dry_run : bool

    Returns
    -------
    stages : list of Stage
    folder : pathlib.Path

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is not there or makes no sense, or the folder belongs to other settings.
    """
    settings = read_project(file)
    folder = ProjectFolder(out or file.stem)
    stages = fragment_stages(settings, folder)
    folder.check(settings)
    if not dry_run:
        folder.begin(settings)
    return stages, folder.path
