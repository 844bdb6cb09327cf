# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""All settings of a data set, from structures to labels: what a project file holds."""

from __future__ import annotations

import os
from math import ceil
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from openmmgems.core.settings import SettingsBase, read_settings
from openmmgems.fragments.fragment_settings import BottomUpSettings, TopDownSettings
from openmmgems.sampling.sampling_settings import (
    ConformerSettings,
    ParentSettings,
    conformers_preset,
    parent_preset,
)

from .label_settings import LabelSettings


class ProjectSettings(SettingsBase):
    """A data set of bottom-up conformers, or of top-down fragments of parents, or of both."""

    preset: Literal["laptop", "paper"] = Field(
        "laptop", description="paper: the GEMS paper's lengths replace those of this file"
    )
    scale: float = Field(
        1.0, gt=0, le=1, description="share of the conformers, and of the parents' dynamics"
    )
    bottom_up: BottomUpSettings | None = Field(None, description="small graphs and complexes")
    conformers: ConformerSettings = Field(
        default_factory=ConformerSettings, description="of the bottom-up fragments"
    )
    parents: tuple[ParentSettings, ...] = Field((), description="molecules that are cut up")
    top_down: TopDownSettings | None = Field(None, description="how parents are cut up")
    labels: LabelSettings = Field(
        default_factory=LabelSettings, description="reference calculations"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.bottom_up is None and self.top_down is None:
            raise ValueError("neither bottom_up nor top_down is given; expected one of them.")
        if (self.top_down is None) != (not self.parents):
            raise ValueError("top_down and parents belong together; give both or none.")
        names = [parent.name for parent in self.parents]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two parents have the name {twice[0]!r}; names must differ.")
        return self

    def in_full(self, folder: Path) -> ProjectSettings:
        """The settings with preset and scale worked in, and files relative to a folder found."""
        conformers = self.conformers if self.preset == "laptop" else conformers_preset(self.preset)
        bottom_up = self.bottom_up and self.bottom_up.model_copy(
            update={"structures": tuple(str(folder / s) for s in self.bottom_up.structures)}
        )
        return self.model_copy(
            update={
                "preset": "laptop",
                "scale": 1.0,
                "bottom_up": bottom_up,
                "conformers": conformers.model_copy(
                    update={"number": max(1, round(self.scale * conformers.number))}
                ),
                "parents": tuple(self._parent_in_full(parent, folder) for parent in self.parents),
            }
        )

    def _parent_in_full(self, parent: ParentSettings, folder: Path) -> ParentSettings:
        full = parent_preset(self.preset, parent)
        biases = (b.model_copy(update={"length_ps": self.scale * b.length_ps}) for b in full.biases)
        selection = full.selection
        return full.model_copy(
            update={
                "structure": full.structure and str(folder / full.structure),
                "length_ps": max(self.scale * full.length_ps, full.frame_interval_ps),
                "biases": tuple(biases),
                "selection": selection.model_copy(
                    update={"number_farthest": ceil(self.scale * selection.number_farthest)}
                ),
            }
        )


def read_project(path: str | os.PathLike[str]) -> ProjectSettings:
    """
    Read a project file, preset and scale worked in.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_settings`.
    """
    return read_settings(path, ProjectSettings).in_full(Path(path).absolute().parent)
