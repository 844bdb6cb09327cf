# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems fragment` that cuts spheres out of snapshots."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from openmmgems.core.files import write_atomically
from openmmgems.core.quantities import format_seconds
from openmmgems.fragments.fragment_settings import TopDownSettings
from openmmgems.systems.prepare_settings import PrepareSettings

from .console import output
from .progress import WorkProgress
from .steps import print_next, print_notes, say, stoppable, words

if TYPE_CHECKING:
    from openmm import app

    from openmmgems.fragments.collect import FragmentRow
    from openmmgems.fragments.frame_fragmenter import Frame, FrameFragmenter

_DRAWN = 9
_TIMED = 3


@dataclass(frozen=True)
class Snapshots:
    """A system and its frames."""

    topology: app.Topology
    frames: Callable[[], Iterator[Frame]]
    num_frames: int
    parent: str


def run_top_down(given: Mapping[str, Any], out: Path) -> None:
    """Cut spheres out of what the command line names."""
    if given["structure"] is None:
        raise typer.BadParameter("a structure file is needed (or --bottom-up)")
    settings = TopDownSettings(
        radius_angstrom=given["radius"],
        centres=tuple(words(given["centres"])),
        spacing_angstrom=given["spacing"],
        centres_per_frame=given["number"],
        minimum_share=given["minimum_share"],
        interface_angstrom=given["interface"],
        seed=given["seed"],
        deduplicate=not given["keep_copies"],
    )
    system = _read_input(given)
    cut_snapshots(system, settings, out, given["picture"], dry_run=given["dry_run"])
    if not given["dry_run"]:
        print_next(out, given["picture"], f"gems label {out} --out labels")


def cut_snapshots(
    system: Snapshots,
    settings: TopDownSettings,
    out: Path,
    picture: Path | None = None,
    *,
    dry_run: bool = False,
    shared_settings: bool = False,
) -> None:
    """Cut spheres out of snapshots; write them, a table, and a picture of some.

    With settings that several systems share, the system may lack water, ions or protein.
    """
    from openmmgems.fragments.collect import collect_fragments
    from openmmgems.fragments.frame_fragmenter import FrameFragmenter
    from openmmgems.fragments.kinds import all_residues, occurring
    from openmmgems.systems.chemical_graph import chemical_graph

    graph = chemical_graph(system.topology)
    if shared_settings:
        present = occurring(all_residues(graph, system.topology), settings.centres)
        if not present:
            raise ValueError(
                f"'{system.parent}' has none of the centres {', '.join(settings.centres)}; give "
                "centres in [top_down] that each parent has, or leave the parent out."
            )
        settings = settings.model_copy(update={"centres": present})

    def fragmenter() -> FrameFragmenter:
        return FrameFragmenter(graph, system.topology, settings, system.parent)

    charge = int(graph.charges.sum())
    say("System", f"{system.parent}, {len(graph.atomic_numbers)} atoms, charge {charge:+d} e")
    say("Frames", str(system.num_frames))
    say("Spheres", f"{settings.radius_angstrom:g} angstrom around {', '.join(settings.centres)}")
    say("Output", f"{out}, {out.with_suffix('.csv')}")
    _estimate(fragmenter(), system, picture)
    if dry_run:
        return
    with stoppable(), WorkProgress("frames", system.num_frames) as progress:
        rows = collect_fragments(fragmenter(), system.frames(), out, progress.reach)
    _print_fragments(rows)


def _print_fragments(rows: Sequence[FragmentRow]) -> None:
    table = Table("centre", "fragments", "share")
    for kind, count in Counter(row.kind for row in rows).most_common():
        table.add_row(escape(kind), str(count), f"{count / len(rows):.1%}")
    output.print(table)
    sizes = [row.atoms for row in rows]
    charges = sorted(Counter(row.charge for row in rows).items())
    output.print(
        f"[bold green]Done:[/] {len(rows)} fragments of {min(sizes)} to {max(sizes)} atoms "
        f"({np.mean(sizes):.0f} on average); charges "
        + ", ".join(f"{charge:+}: {count}" for charge, count in charges)
    )


def read_sampled(folder: Path) -> Snapshots:
    """The selected frames in a folder that `gems sample` wrote."""
    from openmmgems.data.selected_frames import read_selected, selected_frames
    from openmmgems.systems.structure import read_structure

    return Snapshots(
        read_structure(folder / "system.pdb").topology,
        lambda: ((positions, cell, number) for number, positions, cell in selected_frames(folder)),
        len(read_selected(folder)),
        folder.name,
    )


def _read_input(given: Mapping[str, Any]) -> Snapshots:
    from openmmgems.fragments.trajectories import count_frames, read_frames, read_selection

    path, trajectory, select = given["structure"], given["trajectory"], given["select"]
    name = given["parent"] or path.stem
    if path.is_dir():
        if trajectory or select or given["add_hydrogens"]:
            raise typer.BadParameter("a folder of gems sample has its own frames and hydrogens")
        return replace(read_sampled(path), parent=given["parent"] or path.name)
    if select is not None and trajectory is None:
        raise typer.BadParameter("--select chooses frames of a --trajectory")
    if given["add_hydrogens"] and trajectory is not None:
        raise typer.BadParameter(
            "--add-hydrogens completes single structures; a --trajectory has its own atoms"
        )
    topology, positions = read_complete_structure(given, path)
    if trajectory is None:
        vectors = topology.getPeriodicBoxVectors()
        cell = None if vectors is None else 10.0 * np.array([list(v._value) for v in vectors])
        return Snapshots(topology, lambda: iter([(positions, cell, 0)]), 1, name)
    chosen = None if select is None else read_selection(select)
    count = count_frames(trajectory, topology) if chosen is None else len(chosen)
    return Snapshots(
        topology,
        lambda: read_frames(trajectory, topology, chosen, use_box=given["box"]),
        count,
        name,
    )


def read_complete_structure(
    given: Mapping[str, Any], path: Path
) -> tuple[app.Topology, np.ndarray[Any, np.dtype[np.float64]]]:
    """Topology and positions in angstrom; completed, and written, if that is asked for."""
    from openmmgems.systems.chemistry import require_charges_of_bonds
    from openmmgems.systems.prepare import prepare_structure
    from openmmgems.systems.structure import read_structure

    structure = read_structure(
        path,
        coordinates=given["coordinates"],
        alternate_location=given["alternate_location"],
        include_folder=given["gromacs_include"],
    )
    if not given["box"]:
        structure.topology.setPeriodicBoxVectors(None)
    settings = PrepareSettings(
        add_hydrogens=given["add_hydrogens"],
        ph=given["ph"],
        remove=tuple(given["remove"]),
        allow_gaps=given["force"],
    )
    prepared = prepare_structure(structure, settings)
    print_notes(prepared.notes)
    require_charges_of_bonds(prepared)
    topology, positions = prepared.topology, 10.0 * prepared.positions
    if given["add_hydrogens"] and not given["dry_run"]:
        _write_completed(topology, positions, given["out"].with_suffix(".completed.cif"))
    return topology, positions


def _write_completed(
    topology: app.Topology, positions: np.ndarray[Any, np.dtype[np.float64]], file: Path
) -> None:
    from openmm import app, unit

    text = io.StringIO()
    app.PDBxFile.writeFile(topology, positions * unit.angstrom, text, keepIds=True)
    write_atomically(file, text.getvalue())
    say("Completed", str(file))


def _estimate(fragmenter: FrameFragmenter, system: Snapshots, picture: Path | None) -> None:
    """Cut a few fragments of the first frame: how many there will be, and how long it takes."""
    from openmmgems.fragments.drawings import draw_top_down

    frames = system.frames()
    first = next(frames, None)
    if first is None:
        raise ValueError("The trajectory has no frames; expected one or more.")
    start = time.perf_counter()
    centres = fragmenter.picker.pick(*first)
    picking = time.perf_counter() - start
    start = time.perf_counter()
    few = _different(fragmenter, centres)[: _TIMED if picture is None else _DRAWN]
    fragments = list(fragmenter.cut(first, few))
    seconds = picking + (time.perf_counter() - start) * len(centres) / len(few)
    say(
        "Estimate",
        f"{len(centres)} centres in the first frame; in all about "
        f"{len(centres) * system.num_frames}, {format_seconds(seconds * system.num_frames)}",
    )
    if picture is not None:
        draw_top_down(fragments, picture)


def _different(fragmenter: FrameFragmenter, centres: Sequence[int]) -> list[int]:
    """Centres of different kinds first."""
    first: dict[str, int] = {}
    for centre in centres:
        first.setdefault(fragmenter.kind_of(centre), centre)
    chosen = list(first.values())
    return chosen + [centre for centre in centres if centre not in chosen]
