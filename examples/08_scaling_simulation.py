# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Simulate the labelling of the GEMS paper's fragments on 20,000 cores.

    python examples/08_scaling_simulation.py
    python examples/08_scaling_simulation.py --mtbf-days 30 --sigma 1.2

2.9 million jobs go through the rules of the labelling runner: groups, attempts, limits, one store.
Prints what happened and where it would break, and writes scaling.png. Takes a minute or two.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from labelling_at_scale.queueing import DAY_S, published_plan, simulate
from labelling_at_scale.queueing_report import draw_scaling, limits, table


def main() -> None:
    """Simulate, print, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=int, default=20000)
    parser.add_argument("--cores-per-job", type=int, default=4)
    parser.add_argument("--sigma", type=float, default=0.8, help="of the logarithm of run times")
    parser.add_argument("--mtbf-days", type=float, help="mean time between deaths of a worker")
    parser.add_argument("--group-s", type=float, default=5.0, help="length of groups of small jobs")
    parser.add_argument(
        "--rates",
        type=Path,
        help="JSON file with what the store was measured to do on your machine: added_per_s, "
        "finished_per_s, and tasks_per_s of the scheduler",
    )
    parser.add_argument("--fraction", type=float, default=1.0, help="of the jobs, for a quick look")
    parser.add_argument("--out", type=Path, default=Path("scaling.png"))
    options = parser.parse_args()

    rates = {"added_per_s": 6400.0, "finished_per_s": 264.0, "tasks_per_s": 1000.0 / 6.0}
    if options.rates:
        rates |= json.loads(options.rates.read_text())
    plan = published_plan(options.cores, options.cores_per_job)
    kinds = tuple(
        replace(kind, sigma=options.sigma, number=max(1, round(options.fraction * kind.number)))
        for kind in plan.kinds
    )
    plan = replace(
        plan,
        kinds=kinds,
        group_s=options.group_s,
        commit_s=1 / rates["finished_per_s"],
        row_s=1 / rates["added_per_s"],
        task_s=1 / rates["tasks_per_s"],
        worker_mtbf_s=options.mtbf_days and options.mtbf_days * DAY_S,
    )
    result = simulate(plan)
    for name, value in table(result) + limits(plan, [1.0, 5.0, 60.0, 300.0, 48 * 3600.0]):
        print(f"{name:40} {value}")
    seconds = sum(kind.number for kind in kinds) * plan.row_s
    print(f"{'adding all jobs to the store takes':40} {seconds / 60:.1f} min")
    workers = [n for n in (10, 100, 1000, 5000, 20000) if n <= 10 * plan.num_workers]
    draw_scaling(result, options.out, workers=workers)
    print(f"The picture is in {options.out}.")


if __name__ == "__main__":
    main()
