# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Who is to blame when something is killed: the job that it was at, and no other."""

import json
import os
import signal
from pathlib import Path

import pytest
from openmmgems.jobs.store import JobStore
from support.dask_processes import HERE, dask, end, failure_texts, parent
from support.labelling import (
    add_jobs,
    done_sources,
    label_here,
    pids,
    read_log,
    settings_for,
    start_run,
    wait_for,
)


def attempts_and_memory(path: Path) -> dict[str, tuple[int, float]]:
    """What each source has used, and may use."""
    statement = (
        "SELECT source, attempts, memory_mb FROM job JOIN structure ON structure.id = job.structure"
    )
    with JobStore(path) as store:
        return {row[0]: (row[1], row[2]) for row in store.query(statement)}


def wait_for_mark(path: Path, source: str) -> None:
    """Wait until the store knows that a job has been begun."""
    statement = (
        "SELECT source FROM job JOIN structure ON structure.id = job.structure "
        "WHERE started IS NOT NULL"
    )
    with JobStore(path) as store:
        wait_for(lambda: store.query(statement) == [(source,)])


@pytest.mark.slow
@pytest.mark.parametrize("allowed_failures", [0, 3])
def test_a_killed_dask_worker_costs_only_the_job_it_was_at(
    tmp_path: Path, allowed_failures: int
) -> None:
    path, file = tmp_path / "jobs.sqlite", tmp_path / "scheduler.json"
    where = ("--no-dashboard", "--scheduler-file", str(file))
    processes = [dask("scheduler", *HERE, *where, allowed_failures=allowed_failures)]
    try:
        wait_for(lambda: file.is_file() and bool(file.read_text()))
        processes.append(dask("worker", "--nthreads", "1", *where))
        address = json.loads(file.read_text())["address"]
        settings = settings_for(tmp_path, scheduler=address, group_s=60.0)
        sources = ["a", "slow 1 b", "endless-once", "c", "d"]
        add_jobs(path, settings, sources)
        run = start_run(path, settings)
        wait_for_mark(path, "endless-once")
        (calculator,) = pids(tmp_path)
        os.kill(parent(calculator), signal.SIGKILL)  # its nanny starts another
        out, errors = run.communicate(timeout=60)
        assert run.returncode == 0, errors
        assert "finished 5 " in out
        assert done_sources(path) == sources
        (text,) = failure_texts(path)
        assert text.startswith("the Dask worker tcp://127.0.0.1:")
        assert text.endswith("died at this job")
        found = attempts_and_memory(path)
        assert found.pop("endless-once") == (2, 1000.0)
        assert set(found.values()) == {(1, 500.0)}
    finally:
        for process in processes:
            end(process)


@pytest.mark.slow
def test_a_killed_run_costs_only_the_job_it_was_at(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    settings = settings_for(tmp_path, workers=1, group_s=60.0)
    sources = ["a", "slow 1 b", "endless-once", "c", "d"]
    add_jobs(path, settings, sources)
    run = start_run(path, settings)
    wait_for_mark(path, "endless-once")
    run.kill()
    run.communicate()
    assert label_here(path, settings).counts["done"] == 5
    (text,) = failure_texts(path)
    assert text.endswith("died or hung")
    found = attempts_and_memory(path)
    assert found.pop("endless-once") == (2, 1000.0)
    assert set(found.values()) == {(1, 500.0)}


@pytest.mark.slow
def test_a_killed_process_costs_only_the_job_it_was_at(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    settings = settings_for(tmp_path, workers=1, group_s=60.0)
    add_jobs(path, settings, ["a", "slow 1 b", "endless-once", "c", "d"])
    run = start_run(path, settings)
    wait_for(lambda: read_log(tmp_path, "begin")["endless-once"] == 1)
    (calculator,) = pids(tmp_path)
    os.kill(calculator, signal.SIGKILL)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 0, errors
    found = attempts_and_memory(path)
    assert found.pop("endless-once") == (2, 1000.0)
    assert set(found.values()) == {(1, 500.0)}
