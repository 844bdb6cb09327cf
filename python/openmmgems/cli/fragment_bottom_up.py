# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems fragment` that finds small graphs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from .carry_out import carry_out
from .structure_options import reading_options

_SETTINGS = (
    *("max_heavy_atoms", "amino_acids", "water_clusters", "waters_per_ion", "complexes", "seed"),
)


def run_bottom_up(given: Mapping[str, Any], out: Path) -> None:
    """Find small graphs of what the command line names."""
    from openmmgems.fragments.bottom_up_stage import bottom_up_stage

    structures = [str(given["structure"])] if given["structure"] else []
    lists = {
        "sequences": given["sequence"] or (),
        "smiles": given["smiles"] or (),
        "structures": structures,
    }
    if not given["amino_acids"] and not any(lists.values()):
        raise typer.BadParameter(
            "nothing is selected: give --amino-acids, --sequence, --smiles or a structure file"
        )
    stage = bottom_up_stage(
        {name: given[name] for name in _SETTINGS} | lists,
        reading_options(given),
        out,
        given["picture"],
    )
    carry_out(
        stage,
        anew=given["overwrite"],
        dry_run=given["dry_run"],
        next_command=f"gems sample {out} --number 20 -o conformers.h5",
    )
