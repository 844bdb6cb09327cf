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
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Provenance
from openmmgems.jobs.store import Finished, JobStore, Need, Usage
from support.store_worker import data_of

TESTS = Path(__file__).parents[1]


class Clock:
    """A time that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def structures(number: int, first: int = 0) -> list[AtomicSystem]:
    """Waters in random positions."""
    rng = np.random.default_rng(7)
    positions = rng.normal(size=(first + number, 3, 3))[first:]
    return [
        AtomicSystem(np.array([8, 1, 1]), x, source=f"water {first + k}")
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
    assert store.add(given, "test", Need(100.0, 60.0, 2.0)) == 5
    assert store.add(structures(7), "test") == 2  # the others are there
    assert store.add(given[:1], "other") == 1
    jobs = store.claim("a", "test", number=4)
    assert [job.structure.source for job in jobs] == [f"water {k}" for k in range(4)]
    assert (jobs[0].attempt, jobs[0].memory_mb, jobs[0].time_limit_s) == (1, 100.0, 60.0)
    for job in jobs:
        assert store.finish(job, data_of(job.structure), "test 1")
    assert store.counts("test") == {"waiting": 3, "running": 0, "done": 4, "parked": 0}
    assert store.counts("other")["waiting"] == 1
    assert [job.structure.source for job in store.claim("b", "test", number=9)] == [
        "water 4",
        "water 5",
        "water 6",
    ]
    found = list(store.results("test"))
    assert len(found) == 4
    for (structure, data), expected in zip(found, given, strict=False):
        np.testing.assert_array_equal(structure.atomic_numbers, expected.atomic_numbers)
        np.testing.assert_array_equal(structure.positions_angstrom, expected.positions_angstrom)
        assert data == data_of(expected)


def test_the_longest_jobs_come_first(store: JobStore) -> None:
    for first, seconds in ((0, 1.0), (2, 30.0), (4, 5.0)):
        store.add(structures(2, first), "x", Need(500.0, 100.0, seconds))
    claimed = [job.structure.source for job in store.claim("a", "x", number=5)]
    assert claimed == ["water 2", "water 3", "water 4", "water 5", "water 0"]
    plan = store.query(
        "EXPLAIN QUERY PLAN SELECT id FROM job WHERE level = ? AND "
        "state = 'waiting' ORDER BY estimate_s DESC, id LIMIT 3",
        "x",
    )
    assert "TEMP B-TREE" not in str(plan)


def test_failures_wait_again_and_are_parked(store: JobStore) -> None:
    store.add(structures(1), "test", Need(memory_mb=100.0))
    (job,) = store.claim("a", "test")
    store.fail(job, "b", "someone else's")
    assert store.counts("test")["running"] == 1
    store.fail(job, "a", "out of memory", memory_factor=2.0)
    (job,) = store.claim("a", "test")
    assert (job.attempt, job.memory_mb) == (2, 200.0)
    store.fail(job, "a", "did not converge")
    assert store.claim("a", "test") == []
    (failure,) = store.failures("test")
    assert (failure.source, failure.error) == ("water 0", "did not converge")
    assert (failure.attempts, failure.memory_mb) == (2, 200.0)
    assert store.query("SELECT error, worker, memory_mb FROM failure ORDER BY id") == [
        ("out of memory", "a", 100.0),
        ("did not converge", "a", 200.0),
    ]
    assert store.retry_parked("test", time_limit_s=7.0) == 1
    (job,) = store.claim("a", "test")
    assert (job.attempt, job.time_limit_s) == (1, 7.0)
    assert store.fail(job, "a", "no parameters", final=True)
    assert store.counts("test")["parked"] == 1


def test_jobs_of_a_dead_worker_return(store: JobStore, clock: Clock) -> None:
    store.add(structures(1), "test", Need(memory_mb=100.0))
    (first,) = store.claim("a", "test", lease_s=10.0)
    store.start("a", [first.id])
    clock.now += 9
    store.extend("a", lease_s=10.0)
    clock.now += 9
    assert store.claim("b", "test") == []
    clock.now += 2
    (second,) = store.claim("b", "test", lease_s=10.0)
    assert (second.id, second.attempt, second.memory_mb) == (first.id, 2, 200.0)
    store.fail(first, "a", "too late")  # no longer its own
    assert store.finish(first, data_of(first.structure), "late, but right")
    assert not store.finish(second, data_of(second.structure), "test 1")
    assert len(list(store.results("test"))) == 1
    store.fail(second, "b", "done already")
    assert store.counts("test")["done"] == 1


def test_a_job_that_kills_its_workers_is_parked(store: JobStore, clock: Clock) -> None:
    store.add(structures(1), "test")
    for name in ("a", "b"):
        (job,) = store.claim(name, "test", lease_s=10.0)
        store.start(name, [job.id])
        clock.now += 11
    assert store.claim("c", "test") == []
    assert store.failures("test")[0].error == "the worker b died or hung"


def test_only_what_a_dead_worker_had_started_is_blamed(store: JobStore, clock: Clock) -> None:
    store.add(structures(3), "test", Need(memory_mb=100.0))
    first, second, third = store.claim("a", "test", number=3, lease_s=10.0)
    store.start("a", [first.id])
    store.finish(first, data_of(first.structure), "test 1")
    store.start("a", [second.id])
    clock.now += 11
    found = {job.id: job for job in store.claim("b", "test", number=3)}
    assert (found[second.id].attempt, found[second.id].memory_mb) == (2, 200.0)
    assert (found[third.id].attempt, found[third.id].memory_mb) == (1, 100.0)


def test_what_made_results_and_what_they_took(store: JobStore) -> None:
    store.add(structures(4), "test")
    jobs = store.claim("a", "test", number=4)
    usage = Usage(2.0, 300.0, "machine/7")
    finished = [Finished(job, data_of(job.structure), usage) for job in jobs[:3]]
    assert store.finish_all(finished[:2], "code 1", {"basis": "small", "grid": 3}) == 2
    assert store.finish_all(finished, "code 1", {"grid": 3, "basis": "small"}) == 1
    assert store.finish(jobs[3], data_of(jobs[3].structure), "code 2")
    first, second = store.engines("test")
    assert (first.version, first.num_results) == ("code 1", 3)
    assert first.settings == {"basis": "small", "grid": 3}
    assert (second.version, second.settings, second.num_results) == ("code 2", {}, 1)
    columns = "seconds, peak_memory_mb, worker, ended"
    assert store.query(f"SELECT {columns} FROM result WHERE job = 1") == [
        (2.0, 300.0, "machine/7", 1000.0)
    ]
    assert store.query("SELECT DISTINCT attempts FROM job") == [(1,)]


def test_all_results_or_none(store: JobStore) -> None:
    store.add(structures(2), "test")
    jobs = store.claim("a", "test", number=2)
    finished = [Finished(jobs[0], b"first"), Finished(jobs[1], None)]  # NOT NULL
    with pytest.raises(ValueError, match="NOT NULL"):
        store.finish_all(finished, "test 1")
    assert store.counts("test")["done"] == 0


def test_jobs_of_one_structure_differ_by_a_number_and_by_their_source(store: JobStore) -> None:
    (water,) = structures(1)
    other = AtomicSystem(water.atomic_numbers, water.positions_angstrom, source="other")
    given, numbers = [water, water, other], [0, 1, 0]
    assert store.add([water], "test") == 1  # the source counts for nothing, nor does it here:
    assert store.add([other], "test") == 0
    assert store.add(given, "other", variants=numbers) == 3
    ids = store.find(given, "other", numbers)
    jobs = {job.id: job for job in store.claim("a", "other", number=9)}
    assert [jobs[k].structure.source for k in ids] == ["water 0", "water 0", "other"]
    assert [jobs[k].variant for k in ids] == numbers
    store.finish(jobs[ids[1]], b"second", "test 1")
    assert [store.result(k) for k in ids] == [None, b"second", None]
    store.release("a")
    store.fail(store.claim("b", "other")[0], "b", "in vain", final=True)
    store.withdraw("other", {ids[2]})
    assert store.counts("other") == {"waiting": 1, "running": 0, "done": 1, "parked": 0}
    assert store.query("PRAGMA foreign_key_check") == []


def test_a_store_keeps_where_structures_are_from(store: JobStore) -> None:
    (water,) = structures(1)
    known = replace(water, provenance=Provenance("bottom-up", "O", "2", np.int64(7)))
    store.add([known], "test")
    (job,) = store.claim("a", "test")
    store.finish(job, b"data", "test 1")
    ((found, _),) = store.results("test")
    assert job.structure.provenance == found.provenance == known.provenance


def test_a_store_keeps_cells_and_tells_them_apart(store: JobStore) -> None:
    (water,) = structures(1)
    cell = np.array([[9.0, 0.0, 0.0], [1.0, 8.0, 0.0], [0.5, 0.25, 7.0]])
    ice = replace(water, cell_angstrom=cell)
    assert store.add([water, ice, replace(water, cell_angstrom=2.0 * cell), ice], "test") == 3
    assert store.has(ice, "test")
    found = [job.structure.cell_angstrom for job in store.claim("a", "test", number=3)]
    assert found[0] is None
    np.testing.assert_array_equal(found[1], cell)
    np.testing.assert_array_equal(found[2], 2.0 * cell)


def test_of_jobs_calculated_at_once_nobody_is_to_blame_but_each_is_alone_next(
    store: JobStore,
) -> None:
    store.add(structures(4), "test", Need(memory_mb=100.0))
    first, second, third, fourth = store.claim("a", "test", number=4)
    assert not any(job.is_alone for job in (first, second, third, fourth))
    together = [first.id, second.id, third.id]
    store.start_together("b", [fourth.id])  # not its own
    store.start_together("a", together)
    store.start("a", [third.id])  # by itself since, after that failed
    assert store.take_back("a") == 4
    again = {job.id: job for job in store.claim("b", "test", number=4)}
    found = [(again[j.id].is_alone, again[j.id].attempt) for j in (first, second, third, fourth)]
    assert found == [(True, 1), (True, 1), (False, 2), (False, 1)]
    store.start_together("b", [fourth.id])
    store.release("b")  # it was asked to stop
    released = {job.id: job.is_alone for job in store.claim("c", "test", number=4)}
    assert [released[job.id] for job in (first, second, fourth)] == [True, True, False]
    store.fail(again[first.id], "c", "no convergence")
    (retried,) = store.claim("d", "test", number=4)
    assert (retried.id, retried.is_alone) == (first.id, False)


def test_what_a_dead_worker_had_is_taken_back(store: JobStore) -> None:
    store.add(structures(3), "test", Need(memory_mb=100.0))
    first, second, third = store.claim("a", "test", number=3)
    store.start("a", [first.id, second.id])
    store.start("b", [third.id])  # not its own
    store.start("a", [], [first.id])
    assert store.take_back("a") == 3
    found = {job.id: job for job in store.claim("b", "test", number=3)}
    assert [found[job.id].attempt for job in (first, second, third)] == [1, 2, 1]
    assert [found[job.id].memory_mb for job in (first, second, third)] == [100.0, 200.0, 100.0]


def test_an_interrupted_worker_gives_its_jobs_back(store: JobStore) -> None:
    store.add(structures(3), "test")
    assert len(store.claim("a", "test", number=2)) == 2
    store.release("a")
    assert store.counts("test")["waiting"] == 3
    assert store.claim("b", "test")[0].attempt == 1


@pytest.mark.slow
def test_workers_that_are_killed_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    path, log = tmp_path / "jobs.sqlite", tmp_path / "log"
    with JobStore(path) as store:
        store.add(structures(400), "test")
        for k in range(3):
            running = [worker(path, f"{k}{name}", log) for name in "ab"]
            before = store.counts("test")["done"]
            while store.counts("test")["done"] < before + 30 and running[0].poll() is None:
                time.sleep(0.01)
            for process in running:
                process.send_signal(signal.SIGKILL)
                process.wait()
        assert 90 <= store.counts("test")["done"] < 400
        time.sleep(1.1)  # leases end
        assert worker(path, "last", log).wait() == 0
        assert store.counts("test") == {"waiting": 0, "running": 0, "done": 400, "parked": 0}
        assert len(list(store.results("test"))) == 400
    done = log.read_text().split()
    assert len(done) == len(set(done))
    assert len(done) >= 400 - 6  # killed between the store and the log


@pytest.mark.slow
def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    path, log = tmp_path / "jobs.sqlite", tmp_path / "log"
    with JobStore(path) as store:
        store.add(structures(200), "test")
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
        assert store.counts("test")["done"] == 200
    done = log.read_text().split()
    assert len(done) == len(set(done)) == 200


def test_a_backup_while_others_write(tmp_path: Path) -> None:
    path, log = tmp_path / "jobs.sqlite", tmp_path / "log"
    with JobStore(path) as store:
        store.add(structures(200), "test")
        process = worker(path, "a", log)
        while store.counts("test")["done"] < 50:
            time.sleep(0.01)
        store.backup(tmp_path / "copy.sqlite")
        process.wait()
    with JobStore(tmp_path / "copy.sqlite") as copy:
        counts = copy.counts("test")
        assert counts["done"] >= 50
        assert len(list(copy.results("test"))) == counts["done"]
        assert sum(counts.values()) == 200


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
    with pytest.raises(ValueError, match="version 9; expected a job store of version 1 to 4"):
        JobStore(tmp_path / "newer.sqlite")
    with pytest.raises(RuntimeError, match="unable to open"):
        JobStore(tmp_path / "no folder" / "jobs.sqlite")
