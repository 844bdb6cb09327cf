# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of reference calculations: which engine, on which workers, within which limits."""

from __future__ import annotations

from pydantic import Field

from openmmgems.core.settings import Setting
from openmmgems.data.copies import LARGEST_TOLERANCE_ANGSTROM
from openmmgems.jobs.worker_settings import JobSettings


class LabelSettings(JobSettings):
    """All that ``gems label`` does."""

    engine: str = Field(
        "gfn2-xtb",
        description="Name of a reference engine, or 'module:function' that makes one of yours "
        "(with --allow-code module).",
    )
    options: dict[str, Setting] = Field({}, description="Options of the engine, by name.")
    copies_angstrom: float | None = Field(
        None,
        gt=0,
        le=LARGEST_TOLERANCE_ANGSTROM,
        description="Of structures added together, copies are left out: no atom is further from "
        "its counterpart in another one than this (None: all are labelled).",
    )
