# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The job store: nothing that is done is lost or done again, whatever happens."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from openmmgems.labels.base import Label, Structure
from openmmgems.labels.store import JobStore
from support.store_worker import label_of

TESTS = Path(__file__).parents[1]


class Clock:
    """A time that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def structures(number: int, first: int = 0) -> list[Structure]:
    """Waters in random positions."""
    rng = np.random.default_rng(7)
    positions = rng.normal(size=(first + number, 3, 3))[first:]
    return [
        Structure(np.array([8, 1, 1]), x, source=f"water {first + k}")
        for k, x in enumerate(positions)
    ]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> JobStore:
    with JobStore(tmp_path / "jobs.sqlite", max_attempts=2, clock=clock) as opened:
        yield opened


def worker(
    store: Path, name: str, log: Path, *more: str, stderr: int | None = None
) -> subprocess.Popen:
    words = [sys.executable, "-m", "support.store_worker", str(store), name, str(log), *more]
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    return subprocess.Popen(words, env=environment, stderr=stderr, text=True)


def test_from_adding_to_results(store: JobStore) -> None:
    given = structures(5)
    assert store.add(given, "test", memory_mb=100.0, time_limit_s=60.0) == 5
    assert store.add(structures(7), "test") == 2  # the others are there
    assert store.add(given[:1], "other") == 1
    jobs = store.claim("a", "test", number=4)
    assert [job.structure.source for job in jobs] == [f"water {k}" for k in range(4)]
    assert (jobs[0].attempt, jobs[0].memory_mb, jobs[0].time_limit_s) == (1, 100.0, 60.0)
    for job in jobs:
        assert store.finish(job, label_of(job.structure), "test 1", seconds=2.0)
    assert store.counts("test") == {"waiting": 3, "running": 0, "done": 4, "parked": 0}
    assert store.counts("other")["waiting"] == 1
    assert [job.structure.source for job in store.claim("b", "test", number=9)] == [
        "water 4",
        "water 5",
        "water 6",
    ]
    found = list(store.results("test"))
    assert len(found) == 4
    for (structure, label), expected in zip(found, given, strict=False):
        np.testing.assert_array_equal(structure.atomic_numbers, expected.atomic_numbers)
        np.testing.assert_array_equal(structure.positions_angstrom, expected.positions_angstrom)
        wanted = label_of(expected)
        assert label.energy_ev == wanted.energy_ev
        np.testing.assert_array_equal(label.forces_ev_per_angstrom, wanted.forces_ev_per_angstrom)
        np.testing.assert_array_equal(label.dipole_e_angstrom, wanted.dipole_e_angstrom)


def test_failures_wait_again_and_are_parked(store: JobStore) -> None:
    store.add(structures(1), "test", memory_mb=100.0)
    (job,) = store.claim("a", "test")
    store.fail(job, "b", "someone else's")
    assert store.counts("test")["running"] == 1
    store.fail(job, "a", "out of memory", memory_factor=2.0)
    (job,) = store.claim("a", "test")
    assert (job.attempt, job.memory_mb) == (2, 200.0)
    store.fail(job, "a", "did not converge")
    assert store.claim("a", "test") == []
    assert store.errors("test") == [("water 0", "did not converge")]
    assert store.retry_parked("test") == 1
    assert store.claim("a", "test")[0].attempt == 1


def test_jobs_of_a_dead_worker_return(store: JobStore, clock: Clock) -> None:
    store.add(structures(1), "test", memory_mb=100.0)
    (first,) = store.claim("a", "test", lease_s=10.0)
    clock.now += 9
    store.extend("a", lease_s=10.0)
    clock.now += 9
    assert store.claim("b", "test") == []
    clock.now += 2
    (second,) = store.claim("b", "test", lease_s=10.0)
    assert (second.id, second.attempt, second.memory_mb) == (first.id, 2, 200.0)
    store.fail(first, "a", "too late")  # no longer its own
    assert store.finish(first, label_of(first.structure), "late, but right")
    assert not store.finish(second, label_of(second.structure), "test 1")
    assert len(list(store.results("test"))) == 1
    store.fail(second, "b", "done already")
    assert store.counts("test")["done"] == 1


def test_a_job_that_kills_its_workers_is_parked(store: JobStore, clock: Clock) -> None:
    store.add(structures(1), "test")
    for name in ("a", "b"):
        assert len(store.claim(name, "test", lease_s=10.0)) == 1
        clock.now += 11
    assert store.claim("c", "test") == []
    assert store.errors("test") == [("water 0", "the worker b died or hung")]


def test_an_interrupted_worker_gives_its_jobs_back(store: JobStore) -> None:
    store.add(structures(3), "test")
    assert len(store.claim("a", "test", number=2)) == 2
    store.release("a")
    assert store.counts("test")["waiting"] == 3
    assert store.claim("b", "test")[0].attempt == 1


def test_wrong_labels_are_refused(store: JobStore) -> None:
    store.add(structures(1), "test")
    (job,) = store.claim("a", "test")
    right = label_of(job.structure)
    for label, message in (
        (Label(np.nan, right.forces_ev_per_angstrom, right.dipole_e_angstrom), "holds NaN"),
        (Label(1.0, right.forces_ev_per_angstrom[:2], right.dipole_e_angstrom), r"shape \(2, 3\)"),
    ):
        with pytest.raises(ValueError, match=message):
            store.finish(job, label, "test 1")
    assert store.counts("test")["running"] == 1


@pytest.mark.slow
def test_workers_that_are_killed_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    path, log = tmp_path / "jobs.sqlite", tmp_path / "log"
    with JobStore(path) as store:
        store.add(structures(2000), "test")
        for k in range(3):
            running = [worker(path, f"{k}{name}", log) for name in "ab"]
            before = store.counts("test")["done"]
            while store.counts("test")["done"] < before + 100 and running[0].poll() is None:
                time.sleep(0.01)
            for process in running:
                process.send_signal(signal.SIGKILL)
                process.wait()
        assert 300 <= store.counts("test")["done"] < 2000
        time.sleep(1.1)  # leases end
        assert worker(path, "last", log).wait() == 0
        assert store.counts("test") == {"waiting": 0, "running": 0, "done": 2000, "parked": 0}
        assert len(list(store.results("test"))) == 2000
    done = log.read_text().split()
    assert len(done) == len(set(done))
    assert len(done) >= 2000 - 6  # killed between the store and the log


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    path, log = tmp_path / "jobs.sqlite", tmp_path / "log"
    with JobStore(path) as store:
        store.add(structures(500), "test")
    limit = path.stat().st_size + 20000
    process = worker(path, "a", log, str(limit), stderr=subprocess.PIPE)
    message = process.communicate()[1]
    assert process.returncode != 0
    assert "What is done is kept" in message
    with JobStore(path) as store:
        assert store.counts("test")["done"] == len(log.read_text().split()) > 0
    time.sleep(1.1)
    assert worker(path, "b", log).wait() == 0
    with JobStore(path) as store:
        assert store.counts("test")["done"] == 500
    done = log.read_text().split()
    assert len(done) == len(set(done)) == 500


def test_a_backup_while_others_write(tmp_path: Path) -> None:
    path, log = tmp_path / "jobs.sqlite", tmp_path / "log"
    with JobStore(path) as store:
        store.add(structures(500), "test")
        process = worker(path, "a", log)
        while store.counts("test")["done"] < 50:
            time.sleep(0.01)
        store.backup(tmp_path / "copy.sqlite")
        process.wait()
    with JobStore(tmp_path / "copy.sqlite") as copy:
        counts = copy.counts("test")
        assert counts["done"] >= 50
        assert len(list(copy.results("test"))) == counts["done"]
        assert sum(counts.values()) == 500


def test_damaged_and_foreign_files(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    with JobStore(path) as store:
        store.add(structures(300), "test")
    shutil.copy(path, tmp_path / "cut.sqlite")
    with open(tmp_path / "cut.sqlite", "r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with (
        pytest.raises(ValueError, match=r"damaged or no job store.*Use a backup"),
        JobStore(tmp_path / "cut.sqlite") as store,
    ):
        store.claim("a", "test", number=300)
    (tmp_path / "text.sqlite").write_text("no database " * 100)
    with pytest.raises(ValueError, match="damaged or no job store"):
        JobStore(tmp_path / "text.sqlite")
    with sqlite3.connect(tmp_path / "newer.sqlite") as newer:
        newer.execute("PRAGMA user_version = 9")
    newer.close()
    with pytest.raises(ValueError, match="version 9; expected a job store of version 1"):
        JobStore(tmp_path / "newer.sqlite")
    with pytest.raises(RuntimeError, match="unable to open"):
        JobStore(tmp_path / "no folder" / "jobs.sqlite")
