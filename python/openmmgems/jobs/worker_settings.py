# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of workers: how many, how large, and where; and of the jobs that they get."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from openmmgems.core.settings import SettingsBase

Positive = Annotated[float, Field(gt=0)]
# A line of a job script: more lines would be commands.
Word = Annotated[str, Field(pattern=r"^[\w.,:@+=/-]+$")]


class SlurmSettings(SettingsBase):
    """Workers that SLURM starts."""

    jobs: int = Field(1, ge=1, description="Jobs that SLURM is asked for; each holds workers.")
    cores: int = Field(1, ge=1, description="Cores of one SLURM job.")
    memory_gb: Positive = Field(4.0, description="Memory of one SLURM job, GB.")
    walltime: Word = Field("24:00:00", description="Time limit of one SLURM job, H:MM:SS.")
    queue: Word | None = Field(None, description="Partition.")
    account: Word | None = Field(None, description="Account that is charged.")
    directives: tuple[str, ...] = Field(
        (), description="More lines of the job script, such as '--constraint=icelake'."
    )
    prologue: tuple[str, ...] = Field(
        (), description="Commands before a worker starts, such as 'module load gcc'."
    )

    @property
    def commands(self) -> tuple[str, ...]:
        """What becomes part of a job script as it stands."""
        return (*self.directives, *self.prologue)


class WorkerSettings(SettingsBase):
    """Where calculations run, and how many at a time."""

    workers: int | None = Field(
        None, ge=1, description="Calculations at a time on this machine (None: by its cores)."
    )
    threads: int = Field(1, ge=1, description="Cores of one calculation.")
    memory_gb: Positive | None = Field(
        None, description="Memory for all calculations of this machine, GB (None: 80 % of free)."
    )
    scheduler: str | None = Field(
        None, description="Address of a Dask scheduler whose workers are used, 'tls://host:port'."
    )
    slurm: SlurmSettings | None = Field(None, description="Workers by SLURM.")

    @model_validator(mode="after")
    def _one_place(self) -> WorkerSettings:
        if self.scheduler is not None and self.slurm is not None:
            raise ValueError("scheduler and slurm are both given; expected one of them at most.")
        if self.slurm is not None and self.threads > self.slurm.cores:
            raise ValueError(
                f"A calculation takes {self.threads} threads, a SLURM job has "
                f"{self.slurm.cores} cores; give slurm.cores at least as many."
            )
        return self


class JobSettings(WorkerSettings):
    """Where and within which limits jobs of any kind run."""

    min_memory_mb: Positive = Field(
        500.0, description="What every calculation may use at least, MB; its whole process counts."
    )
    time_limit_s: Positive | None = Field(
        None,
        description="A calculation that takes longer is stopped, s (None: 20 times its estimate, "
        "at least 10 minutes).",
    )
    max_attempts: int = Field(3, ge=1, description="After so many failures a job is parked.")
    group_s: Positive = Field(
        5.0, description="Small jobs are put together until they are expected to take so long, s."
    )
    lease_s: float = Field(
        300.0, ge=5.0, description="After so long without a sign of life a run counts as dead, s."
    )
