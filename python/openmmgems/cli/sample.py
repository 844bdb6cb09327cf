# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems sample`: conformers of small molecules, and snapshots of large ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from openmmgems.core.settings import plain_errors

from .carry_out import carry_out, carry_out_all
from .steps import read_options, refuse_others
from .structure_options import PH, AlternateLocation, Coordinates, Force, GromacsInclude, Remove

_SMALL, _LARGE, _CHOICE = "Conformers", "Parent", "Selection of snapshots"


def sample(
    context: typer.Context,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Small molecules: files .h5 (of gems fragment), .xyz, or SMILES."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File of conformers (.h5), or folder of the parent."),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(
            help="Project file (.toml): its graphs, conformers, parents; --out is the folder."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and how long; then stop.")
    ] = False,
    temperature: Annotated[
        list[float] | None, typer.Option(help="K; repeat for several (300, ...).")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything drawn at random.")] = 1,
    preset: Annotated[
        str, typer.Option(help="laptop, or paper: the numbers and lengths of the GEMS paper.")
    ] = "laptop",
    number: Annotated[
        int | None, typer.Option(help="Of each molecule (20).", rich_help_panel=_SMALL)
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            help="gfn2-xtb, so3lr, gems, ..., or module:function.", rich_help_panel=_SMALL
        ),
    ] = "gfn2-xtb",
    engine_option: Annotated[
        list[str] | None, typer.Option(help="Of the engine: name=value.", rich_help_panel=_SMALL)
    ] = None,
    normal_modes: Annotated[
        float | None,
        typer.Option(help="Share by normal modes, not dynamics (0.5).", rich_help_panel=_SMALL),
    ] = None,
    spacing: Annotated[
        float | None, typer.Option(help="Between conformers, fs (25).", rich_help_panel=_SMALL)
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="All cores.", rich_help_panel=_SMALL)
    ] = None,
    memory_gb: Annotated[
        float | None,
        typer.Option("--memory", help="For all, GB (80 % of free).", rich_help_panel=_SMALL),
    ] = None,
    time_limit_s: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            help="Of a molecule, s (20 times the estimate, at least 600).",
            rich_help_panel=_SMALL,
        ),
    ] = None,
    max_attempts: Annotated[
        int | None,
        typer.Option(min=1, help="Then a molecule is given up (3).", rich_help_panel=_SMALL),
    ] = None,
    allow_code: Annotated[
        list[str] | None,
        typer.Option(
            help="Let a module or program run that a project file names. Repeatable.",
            rich_help_panel=_SMALL,
        ),
    ] = None,
    parent: Annotated[
        Path | None, typer.Option(help="Structure file; it is completed.", rich_help_panel=_LARGE)
    ] = None,
    remove: Remove = "",
    ph: PH = 7.0,
    alternate_location: AlternateLocation = None,
    coordinates: Coordinates = None,
    gromacs_include: GromacsInclude = None,
    force: Force = False,
    peptide: Annotated[
        str | None,
        typer.Option(help="'ACE ALA*15 NME', 'GYDPETGTWG', ...", rich_help_panel=_LARGE),
    ] = None,
    conformation: Annotated[
        str, typer.Option(help="extended or helix, of --peptide.", rich_help_panel=_LARGE)
    ] = "extended",
    relaxation: Annotated[
        float,
        typer.Option(help="Of --peptide, in implicit water first, ps.", rich_help_panel=_LARGE),
    ] = 0.0,
    name: Annotated[
        str | None, typer.Option(help="Of the folder parents/NAME.", rich_help_panel=_LARGE)
    ] = None,
    water: Annotated[
        bool, typer.Option("--water/--vacuum", help="TIP3P around it.", rich_help_panel=_LARGE)
    ] = False,
    padding: Annotated[
        float | None, typer.Option(help="To the box's walls, nm (0.6).", rich_help_panel=_LARGE)
    ] = None,
    salt: Annotated[
        float | None, typer.Option(help="NaCl, mol/l (0).", rich_help_panel=_LARGE)
    ] = None,
    time: Annotated[
        float | None, typer.Option(help="At each temperature, ps (20).", rich_help_panel=_LARGE)
    ] = None,
    frame_every: Annotated[
        float | None, typer.Option(help="Between frames, ps (0.2).", rich_help_panel=_LARGE)
    ] = None,
    time_step: Annotated[
        float | None, typer.Option(help="fs (2; in vacuum 1).", rich_help_panel=_LARGE)
    ] = None,
    disulfide: Annotated[
        list[int] | None,
        typer.Option(
            help="Drive this bridge through its states in short runs; repeat for several.",
            rich_help_panel=_LARGE,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="All cores; with 1 the same seed gives the same frames.",
            rich_help_panel=_LARGE,
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Leave out nearer frames, A^2 (9).", rich_help_panel=_CHOICE),
    ] = None,
    preference: Annotated[
        float | None,
        typer.Option(help="Of affinity propagation, A^2 (median).", rich_help_panel=_CHOICE),
    ] = None,
    untypical: Annotated[
        int | None, typer.Option(help="Frames far from all others (10).", rich_help_panel=_CHOICE)
    ] = None,
) -> None:
    """Sample structures that are worth a reference calculation.

    [bold]Conformers[/] of small molecules: displaced along normal modes, and from dynamics at 300,
    600 and 1000 K, with the forces of any engine. Bonds never change.

      gems sample graphs.h5 --number 20 -o conformers.h5

      gems sample "CC(=O)NC" water.xyz --number 50 --engine gfn2-xtb -o conformers.h5

    [bold]Snapshots[/] of a large one, the parent, from dynamics with AMBER99SB-ILDN and TIP3P:
    representative ones by clustering, and untypical ones.

      gems sample --peptide "ACE ALA*15 NME" --temperature 300 --temperature 500 --time 100

      gems sample --peptide GYDPETGTWG --relaxation 100 --water --salt 0.15 --time 50

      gems sample --parent crambin.pdb --water --disulfide 1 --disulfide 3

    What a structure file lacks is added: atoms, hydrogens, chain ends.

    A peptide is named from its N-terminus: residues, caps ACE and NME, * repeats, one-letter codes
    as one word; LYS+ is the charged lysine with a neutral end of AcAla(n)Lys+H+.

    [bold]Projects[/]: a file with all settings, and a folder; this first, then gems fragment, then
    gems label.

      gems sample --project proteins.toml -o proteins

    Stopped by Ctrl-C or killed? Give the same command again: finished work is kept.
    """
    given = context.params | {"engine_options": read_options(engine_option)}
    if project is not None:
        refuse_others(context, ("project", "out", "dry_run", "threads", *_WORK))
        _sample_project(given)
        return
    chosen = [option for option in ("inputs", "parent", "peptide") if given[option]]
    if len(chosen) != 1:
        raise typer.BadParameter(
            "give one of: small molecules (files or SMILES), --parent FILE, --peptide RESIDUES, "
            "--project FILE"
        )
    _refuse(context, chosen[0])
    with plain_errors():
        if chosen == ["inputs"]:
            _sample_conformers(given)
        else:
            _sample_parent(given)


def _sample_conformers(given: Mapping[str, Any]) -> None:
    from openmmgems.sampling.conformer_stage import conformer_stage

    if given["out"] is None:
        raise typer.BadParameter("an output file is needed: --out FILE.h5")
    command = f"gems label {given['out']} --engine {given['engine']}"
    stage = conformer_stage(given)
    # The file is written anew: molecules that are done are kept, and others may have come.
    carry_out(stage, anew=True, dry_run=given["dry_run"], next_command=command)


def _sample_parent(given: Mapping[str, Any]) -> None:
    from openmmgems.sampling.parent_stage import parent_stage

    stage = parent_stage(given)
    place = stage.outputs[0].parent
    command = f"gems fragment {place} -o {place}/fragments.h5"
    # Frames are selected anew: other ones may be wanted of the same run.
    carry_out(stage, anew=True, dry_run=given["dry_run"], next_command=command)


def _sample_project(given: Mapping[str, Any]) -> None:
    from openmmgems.labels.project_sampling import project_sampling

    stages, command = project_sampling(given)
    carry_out_all(stages, dry_run=given["dry_run"], next_command=command)


_WORK = ("processes", "memory_gb", "time_limit_s", "max_attempts", "allow_code")
_FOR_SMALL = ("number", "engine", "engine_option", "normal_modes", "spacing", *_WORK)
_FOR_FILE = ("remove", "ph", "alternate_location", "coordinates", "gromacs_include", "force")
_COMMON = ("inputs", "out", "dry_run", "temperature", "seed", "preset")


def _refuse(context: typer.Context, chosen: str) -> None:
    """Refuse options that would have no effect."""
    words = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    for option in context.params:
        source = context.get_parameter_source(option)
        if option in _COMMON or source is None or source.name != "COMMANDLINE":
            continue
        for_small = option in _FOR_SMALL
        if for_small != (chosen == "inputs"):
            what = "conformers of small molecules" if for_small else "--parent and --peptide"
            raise typer.BadParameter(f"{words[option]} is for {what} only")
        if option in _FOR_FILE and chosen == "peptide":
            raise typer.BadParameter(f"{words[option]} is for --parent only")
