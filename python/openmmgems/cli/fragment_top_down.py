# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems fragment` that cuts spheres out of snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from .carry_out import carry_out
from .steps import words
from .structure_options import reading_options

_SETTINGS = {
    "radius": "radius_angstrom",
    "spacing": "spacing_angstrom",
    "number": "centres_per_frame",
    "minimum_share": "minimum_share",
    "interface": "interface_angstrom",
    "seed": "seed",
}


def run_top_down(given: Mapping[str, Any], out: Path) -> None:
    """Cut spheres out of what the command line names."""
    from openmmgems.fragments.snapshot_sources import snapshot_source
    from openmmgems.fragments.top_down_stage import top_down_stage

    path, trajectory, select = given["structure"], given["trajectory"], given["select"]
    _refuse(path, trajectory, select, add_hydrogens=given["add_hydrogens"])
    settings = {name: given[option] for option, name in _SETTINGS.items()}
    settings["centres"] = words(given["centres"])
    settings["deduplicate"] = not given["keep_copies"]
    source = snapshot_source(path, reading_options(given), trajectory, select)
    stage = top_down_stage(settings, source, out, given["picture"], given["parent"])
    carry_out(
        stage,
        anew=given["overwrite"],
        dry_run=given["dry_run"],
        next_command=f"gems label {out} --out labels",
    )


def _refuse(
    path: Path | None, trajectory: Path | None, select: Path | None, *, add_hydrogens: bool
) -> None:
    """Refuse what does not go together."""
    if path is None:
        raise typer.BadParameter("a structure file is needed (or --bottom-up)")
    if path.is_dir() and (trajectory or select or add_hydrogens):
        raise typer.BadParameter("a folder of gems sample has its own frames and hydrogens")
    if select is not None and trajectory is None:
        raise typer.BadParameter("--select chooses frames of a --trajectory")
    if add_hydrogens and trajectory is not None:
        raise typer.BadParameter(
            "--add-hydrogens completes single structures; a --trajectory has its own atoms"
        )
