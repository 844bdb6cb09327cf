# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Cut crambin in water into top-down fragments and draw some of them.

    python examples/05_top_down_fragments.py

Centres are chosen so that each kind of residue comes often enough, also the rare ones among
thousands of waters. Prints what each fragment holds, and writes top-down-fragments.png and
top-down-fragments.h5, which `gems label` takes. On the command line the same is done, for a
structure file or all frames of a trajectory, by

    gems fragment STRUCTURE --centres all --number 40 -o top-down-fragments.h5
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.data.structure_file import write_structures
from openmmgems.fragments.drawings import draw_top_down
from openmmgems.fragments.fragment_settings import TopDownSettings
from openmmgems.fragments.frame_fragmenter import FrameFragmenter
from openmmgems.systems.chemical_graph import chemical_graph


def main() -> None:
    """Fragment, print, draw, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--radius", type=float, default=8.0, help="of the spheres, angstrom")
    parser.add_argument("--number", type=int, default=40, help="of centres")
    parser.add_argument("--spacing", type=float, help="of centres, angstrom, instead of a number")
    parser.add_argument("--out", type=Path, default=Path("top-down-fragments.png"))
    options = parser.parse_args()

    system = load_system("crambin-in-water")
    positions = 10.0 * system.positions
    cell = 10.0 * np.array([list(v._value) for v in system.topology.getPeriodicBoxVectors()])
    settings = TopDownSettings(
        radius_angstrom=options.radius,
        centres=("all",),
        centres_per_frame=options.number if options.spacing is None else None,
        spacing_angstrom=options.spacing,
    )
    graph = chemical_graph(system.topology)
    fragmenter = FrameFragmenter(graph, system.topology, settings, parent="crambin")
    start = time.perf_counter()
    centres = fragmenter.picker.pick(positions, cell, 0)
    fragments = list(fragmenter.cut((positions, cell, 0), centres))
    seconds = time.perf_counter() - start

    print(f"{'centre':>14} {'kind':>6} {'atoms':>6} {'caps':>5} {'charge':>6}")
    for fragment in fragments:
        structure = fragment.structure
        print(
            f"{fragment.residue:>14} {fragmenter.kind_of(fragment.centre):>6} "
            f"{len(structure.atomic_numbers):6} {len(fragment.caps):5} {structure.charge:+6}"
        )
    kinds = Counter(fragmenter.kind_of(fragment.centre) for fragment in fragments)
    print(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    mean = np.mean([len(fragment.structure.atomic_numbers) for fragment in fragments])
    print(
        f"{len(fragments)} fragments of {mean:.0f} atoms on average, "
        f"{1e3 * seconds / len(fragments):.0f} ms each; some are drawn in {options.out}"
    )
    first = {fragmenter.kind_of(fragment.centre): fragment for fragment in reversed(fragments)}
    draw_top_down(list(first.values())[:9], options.out)
    write_structures(
        options.out.with_suffix(".h5"),
        [fragment.structure for fragment in fragments],
        kept_atoms=[fragment.atoms for fragment in fragments],
    )


if __name__ == "__main__":
    main()
