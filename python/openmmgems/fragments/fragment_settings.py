# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of fragments, as they stand in a project's file."""

from __future__ import annotations

from typing import Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from openmmgems.core.settings import SettingsBase

#: What may stand in ``TopDownSettings.centres`` besides names of residues.
CENTRE_WORDS = ("all", "protein", "water", "ions", "other")


class TopDownSettings(SettingsBase):
    """Spheres cut out of snapshots, and which atoms are their centres."""

    radius_angstrom: float = Field(8.0, gt=0, description="radius of the spheres")
    centres: tuple[str, ...] = Field(
        ("protein",),
        min_length=1,
        description=f"whose atoms are centres: {', '.join(CENTRE_WORDS)} or names of residues",
    )
    spacing_angstrom: float | None = Field(
        None,
        gt=0,
        description="in every frame each atom of these is within this distance of a centre",
    )
    centres_per_frame: PositiveInt | None = Field(
        None, description="number of centres in each frame, instead of a spacing"
    )
    minimum_share: float = Field(
        0.02,
        ge=0,
        le=1,
        description="each kind of residue has at least this share of the centres",
    )
    interface_angstrom: float | None = Field(
        None, gt=0, description="only residues with an atom this near to another chain"
    )
    seed: NonNegativeInt = Field(0, description="of the choice of centres")
    deduplicate: bool = Field(True, description="leave out copies of fragments")

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if self.spacing_angstrom is not None and self.centres_per_frame is not None:
            raise ValueError("give spacing_angstrom or centres_per_frame, not both")
        return self

    @property
    def spacing_or_default(self) -> float | None:
        """The spacing, 6 angstrom if neither it nor a number is given; None with a number."""
        if self.centres_per_frame is not None:
            return None
        return 6.0 if self.spacing_angstrom is None else self.spacing_angstrom


class BottomUpSettings(SettingsBase):
    """Small chemical graphs and complexes, and of which molecules they are made."""

    max_heavy_atoms: PositiveInt = Field(8, description="size of the largest graphs")
    amino_acids: bool = Field(True, description="the 20 amino acids with caps")
    other_states: bool = Field(True, description="their other protonation states")
    termini: bool = Field(True, description="their charged termini")
    disulfide: bool = Field(True, description="the bridge of two cysteines")
    sequences: tuple[str, ...] = Field((), description="capped peptides, one-letter codes")
    smiles: tuple[str, ...] = Field((), description="other molecules")
    structures: tuple[str, ...] = Field((), description="structure files with all hydrogens")
    water_clusters: NonNegativeInt = Field(4, description="waters in the largest cluster; 0: none")
    ions: tuple[str, ...] = Field(
        ("[Na+]", "[Cl-]"), description="SMILES of single ions that are put into water"
    )
    waters_per_ion: NonNegativeInt = Field(
        6, description="waters around an ion, 1 to this number; 0: none"
    )
    complexes: bool = Field(True, description="each small graph with one water")
    complex_heavy_atoms: PositiveInt = Field(
        4, description="largest graphs that get a water, heavy atoms"
    )
    seed: NonNegativeInt = Field(0, description="of conformations and packing")
