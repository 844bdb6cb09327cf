# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems fragment`: cut a large system into pieces small enough for reference calculations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .fragment_bottom_up import run_bottom_up
from .fragment_project import fragment_project
from .fragment_top_down import run_top_down
from .steps import refuse_others
from .structure_options import (
    PH,
    AddHydrogens,
    AlternateLocation,
    Coordinates,
    Force,
    GromacsInclude,
    Remove,
    UseBox,
)

_TOP_DOWN, _BOTTOM_UP = "Top-down", "Bottom-up"


def fragment(
    context: typer.Context,
    structure: Annotated[
        Path | None,
        typer.Argument(
            help="Structure file, or a folder with system.pdb, frames.dcd, selected.csv."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File of structures to write (.h5).")
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(help="Project file (.toml): cut up its parents; --out is the folder."),
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw some into this PNG file.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and how long; then stop.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of every choice made at random.")] = 0,
    trajectory: Annotated[
        Path | None,
        typer.Option(help="Frames to cut: dcd, xtc, trr, nc, ...", rich_help_panel=_TOP_DOWN),
    ] = None,
    select: Annotated[
        Path | None,
        typer.Option(help="CSV file; its column 'frame' chooses.", rich_help_panel=_TOP_DOWN),
    ] = None,
    radius: Annotated[
        float, typer.Option(help="Of the spheres, angstrom.", rich_help_panel=_TOP_DOWN)
    ] = 8.0,
    centres: Annotated[
        str,
        typer.Option(
            help="protein, water, ions, other, all, or residues (HIS, HIE, Na+); with commas.",
            rich_help_panel=_TOP_DOWN,
        ),
    ] = "protein",
    spacing: Annotated[
        float | None,
        typer.Option(help="Of centres, angstrom (6).", rich_help_panel=_TOP_DOWN),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(help="Centres per frame, instead of --spacing.", rich_help_panel=_TOP_DOWN),
    ] = None,
    minimum_share: Annotated[
        float,
        typer.Option(help="Of centres, of each kind of residue.", rich_help_panel=_TOP_DOWN),
    ] = 0.02,
    interface: Annotated[
        float | None,
        typer.Option(
            help="Only residues this near (angstrom) to another chain.", rich_help_panel=_TOP_DOWN
        ),
    ] = None,
    keep_copies: Annotated[
        bool,
        typer.Option("--keep-copies", help="Also equal fragments.", rich_help_panel=_TOP_DOWN),
    ] = False,
    parent: Annotated[
        str | None,
        typer.Option(help="Name of the system (the file's).", rich_help_panel=_TOP_DOWN),
    ] = None,
    bottom_up: Annotated[
        bool,
        typer.Option("--bottom-up", help="Small graphs instead.", rich_help_panel=_BOTTOM_UP),
    ] = False,
    amino_acids: Annotated[
        bool,
        typer.Option("--amino-acids", help="Of the 20 amino acids.", rich_help_panel=_BOTTOM_UP),
    ] = False,
    sequence: Annotated[
        list[str] | None,
        typer.Option(help="Of capped peptides: GAVL.", rich_help_panel=_BOTTOM_UP),
    ] = None,
    smiles: Annotated[
        list[str] | None, typer.Option(help="Of these molecules.", rich_help_panel=_BOTTOM_UP)
    ] = None,
    max_heavy_atoms: Annotated[
        int, typer.Option(min=1, help="Of the largest graphs.", rich_help_panel=_BOTTOM_UP)
    ] = 8,
    water_clusters: Annotated[
        int, typer.Option(min=0, help="Largest cluster of waters.", rich_help_panel=_BOTTOM_UP)
    ] = 4,
    waters_per_ion: Annotated[
        int, typer.Option(min=0, help="Around Na+ and Cl-.", rich_help_panel=_BOTTOM_UP)
    ] = 6,
    complexes: Annotated[
        bool,
        typer.Option(
            "--complexes/--no-complexes",
            help="Small graphs with a water.",
            rich_help_panel=_BOTTOM_UP,
        ),
    ] = True,
    add_hydrogens: AddHydrogens = False,
    ph: PH = 7.0,
    remove: Remove = "",
    coordinates: Coordinates = None,
    gromacs_include: GromacsInclude = None,
    alternate_location: AlternateLocation = None,
    box: UseBox = True,
    force: Force = False,
) -> None:
    """Cut a system into fragments for reference calculations.

    [bold]Top-down[/]: spheres around atoms of a structure or of the frames of a trajectory. Cut
    bonds are closed by hydrogen; every fragment has closed shells and a charge that is known.

      gems fragment system.pdb --trajectory frames.dcd -o fragments.h5 --picture fragments.png

      gems fragment system.pdb --centres protein,water,ions --number 40 -o fragments.h5

    A crystal structure, completed first; only where its chains meet:

      gems fragment 6M0J.cif --add-hydrogens --no-box --alternate-location A
      --interface 5 -o interface.h5

    [bold]Bottom-up[/]: all small chemical graphs of molecules, each with a start structure;
    clusters of water, ions in water, and small graphs with a water.

      gems fragment --bottom-up --amino-acids -o graphs.h5

      gems fragment --bottom-up --sequence GAVL --smiles "CCO" -o graphs.h5

      gems fragment --bottom-up peptide.pdb --max-heavy-atoms 6 -o graphs.h5

    [bold]Projects[/]: a file with all settings, and a folder; first gems sample, then this, then
    gems label.

      gems fragment --project proteins.toml -o proteins

    Stopped by Ctrl-C or killed? Give the same command again: finished parts are kept.
    """
    given = context.params
    if project is not None:
        refuse_others(context, ("project", "out", "dry_run"))
        fragment_project(project, out, dry_run=dry_run)
        return
    out = _output_file(out, overwrite)
    if bottom_up:
        run_bottom_up(given, out)
    else:
        run_top_down(given, out)


def _output_file(out: Path | None, overwrite: bool) -> Path:
    if out is None:
        raise typer.BadParameter("an output file is needed: --out FILE.h5")
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"There is no folder '{out.absolute().parent}' to write to.")
    if out.exists() and not overwrite:
        raise FileExistsError(
            f"'{out}' exists already; choose another file with --out, or add --overwrite."
        )
    return out
