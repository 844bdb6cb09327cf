# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Labelling goes on after every kind of death; nothing finished is lost or done twice."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from openmmgems.jobs.store import JobStore
from support.dask_processes import HERE, dask, end, failure_texts, parent
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
)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_of_a_group_only_the_job_whose_process_dies_is_blamed(tmp_path: Path) -> None:
    path, settings = tmp_path / "jobs.sqlite", settings_for(tmp_path, workers=1)
    sources = ["a", "b", "die-once", "c", "die", "d"]
    add_jobs(path, settings, sources)
    summary = label_here(path, settings)
    assert (summary.finished, summary.counts["parked"]) == (5, 1)
    assert done_sources(path) == ["a", "b", "die-once", "c", "d"]
    assert read_log(tmp_path, "end") == dict.fromkeys(["a", "b", "die-once", "c", "d"], 1)
    assert read_log(tmp_path, "begin")["die"] == 3
    with JobStore(path) as store:
        (failure,) = store.failures(LEVEL)
        assert failure.source == "die"
        assert "was killed by SIGKILL, last printing: a crash in compiled code" in failure.error
        asked = dict(
            store.query(
                "SELECT source, memory_mb FROM job JOIN structure ON structure.id = job.structure"
            )
        )
    assert asked["a"] == 500.0
    assert asked["die-once"] == 1000.0  # the second attempt got more


def test_failures_are_parked_with_their_texts(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, time_limit_s=1.5)
    path = tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["fail", "impossible", "nan", "endless", "good"])
    summary = label_here(path, settings)
    assert summary.counts == {"waiting": 0, "running": 0, "done": 1, "parked": 4}
    with JobStore(path) as store:
        errors = {failure.source: failure.error for failure in store.failures(LEVEL)}
    assert errors == {
        "fail": "fail did not converge",
        "impossible": "no parameters for oxygen",
        "nan": "The label of nan holds NaN or infinite values.",
        "endless": "it took longer than its limit of 1.5 s",
    }
    begun = read_log(tmp_path, "begin")
    assert (begun["fail"], begun["impossible"], begun["endless"]) == (3, 1, 1)
    assert not any(map(is_alive, pids(tmp_path)))


@pytest.mark.slow
def test_a_job_that_needs_more_memory_gets_it_until_there_is_no_more(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, memory_gb=1.5)
    path = tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["memory 500", "memory 9000", "good"])
    summary = label_here(path, settings)
    assert (summary.counts["done"], summary.counts["parked"]) == (2, 1)
    assert read_log(tmp_path, "begin") == {"memory 500": 2, "memory 9000": 3, "good": 1}
    limits = [text.rpartition("its limit was ")[2] for text in failure_texts(path)]
    assert sorted(limits) == ["1000 MB", "1500 MB", "500 MB", "500 MB"]


def test_jobs_that_no_worker_has_the_memory_for_are_parked(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, memory_gb=0.1), tmp_path / "jobs.sqlite"
    add_jobs(path, settings_for(tmp_path, min_memory_mb=10.0), ["a"])
    with pytest.raises(RuntimeError, match=r"may use 500 MB, but the largest worker .* 100 MB"):
        label_here(path, settings)
    small = settings.model_copy(update={"min_memory_mb": 10.0})
    assert label_here(path, small).counts["parked"] == 1
    with JobStore(path) as store:
        (failure,) = store.failures(LEVEL)
    assert failure.error == "it needs 150 MB of memory; the largest worker has 100 MB"


@pytest.mark.slow
def test_a_killed_run_goes_on_and_its_processes_end_with_it(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, [f"slow 0.02 {k}" for k in range(150)] + ["slow 60"])
    run = start_run(path, settings)
    with JobStore(path) as store:
        wait_for(lambda: store.counts(LEVEL)["done"] > 20)
        run.send_signal(signal.SIGKILL)
        run.communicate()
        before = done_sources(path)
        wait_for(lambda: not any(map(is_alive, pids(tmp_path))), 5.0)
        store.query("UPDATE structure SET source = 'quick' WHERE source = 'slow 60'")
    assert len(before) < 150
    again = start_run(path, settings)
    out, errors = again.communicate()
    assert again.returncode == 0, errors
    assert f"finished {151 - len(before)} " in out
    assert done_sources(path)[:-1] == [f"slow 0.02 {k}" for k in range(150)]
    ended = read_log(tmp_path, "end")
    assert all(ended[source] == 1 for source in before)
    assert failure_texts(path) == []  # nobody is to blame


@pytest.mark.slow
def test_a_stopped_run_gives_back_what_it_has(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, seconds=2.0), tmp_path / "jobs.sqlite"
    sources = ["slow 2", "slow 500", "slow 501", "a", "b"]
    add_jobs(path, settings, sources)
    run = start_run(path, settings)
    wait_for(lambda: len(read_log(tmp_path, "begin")) == 2)
    run.send_signal(signal.SIGTERM)
    out, errors = run.communicate(timeout=30)
    assert run.returncode == 128 + signal.SIGTERM, errors
    assert "finished 1 stopped True" in out  # it was quick enough
    with JobStore(path) as store:
        assert store.counts(LEVEL) == {"waiting": 4, "running": 0, "done": 1, "parked": 0}
        assert store.query("SELECT max(attempts) FROM job WHERE state = 'waiting'") == [(0,)]
    assert not any(map(is_alive, pids(tmp_path)))


@pytest.mark.slow
def test_two_runs_share_a_store(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, workers=1, group_s=0.1), tmp_path / "jobs.sqlite"
    sources = [f"slow 0.02 {k}" for k in range(150)]
    add_jobs(path, settings, sources)
    runs = [start_run(path, settings) for _ in range(2)]
    texts = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], texts
    finished = [int(out.split()[1]) for out, _ in texts]
    assert sum(finished) == 150
    assert min(finished) > 10  # both worked
    assert read_log(tmp_path, "end") == dict.fromkeys(sources, 1)
    assert done_sources(path) == sources


@pytest.mark.slow
def test_killed_dask_workers_and_a_killed_scheduler(tmp_path: Path) -> None:
    path, file = tmp_path / "jobs.sqlite", tmp_path / "scheduler.json"
    scheduler_words = ("scheduler", *HERE, "--no-dashboard", "--scheduler-file", str(file))
    worker_words = ("worker", "--no-dashboard", "--nthreads", "1", "--scheduler-file", str(file))
    processes = [dask(*scheduler_words)]
    try:
        wait_for(lambda: file.is_file() and bool(file.read_text()))
        processes += [dask(*worker_words) for _ in range(2)]
        address = json.loads(file.read_text())["address"]
        settings = settings_for(tmp_path, scheduler=address, group_s=0.5)
        add_jobs(path, settings, [f"slow 0.02 {k}" for k in range(300)])
        run = start_run(path, settings)
        with JobStore(path) as store:
            wait_for(lambda: store.counts(LEVEL)["done"] > 30)
            end(processes.pop())  # one worker with its nanny: its jobs run one by one on the other
            more = store.counts(LEVEL)["done"] + 60
            wait_for(lambda: store.counts(LEVEL)["done"] > more)
            end(processes.pop(0))  # the scheduler
            _, errors = run.communicate(timeout=60)
            assert run.returncode == 1
            assert f"The connection to Dask scheduler {address} is lost." in errors
            counts = store.counts(LEVEL)
            assert (counts["running"], counts["parked"]) == (0, 0)
            before = done_sources(path)
            assert 90 < len(before) < 300
        label_here(path, settings_for(tmp_path, options=settings.options))
        assert len(done_sources(path)) == 300
        ended = read_log(tmp_path, "end")
        assert all(ended[source] == 1 for source in done_sources(path)[len(before) + 60 :])
        assert failure_texts(path) == []
    finally:
        for process in processes:
            end(process)


@pytest.mark.slow
def test_a_dask_worker_that_dies_with_one_job_and_a_run_that_is_killed(tmp_path: Path) -> None:
    path, file = tmp_path / "jobs.sqlite", tmp_path / "scheduler.json"
    where = ("--no-dashboard", "--scheduler-file", str(file))
    processes = [dask("scheduler", *HERE, *where)]
    try:
        wait_for(lambda: file.is_file() and bool(file.read_text()))
        processes.append(dask("worker", "--nthreads", "1", *where))
        address = json.loads(file.read_text())["address"]
        settings = settings_for(tmp_path, scheduler=address)
        add_jobs(path, settings, ["endless"])
        run = start_run(path, settings)
        wait_for(lambda: read_log(tmp_path, "begin")["endless"] == 1)
        (calculator,) = pids(tmp_path)
        os.kill(parent(calculator), signal.SIGKILL)  # its nanny starts another
        wait_for(lambda: not is_alive(calculator), 20.0)
        wait_for(lambda: read_log(tmp_path, "begin")["endless"] == 2)
        (text,) = failure_texts(path)
        assert "every Dask worker that had it died" in text
        run.kill()
        run.communicate()
        wait_for(lambda: not any(map(is_alive, pids(tmp_path))), 20.0)
    finally:
        for process in processes:
            end(process)


@pytest.mark.slow
def test_a_full_disk_stops_a_run_that_goes_on_later(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, group_s=0.2), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, [str(k) for k in range(300)])
    limit = path.stat().st_size + 20000
    run = start_run(path, settings, str(limit))
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "What is done is kept" in errors
    before = done_sources(path)
    assert 0 < len(before) < 300
    label_here(path, settings)
    assert len(done_sources(path)) == 300
    ended = read_log(tmp_path, "end")
    assert all(ended[source] == 1 for source in before)


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of one megabyte."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    mounted = subprocess.run(words, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(tmp_path: Path, small_disk: Path) -> None:
    settings, path = settings_for(tmp_path, group_s=0.1), small_disk / "jobs.sqlite"
    add_jobs(path, settings, [str(k) for k in range(100)])
    filler = small_disk / "filler"
    with open(filler, "wb") as file:
        file.write(bytes(shutil.disk_usage(small_disk).free - 200_000))
    with pytest.raises(RuntimeError, match="What is done is kept"):
        label_here(path, settings)
    filler.unlink()
    before = done_sources(path)
    assert len(before) < 100
    label_here(path, settings)
    assert len(done_sources(path)) == 100
    ended = read_log(tmp_path, "end")
    assert all(ended[source] == 1 for source in before)


@pytest.mark.slow
def test_a_backup_while_a_run_writes_is_a_store(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, group_s=0.1), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, [f"slow 0.01 {k}" for k in range(200)])
    run = start_run(path, settings)
    plain, whole = tmp_path / "plain.sqlite", tmp_path / "whole.sqlite"
    with JobStore(path) as store:
        wait_for(lambda: store.counts(LEVEL)["done"] > 50)
        shutil.copy(path, plain)  # without jobs.sqlite-wal
        store.backup(whole)
    run.communicate(timeout=60)
    assert run.returncode == 0
    copied = done_sources(whole)
    assert 50 < len(copied) <= 200
    assert copied == [f"slow 0.01 {k}" for k in range(200) if f"slow 0.01 {k}" in set(copied)]
    assert len(done_sources(plain)) < len(copied)  # what the other file held is missing
