# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems sample` that runs a parent and selects snapshots."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape

from openmmgems.dynamics.run import StopRequest
from openmmgems.sampling.coverage import coverage
from openmmgems.sampling.parent_run import (
    ParentFrames,
    estimate_parent,
    prepare_parent,
    run_parent,
)
from openmmgems.sampling.sampling_settings import (
    DihedralBias,
    ParentSettings,
    SelectionSettings,
    parent_preset,
)
from openmmgems.sampling.snapshots import select_frames

from .console import output
from .progress import WorkProgress, format_seconds
from .steps import print_notes


def sample_parent(given: Mapping[str, Any]) -> int:
    """Run the parent that the command line names, and select snapshots; give the exit code.

    Parameters
    ----------
    given : mapping
        Options of the command, by name.
    """
    settings = parent_settings(given)
    folder = given["out"] or Path("parents") / settings.name
    code = sample_snapshots(settings, folder, given["threads"], dry_run=given["dry_run"])
    if code == 0 and not given["dry_run"]:
        place = escape(str(folder))
        output.print(f"Next      gems fragment {place} -o {place}/fragments.h5", soft_wrap=True)
    return code


def sample_snapshots(
    settings: ParentSettings, folder: Path, threads: int | None = None, *, dry_run: bool = False
) -> int:
    """Run a parent, select snapshots, and say what they cover; give the exit code.

    Parameters
    ----------
    settings : ParentSettings
    folder : pathlib.Path
    threads : int, optional
        Default: all cores.
    dry_run : bool
        Only say what would be done, and how long.
    """
    _print_plan(settings, folder)
    if dry_run:
        with tempfile.TemporaryDirectory() as temporary:
            _prepare(settings, Path(temporary), threads)
        return 0
    _prepare(settings, folder, threads)
    with StopRequest().listening() as stop:
        frames = _run(settings, folder, threads, stop)
    if not frames.is_complete:
        output.print(
            f"Stopped with {frames.num_frames} of {frames.num_planned} frames; nothing up to "
            "the last checkpoint is lost. Go on with the same command.",
            soft_wrap=True,
        )
        return 128 + (stop.signal_number or 0)
    chosen = select_frames(settings.selection, folder)
    for line in coverage(folder).lines():
        output.print(escape(line))
    reasons = Counter(selected.reason for selected in chosen)
    told = ", ".join(f"{number} {reason}" for reason, number in reasons.items())
    place = escape(str(folder))
    output.print(
        f"[bold green]Done:[/] {frames.num_frames} frames, of which {len(chosen)} are selected "
        f"({told}).\nLook at   {place}/frames.dcd (with system.pdb), {place}/log.csv, "
        f"{place}/selected.csv",
        soft_wrap=True,
    )
    return 0


def parent_settings(given: Mapping[str, Any]) -> ParentSettings:
    """Turn options of the command into settings, checked.

    Raises
    ------
    ValueError
        If they do not fit together.
    """
    solvent = "water" if given["water"] else "none"
    structure, coordinates, include = (
        str(given[name].absolute()) if given[name] else None
        for name in ("parent", "coordinates", "gromacs_include")
    )
    fixed = {
        "name": given["name"] or _name(given),
        "structure": structure,
        "remove": tuple(given["remove"]),
        "ph": given["ph"],
        "alternate_location": given["alternate_location"],
        "coordinates": coordinates,
        "gromacs_include": include,
        "allow_gaps": given["force"],
        "peptide": given["peptide"],
        "conformation": given["conformation"],
        "relaxation_ps": given["relaxation"],
        "solvent": solvent,
        "time_step_fs": given["time_step"] or (2.0 if given["water"] else 1.0),
        "seed": given["seed"],
    }
    basis = parent_preset(given["preset"], ParentSettings.model_validate(fixed))
    chosen = {
        "temperatures_kelvin": given["temperature"] or None,
        "padding_nm": given["padding"],
        "salt_molar": given["salt"],
        "length_ps": given["time"],
        "frame_interval_ps": given["frame_every"],
        "biases": [DihedralBias(disulfides=given["disulfide"])] if given["disulfide"] else None,
    }
    selection = {
        "threshold_angstrom2": given["threshold"],
        "preference_angstrom2": given["preference"],
        "number_farthest": given["untypical"],
        "seed": given["seed"],
    }
    changes = {name: value for name, value in chosen.items() if value is not None}
    changes["selection"] = SelectionSettings(
        **basis.selection.model_dump()
        | {name: value for name, value in selection.items() if value is not None}
    )
    return ParentSettings(**basis.model_dump() | changes)


def _name(given: Mapping[str, Any]) -> str:
    """A name for the folder, from the file or the residues."""
    text = given["parent"].stem if given["parent"] else given["peptide"].lower()
    plain = re.sub(r"[^A-Za-z0-9+]+", "-", text.replace("*", "")).strip("-+") or "parent"
    return plain + ("-water" if given["water"] else "")


def _print_plan(settings: ParentSettings, folder: Path) -> None:
    temperatures = ", ".join(f"{t:g}" for t in settings.temperatures_kelvin)
    where = "vacuum"
    if settings.solvent == "water":
        where = f"water, {settings.padding_nm:g} nm to the walls, NaCl {settings.salt_molar:g} M"
    lines = {
        "Parent": settings.structure or settings.peptide,
        "In": where,
        "Dynamics": f"AMBER99SB-ILDN, {settings.length_ps:g} ps at {temperatures} K in steps of "
        f"{settings.time_step_fs:g} fs, frames every {settings.frame_interval_ps:g} ps",
        "Output": folder,
    }
    if settings.biases:
        numbers = ", ".join(str(n) for bias in settings.biases for n in bias.disulfides)
        lines["Driven"] = f"disulfide bridges {numbers}, in short runs"
    for name, value in lines.items():
        output.print(f"[bold]{name + ':':<13}[/]{escape(str(value))}", soft_wrap=True)


def _prepare(settings: ParentSettings, folder: Path, threads: int | None) -> None:
    output.print("Building and relaxing it ...")
    print_notes(prepare_parent(settings, folder, threads))
    found = estimate_parent(settings, folder, threads)
    output.print(
        f"[bold]Estimate:    [/]{found.num_atoms} atoms, {found.steps_left} steps, "
        f"{format_seconds(found.seconds)}",
        soft_wrap=True,
    )


def _run(
    settings: ParentSettings, folder: Path, threads: int | None, stop: StopRequest
) -> ParentFrames:
    output.print("Ctrl-C stops and keeps everything.")
    last = -1
    with WorkProgress("% of the steps", 100, 1.0) as progress:

        def show(done: int, total: int) -> None:
            nonlocal last
            # What an earlier run did does not count for the time left.
            before, last = (max(last, 0), done)
            parts = 100 * done // total - 100 * before // total
            progress.advance((done - before) / total, parts, counts=before > 0 or done == 0)

        return run_parent(settings, folder, progress=show, stop=lambda: bool(stop), threads=threads)
