# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems label`: reference calculations of many structures, and the data set they make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from openmmgems.labels.label_given import given_stage, given_status

from .carry_out import carry_out
from .console import output
from .steps import read_options

_WHERE = "Where it runs"
_LIMITS = "Limits"


def label(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Structures: .h5, .xyz, .extxyz, .npz, .sdf, .pdb, .cif. Not needed to go on."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of jobs and data (labels), or of the project."),
    ] = None,
    project: Annotated[
        Path | None, typer.Option(help="Label all structures of a project file.")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="gfn2-xtb (default), gfn1-xtb, pyscf, psi4, so3lr, amber, gems, or "
            "module:function."
        ),
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--engine-option", help="Of the engine: name=value. Repeatable."),
    ] = None,
    allow_code: Annotated[
        list[str] | None,
        typer.Option(
            help="Let a module or program run that a project file or the folder of labels names "
            "(slurm: its lines of a job script). Repeatable. What you name here yourself is "
            "allowed."
        ),
    ] = None,
    copies_angstrom: Annotated[
        float | None,
        typer.Option(
            "--skip-copies",
            help="Leave out copies of other structures: no atom is further from its counterpart, "
            "angstrom (0.05, say).",
        ),
    ] = None,
    charge: Annotated[
        int | None, typer.Option(help="Total charge, e, where .xyz and .npz do not say it.")
    ] = None,
    unpaired: Annotated[
        int | None, typer.Option(min=0, help="Likewise, unpaired electrons.")
    ] = None,
    box: Annotated[
        bool,
        typer.Option(
            "--box",
            help="Structures of .pdb and .cif are periodic. Those of .h5, and of .xyz with a "
            "Lattice, are in any case.",
        ),
    ] = False,
    status: Annotated[bool, typer.Option("--status", help="Say how it stands; then stop.")] = False,
    retry_parked: Annotated[
        bool, typer.Option("--retry-parked", help="Try what was given up once more.")
    ] = False,
    export: Annotated[
        bool, typer.Option("--export", help="Write the data set of what is done; then stop.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and how long; then stop.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Calculations at a time.", rich_help_panel=_WHERE),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Cores of each.", rich_help_panel=_WHERE)
    ] = None,
    memory_gb: Annotated[
        float | None, typer.Option("--memory", help="For all, GB.", rich_help_panel=_WHERE)
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Use the workers of a Dask scheduler, tls://host:port. Started with "
            "--resources memory_mb=60000 they share memory among jobs.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure",
            help="Reach a scheduler of another machine without TLS (tcp://): whoever is in the "
            "network can run code here.",
            rich_help_panel=_WHERE,
        ),
    ] = False,
    slurm: Annotated[
        list[str] | None,
        typer.Option(
            help="Start workers by SLURM: jobs=10, cores=16, memory_gb=64, walltime=24:00:00, "
            "queue=..., account=.... Repeatable.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    time_limit_s: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            help="Of jobs that are added or retried now, s.",
            rich_help_panel=_LIMITS,
        ),
    ] = None,
    max_attempts: Annotated[
        int | None,
        typer.Option(min=1, help="Then a job is given up.", rich_help_panel=_LIMITS),
    ] = None,
) -> None:
    """Calculate energies, forces and dipoles of many structures, and make a data set of them.

    [bold]Examples[/]

    GFN2-xTB for all structures of two files, on all cores of this machine:

      gems label fragments.h5 conformers.xyz --out labels

    Stopped by Ctrl-C, killed, or a full disk? The same command goes on; so does

      gems label --out labels

    The level of the GEMS paper but for its dispersion, four cores each, at most two days each:

      gems label fragments.h5 -o pbe0 --engine pyscf --engine-option dispersion=d4 --threads 4
      --time-limit 172800

    All structures of a project, after 'gems sample' and 'gems fragment':

      gems label --project proteins.toml --out proteins

    How does it stand, what failed, and why? A data set of what is done? Once more with more time:

      gems label -o pbe0 --status

      gems label -o pbe0 --export

      gems label -o pbe0 --retry-parked --time-limit 500000

    On a cluster: workers that SLURM starts, or those of a Dask scheduler:

      gems label -o pbe0 --threads 4 --slurm jobs=20 --slurm cores=32 --slurm memory_gb=200

      gems label -o pbe0 --scheduler tls://10.0.0.1:8786

    The folder holds jobs.sqlite (every job and result; copy it with 'sqlite3 jobs.sqlite
    ".backup copy"', never with cp while it is in use), data.h5 and data.png.
    """
    if project is not None and files:
        raise typer.BadParameter("give files of structures or --project, not both")
    given = context.params | {
        "options": read_options(options) or None,
        "slurm": read_options(slurm, plain=("walltime",)) or None,
    }
    if status:
        for line in given_status(given):
            output.print(escape(line), soft_wrap=True)
        return
    # Also what is done already: files may have new structures.
    carry_out(given_stage(given), anew=True, dry_run=dry_run)
