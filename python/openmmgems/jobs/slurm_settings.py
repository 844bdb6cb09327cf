# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of workers that SLURM starts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from openmmgems.core.settings import SettingsBase

Positive = Annotated[float, Field(gt=0)]


class SlurmSettings(SettingsBase):
    """Workers that SLURM starts."""

    jobs: int = Field(1, ge=1, description="Jobs that SLURM is asked for; each holds workers.")
    cores: int = Field(1, ge=1, description="Cores of one SLURM job.")
    memory_gb: Positive = Field(4.0, description="Memory of one SLURM job, GB.")
    walltime: str = Field("24:00:00", description="Time limit of one SLURM job, H:MM:SS.")
    queue: str | None = Field(None, description="Partition.")
    account: str | None = Field(None, description="Account that is charged.")
    directives: tuple[str, ...] = Field(
        (), description="More lines of the job script, such as '--constraint=icelake'."
    )
    prologue: tuple[str, ...] = Field(
        (), description="Commands before a worker starts, such as 'module load gcc'."
    )
