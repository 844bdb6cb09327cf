# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems fragment` that finds small graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.table import Table

from openmmgems.fragments.fragment_settings import BottomUpSettings

from .console import output
from .fragment_top_down import read_complete_structure
from .progress import ProgressDisplay
from .steps import print_next, say, stoppable

if TYPE_CHECKING:
    from rdkit.Chem import Mol

    from openmmgems.fragments.starts import Start

_DRAWN = 60


def run_bottom_up(given: Mapping[str, Any], out: Path) -> None:
    """Find small graphs of what the command line names."""
    from openmmgems.fragments.bottom_up_molecules import named_systems, structure_systems
    from openmmgems.systems.chemical_graph import chemical_graph

    settings = BottomUpSettings(
        max_heavy_atoms=given["max_heavy_atoms"],
        amino_acids=given["amino_acids"],
        sequences=tuple(given["sequence"] or ()),
        smiles=tuple(given["smiles"] or ()),
        water_clusters=given["water_clusters"],
        waters_per_ion=given["waters_per_ion"],
        complexes=given["complexes"],
        seed=given["seed"],
    )
    systems = named_systems(settings)
    if given["structure"] is not None:
        topology, _ = read_complete_structure(given, given["structure"])
        systems |= structure_systems(chemical_graph(topology), given["structure"].stem)
    if not systems:
        raise typer.BadParameter(
            "nothing is selected: give --amino-acids, --sequence, --smiles or a structure file"
        )
    make_graphs(settings, systems, out, given["picture"], dry_run=given["dry_run"])
    if not given["dry_run"]:
        print_next(out, given["picture"], f"gems sample {out} --number 20 -o conformers.h5")


def make_graphs(
    settings: BottomUpSettings,
    systems: Mapping[str, Mol],
    out: Path,
    picture: Path | None = None,
    *,
    dry_run: bool = False,
) -> None:
    """Find small graphs; write their start structures, a table, and a picture of some."""
    from openmmgems.fragments.drawings import draw_bottom_up
    from openmmgems.fragments.starts import start_structures

    say("Molecules", str(len(systems)))
    say("Graphs", f"up to {settings.max_heavy_atoms} heavy atoms")
    say("Output", f"{out}, {out.with_suffix('.csv')}")
    if dry_run:
        return
    with stoppable(), ProgressDisplay() as progress:
        starts = start_structures(
            settings,
            systems,
            lambda done, total: progress.show(done, f"{done} of {total} structures", total),
        )
    _write_starts(starts, out)
    if picture is not None:
        every = -(-len(starts) // _DRAWN)
        draw_bottom_up([start.fragment.smiles for start in starts[::every]], picture)
    _print_sizes(starts)
    failed = [start for start in starts if start.failure]
    for start in failed:
        output.print(f"[yellow]Left out:[/] {escape(start.failure)}", soft_wrap=True)
    count = len(starts) - len(failed)
    output.print(f"[bold green]Done:[/] {count} start structures, {len(failed)} left out.")


def _write_starts(starts: Sequence[Start], out: Path) -> None:
    from openmmgems.data.structure_file import write_structures
    from openmmgems.fragments.collect import write_table

    columns = ["smiles", "heavy_atoms", "charge", "occurrences", "parents", "failure"]
    lines = (
        (f.smiles, f.num_heavy_atoms, f.charge, f.occurrences, "; ".join(f.parents), start.failure)
        for start in starts
        for f in [start.fragment]
    )
    write_structures(out, (start.structure for start in starts if start.structure is not None))
    write_table(
        out.with_suffix(".csv"),
        columns,
        (dict(zip(columns, line, strict=True)) for line in lines),
    )


def _print_sizes(starts: Sequence[Start]) -> None:
    from openmmgems.fragments.starts import COMPLEX

    counts: dict[int, list[int]] = {}
    for start in starts:
        is_complex = start.fragment.parents == (COMPLEX,)
        counts.setdefault(start.fragment.num_heavy_atoms, [0, 0])[is_complex] += 1
    table = Table("heavy atoms", "graphs", "complexes")
    for size, (graphs, complexes) in sorted(counts.items()):
        table.add_row(str(size), str(graphs), str(complexes))
    output.print(table)
