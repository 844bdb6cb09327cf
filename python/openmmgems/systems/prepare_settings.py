# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of the preparation of structures."""

from __future__ import annotations

from pydantic import Field

from openmmgems.core.settings import SettingsBase


class PrepareSettings(SettingsBase):
    """How a structure is completed."""

    add_hydrogens: bool = Field(True, description="complete it; else it only loses residues")
    ph: float = Field(7.0, ge=0, le=14, description="decides protonation states")
    remove: tuple[str, ...] = Field((), description="names of residues that are left out")
    keep_water: bool = Field(True, description="keep the waters of the file")
    allow_gaps: bool = Field(
        False, description="go on with bonds that are too long, as of chains with missing residues"
    )
    metal_distance_angstrom: float = Field(
        2.8, gt=0, description="N and S closer to a metal than this carry no hydrogen"
    )
