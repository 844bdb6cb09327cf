# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stages of a project that cut up its parents."""

from __future__ import annotations

from openmmgems.core.stages import Stage
from openmmgems.fragments.snapshots import SampledFolder
from openmmgems.fragments.top_down_stage import TopDownStage

from .project_folder import ProjectFolder
from .project_settings import ProjectSettings


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
