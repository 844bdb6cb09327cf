# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems label`: reference calculations of many structures, and the data set they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.quantities import format_seconds
from openmmgems.core.settings import plain_errors
from openmmgems.core.stop import StopRequest
from openmmgems.engines.engine import Engine
from openmmgems.engines.engine_spec import named_code
from openmmgems.jobs.cluster import local_workers
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.status import Status, Summary, by_text, describe_counts, levels
from openmmgems.jobs.status import status as status_of
from openmmgems.labels.label_folder import LabelFolder, read_files
from openmmgems.labels.label_jobs import LabelJobs
from openmmgems.labels.label_run import label_all
from openmmgems.labels.label_settings import LabelSettings
from openmmgems.labels.project_folder import ProjectFolder
from openmmgems.labels.project_settings import read_project

from .console import output
from .job_progress import JobProgress
from .steps import print_note, read_option

_WHERE = "Where it runs"
_LIMITS = "Limits"
# Options that are fields of the settings; None means: as it was, or the default.
_FIELDS = (
    "engine",
    "workers",
    "threads",
    "copies_angstrom",
    "memory_gb",
    "time_limit_s",
    "max_attempts",
    "scheduler",
)


def label(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Structures: .h5, .xyz, .extxyz, .npz, .sdf. Not needed to go on."),
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
    base: LabelSettings | None = None
    if project is None:
        folder = LabelFolder(out or "labels")
    else:
        folder, base, files = _project(project, out, files)
    if status:
        _print_status(folder)
        return
    settings = _settings(context.params, folder, base)
    consent = _consent(context.params)
    jobs = LabelJobs.of(settings, consent)
    _print_plan(folder, settings, jobs.engine)
    if dry_run:
        _dry_run(_read(files or [], context.params), settings, jobs)
        return
    if not files:
        folder.open_store().close()  # says what is missing before anything is written
    if export:
        _export(folder, jobs)
        return
    with StopRequest().listening() as stop:
        if files:
            _add(files, folder, settings, jobs, context.params)
        if retry_parked:
            with folder.open_store(settings) as store:
                number = store.retry_parked(jobs.level, time_limit_s=time_limit_s)
            output.print(f"{number} parked jobs wait again.")
        output.print("Ctrl-C stops and keeps everything.")
        with JobProgress() as progress:
            summary = label_all(
                folder.store,
                settings,
                progress=progress.update,
                stop=lambda: bool(stop),
                consent=consent,
            )
    _print_end(folder, summary, jobs)
    if stop.signal_number is not None:
        raise typer.Exit(128 + stop.signal_number)
    _export(folder, jobs)


def _project(
    file: Path, out: Path | None, files: list[Path] | None
) -> tuple[LabelFolder, LabelSettings, list[Path]]:
    """Find what a project has to be labelled, how, and where the labels go."""
    if files:
        raise typer.BadParameter("give files of structures or --project, not both")
    settings = read_project(file)
    place = ProjectFolder(out or file.stem)
    place.begin(settings)
    found = place.structures(settings)
    missing = [str(path) for path in found if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{', '.join(missing)}: not there yet. First run 'gems sample --project {file}' and, "
            f"if it has parents, 'gems fragment --project {file}', with the same --out."
        )
    return LabelFolder(place.labels), settings.labels, found


def _settings(
    given: Mapping[str, Any], folder: LabelFolder, base: LabelSettings | None
) -> LabelSettings:
    """Turn the command line into settings; the rest is as in the project or the folder."""
    changes: dict[str, Any] = {name: given[name] for name in _FIELDS if given[name] is not None}
    if given["options"]:
        changes["options"] = dict(read_option(word) for word in given["options"])
    if given["slurm"]:
        changes["slurm"] = dict(read_option(word, plain=("walltime",)) for word in given["slurm"])
    if base is not None:
        changes = base.model_dump() | changes
    before = folder.read_settings()
    if before is not None:
        for name in ("engine", "options"):
            if name in changes and changes[name] != getattr(before, name):
                raise ValueError(
                    f"'{folder.path}' is labelled with {name} {getattr(before, name)}; now it is "
                    f"{changes[name]}. Use another folder with --out."
                )
        changes = before.model_dump() | changes
    with plain_errors(LabelSettings):
        return LabelSettings.model_validate(changes)


def _consent(given: Mapping[str, Any]) -> Consent:
    """What the command line names may run: an engine, a program among its options, or by itself."""
    options = dict(read_option(word) for word in given["options"] or ())
    allowed = (*(given["allow_code"] or ()), *named_code(given["engine"], options))
    return Consent(allowed, given["insecure"])


def _print_plan(folder: LabelFolder, settings: LabelSettings, engine: Engine) -> None:
    details = ", ".join(f"{name} {value}" for name, value in engine.settings.items())
    if settings.scheduler:
        where = f"Dask scheduler {settings.scheduler}"
    elif settings.slurm:
        where = f"{settings.slurm.jobs} SLURM jobs of {settings.slurm.cores} cores"
    else:
        workers, memory = local_workers(settings)
        where = (
            f"this machine, {workers} at a time, {settings.threads} "
            f"{'core' if settings.threads == 1 else 'cores'} each, {memory / 1000:.1f} GB for all"
        )
    for title, text in (
        ("Labels:", f"{engine.level_of_theory} by {engine.version} ({details})"),
        ("Where:", where),
        ("Folder:", str(folder.path)),
    ):
        output.print(f"[bold]{title:<10}[/]{escape(text)}", soft_wrap=True)


def _add(
    files: list[Path],
    folder: LabelFolder,
    settings: LabelSettings,
    jobs: LabelJobs,
    given: Mapping[str, Any],
) -> None:
    found = 0

    def count(file: Path, number: int) -> None:
        nonlocal found
        found += number

    new = folder.add(_read(files, given, count), jobs, settings)
    output.print(f"[bold]{'Added:':<10}[/]{new} new structures of {found}")


def _read(
    files: list[Path], given: Mapping[str, Any], told: Callable[[Path, int], None] | None = None
) -> Iterator[AtomicSystem]:
    """Read structures, and print what was concluded."""
    from openmmgems.data.import_data import ImportSettings

    reading = ImportSettings(charge=given["charge"], spin=given["unpaired"])
    return read_files(files, told, reading, print_note)


def _dry_run(structures: Iterable[AtomicSystem], settings: LabelSettings, jobs: LabelJobs) -> None:
    estimator = Estimator(jobs, settings)
    needs = [estimator.need(_size(structure)) for structure in structures]
    if not needs:
        raise ValueError("There are no structures to estimate for; give files of structures.")
    seconds = sum(need.estimate_s or 0.0 for need in needs)
    output.print(
        f"[bold]{'Estimate:':<10}[/]{len(needs)} structures, {format_seconds(seconds)} on one "
        f"worker, up to {max(need.memory_mb for need in needs) / 1000:.1f} GB and "
        f"{format_seconds(max(need.estimate_s or 0.0 for need in needs))} each",
        soft_wrap=True,
    )


def _size(structure: AtomicSystem) -> int:
    return len(structure.atomic_numbers)


def _print_status(folder: LabelFolder) -> None:
    with folder.open_store() as store:
        for level in levels(store):
            _print_level(status_of(store, level))


def _print_level(found: Status) -> None:
    counts = found.work.counts
    output.print(f"[bold]{escape(found.level_of_theory)}[/]  {describe_counts(counts)}")
    for engine in found.engines:
        output.print(f"  {engine.num_results} by {escape(engine.version)}", soft_wrap=True)
    if found.rate_per_s is not None and found.seconds_left is not None and found.work.to_do:
        output.print(
            f"  {found.rate_per_s:.3g} per second of late; about "
            f"{format_seconds(found.seconds_left)} left"
        )
    for text, number, source in by_text(found.failures):
        output.print(f"  {number} x {escape(text)} ({escape(source)})", soft_wrap=True)


def _print_end(folder: LabelFolder, summary: Summary, jobs: LabelJobs) -> None:
    allowed = "".join(f" --allow-code {name}" for name in jobs.spec.code)
    command = f"gems label --out {folder.path}{allowed}"
    how = "[bold yellow]Stopped:[/]" if summary.stopped else "[bold green]Done:[/]"
    output.print(
        f"{how} {summary.finished} labels in {format_seconds(summary.seconds)}; "
        f"{describe_counts(summary.counts)}.",
        soft_wrap=True,
    )
    if summary.stopped:
        output.print(
            f"Nothing is lost. Go on with [bold]{escape(command)}[/]; a data set of what is done: "
            f"{escape(command)} --export",
            soft_wrap=True,
        )
    if summary.counts["parked"]:
        output.print(f"Why jobs failed: {escape(command)} --status", soft_wrap=True)


def _export(folder: LabelFolder, jobs: LabelJobs) -> None:
    """Write data set and picture; without anything done the command has failed."""
    output.print("Writing the data set ...")
    number = folder.export(jobs)
    if not number:
        output.print("Nothing is done yet: there is no data set to write.")
        raise typer.Exit(1)
    output.print(
        f"Look at   {escape(str(folder.picture))}, {escape(str(folder.data))} "
        f"({number} structures)",
        soft_wrap=True,
    )
