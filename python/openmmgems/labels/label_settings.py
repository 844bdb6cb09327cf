# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of reference calculations: which engine, on which workers, within which limits."""

from __future__ import annotations

from pydantic import Field

from openmmgems.core.settings import Setting
from openmmgems.data.copies import LARGEST_TOLERANCE_ANGSTROM
from openmmgems.jobs.worker_settings import Positive, WorkerSettings


class LabelSettings(WorkerSettings):
    """All that ``gems label`` does."""

    engine: str = Field(
        "gfn2-xtb",
        description="Name of a reference engine, or 'module:function' that makes one of yours.",
    )
    options: dict[str, Setting] = Field({}, description="Options of the engine, by name.")
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
