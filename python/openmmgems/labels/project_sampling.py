# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stages of a project that sample: small graphs, their conformers, parents."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openmmgems.core.stages import Stage
from openmmgems.engines.engine_spec import consent_of
from openmmgems.fragments.bottom_up_stage import BottomUpStage
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.worker_settings import JobSettings
from openmmgems.sampling.conformer_stage import ConformerStage, limits_of
from openmmgems.sampling.parent_stage import ParentStage

from .project_folder import ProjectFolder
from .project_settings import ProjectSettings, read_project


def sampling_stages(
    settings: ProjectSettings,
    folder: ProjectFolder,
    limits: JobSettings,
    consent: Consent,
    threads: int | None = None,
) -> list[Stage]:
    """
    Make the stages of a project that sample, in their order.

    Parameters
    ----------
    settings : ProjectSettings
    folder : ProjectFolder
        Where they find and leave their files.
    limits : JobSettings
        Of the workers that draw conformers.
    consent : Consent
        To code of others that the settings name.
    threads : int, optional
        Of the parents' dynamics; default: all cores.

    Raises
    ------
    ValueError, ImportError
        If the engine of the conformers cannot be made; see `ConformerStage`.
    """
    stages: list[Stage] = []
    if settings.bottom_up is not None:
        graphs = [str(folder.graphs)]
        stages = [
            BottomUpStage(settings.bottom_up, folder.graphs),
            ConformerStage(settings.conformers, graphs, folder.conformers, limits, consent),
        ]
    return stages + [ParentStage(p, folder.parent(p.name), threads) for p in settings.parents]


def project_sampling(given: Mapping[str, Any]) -> tuple[list[Stage], str]:
    """
    Make the stages of what a command line gives, and begin the project's folder (not if it is dry).

    Parameters
    ----------
    given : mapping
        `project` (a file), `out` (a folder, or None), `dry_run`, `threads`, `engine`,
        `engine_options`, `allow_code`, those of `limits_of`.

    Returns
    -------
    stages : list of Stage
    command : str
        What to run next.

    Raises
    ------
    FileNotFoundError, ValueError, ImportError
        If the project file is not there or makes no sense, or the folder belongs to other settings.
    """
    file: Path = given["project"]
    settings = read_project(file)
    folder = ProjectFolder(given["out"] or file.stem)
    folder.check(settings)
    stages = sampling_stages(
        settings,
        folder,
        limits_of(given),
        consent_of(given["allow_code"], given["engine"], given["engine_options"]),
        given["threads"],
    )
    if not given["dry_run"]:
        folder.begin(settings)
    step = "fragment" if settings.parents else "label"
    return stages, f"gems {step} --project {file} --out {folder.path}"
