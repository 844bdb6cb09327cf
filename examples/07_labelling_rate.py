# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How many labels per second: on one worker and on two, and what the job store can take.

    python examples/07_labelling_rate.py --out rates.json
    python examples/08_scaling_simulation.py --rates rates.json

Labels distorted alanine dipeptides (or the structures of --structures) by GFN2-xTB as `gems label`
does, in turn on one worker and on two, and takes medians. Beside them, bare processes that only
calculate: where two of these are not twice as fast as one, cores share memory or one clock, and no
scheduler can help. Prints a table and writes JSON.
"""

import argparse
import json
import statistics
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import openmmgems
from openmm import app
from openmmgems.benchmark.benchmark_report import machine
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.engines.engine_spec import EngineSpec
from openmmgems.jobs.cluster import open_cluster
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.store import Finished, JobStore
from openmmgems.labels.label_jobs import LabelJobs, pack_label
from openmmgems.labels.label_run import label_all
from openmmgems.labels.label_settings import LabelSettings
from openmmgems.labels.read_files import read_files

PEPTIDE = Path(openmmgems.__file__).parent / "data" / "structures" / "ace-ala-nme.pdb"


def distorted_peptides(number: int) -> list[AtomicSystem]:
    """Alanine dipeptides whose atoms are moved by some hundredths of an angstrom."""
    pdb = app.PDBFile(str(PEPTIDE))
    positions = 10.0 * np.array(pdb.getPositions(asNumpy=True)._value)
    numbers = np.array([atom.element.atomic_number for atom in pdb.topology.atoms()])
    moves = np.random.default_rng(1).normal(scale=0.03, size=(number, *positions.shape))
    return [AtomicSystem(numbers, positions + move, source=f"{k}") for k, move in enumerate(moves)]


def labels_per_second(
    structures: list[AtomicSystem], engine: str, workers: int
) -> tuple[float, float]:
    """Rate of a whole run with its start, and the share of its time that was calculation."""
    settings = LabelSettings(engine=engine, workers=workers)
    jobs = LabelJobs(EngineSpec(engine))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.sqlite"
        with JobStore(path) as store:
            store.add(structures, jobs.level, Estimator(jobs, settings).need)
        summary = label_all(path, settings)
        with JobStore(path) as store:
            busy = store.query("SELECT sum(seconds) FROM result")[0][0]
    return summary.finished / summary.seconds, busy / (summary.seconds * workers)


def bare_rate(structures: list[AtomicSystem], engine: str, processes: int) -> float:
    """Labels per second of processes that do nothing else: all that the machine can do."""
    shares = [(structures[k::processes], engine) for k in range(processes)]
    with get_context("spawn").Pool(processes) as pool:
        return sum(pool.starmap(_rate_of_a_process, shares, chunksize=1))


def _rate_of_a_process(structures: list[AtomicSystem], engine: str) -> float:
    made = EngineSpec(engine).make()
    made.label(structures[0])
    start = time.perf_counter()
    for structure in structures:
        made.label(structure)
    return len(structures) / (time.perf_counter() - start)


def store_rates(number: int) -> dict[str, float]:
    """Jobs per second that a store adds, and finishes: one in a transaction, or fifty."""
    structures = distorted_peptides(number)
    label = Label(0.0, np.zeros(structures[0].positions_angstrom.shape), np.zeros(3))
    data = pack_label(label, structures[0])
    with tempfile.TemporaryDirectory(dir=".") as folder, JobStore(f"{folder}/jobs.sqlite") as store:
        start = time.perf_counter()
        store.add(structures, "none")
        added = time.perf_counter()
        for _ in range(number // 2):
            (job,) = store.claim("a", "none")
            store.finish(job, data, "none 1")
        single = time.perf_counter()
        while jobs := store.claim("a", "none", number=50):
            store.finish_all([Finished(job, data) for job in jobs], "none 1")
        grouped = time.perf_counter()
    return {
        "added_per_s": number / (added - start),
        "finished_per_s": (number // 2) / (single - added),
        "finished_per_s_in_groups_of_50": (number - number // 2) / (grouped - single),
    }


def tasks_per_second(number: int) -> float:
    """Tasks that do nothing, through Dask."""
    with open_cluster(LabelSettings(workers=1), Consent()) as cluster:
        start = time.perf_counter()
        cluster.client.gather(cluster.client.map(abs, range(number), pure=False))
        return number / (time.perf_counter() - start)


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default="gfn2-xtb")
    parser.add_argument("--structures", type=Path, help="any file that `gems label` reads")
    parser.add_argument("--number", type=int, default=1000, help="of labels in a run")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("rates.json"))
    options = parser.parse_args()

    if options.structures:
        structures = list(read_files([options.structures]))[: options.number]
    else:
        structures = distorted_peptides(options.number)
    runs: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    bare: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(options.repeats):
        for workers, found in runs.items():
            found.append(labels_per_second(structures, options.engine, workers))
            bare[workers].append(bare_rate(structures, options.engine, workers))
    alone, both = (statistics.median(found) for found in bare.values())
    one, two = (statistics.median(rate for rate, _ in found) for found in runs.values())
    rates = {
        "labels_per_s_on_one_core": one,
        "labels_per_s_on_two_cores": two,
        "parallel_efficiency": two / (2 * one),
        "bare_labels_per_s_on_one_core": alone,
        "bare_labels_per_s_on_two_cores": both,
        "bare_parallel_efficiency": both / (2 * alone),
        "calculating_on_one_core": statistics.median(share for _, share in runs[1]),
        "calculating_on_two_cores": statistics.median(share for _, share in runs[2]),
        **store_rates(4 * options.number),
        "tasks_per_s": tasks_per_second(options.number),
    }
    for name, value in rates.items():
        print(f"{name:34}{value:10.4g}")
    atoms = float(np.mean([len(structure.atomic_numbers) for structure in structures]))
    about = {"engine": options.engine, "atoms": atoms, "machine": machine()}
    options.out.write_text(json.dumps(about | rates, indent=2) + "\n")


if __name__ == "__main__":
    main()
