# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Options of every command that reads a structure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .steps import words

PANEL = "Structure"
AddHydrogens = Annotated[
    bool,
    typer.Option("--add-hydrogens", help="Complete a crystal structure.", rich_help_panel=PANEL),
]
PH = Annotated[float, typer.Option(help="For added hydrogens.", rich_help_panel=PANEL)]
#: A list of names in what a command gets.
Remove = Annotated[
    str,
    typer.Option(
        help="Leave out residues: GOL,SO4,A GLY 300.", callback=words, rich_help_panel=PANEL
    ),
]
Coordinates = Annotated[
    Path | None, typer.Option(help="For prmtop and top.", rich_help_panel=PANEL)
]
GromacsInclude = Annotated[
    Path | None, typer.Option(help="GROMACS' share/top.", rich_help_panel=PANEL)
]
AlternateLocation = Annotated[
    str | None, typer.Option(help="Which to keep: A, B, ...", rich_help_panel=PANEL)
]
UseBox = Annotated[
    bool, typer.Option("--box/--no-box", help="Use the file's box.", rich_help_panel=PANEL)
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="In spite of gaps in chains, or a model's domain.", rich_help_panel=PANEL
    ),
]

_READING = {
    "coordinates": "coordinates",
    "alternate_location": "alternate_location",
    "gromacs_include": "include_folder",
    "add_hydrogens": "hydrogens",
    "ph": "ph",
    "remove": "remove",
    "box": "box",
    "force": "allow_gaps",
}


def reading_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the command line says of the reading, by the names of settings."""
    return {name: given[option] for option, name in _READING.items()}
