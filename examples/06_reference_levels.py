# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Compare reference levels on small molecules: how far are the cheaper ones off.

    python examples/06_reference_levels.py gfn2-xtb so3lr pyscf:basis=def2-SVP

Labels structures of the QM7-X data set (doi:10.1038/s41597-021-00812-2), of which some are in this
repository, and compares energies within a molecule, and forces, with that set's PBE0+MBD. Prints a
table, draws reference-levels.png.

That set was made with large numeric orbitals ("tier 2"), close to the basis set limit. What PBE0 in
another basis differs is the basis: forces by 0.2 eV/angstrom with def2-SVP, 0.02 with def2-TZVPP.
D4 instead of MBD is 0.001 to 0.003. The structures are distorted, by up to some eV.
"""

import argparse
import time
from itertools import groupby
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.data.dataset import composition
from openmmgems.engines.engine import Engine
from openmmgems.engines.registry import make_engine

DATA = Path(__file__).resolve().parents[1] / "tests/data/qm/qm7x_small_molecules.npz"
Molecule = list[tuple[AtomicSystem, float, np.ndarray]]  # structures, energies (eV), forces (eV/A)


def engine_of(words: str) -> Engine:
    """Make an engine of ``name:option=value,...``; a value that looks like a number is one."""
    name, _, rest = words.partition(":")
    pairs = [pair.split("=", 1) for pair in rest.split(",") if pair]
    return make_engine(name, **{key: int(v) if v.isdigit() else v for key, v in pairs})


def read_molecules(file: Path, number: int, conformers: int) -> list[Molecule]:
    """Read the smallest molecules; the structures of one follow each other in the file."""
    with np.load(file) as data:
        z, r, e, f = (data[name] for name in "zREF")
    runs = [list(rows) for _, rows in groupby(range(len(z)), key=lambda row: z[row].tolist())]
    runs = [rows[:conformers] for rows in runs if len(rows) >= conformers]
    if len(runs) < number:
        raise SystemExit(f"'{file}' has {len(runs)} molecules with {conformers} structures each.")
    molecules = []
    for rows in sorted(runs, key=lambda rows: np.count_nonzero(z[rows[0]]))[:number]:
        n = np.count_nonzero(z[rows[0]])
        structures = [AtomicSystem(z[k, :n], r[k, :n], source=f"QM7-X {k}") for k in rows]
        molecules.append([(s, e[k, 0], f[k, :n]) for s, k in zip(structures, rows, strict=True)])
    return molecules


def compare(molecule: Molecule, labels: list[Label]) -> tuple[np.ndarray, np.ndarray, float]:
    """Give energies within the molecule, theirs and ours (eV), and the forces' error (eV/A)."""
    theirs = np.array([energy for _, energy, _ in molecule])
    ours = np.array([label.energy_ev for label in labels])
    errors = [
        np.abs(label.forces_ev_per_angstrom - forces).mean()
        for (_, _, forces), label in zip(molecule, labels, strict=True)
    ]
    return theirs - theirs.mean(), ours - ours.mean(), float(np.mean(errors))


def main() -> None:
    """Label, compare, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engines", nargs="+", metavar="ENGINE", help="name:option=value,...")
    parser.add_argument("--data", type=Path, default=DATA, help="NPZ file with z, R, E, F")
    parser.add_argument("--molecules", type=int, default=4, help="how many, the smallest first")
    parser.add_argument("--conformers", type=int, default=5, help="structures of each, 2 to 10")
    parser.add_argument("--out", type=Path, default=Path("reference-levels.png"))
    options = parser.parse_args()

    molecules = read_molecules(options.data, options.molecules, options.conformers)
    figure = Figure(figsize=(10, 4), layout="constrained")
    energy_axes, force_axes = figure.subplots(1, 2)
    print(f"{'level':>22} {'molecule':>9} {'energies, eV':>13} {'forces, eV/A':>13} {'s each':>8}")
    names = [composition(molecule[0][0].atomic_numbers) for molecule in molecules]
    for k, engine in enumerate(engine_of(words) for words in options.engines):
        found = []
        for name, molecule in zip(names, molecules, strict=True):
            start = time.perf_counter()
            labels = [engine.label(structure) for structure, _, _ in molecule]
            seconds = (time.perf_counter() - start) / len(labels)
            found.append(compare(molecule, labels))
            theirs, ours, force_error = found[-1]
            print(
                f"{engine.level_of_theory:>22} {name:>9} {np.abs(ours - theirs).mean():13.4f} "
                f"{force_error:13.4f} {seconds:8.2f}",
                flush=True,
            )
        theirs, ours = (np.concatenate([each[j] for each in found]) for j in (0, 1))
        energy_axes.plot(theirs, ours - theirs, "o", label=engine.level_of_theory)
        place = np.arange(len(names)) + 0.8 * (k + 0.5) / len(options.engines)
        force_axes.bar(place, [each[2] for each in found], 0.8 / len(options.engines))
    energy_axes.set(xlabel="PBE0+MBD, within a molecule (eV)", ylabel="deviation (eV)")
    force_axes.set(ylabel="mean error of forces (eV/angstrom)", yscale="log")
    force_axes.set_xticks(np.arange(len(names)) + 0.4, names)
    figure.legend(loc="outside lower center", ncols=4)
    figure.savefig(options.out, dpi=150)
    print(f"Mean absolute errors; energies without their mean. Drawn in {options.out}.")


if __name__ == "__main__":
    main()
