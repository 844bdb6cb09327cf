# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stages of a project that sample: small graphs, their conformers, parents."""

from __future__ import annotations

from openmmgems.core.stages import Stage
from openmmgems.fragments.bottom_up_stage import BottomUpStage
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.worker_settings import JobSettings
from openmmgems.sampling.conformer_stage import ConformerStage
from openmmgems.sampling.parent_stage import ParentStage

from .project_folder import ProjectFolder
from .project_settings import ProjectSettings


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
