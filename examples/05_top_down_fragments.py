# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Cut crambin in water into top-down fragments and draw some of them.

    python examples/05_top_down_fragments.py

Centres are spread evenly over the protein. Prints what each fragment holds, and writes
top-down-fragments.png.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from openmmgems.benchmark.systems import load_system
from openmmgems.fragments.centres import covering_centres
from openmmgems.fragments.chemical_graph import chemical_graph
from openmmgems.fragments.pictures import draw_top_down
from openmmgems.fragments.top_down import top_down_fragment


def main() -> None:
    """Fragment, print, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--radius", type=float, default=8.0, help="of the spheres, angstrom")
    parser.add_argument("--spacing", type=float, default=8.0, help="of the centres, angstrom")
    parser.add_argument("--out", type=Path, default=Path("top-down-fragments.png"))
    options = parser.parse_args()

    system = load_system("crambin-in-water")
    positions = 10.0 * system.positions
    cell = 10.0 * np.array([list(v._value) for v in system.topology.getPeriodicBoxVectors()])
    graph = chemical_graph(system.topology)
    residues = {r.index for c in system.topology.chains() for r in c.residues() if len(r) > 3}
    protein = [
        atom.index
        for atom in system.topology.atoms()
        if atom.residue.index in residues and atom.element.atomic_number > 1
    ]
    centres = covering_centres(
        positions, protein, spacing_angstrom=options.spacing, cell_angstrom=cell
    )
    start = time.perf_counter()
    fragments = [
        top_down_fragment(
            graph, positions, centre, cell_angstrom=cell, radius_angstrom=options.radius
        )
        for centre in centres
    ]
    seconds = time.perf_counter() - start
    print(f"{'centre':>14} {'atoms':>6} {'caps':>5} {'charge':>6}")
    for fragment in fragments:
        structure = fragment.structure
        print(
            f"{fragment.residue:>14} {len(structure.atomic_numbers):6} {len(fragment.caps):5} "
            f"{structure.charge:+6}"
        )
    mean = np.mean([len(fragment.structure.atomic_numbers) for fragment in fragments])
    print(
        f"{len(fragments)} fragments of {mean:.0f} atoms on average, "
        f"{1e3 * seconds / len(fragments):.0f} ms each; some are drawn in {options.out}"
    )
    draw_top_down(fragments[:9], options.out)


if __name__ == "__main__":
    main()
