# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What jobs are expected to take, how they are put together, and how a store stands."""

import os
from pathlib import Path

import pytest
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.groups import in_groups
from openmmgems.jobs.owners import release_dead, run_name
from openmmgems.jobs.status import by_text, levels, status
from openmmgems.jobs.store import Failure, Job, JobStore
from openmmgems.labels.label_jobs import LabelJobs
from support.labelling import (
    CONSENT,
    LEVEL,
    add_jobs,
    settings_for,
    waters,
)
from support.store_worker import data_of


def job(number: int, memory_mb: float = 100.0, attempt: int = 1) -> Job:
    return Job(number, waters(["x"])[0], 0, attempt, memory_mb, 60.0)


def test_groups_are_long_enough_and_alike() -> None:
    quick = [(job(k), 1.0) for k in range(7)]
    assert [len(group) for group in in_groups(quick, 3.0, most=100)] == [3, 3, 1]
    assert [len(group) for group in in_groups(quick, 100.0, most=5)] == [5, 2]
    assert [len(group) for group in in_groups(quick, 0.1, most=100)] == [1] * 7
    mixed = [(job(0), 1.0), (job(1, 150.0), 1.0), (job(2, 5000.0), 1.0), (job(3), 1.0)]
    assert [[j.id for j in group] for group in in_groups(mixed, 99.0, most=99)] == [
        [0, 1],
        [2],
        [3],
    ]
    assert in_groups([], 1.0) == []


def test_estimates_follow_experience(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, seconds=1.0, min_memory_mb=10.0)
    estimator = Estimator(LabelJobs.of(settings, CONSENT), settings)
    need = estimator.need(3)

    def given(which: Job) -> float:
        return estimator.sized(which, 1e6).memory_mb

    assert (need.estimate_s, need.memory_mb, need.time_limit_s) == (1.0, 150.0, 600.0)
    assert estimator.seconds(3) == 1.0
    assert given(job(1, 150.0)) == 150.0
    for _ in range(12):
        estimator.learn(3, 2.0, 40.0)
    estimator.learn(3, 500.0, 40.0)  # the first of a process
    assert estimator.seconds(3) == 2.0
    assert given(job(1, 150.0)) == pytest.approx(1.5 * 40.0)
    assert given(job(1, 300.0, attempt=2)) == 300.0  # it failed with less
    assert estimator.sized(job(1, 300.0, attempt=2), 250.0).memory_mb == 250.0  # all there is
    for _ in range(15):
        estimator.learn(100, 8.0, 900.0)
    assert estimator.seconds(100) == 8.0
    assert estimator.seconds(3) == 2.0
    assert estimator.time_factor() == 8.0  # there are more of these
    assert given(job(1, 150.0)) == pytest.approx(60.0)
    nothing = settings.model_copy(update={"options": settings.options | {"seconds": 0.0}})
    with pytest.raises(ValueError, match=r"make' estimates 0\.0 s and 100\.0 MB for 3"):
        Estimator(LabelJobs.of(nothing, CONSENT), settings).need(3)


def test_status_of_a_store(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, seconds=2.0), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["a", "b", "c", "d"])
    with JobStore(path) as store:
        assert levels(store) == [LEVEL]
        before = status(store, LEVEL)
        assert (before.rate_per_s, before.seconds_left) == (None, None)
        assert (before.jobs.to_do, before.jobs.seconds_to_do) == (4, 8.0)
        first, second = store.claim("w", LEVEL, number=2)
        store.finish(first, data_of(first.structure), "faulty 1")
        store.fail(second, "w", "b did not converge", final=True)
        after = status(store, LEVEL)
        assert (after.jobs.to_do, after.jobs.total, after.jobs.seconds_to_do) == (2, 4, 4.0)
        assert after.seconds_left == pytest.approx(2 / after.rate_per_s)
        assert [failure.source for failure in after.failures] == ["b"]


def test_failures_of_the_same_text_are_put_together() -> None:
    failures = [Failure(k, f"s{k}", 3, 500.0, f"SCF of s{k} failed") for k in range(3)]
    failures.append(Failure(9, "x", 3, 500.0, "no element"))
    assert by_text(failures) == [("SCF of ... failed", 3, "s0"), ("no element", 1, "x")]


def test_runs_that_are_gone_hold_nothing(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["a", "b", "c", "d"])
    with JobStore(path) as store, run_name() as name:
        store.claim(name, LEVEL)
        gone = name.replace(f" {os.getpid()} ", " 999999999 ")
        store.claim(gone, LEVEL)
        store.claim("of another machine", LEVEL)
        with run_name() as ended:
            store.claim(ended, LEVEL)
        assert release_dead(store, LEVEL) == 2
        assert sorted(store.workers(LEVEL)) == sorted([name, "of another machine"])
