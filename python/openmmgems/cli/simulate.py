# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems simulate`: run a structure under a model or a classical force field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from openmmgems.core.errors import RunFolderError
from openmmgems.core.quantities import format_bytes, format_seconds
from openmmgems.core.stop import StopRequest
from openmmgems.dynamics.platform_choice import PlatformChoice, choose_platform
from openmmgems.dynamics.protocol import Ensemble, Protocol
from openmmgems.dynamics.run import Run
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.simulation.start import begin, go_on, is_model_of_run
from openmmgems.simulation.workflow import (
    Forces,
    StructureOptions,
    build_system,
    estimate,
    load,
    prepare_run,
    protocol_from,
)
from openmmgems.systems.force_field_scripts import refuse_scripts

from .console import output
from .progress import SimulationProgress
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

# command-line names -> fields of the stored settings; all must be the same when a run goes on
_FIELDS = {
    "structure": ("structure", None),
    "model": ("forces", "model"),
    "force_field": ("forces", "force_field"),
    "charge": ("forces", "total_charge"),
    "unpaired": ("forces", "num_unpaired_electrons"),
    "evaluator": ("forces", "evaluator"),
    "attention": ("forces", "attention"),
    "long_range_cutoff": ("forces", "long_range_cutoff"),
    "force": ("forces", "outside_domain"),
    "ensemble": ("protocol", "ensemble"),
    "temperature": ("protocol", "temperature"),
    "pressure": ("protocol", "pressure_bar"),
    "time_step": ("protocol", "time_step_fs"),
    "minimise": ("protocol", "minimise"),
    "frame_every": ("protocol", "frame_interval"),
    "log_every": ("protocol", "log_interval"),
    "checkpoint_every": ("protocol", "checkpoint_interval"),
    "trajectory": ("protocol", "trajectory_format"),
    "seed": ("protocol", "seed"),
    "coordinates": ("options", "coordinates"),
    "alternate_location": ("options", "alternate_location"),
    "gromacs_include": ("options", "include_folder"),
    "add_hydrogens": ("options", "hydrogens"),
    "ph": ("options", "ph"),
    "remove": ("options", "remove"),
    "box": ("options", "box"),
}


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
    time: Annotated[float, typer.Option(help="Length, ps.", rich_help_panel=_RUN)] = 10.0,
    temperature: Annotated[float, typer.Option(help="K.", rich_help_panel=_RUN)] = 300.0,
    pressure: Annotated[float, typer.Option(help="bar (NPT).", rich_help_panel=_RUN)] = 1.01325,
    time_step: Annotated[float, typer.Option(help="fs.", rich_help_panel=_RUN)] = 0.5,
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

      gems simulate peptide.pdb --model ala-gfn2 --time 10

      gems simulate peptide.pdb --force-field amber99sb-ildn --time 10

    A crystal structure, completed, without its buffer:

      gems simulate 5I55.cif --force-field amber99sb-ildn --add-hydrogens --remove MPD,ACT --no-box

    AMBER files with their own parameters, at constant pressure:

      gems simulate system.prmtop --force-field file --ensemble npt

    Stopped by Ctrl-C or killed? Go on where it was, or make it longer:

      gems simulate --resume --out peptide-ala-gfn2 --time 20

    Files accepted: .pdb, .cif, .xyz, .prmtop (with .inpcrd or .rst7), .top (with .gro).
    """
    given = context.params
    if resume:
        settings, folder = _stored_settings(context, out)
    else:
        settings = _new_settings(given)
        folder = RunFolder(out or _default_folder(settings))
        if folder.holds_a_run and not dry_run:
            raise RunFolderError(
                f"'{folder.path}' already holds a run; add --resume to go on with it, or choose "
                "another folder with --out."
            )
    forces = Forces(**settings["forces"])
    choice = choose_platform(
        platform,
        num_threads=threads,
        precision=precision,
        needs_model=forces.model is not None,
    )
    protocol = protocol_from(settings["protocol"])
    _print_plan(folder, settings, forces, protocol, choice)
    if dry_run:
        _dry_run(settings, forces, protocol, choice)
        return
    with StopRequest().listening() as stop:
        code = _run(folder, settings, protocol, choice, stop)
    raise typer.Exit(code)


def _new_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the command line into settings, checked."""
    if given["structure"] is None:
        raise typer.BadParameter("a structure file is needed (or --resume with --out)")
    if (given["model"] is None) == (given["force_field"] is None):
        raise typer.BadParameter("give one of --model and --force-field")
    settings: dict[str, Any] = {"forces": {}, "protocol": {}, "options": {}}
    for option, (section, name) in _FIELDS.items():
        value = given[option]
        value = str(value.absolute()) if isinstance(value, Path) else value
        if name is None:
            settings[section] = value
        else:
            settings[section][name] = value
    settings["protocol"]["num_steps"] = _num_steps(given["time"], given["time_step"])
    if not Path(settings["structure"]).is_file():
        raise FileNotFoundError(f"There is no structure file '{given['structure']}'.")
    return settings


def _num_steps(time_ps: float, time_step_fs: float) -> int:
    if not (0 < time_ps < math.inf and 0 < time_step_fs < math.inf):
        raise typer.BadParameter("--time and --time-step must be numbers of more than 0")
    return max(1, round(time_ps * 1e3 / time_step_fs))


def _stored_settings(context: typer.Context, out: Path | None) -> tuple[dict[str, Any], RunFolder]:
    """Read the settings of a run that goes on; options given again must agree."""
    given = context.params
    chosen = {
        name
        for name in given
        if (source := context.get_parameter_source(name)) is not None
        and source.name == "COMMANDLINE"
    }
    if out is None:
        if given["structure"] is None or (given["model"] or given["force_field"]) is None:
            raise typer.BadParameter("--resume needs the folder of the run: --out FOLDER")
        out = _default_folder(_new_settings(given))
    folder = RunFolder(out)
    settings = folder.read_settings()
    for option, (section, name) in _FIELDS.items():
        if option not in chosen:
            continue
        value = given[option]
        value = str(value.absolute()) if isinstance(value, Path) else value
        stored = settings[section] if name is None else settings[section].get(name)
        is_same = value == stored or (option == "model" and is_model_of_run(settings, value))
        if not is_same:
            raise RunFolderError(
                f"This run was begun with --{option.replace('_', '-')} {stored}, not {value}; "
                "leave the option out, or start a new run in another folder."
            )
    if settings["forces"]["force_field"] and "force_field" not in chosen:
        refuse_scripts(settings["forces"]["force_field"].split(","))
    if "time" in chosen:
        step = settings["protocol"]["time_step_fs"]
        settings["protocol"]["num_steps"] = _num_steps(given["time"], step)
    return settings, folder


def _default_folder(settings: Mapping[str, Any]) -> Path:
    label = Path(settings["forces"]["model"] or settings["forces"]["force_field"]).stem
    return Path(f"{Path(settings['structure']).stem}-{label}")


def _say(text: str) -> None:
    output.print(escape(text), soft_wrap=True)


def _print_plan(
    folder: RunFolder,
    settings: Mapping[str, Any],
    forces: Forces,
    protocol: Protocol,
    choice: PlatformChoice,
) -> None:
    kind = "model" if forces.model else "force field"
    lines = {
        "Structure": settings["structure"],
        kind.capitalize(): forces.label,
        "Dynamics": _describe(protocol),
        "Platform": choice.description,
        "Output": folder.path,
    }
    for name, value in lines.items():
        output.print(f"[bold]{name + ':':<13}[/]{escape(str(value))}", soft_wrap=True)


def _describe(protocol: Protocol) -> str:
    start = protocol.temperature * (2 if protocol.minimise else 1)
    what = {
        Ensemble.NVE: f"NVE, velocities at {start:g} K",
        Ensemble.NVT: f"NVT, {protocol.temperature:g} K, Nose-Hoover chain",
        Ensemble.NPT: f"NPT, {protocol.temperature:g} K, {protocol.pressure_bar:g} bar",
    }[protocol.ensemble]
    minimised = "minimised first" if protocol.minimise else "not minimised"
    return (
        f"{what}, {protocol.length_ps:g} ps in steps of {protocol.time_step_fs:g} fs, {minimised}"
    )


def _dry_run(
    settings: Mapping[str, Any], forces: Forces, protocol: Protocol, choice: PlatformChoice
) -> None:
    """Build all in a temporary folder, time some steps, print the estimate."""
    import tempfile

    options = StructureOptions(**settings["options"])
    structure = load(settings["structure"], options, allow_gaps=forces.outside_domain)
    with tempfile.TemporaryDirectory() as folder:
        system = build_system(structure, forces, _say)
        with closing(
            prepare_run(RunFolder(folder), structure, system, protocol, choice, _say)
        ) as run:
            run.simulation.context.setPositions(structure.positions)
            _print_estimate(run)


def _print_estimate(run: Run) -> float:
    found = estimate(run)
    protocol = run.protocol
    left = (protocol.num_steps - run.step) * found.seconds_per_step
    output.print(
        f"[bold]{'Estimate:':<13}[/]{run.simulation.system.getNumParticles()} atoms, "
        f"{found.seconds_per_step * 1e3:.3g} ms per step, {found.ns_per_day(protocol):.3g} ns/day, "
        f"{format_seconds(left)} for {(protocol.num_steps - run.step)} steps, "
        f"memory {format_bytes(found.memory_bytes)}, files {format_bytes(found.disk_bytes)}",
        soft_wrap=True,
    )
    return left


def _run(
    folder: RunFolder,
    settings: dict[str, Any],
    protocol: Protocol,
    choice: PlatformChoice,
    stop: StopRequest,
) -> int:
    with closing(
        go_on(folder, settings, choice, _say) or begin(folder, settings, choice, stop, _say)
    ) as run:
        if not stop and run.step < protocol.num_steps:
            _print_estimate(run)
            output.print("Ctrl-C stops and keeps everything.")
        with SimulationProgress(protocol, run.step) as progress:
            run.advance(progress.update, stop)
        _print_end(run, stop)
    return 128 + stop.signal_number if stop.signal_number is not None else 0


def _print_end(run: Run, stop: StopRequest) -> None:
    folder, protocol = run.folder, run.protocol
    command = f"gems simulate --resume --out {folder.path}"
    if stop:
        output.print(
            f"Stopped at step {run.step} of {protocol.num_steps}; nothing is lost. "
            f"Go on with: [bold]{escape(command)}[/]",
            soft_wrap=True,
        )
        return
    state = run.simulation.context.getState(positions=True, enforcePeriodicBox=True)
    positions = state.getPositions(asNumpy=True)._value
    final = folder.write_structure("final", run.simulation.topology, positions)
    trajectory = folder.trajectory(protocol.trajectory_format)
    output.print(
        f"[bold green]Done:[/] {protocol.length_ps:g} ps, {run.num_frames} frames.\n"
        f"Look at   {escape(str(trajectory))} (with {folder.structure_file('start').name}), "
        f"{escape(str(folder.log))}, {escape(str(final))}\n"
        f"Next      {escape(command)} --time {2 * protocol.length_ps:g}",
        soft_wrap=True,
    )


# kept last: these names exist so that a typo in _FIELDS fails at import, not in a user's hands
_known = {field.name for kind in (Forces, Protocol, StructureOptions) for field in fields(kind)}
if not {name for _, name in _FIELDS.values() if name} <= _known:
    raise AssertionError("an option of 'gems simulate' has no field in the settings")
