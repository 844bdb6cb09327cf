# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The simulation of many workers against what can be calculated by hand."""

import builtins
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from labelling_at_scale.queueing import (
    JobKind,
    ScalingPlan,
    most_workers,
    published_plan,
    simulate,
)
from labelling_at_scale.queueing_report import draw_scaling, limits, table, throughput

FREE = {"task_s": 0.0, "commit_s": 0.0, "row_s": 0.0}
NO_MEMORY = {"memory_median": 1e-9, "memory_sigma": 0.0}


def equal_jobs(number: int, seconds: float) -> JobKind:
    return JobKind("equal", number, seconds, 0.0, **NO_MEMORY)


def normal_above(z: float) -> float:
    """Probability that a normal variable is above z standard deviations."""
    return 0.5 * math.erfc(z / math.sqrt(2))


@pytest.mark.parametrize(("number", "workers"), [(1, 1), (100, 7), (7, 100), (1000, 10)])
def test_equal_jobs_run_in_rounds(number: int, workers: int) -> None:
    result = simulate(ScalingPlan((equal_jobs(number, 60.0),), workers, **FREE))
    rounds = math.ceil(number / workers)
    assert result.makespan_s == pytest.approx(60.0 * rounds)
    assert result.num_finished == number
    assert result.utilisation == pytest.approx(number / (workers * rounds))
    assert len(result.starts) == number


def test_makespan_is_within_the_bounds_of_list_scheduling() -> None:
    """Graham, SIAM J. Appl. Math. 17, 416 (1969): at most work/m + (1 - 1/m) longest."""
    kind = JobKind("varied", 3000, 100.0, 1.2, **NO_MEMORY)
    result = simulate(ScalingPlan((kind,), 40, **FREE))
    longest = float(np.max(np.array(result.ends) - np.array(result.starts)))
    bound = result.useful_s / 40 + (1 - 1 / 40) * longest
    assert result.shortest_possible_s <= result.makespan_s <= bound
    assert result.useful_s / 3000 == pytest.approx(100 * math.exp(1.2**2 / 2), rel=0.15)
    times = np.linspace(0, 0.9 * result.useful_s / 40 - longest, 50)
    assert (result.running(times) == 40).all()


@pytest.mark.parametrize("slow", ["task_s", "commit_s"])
def test_throughput_is_that_of_the_slowest_part(slow: str) -> None:
    """Short tasks on many workers: one after the other through scheduler or store."""
    plan = ScalingPlan((equal_jobs(5000, 0.1),), 500, most_in_group=1, **FREE | {slow: 0.01})
    result = simulate(plan)
    assert result.makespan_s == pytest.approx(5000 * 0.01, rel=0.01)
    assert throughput(plan, 500, 0.1) == pytest.approx(100.0, rel=0.01)
    assert most_workers(plan, 0.1) == 11


def test_throughput_below_saturation() -> None:
    plan = ScalingPlan((equal_jobs(1, 1.0),), 1)
    expected = 50 / (10.0 + plan.task_s + plan.commit_s)
    assert throughput(plan, 50, 10.0) == pytest.approx(expected, rel=0.1)


def test_small_jobs_are_grouped() -> None:
    plan = ScalingPlan((equal_jobs(1003, 0.5),), 4, **FREE)
    result = simulate(plan)
    assert len(result.starts) == math.ceil(1003 / 10)  # groups of 5 s
    assert result.num_finished == 1003
    assert len(simulate(replace(plan, most_in_group=4)).starts) == math.ceil(1003 / 4)


def test_a_group_costs_the_store_one_transaction() -> None:
    plan = ScalingPlan((equal_jobs(100, 0.5),), 1, task_s=0.0, commit_s=1.0, row_s=0.1)
    assert simulate(plan).store_busy_s == pytest.approx(10 * (1.0 + 9 * 0.1))


def test_jobs_beyond_the_time_limit_are_parked() -> None:
    kind = JobKind("varied", 20000, 100.0, 1.0, **NO_MEMORY)
    result = simulate(ScalingPlan((kind,), 50, time_limit_s=300.0, **FREE))
    expected = 20000 * normal_above(math.log(3.0))
    assert abs(result.parked - expected) < 4 * math.sqrt(expected)
    assert result.out_of_time == result.parked == 20000 - result.num_finished
    assert result.wasted_s == pytest.approx(300.0 * result.out_of_time)


@pytest.mark.parametrize("seconds", [100.0, 1.0])
def test_jobs_out_of_memory_are_tried_with_twice_as_much(seconds: float) -> None:
    kind = JobKind("large", 20000, seconds, 0.3, memory_median=1.0, memory_sigma=0.8)
    result = simulate(ScalingPlan((kind,), 50, **FREE))
    above = [20000 * normal_above(math.log(2.0**k) / 0.8) for k in range(3)]  # of 1, 2, 4 times
    assert abs(result.out_of_memory - sum(above)) < 4 * math.sqrt(sum(above))
    assert abs(result.parked - above[2]) < 4 * math.sqrt(above[2])
    assert result.num_finished + result.parked == 20000


def test_work_repeated_after_deaths() -> None:
    """With deaths at a rate 1/M a job of length d takes M (exp(d/M) - 1) of running on average."""
    plan = ScalingPlan(
        (equal_jobs(20000, 100.0),),
        50,
        worker_mtbf_s=200.0,
        allowed_deaths=10**6,
        **FREE,
    )
    result = simulate(plan)
    assert result.num_finished == 20000
    taken = (result.useful_s + result.wasted_s) / 20000
    assert taken == pytest.approx(200 * (math.exp(0.5) - 1), rel=0.02)
    assert result.deaths / 20000 == pytest.approx(math.exp(0.5) - 1, rel=0.03)
    away = result.deaths * plan.restart_s
    assert result.makespan_s == pytest.approx((20000 * taken + away) / 50, rel=0.05)


def test_jobs_that_kill_many_workers_are_parked() -> None:
    plan = ScalingPlan((equal_jobs(30, 1e6),), 5, worker_mtbf_s=1.0, allowed_deaths=3, **FREE)
    result = simulate(plan)
    assert result.parked == 30
    assert result.deaths == 30 * 4 * plan.max_attempts


def test_the_same_seed_gives_the_same() -> None:
    plan = ScalingPlan((JobKind("varied", 500, 100.0, 1.0),), 20, worker_mtbf_s=3000.0)
    assert simulate(plan).ends == simulate(plan).ends
    assert simulate(plan).ends != simulate(replace(plan, seed=1)).ends


def test_numbers_of_the_paper() -> None:
    plan = published_plan()
    assert plan.num_workers == 5000
    assert [kind.number for kind in plan.kinds] == [181514, 2713986]
    assert plan.time_limit_s == 21 * 24 * 3600


def small_plan() -> ScalingPlan:
    plan = published_plan(cores=80)
    kinds = tuple(replace(kind, number=kind.number // 2000) for kind in plan.kinds)
    return replace(plan, kinds=kinds)


def test_table_and_picture(tmp_path: Path) -> None:
    result = simulate(small_plan())
    rows = dict(table(result))
    assert rows["jobs"] == "90 top-down, 1,356 bottom-up"
    assert rows["  the store can take"] == "264"
    assert float(rows["makespan"].split()[0]) >= float(rows["  not possible below"].split()[0])
    assert limits(result.plan, [300.0]) == [("workers that tasks of 5 min keep busy", "50,001")]
    draw_scaling(result, tmp_path / "a.png", task_seconds=[1.0], workers=[10, 100])
    assert (tmp_path / "a.png").stat().st_size > 20000


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: JobKind("x", 0, 1.0, 0.0), "x: number, median_s and memory_median are 0, 1.0"),
        (lambda: JobKind("x", 1, 1.0, -1.0), "x: sigma and memory_sigma are -1.0"),
        (lambda: ScalingPlan((), 1), "There are 0 kinds of jobs, 1 workers"),
        (lambda: ScalingPlan((equal_jobs(1, 1),), 1, commit_s=-1.0), "other times 0 or more"),
        (lambda: ScalingPlan((equal_jobs(1, 1),), 1, worker_mtbf_s=0.0), "worker_mtbf_s is 0.0"),
        (lambda: published_plan(4, 5), "cores_per_job is 5; expected 1 to 4"),
        (lambda: most_workers(ScalingPlan((equal_jobs(1, 1),), 1, **FREE), 1.0), "are 0; expected"),
    ],
)
def test_plans_that_make_no_sense(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_without_simpy(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "simpy":
            raise ImportError(name)
        return imported(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="pip install simpy"):
        simulate(ScalingPlan((equal_jobs(1, 1.0),), 1))
