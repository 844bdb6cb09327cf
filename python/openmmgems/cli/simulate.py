# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems simulate`: run a structure under a model or a classical force field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from openmmgems.dynamics.protocol import Ensemble

from .carry_out import carry_out
from .structure_options import (
    PANEL,
    PH,
    AddHydrogens,
    AlternateLocation,
    Coordinates,
    Force,
    GromacsInclude,
    Remove,
    UseBox,
)

_RUN = "Dynamics"
_MACHINE = "Machine and output"


def _positive(value: float) -> float:
    if not 0 < value < math.inf:
        raise typer.BadParameter(f"it is {value:g}, and must be more than 0, and finite")
    return value


def simulate(
    context: typer.Context,
    structure: Annotated[
        Path | None, typer.Argument(help="Structure file (not needed with --resume).")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Bundled model or model file.")] = None,
    force_field: Annotated[
        str | None,
        typer.Option(help="amber99sb-ildn, file (of a prmtop or top), or OpenMM XML files."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Output folder.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a stopped run.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and how long; then stop.")
    ] = False,
    ensemble: Annotated[Ensemble, typer.Option(rich_help_panel=_RUN)] = Ensemble.NVT,
    time: Annotated[
        float, typer.Option(help="Length, ps.", callback=_positive, rich_help_panel=_RUN)
    ] = 10.0,
    temperature: Annotated[float, typer.Option(help="K.", rich_help_panel=_RUN)] = 300.0,
    pressure: Annotated[float, typer.Option(help="bar (NPT).", rich_help_panel=_RUN)] = 1.01325,
    time_step: Annotated[
        float, typer.Option(help="fs.", callback=_positive, rich_help_panel=_RUN)
    ] = 0.5,
    minimise: Annotated[
        bool, typer.Option("--minimise/--no-minimise", rich_help_panel=_RUN)
    ] = True,
    seed: Annotated[int, typer.Option(help="Of velocities.", rich_help_panel=_RUN)] = 1,
    charge: Annotated[
        int | None, typer.Option(help="Total charge, e (guessed).", rich_help_panel=PANEL)
    ] = None,
    unpaired: Annotated[
        int | None, typer.Option(help="Number of unpaired electrons (0).", rich_help_panel=PANEL)
    ] = None,
    add_hydrogens: AddHydrogens = False,
    ph: PH = 7.0,
    remove: Remove = "",
    coordinates: Coordinates = None,
    alternate_location: AlternateLocation = None,
    gromacs_include: GromacsInclude = None,
    box: UseBox = True,
    force: Force = False,
    platform: Annotated[
        str | None,
        typer.Option(help="CUDA, OpenCL, CPU, Reference.", rich_help_panel=_MACHINE),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, rich_help_panel=_MACHINE)] = None,
    precision: Annotated[
        str, typer.Option(help="single, mixed or double, on GPUs.", rich_help_panel=_MACHINE)
    ] = "mixed",
    evaluator: Annotated[
        str, typer.Option(help="auto, torchscript or native.", rich_help_panel=_MACHINE)
    ] = "auto",
    attention: Annotated[
        str, typer.Option(help="model-default, exact or smooth.", rich_help_panel=_MACHINE)
    ] = "model-default",
    electrostatics: Annotated[
        str,
        typer.Option(
            help="Of a model with its own: default (lattice in a box, else plain), plain, lattice "
            "or cutoff.",
            rich_help_panel=PANEL,
        ),
    ] = "default",
    long_range_cutoff: Annotated[
        float,
        typer.Option(help="Of a model, nm (0: its own).", min=0.0, rich_help_panel=PANEL),
    ] = 0.0,
    trajectory: Annotated[str, typer.Option(help="dcd or xtc.", rich_help_panel=_MACHINE)] = "dcd",
    frame_every: Annotated[int, typer.Option(help="Steps.", rich_help_panel=_MACHINE)] = 200,
    log_every: Annotated[int, typer.Option(help="Steps.", rich_help_panel=_MACHINE)] = 20,
    checkpoint_every: Annotated[int, typer.Option(help="Steps.", rich_help_panel=_MACHINE)] = 2000,
) -> None:
    """Run a structure under a machine-learned model or a classical force field.

    [bold]Examples[/]

    A peptide in vacuum, 10 ps at 300 K, then the same under AMBER:

      gems simulate peptide.pdb --model so3lr --time 10

      gems simulate peptide.pdb --force-field amber99sb-ildn --time 10

    A crystal structure, completed, without its buffer:

      gems simulate 5I55.cif --force-field amber99sb-ildn --add-hydrogens --remove MPD,ACT --no-box

    AMBER files with their own parameters, at constant pressure:

      gems simulate system.prmtop --force-field file --ensemble npt

    Stopped by Ctrl-C or killed? Go on where it was, or make it longer:

      gems simulate --resume --out peptide-so3lr --time 20

    Files accepted: .pdb, .cif, .xyz, .prmtop (with .inpcrd or .rst7), .top (with .gro).
    """
    from openmmgems.simulation.simulation_stage import simulation_of

    given = context.params
    _require_enough(given)
    chosen = {
        name
        for name in given
        if (source := context.get_parameter_source(name)) is not None
        and source.name == "COMMANDLINE"
    }
    stage = simulation_of(given, chosen)
    again = f"gems simulate --resume --out {stage.folder.path}"
    carry_out(
        stage,
        dry_run=dry_run,
        next_command=f"{again} --time {2 * stage.protocol.length_ps:g}",
        resume_command=again,
    )


def _require_enough(given: Mapping[str, Any]) -> None:
    """Refuse a command line that names too little, or both kinds of forces."""
    if given["resume"]:
        if given["out"] is None and not (
            given["structure"] and (given["model"] or given["force_field"])
        ):
            raise typer.BadParameter("--resume needs the folder of the run: --out FOLDER")
        return
    if given["structure"] is None:
        raise typer.BadParameter("a structure file is needed (or --resume with --out)")
    if (given["model"] is None) == (given["force_field"] is None):
        raise typer.BadParameter("give one of --model and --force-field")
