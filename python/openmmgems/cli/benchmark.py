# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems benchmark`: how fast models run here, beside AMBER and others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from .console import errors, output

if TYPE_CHECKING:
    from openmmgems.benchmark.measure import Case, Measurement, Profile


def benchmark(
    context: typer.Context,
    system: Annotated[
        list[str] | None,
        typer.Option(
            help="water:ATOMS, alanine:RESIDUES, crambin, crambin-in-water or a structure file; "
            "repeat for more."
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(help="Bundled model, model file, or random:FEATURES:MODULES.")
    ] = "random:64:3",
    evaluator: Annotated[
        list[str] | None, typer.Option(help="auto, torchscript or native; repeat for more.")
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(
            help="module:function to time as well; it is called with atomic numbers, positions "
            "and cell (or None) in angstrom; repeat for more."
        ),
    ] = None,
    amber: Annotated[bool, typer.Option(help="Time AMBER99SB-ILDN on the same systems.")] = True,
    platform: Annotated[str, typer.Option(help="CUDA, OpenCL, CPU, Reference.")] = "CPU",
    precision: Annotated[str, typer.Option(help="single, mixed or double, on GPUs.")] = "mixed",
    threads: Annotated[
        list[int] | None, typer.Option(min=1, help="Threads of the CPU; repeat for more.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Repeats of each measurement.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.0, help="Wall time of each repeat, s.")] = 1.0,
    phases: Annotated[
        bool, typer.Option("--phases", help="Tell where the native evaluator spends its time.")
    ] = False,
    with_simulate: Annotated[
        bool,
        typer.Option("--with-simulate", help="Only tell what log, frames, checkpoints cost."),
    ] = False,
    json: Annotated[Path | None, typer.Option(help="File for all figures.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Picture of time against atoms.")] = None,
) -> None:
    """Time the steps of models, of AMBER99SB-ILDN and of others on the same systems.

    Every measurement has a process of its own, warms up, and gives the
    median of its repeats. Models and AMBER are timed within a run as gems
    simulate makes it, with log, frames and checkpoints. The default model
    has random weights: speed does not depend on them, and its forces are
    scaled by zero, so that the atoms move as they do at 300 K.

    [bold]Examples[/]

      gems benchmark --threads 1 --threads 2 --json a.json --plot a.png

      gems benchmark --system protein.pdb --model my.pt --peer code:evaluate

      gems benchmark --system water:3000 --with-simulate
    """
    from openmmgems.benchmark.benchmark_cases import cases_of, phase_cases_of
    from openmmgems.benchmark.benchmark_report import draw, write_json

    cases = cases_of(context.params)
    if with_simulate:
        _compare(cases)
        return
    found = _measure_all(cases)
    if not found:
        raise typer.Exit(1)
    _wide().print(_table(found))
    profiles = _profile_all(phase_cases_of(context.params)) if phases else []
    if json is not None:
        write_json(found, profiles, json)
    if plot is not None:
        draw(found, plot)
    for file in (json, plot):
        if file is not None:
            output.print(f"Look at {escape(str(file))}")
    if len(found) < len(cases):
        raise typer.Exit(1)


def _wide() -> Console:
    """Where tables are printed: also into a file they are not cut."""
    return output if output.is_terminal else Console(width=120, highlight=False)


def _compare(cases: list[Case]) -> None:
    """Print time of a step of the integrator alone and in runs, and their ratio."""
    from openmmgems.benchmark.with_simulate import compare_with_simulate

    table = Table("System", "Atoms", "Engine", "Threads", box=None)
    for title in ("alone, ms/step", "in a run", "ratio", "of the rounds"):
        table.add_column(title, justify="right")
    for case in cases:
        with errors.status(f"{escape(case.system)}, {case.label}"):
            found = compare_with_simulate(case)
        alone, run = found.medians
        rounds = f"{min(found.ratios):.3f} to {max(found.ratios):.3f}"
        table.add_row(
            *(escape(case.system), str(found.num_atoms), case.name, str(case.num_threads)),
            *(f"{1e3 * alone:.3g}", f"{1e3 * run:.3g}", f"{found.ratio:.3f}", rounds),
        )
    _wide().print(table)


def _measure_all(cases: list[Case]) -> list[Measurement]:
    """Measure what can be measured; what cannot is told, and the rest goes on."""
    from openmmgems.benchmark.measure import measure
    from openmmgems.core.errors import OptionError

    found = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("")
        for number, case in enumerate(cases, 1):
            name = f"{case.system}, {case.label}"
            progress.update(task, description=f"{number} of {len(cases)}: {escape(name)}")
            try:
                found.append(measure(case))
            except OptionError:  # no other case can do better
                raise
            except Exception as error:  # of the engine, told below
                text = " ".join(str(error).split())
                errors.print(f"[bold red]{escape(name)}:[/] {escape(text)}", soft_wrap=True)
    return found


def _profile_all(cases: list[Case]) -> list[Profile]:
    """Print phases of the native evaluator, case by case."""
    from openmmgems.benchmark.measure import profile

    profiles = []
    for case in cases:
        profiles.append(profile(case))
        _wide().print(_phase_title(profiles[-1]))
        _wide().print(_phase_table(profiles[-1]))
    return profiles


def _phase_title(profile: Profile) -> str:
    return (
        f"\n{escape(profile.case.system)}, {profile.case.label}; matrices are multiplied at "
        f"{profile.matrix_gflop_per_second:.0f} GFLOP/s"
    )


def _phase_table(profile: Profile) -> Table:
    table = Table("Phase", box=None)
    for title in ("ms", "share", "GFLOP/s", "of the rate"):
        table.add_column(title, justify="right")
    for phase in profile.phases:
        rate = phase.gflop_per_second
        of_rate = None if rate is None else rate / profile.matrix_gflop_per_second
        table.add_row(
            phase.name,
            f"{1e3 * phase.seconds:.3g}",
            f"{100 * phase.share:.1f} %",
            "" if rate is None else f"{rate:.0f}",
            "" if of_rate is None else f"{100 * of_rate:.0f} %",
        )
    return table


def _table(measurements: list[Measurement]) -> Table:
    table = Table("System", "Atoms", "Engine", "Threads", box=None)
    for title in ("ms/step", "spread", "us/atom", "ns/day", "MB", "kB/atom"):
        table.add_column(title, justify="right")
    for m in measurements:
        table.add_row(
            escape(m.case.system),
            str(m.num_atoms),
            escape(m.case.name),
            str(m.case.num_threads),
            f"{1e3 * m.median:.3g}",
            f"{100 * m.spread:.0f} %",
            f"{m.microseconds_per_atom:.3g}",
            f"{m.ns_per_day:.3g}",
            f"{m.memory_bytes / 1e6:.0f}",
            f"{m.memory_bytes / 1e3 / m.num_atoms:.3g}",
        )
    return table
