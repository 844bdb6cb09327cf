# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How far is SO3LR from PBE0 for molecules and ions with water: as it was trained, and cut off.

    python examples/12_so3lr_accuracy.py

Labels small clusters of molecules and ions with water, and compares forces with PBE0-D4/def2-TZVPP
(tests/data/qm). Nothing was trained on these. Prints a table by kind of cluster and draws
so3lr-accuracy.png.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.engine import Engine
from openmmgems.engines.registry import make_engine
from rich.progress import track

DATA = Path(__file__).resolve().parents[1] / "tests/data/qm/ions_and_water_pbe0d4.npz"
KINDS = (
    "neutral, with water",
    "cations, with water",
    "anions, with water",
    "ion pairs up to 4 angstrom",
    "ion pairs 5 to 8 angstrom",
)
LONGEST_CONTACT = 4.0  # angstrom


@dataclass(frozen=True)
class Reference:
    """A cluster, its kind, and its forces in eV/angstrom."""

    structure: AtomicSystem
    kind: str
    forces: np.ndarray


def kind_of(name: str, charge: int) -> str:
    """Ions with water are named acid+2w, ion pairs by their distance: formate-ammonium 5.0."""
    if name.endswith("w"):
        return KINDS[0 if charge == 0 else 1 if charge > 0 else 2]
    return KINDS[3 if float(name.split()[-1]) <= LONGEST_CONTACT else 4]


def read_references(file: Path) -> list[Reference]:
    """Read the clusters; arrays are padded with zeros."""
    with np.load(file) as data:
        columns = [data[key] for key in ("names", "charge", "num_atoms", "Z", "R", "forces")]
    references = []
    for name, charge, n, numbers, positions, forces in zip(*columns, strict=True):
        structure = AtomicSystem(
            numbers[:n].astype(np.int64), positions[:n], charge=int(charge), source=str(name)
        )
        references.append(Reference(structure, kind_of(str(name), int(charge)), forces[:n]))
    return references


def force_errors(engine: Engine, references: list[Reference]) -> dict[str, np.ndarray]:
    """Mean absolute error of each structure's force components in meV/angstrom, by kind."""
    errors: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for reference in track(references, engine.level_of_theory):
        forces = engine.label(reference.structure).forces_ev_per_angstrom
        errors[reference.kind].append(1000.0 * float(np.abs(forces - reference.forces).mean()))
    return {kind: np.array(values) for kind, values in errors.items()}


def draw(errors: dict[str, dict[str, np.ndarray]], file: Path) -> None:
    """A dot for each structure, a bar for the mean of its kind."""
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(errors)
    for row, (title, by_kind) in enumerate(errors.items()):
        places = np.arange(len(KINDS)) + (row - 0.5 * (len(errors) - 1)) * width
        means = [values.mean() for values in by_kind.values()]
        axes.bar(places, means, 0.9 * width, color=f"C{row}", alpha=0.5, label=title)
        for place, values in zip(places, by_kind.values(), strict=True):
            axes.plot(np.full(len(values), place), values, ".", color=f"C{row}", ms=4)
    axes.set_xticks(
        np.arange(len(KINDS)),
        [kind.replace(", ", ",\n").replace("pairs ", "pairs\n") for kind in KINDS],
    )
    axes.set(ylabel="mean absolute error of forces (meV/angstrom)", yscale="log")
    axes.set_title("against PBE0-D4/def2-TZVPP")
    figure.legend(loc="outside right upper")
    figure.savefig(file, dpi=120)


def main() -> None:
    """Label, compare, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("so3lr-accuracy.png"))
    options = parser.parse_args()

    references = read_references(DATA)
    engines = [
        make_engine("so3lr"),
        make_engine("so3lr", electrostatics="cutoff"),
        make_engine("gfn2-xtb"),
    ]
    errors = {engine.level_of_theory: force_errors(engine, references) for engine in engines}
    print("Mean absolute errors of forces in meV/angstrom (smallest to largest of a structure)")
    for kind in KINDS:
        number = sum(reference.kind == kind for reference in references)
        print(f"{kind} ({number} structures)")
        for title, by_kind in errors.items():
            values = by_kind[kind]
            span = f"({values.min():.0f} to {values.max():.0f})"
            print(f"    {title:20} {values.mean():6.1f} {span}")
    draw(errors, options.out)
    print(f"Look at {options.out}")


if __name__ == "__main__":
    main()
