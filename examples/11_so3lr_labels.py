# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""SO3LR labels per second as `gems label` makes them, beside so3krates-torch.

    pip install so3krates-torch ase
    python examples/11_so3lr_labels.py --seconds 60 --out so3lr-labels.json

Distorted structures: alanine dipeptide (22 atoms), fragments of proteins in water (105 to 115), and
a periodic box of 64 waters. Ours go through jobs, store and workers, start included. The peer, in a
process of its own, calculates one after the other by its calculator, in double precision as ours
and in single precision. Of molecules it takes all within 1000 angstrom, nearly ours; it has no
lattice sum, so that its box is cut off at 12 angstrom: less work, and another function.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import openmmgems
from openmmgems.benchmark.benchmark_report import machine
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.data.import_data import read_structures_any
from openmmgems.data.structure_file import read_structures, write_structures
from openmmgems.engines.engine_spec import EngineSpec
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.store import JobStore
from openmmgems.labels.label_jobs import LabelJobs
from openmmgems.labels.label_run import label_all
from openmmgems.labels.label_settings import LabelSettings
from openmmgems.labels.read_files import read_files

TESTS = Path(__file__).resolve().parents[1] / "tests" / "data"
PEPTIDE = Path(openmmgems.__file__).parent / "data" / "structures" / "ace-ala-nme.pdb"
ELEMENTS = [1, 6, 7, 8, 9, 15, 16, 17]
# Estimates, to begin with: how many are labelled follows from them and the time.
SETS = {"22 atoms": 0.02, "110 atoms": 0.1, "64 waters, periodic": 0.4}


def originals(name: str) -> list[AtomicSystem]:
    """Structures of one set, not distorted."""
    if name.startswith("22"):
        return list(read_files([PEPTIDE]))
    if name.startswith("64"):
        return list(read_structures_any(TESTS / "so3lr-oracle" / "upstream" / "water_64.xyz"))
    every = read_structures_any(TESTS / "labels" / "proteins-in-water-sample.h5")
    fitting = (s for s in every if 105 <= len(s.atomic_numbers) <= 115 and not s.spin)
    return [s for s in fitting if np.isin(s.atomic_numbers, ELEMENTS).all()]


def distorted(name: str, number: int) -> Iterator[AtomicSystem]:
    """So many of a set, each atom moved by some hundredths of an angstrom."""
    generator = np.random.default_rng(1)
    for k, one in enumerate(islice(cycle(originals(name)), number)):
        moves = generator.normal(scale=0.03, size=one.positions_angstrom.shape)
        yield replace(one, positions_angstrom=one.positions_angstrom + moves, source=f"{name} {k}")


def our_rate(structures: list[AtomicSystem], workers: int) -> float:
    """Labels per second of a whole run."""
    settings = LabelSettings(engine="so3lr", workers=workers)
    jobs = LabelJobs(EngineSpec("so3lr"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.sqlite"
        with JobStore(path) as store:
            store.add(structures, jobs.level, Estimator(jobs, settings).need)
        summary = label_all(path, settings)
    if summary.finished < len(structures):
        raise SystemExit(f"{summary.finished} of {len(structures)} structures were labelled.")
    return summary.finished / summary.seconds


def peer_rates(structures: list[AtomicSystem], seconds: float) -> dict[str, float]:
    """Labels per second of so3krates-torch, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        write_structures(Path(folder) / "structures.h5", structures)
        words = [sys.executable, __file__, "--peer", f"{folder}/structures.h5"]
        threads = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        run = subprocess.run(
            [*words, "--seconds", str(seconds)], env=threads, capture_output=True, text=True
        )
    if run.returncode:
        raise SystemExit(f"so3krates-torch failed: {run.stderr[-2000:]}")
    rates: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return rates


def peer(file: Path, seconds: float) -> None:
    """Be the peer: calculate with so3krates-torch, and print its rates."""
    from ase import Atoms
    from so3krates_torch.calculator.so3 import SO3LRCalculator

    structures, rates = read_structures(file), {}
    is_periodic = structures[0].cell_angstrom is not None
    for dtype in ("float64", "float32"):
        calculator = SO3LRCalculator(
            r_max_lr=12.0 if is_periodic else 1000.0,
            default_dtype=dtype,
            compute_stress=is_periodic,
        )
        done, began = -2, time.perf_counter()  # the first two are not counted
        for structure in cycle(structures):
            atoms = Atoms(
                structure.atomic_numbers,
                structure.positions_angstrom,
                cell=structure.cell_angstrom,
                pbc=is_periodic,
                info={"charge": structure.charge, "total_spin": 0.0},
            )
            calculator.calculate(atoms)
            done += 1
            if done == 0:
                began = time.perf_counter()
            elif done > 0 and time.perf_counter() - began > seconds:
                break
        rates[dtype] = done / (time.perf_counter() - began)
    print(json.dumps(rates))


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each measurement, about")
    parser.add_argument("--workers", type=int, default=1, help="of ours; the peer has one")
    parser.add_argument("--out", type=Path, default=Path("so3lr-labels.json"))
    parser.add_argument("--peer", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        peer(options.peer, options.seconds)
        return
    found: dict[str, dict[str, float]] = {}
    print(f"{'labels per second':22}{'gems label':>12}{'peer, double':>14}{'single':>10}")
    for name, each in SETS.items():
        number = max(8, int(options.seconds * options.workers / each))
        structures = list(distorted(name, number))
        rates = {"gems_label": our_rate(structures, options.workers)}
        rates |= peer_rates(structures[:200], options.seconds)
        found[name] = rates | {"number": number}
        print(f"{name:22}" + "{:12.3g}{:14.3g}{:10.3g}".format(*rates.values()), flush=True)
    print(
        "The peer's box is cut off at 12 angstrom; ours is the lattice sum. All by one core each."
    )
    about = {"machine": machine(), "workers": options.workers, "peer_of_box": "12 A cutoff"}
    options.out.write_text(json.dumps(about | {"rates": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
