# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Engines that calculate many structures at once: groups, blame, limits, deaths, resuming."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from openmmgems.engines.engine import BatchEngine
from openmmgems.jobs.groups import make_groups
from openmmgems.jobs.job_kind import AtOnce, Cost
from openmmgems.jobs.store import Finished, Job, JobStore
from openmmgems.jobs.tasks import Limits
from openmmgems.jobs.workers import Calculator
from support.dask_processes import HERE, dask, end, failure_texts, parent
from support.faulty_engine import FaultyBatchEngine, FaultyEngine
from support.labelling import (
    LEVEL,
    add_jobs,
    done_sources,
    label_here,
    pids,
    read_log,
    settings_for,
    start_run,
    wait_for,
    waters,
)

BATCH = {"engine": "support.faulty_engine:make_batch", "workers": 1, "group_s": 60.0}


def attempts(path: Path) -> dict[str, int]:
    """How many each source has used."""
    statement = "SELECT source, attempts FROM job JOIN structure ON structure.id = job.structure"
    with JobStore(path) as store:
        return dict(store.query(statement))


def groups(folder: Path) -> list[int]:
    """Sizes of what was calculated at once, in order."""
    lines = [line.split(" ", 2) for line in (folder / "log").read_text().splitlines()]
    return [int(words[2]) for words in lines if words[1] == "together"]


def test_an_engine_may_calculate_many_at_once() -> None:
    assert isinstance(FaultyBatchEngine("log"), BatchEngine)
    assert not isinstance(FaultyEngine("log"), BatchEngine)


def test_a_group_is_calculated_and_committed_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed: list[int] = []
    finish_all = JobStore.finish_all

    def watched(store: JobStore, finished: list[Finished], *more: object) -> int:
        committed.append(len(finished))
        return finish_all(store, finished, *more)

    monkeypatch.setattr(JobStore, "finish_all", watched)
    path, settings = tmp_path / "jobs.sqlite", settings_for(tmp_path, **BATCH)
    sources = [f"{k}" for k in range(40)]
    add_jobs(path, settings, sources)
    summary = label_here(path, settings)
    assert (summary.finished, summary.failed_attempts) == (40, 0)
    assert done_sources(path) == sources
    assert sum(groups(tmp_path)) == 40
    assert len(groups(tmp_path)) == 2  # two for one worker: the next is there when one ends
    with JobStore(path) as store:
        assert committed == groups(tmp_path)
        seconds, memory = store.query("SELECT min(seconds), max(peak_memory_mb) FROM result")[0]
    assert seconds > 0
    assert memory is None  # of one of many it is not known


def test_one_that_fails_is_found_and_the_others_lose_nothing(tmp_path: Path) -> None:
    path, settings = tmp_path / "jobs.sqlite", settings_for(tmp_path, **BATCH)
    bad = ["fail", "impossible", "nan", "die"]
    good = ["a", "b", "die-once", "c", "d", "together"]
    add_jobs(path, settings, [*good[:3], *bad, *good[3:]])
    summary = label_here(path, settings)
    assert (summary.finished, summary.counts["parked"]) == (6, 4)
    assert done_sources(path) == good
    with JobStore(path) as store:
        errors = {failure.source: failure.error for failure in store.failures(LEVEL)}
    assert errors.pop("die").startswith("its process was killed by SIGKILL")
    assert errors == {
        "fail": "fail did not converge",
        "impossible": "no parameters for oxygen",
        "nan": "The label of nan holds NaN or infinite values.",
    }
    used = attempts(path)
    assert {source: used[source] for source in good} == dict.fromkeys(good, 1)
    assert {source: used[source] for source in bad} == {
        **dict.fromkeys(bad, 3),
        "impossible": 1,
    }


def test_a_group_has_the_time_of_all(tmp_path: Path) -> None:
    path, settings = tmp_path / "jobs.sqlite", settings_for(tmp_path, **BATCH, time_limit_s=0.5)
    sources = [f"slow 0.2 {k}" for k in range(8)]  # four at once take 0.8 s
    add_jobs(path, settings, sources)
    summary = label_here(path, settings)
    assert (summary.finished, groups(tmp_path)) == (8, [4, 4])
    assert read_log(tmp_path, "begin") == dict.fromkeys(sources, 1)


@pytest.mark.parametrize(
    ("source", "error"),
    [("endless", "longer than its limit of 0.5 s"), ("memory 900", "its limit was 600 MB")],
)
def test_what_takes_too_much_in_a_group_is_stopped_and_found(
    tmp_path: Path, source: str, error: str
) -> None:
    path, limits = tmp_path / "jobs.sqlite", {"time_limit_s": 0.5, "min_memory_mb": 600.0}
    limits |= {"memory_gb": 0.7, "max_attempts": 1}
    if source != "endless":
        del limits["time_limit_s"]
    settings = settings_for(tmp_path, **(BATCH | limits))
    add_jobs(path, settings, ["a", source, "b", "c"])
    summary = label_here(path, settings)
    assert (summary.finished, summary.counts["parked"]) == (3, 1)
    assert error in failure_texts(path)[0]
    begun = read_log(tmp_path, "begin")
    assert (begun["a"], begun[source], begun["b"]) == (2, 2, 1)


def job(number: int) -> Job:
    return Job(number, waters(["x"])[0], 0, 1, 100.0, 60.0)


def test_groups_have_so_many_atoms_and_so_much_memory_at_most() -> None:
    jobs = [(job(k), 0.001) for k in range(1000)]

    def cost(sizes: list[int]) -> Cost:
        return Cost(1.0, 5.0 * len(sizes))

    def memory(sizes: list[int]) -> float:
        return cost(sizes).memory_mb

    found = make_groups(jobs, 60.0, AtOnce(600, cost), memory, 1e9)
    assert [len(group.jobs) for group in found] == [200] * 5
    assert [group.at_once and group.at_once.time_limit_s for group in found] == [200 * 60.0] * 5
    assert [group.memory_mb for group in found] == [1000.0] * 5
    found = make_groups(jobs, 60.0, AtOnce(600, cost), memory, 300.0)
    assert {len(group.jobs) for group in found} == {50}
    assert sum(len(group.jobs) for group in found) == 1000
    found = make_groups(jobs, 60.0, None, memory, 300.0)
    assert {group.at_once for group in found} == {None}
    large = replace(job(1), structure=waters(["x"])[0])
    (single,) = make_groups([(large, 1.0)], 60.0, AtOnce(2, cost), memory, 1.0)
    assert single.at_once is None  # one job never waits for others


def test_a_process_full_of_a_group_is_not_used_for_a_smaller_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or its memory would be taken for that of the job."""
    calculator = Calculator.__new__(Calculator)
    monkeypatch.setattr(calculator, "_process", SimpleNamespace(poll=lambda: None), raising=False)
    monkeypatch.setattr(calculator, "_first_rss_mb", 900.0, raising=False)
    monkeypatch.setattr(calculator, "_memory_mb", lambda: 950.0)
    fitting = [calculator.fits(Limits(memory, 60.0)) for memory in (600.0, 940.0, 960.0, 2000.0)]
    assert fitting == [False, False, True, True]


@pytest.mark.slow
def test_a_run_that_is_killed_in_a_group_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    path, settings = tmp_path / "jobs.sqlite", settings_for(tmp_path, **BATCH)
    sources = [f"slow 0.1 {k}" for k in range(30)] + ["endless-once"]
    add_jobs(path, settings, sources)
    run = start_run(path, settings)
    wait_for(lambda: read_log(tmp_path, "begin")["endless-once"] == 1)
    run.kill()
    run.communicate()
    before = done_sources(path)
    assert label_here(path, settings).finished == len(sources) - len(before)
    assert sorted(done_sources(path)) == sorted(sources)
    assert attempts(path) == dict.fromkeys(sources, 1)  # nobody is to blame
    ended = read_log(tmp_path, "end")
    assert all(ended[source] == 1 for source in before)
    assert sum(groups(tmp_path)) <= len(sources)  # the second run took them one by one


@pytest.mark.slow
def test_a_job_that_kills_whole_runs_is_found(tmp_path: Path) -> None:
    path, settings = tmp_path / "jobs.sqlite", settings_for(tmp_path, **BATCH, max_attempts=1)
    add_jobs(path, settings, ["a", "b", "endless", "c"])
    statement = "SELECT count(*) FROM job WHERE state = 'running' AND started IS NOT NULL"
    with JobStore(path) as store:
        for marked in (0, 1):  # first all at once, then each by itself
            begun = read_log(tmp_path, "begin")["endless"]
            run = start_run(path, settings)
            wait_for(lambda before=begun: read_log(tmp_path, "begin")["endless"] > before)
            wait_for(lambda number=marked: store.query(statement) == [(number,)])
            run.kill()
            run.communicate()
    summary = label_here(path, settings)
    assert (summary.counts["done"], summary.counts["parked"]) == (3, 1)
    assert failure_texts(path)[0].endswith("died or hung")


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_in_a_group_gives_all_back(tmp_path: Path) -> None:
    path, file = tmp_path / "jobs.sqlite", tmp_path / "scheduler.json"
    where = ("--no-dashboard", "--scheduler-file", str(file))
    processes = [dask("scheduler", *HERE, *where, allowed_failures=0)]
    try:
        wait_for(lambda: file.is_file() and bool(file.read_text()))
        processes.append(dask("worker", "--nthreads", "1", *where))
        address = json.loads(file.read_text())["address"]
        settings = settings_for(tmp_path, **(BATCH | {"workers": None, "scheduler": address}))
        sources = ["a", "b", "endless-once", "c"]
        add_jobs(path, settings, sources)
        run = start_run(path, settings)
        wait_for(lambda: read_log(tmp_path, "begin")["endless-once"] == 1)
        (calculator,) = pids(tmp_path)
        os.kill(parent(calculator), signal.SIGKILL)  # its nanny starts another
        out, errors = run.communicate(timeout=60)
        assert run.returncode == 0, errors
        assert "finished 4 " in out
        assert done_sources(path) == sources
        assert attempts(path) == dict.fromkeys(sources, 1)
    finally:
        for process in processes:
            end(process)


@pytest.mark.slow
def test_a_stop_gives_a_group_back_untried(tmp_path: Path) -> None:
    path, settings = tmp_path / "jobs.sqlite", settings_for(tmp_path, **BATCH)
    add_jobs(path, settings, ["a", "b", "endless"])
    run = start_run(path, settings)
    wait_for(lambda: read_log(tmp_path, "begin")["endless"] == 1)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=60)
    assert set(attempts(path).values()) <= {0, 1}
    assert attempts(path)["endless"] == 0
    with JobStore(path) as store:
        assert store.counts(LEVEL)["running"] == 0
        assert not any(found.is_alone for found in store.claim("x", LEVEL, number=3))
