# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems fragment` that finds small graphs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from openmmgems.fragments.fragment_settings import BottomUpSettings

from .carry_out import carry_out
from .fragment_top_down import read_complete_structure


def run_bottom_up(given: Mapping[str, Any], out: Path) -> None:
    """Find small graphs of what the command line names."""
    from openmmgems.fragments.bottom_up_molecules import named_systems, structure_systems
    from openmmgems.fragments.bottom_up_stage import BottomUpStage
    from openmmgems.systems.chemical_graph import chemical_graph

    settings = BottomUpSettings(
        max_heavy_atoms=given["max_heavy_atoms"],
        amino_acids=given["amino_acids"],
        sequences=tuple(given["sequence"] or ()),
        smiles=tuple(given["smiles"] or ()),
        water_clusters=given["water_clusters"],
        waters_per_ion=given["waters_per_ion"],
        complexes=given["complexes"],
        seed=given["seed"],
    )
    systems = named_systems(settings)
    if given["structure"] is not None:
        topology, _ = read_complete_structure(given, given["structure"])
        systems |= structure_systems(chemical_graph(topology), given["structure"].stem)
    if not systems:
        raise typer.BadParameter(
            "nothing is selected: give --amino-acids, --sequence, --smiles or a structure file"
        )
    carry_out(
        BottomUpStage(settings, systems, out, given["picture"]),
        anew=given["overwrite"],
        dry_run=given["dry_run"],
        next_command=f"gems sample {out} --number 20 -o conformers.h5",
    )
