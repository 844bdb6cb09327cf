# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of reference calculations: which engine, on which workers, within which limits."""

from __future__ import annotations

from pydantic import Field, model_validator

from openmmgems.core.settings import Setting, SettingsBase
from openmmgems.data.copies import LARGEST_TOLERANCE_ANGSTROM
from openmmgems.jobs.slurm_settings import Positive, SlurmSettings


class LabelSettings(SettingsBase):
    """All that ``gems label`` does."""

    engine: str = Field(
        "gfn2-xtb",
        description="Name of a reference engine, or 'module:function' that makes one of yours.",
    )
    options: dict[str, Setting] = Field({}, description="Options of the engine, by name.")
    workers: int | None = Field(
        None, ge=1, description="Calculations at a time on this machine (None: by its cores)."
    )
    threads: int = Field(1, ge=1, description="Cores of one calculation.")
    memory_gb: Positive | None = Field(
        None, description="Memory for all calculations of this machine, GB (None: 80 % of free)."
    )
    min_memory_mb: Positive = Field(
        500.0, description="What every calculation may use at least, MB; its whole process counts."
    )
    time_limit_s: Positive | None = Field(
        None,
        description="A calculation that takes longer is stopped, s (None: 20 times the engine's "
        "estimate, at least 10 minutes).",
    )
    copies_angstrom: float | None = Field(
        None,
        gt=0,
        le=LARGEST_TOLERANCE_ANGSTROM,
        description="Of structures added together, copies are left out: no atom is further from "
        "its counterpart in another one than this (None: all are labelled).",
    )
    max_attempts: int = Field(3, ge=1, description="After so many failures a job is parked.")
    group_s: Positive = Field(
        5.0, description="Small jobs are put together until they are expected to take so long, s."
    )
    lease_s: float = Field(
        300.0, ge=5.0, description="After so long without a sign of life a run counts as dead, s."
    )
    scheduler: str | None = Field(
        None, description="Address of a Dask scheduler whose workers are used, 'tcp://host:port'."
    )
    slurm: SlurmSettings | None = Field(None, description="Workers by SLURM.")

    @model_validator(mode="after")
    def _one_place(self) -> LabelSettings:
        if self.scheduler is not None and self.slurm is not None:
            raise ValueError("scheduler and slurm are both given; expected one of them at most.")
        if self.slurm is not None and self.threads > self.slurm.cores:
            raise ValueError(
                f"A calculation takes {self.threads} threads, a SLURM job has "
                f"{self.slurm.cores} cores; give slurm.cores at least as many."
            )
        return self
