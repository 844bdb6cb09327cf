# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Count what a project's data set holds, and take a small representative sample out of it.

    gems sample   --project examples/projects/proteins-in-water.toml --out proteins
    gems fragment --project examples/projects/proteins-in-water.toml --out proteins
    gems label    --project examples/projects/proteins-in-water.toml --out proteins
    python examples/09_project_data.py proteins --out sample.h5

Prints how many fragments each parent gave, how often each residue, in each protonation state, is
the centre of one, and how the conformers were made. The sample takes turns: one conformer of each
molecule, one fragment of each residue of each parent, then the second of each, until there are
enough.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import numpy as np
from openmmgems.data.dataset import read_origin, write_dataset
from openmmgems.data.import_data import read_labelled
from openmmgems.data.sources import BOTTOM_UP, source_parts
from openmmgems.fragments.collect import FragmentRow, read_rows
from openmmgems.labels.project_folder import ProjectFolder
from openmmgems.labels.project_settings import ProjectSettings
from rich.console import Console
from rich.table import Table


def parents_table(rows: Sequence[FragmentRow], surroundings: Mapping[str, str]) -> Table:
    """Fragments by their parent."""
    table = Table("parent", "in", "fragments", "mean atoms", title="Fragments of large systems")
    for parent, place in surroundings.items():
        atoms = [row.atoms for row in rows if row.parent == parent]
        table.add_row(parent, place, str(len(atoms)), f"{np.mean(atoms):.0f}" if atoms else "")
    table.add_section()
    table.add_row("all", "", str(len(rows)), f"{np.mean([row.atoms for row in rows]):.0f}")
    return table


def centres_table(rows: Sequence[FragmentRow], surroundings: Mapping[str, str]) -> Table:
    """Fragments by the residue in their centre (down) and what it is in (across)."""
    places = sorted(set(surroundings.values()))
    counts = Counter((row.kind, surroundings[row.parent]) for row in rows)
    table = Table("centre", *places, "all", title="Centres of fragments")
    for kind in sorted({row.kind for row in rows}):
        numbers = [counts[kind, place] for place in places]
        table.add_row(kind, *(str(n or "") for n in numbers), str(sum(numbers)))
    return table


def ways_table(sources: Sequence[str]) -> Table:
    """Conformers by the way they were made."""
    parts = [part for part in map(source_parts, sources) if part.kind == BOTTOM_UP]
    molecules = defaultdict(set)
    for part in parts:
        molecules[part.group].add(part.molecule)
    table = Table("made by", "conformers", "molecules", title="Conformers of small molecules")
    for way, number in Counter(part.group for part in parts).most_common():
        table.add_row(way, str(number), str(len(molecules[way])))
    table.add_section()
    table.add_row("all", str(len(parts)), str(len({part.molecule for part in parts})))
    return table


def take_turns(groups: Sequence[Hashable], number: int, seed: int) -> list[int]:
    """Choose some items at random, as evenly over their groups as can be."""
    seen: Counter[Hashable] = Counter()
    turns = []
    for item in np.random.default_rng(seed).permutation(len(groups)):
        turns.append((seen[groups[item]], len(turns), int(item)))
        seen[groups[item]] += 1
    return sorted(item for _, _, item in sorted(turns)[:number])


def main() -> None:
    """Print the tables and write the sample."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("project", type=Path, help="folder of a labelled project")
    parser.add_argument("--out", type=Path, help="write a sample to this file")
    parser.add_argument("--conformers", type=int, default=1000, help="in the sample (1000)")
    parser.add_argument("--fragments", type=int, default=250, help="in the sample (250)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = ProjectFolder(arguments.project)
    dataset = folder.labels / "data.h5"
    if not dataset.is_file():
        parser.error(f"there is no '{dataset}'; label the project first, or add --export to it")

    console = Console()
    parents = ProjectSettings.model_validate_json(folder.settings_file.read_text()).parents
    tables = (folder.fragments(parent.name).with_suffix(".csv") for parent in parents)
    rows = [row for table in tables for row in read_rows(table)]
    surroundings = {p.name: {"none": "gas phase"}.get(p.solvent, p.solvent) for p in parents}
    console.print(parents_table(rows, surroundings), centres_table(rows, surroundings))
    labelled = list(read_labelled(dataset))
    console.print(ways_table([structure.source for structure, _ in labelled]))
    if arguments.out is None:
        return
    chosen = []
    for bottom_up, number in ((True, arguments.conformers), (False, arguments.fragments)):
        some = [
            (pair, parts)
            for pair in labelled
            if ((parts := source_parts(pair[0].source)).kind == BOTTOM_UP) == bottom_up
        ]
        groups = [p.molecule if bottom_up else (p.molecule, p.group) for _, p in some]
        chosen += [some[item][0] for item in take_turns(groups, number, arguments.seed)]
    number = write_dataset(arguments.out, chosen, read_origin(dataset))
    size = arguments.out.stat().st_size / 1e6
    console.print(f"{arguments.out}: {number} structures, {size:.1f} MB")


if __name__ == "__main__":
    main()
