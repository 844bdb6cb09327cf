# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Job stores of earlier versions become ones of this version."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.jobs.store import JobStore
from openmmgems.jobs.store_records import structure_row
from openmmgems.labels.label_jobs import unpack_label
from support.labelling import waters
from support.store_worker import data_of, label_of

VERSION_1 = """
CREATE TABLE structure (
    id INTEGER PRIMARY KEY, hash TEXT UNIQUE NOT NULL, atomic_numbers BLOB NOT NULL,
    positions BLOB NOT NULL, charge INTEGER NOT NULL, spin INTEGER NOT NULL, source TEXT NOT NULL);
CREATE TABLE job (
    id INTEGER PRIMARY KEY, structure INTEGER NOT NULL REFERENCES structure, level TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'parked')),
    attempts INTEGER NOT NULL DEFAULT 0, memory_mb REAL NOT NULL, time_limit_s REAL NOT NULL,
    worker TEXT, lease_end REAL, error TEXT, UNIQUE (structure, level));
CREATE INDEX job_by_state ON job (level, state, id);
CREATE TABLE result (
    job INTEGER PRIMARY KEY REFERENCES job, energy REAL NOT NULL, forces BLOB NOT NULL,
    dipole BLOB NOT NULL, engine TEXT NOT NULL, seconds REAL, peak_memory_mb REAL);
PRAGMA user_version = 1;
"""


def write_version_1(path: Path, given: list[AtomicSystem]) -> None:
    """A store as version 1 wrote it: one job done, one running, one waiting."""
    with sqlite3.connect(path) as old:
        old.executescript(VERSION_1)
        for k, structure in enumerate(given):
            row = structure_row(structure)[:6]
            old.execute("INSERT INTO structure VALUES (?, ?, ?, ?, ?, ?, ?)", (k + 1, *row))
            state = ("done", "running", "waiting")[k]
            old.execute(
                "INSERT INTO job VALUES (?, ?, 'test', ?, ?, 100, 60, ?, ?, NULL)",
                (k + 1, k + 1, state, int(k < 2), "a" if k == 1 else None, 5.0 if k == 1 else None),
            )
        label = label_of(given[0])
        old.execute(
            "INSERT INTO result VALUES (1, ?, ?, ?, 'code 1', 2.0, NULL)",
            (
                label.energy_ev,
                label.forces_ev_per_angstrom.tobytes(),
                label.dipole_e_angstrom.tobytes(),
            ),
        )
    old.close()


def test_a_file_of_version_1_is_brought_up_to_date(tmp_path: Path) -> None:
    path, given = tmp_path / "old.sqlite", waters(["a", "b", "c"])
    write_version_1(path, given)
    with JobStore(path) as store:
        assert store.add(given, "test") == 0
        ((structure, data),) = store.results("test")
        np.testing.assert_array_equal(structure.positions_angstrom, given[0].positions_angstrom)
        assert data == data_of(given[0])
        (engine,) = store.engines("test")
        assert (engine.version, engine.settings, engine.num_results) == ("code 1", {}, 1)
        jobs = store.claim("b", "test", number=3)  # the lease of the running one ended long ago
        assert [(job.id, job.attempt, job.memory_mb) for job in jobs] == [(2, 1, 100), (3, 1, 100)]
        assert store.finish(jobs[0], data_of(jobs[0].structure), "code 2")
        assert store.query("PRAGMA foreign_key_check") == []
        assert store.query("PRAGMA integrity_check") == [("ok",)]
    with JobStore(path) as store:
        assert store.counts("test")["done"] == 2


VERSION_2 = """
CREATE TABLE structure (
    id INTEGER PRIMARY KEY, hash TEXT UNIQUE NOT NULL, atomic_numbers BLOB NOT NULL,
    positions BLOB NOT NULL, charge INTEGER NOT NULL, spin INTEGER NOT NULL, source TEXT NOT NULL);
CREATE TABLE job (
    id INTEGER PRIMARY KEY, structure INTEGER NOT NULL REFERENCES structure, level TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'parked')),
    attempts INTEGER NOT NULL DEFAULT 0, memory_mb REAL NOT NULL, time_limit_s REAL NOT NULL,
    worker TEXT, lease_end REAL, error TEXT, estimate_s REAL, started REAL,
    UNIQUE (structure, level));
CREATE INDEX job_by_cost ON job (level, state, estimate_s DESC, id);
CREATE TABLE engine (
    id INTEGER PRIMARY KEY, level TEXT NOT NULL, version TEXT NOT NULL, settings TEXT NOT NULL,
    UNIQUE (level, version, settings));
CREATE TABLE result (
    job INTEGER PRIMARY KEY REFERENCES job, energy REAL NOT NULL, forces BLOB NOT NULL,
    dipole BLOB NOT NULL, engine INTEGER NOT NULL REFERENCES engine, seconds REAL,
    peak_memory_mb REAL, worker TEXT, ended REAL);
CREATE TABLE failure (
    id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, ended REAL NOT NULL, worker TEXT,
    memory_mb REAL NOT NULL, error TEXT NOT NULL);
CREATE INDEX failure_by_job ON failure (job);
INSERT INTO engine VALUES (1, 'test', 'code 1', '{"grid": 3}');
PRAGMA user_version = 2;
"""


def test_a_file_of_version_2_is_brought_up_to_date(tmp_path: Path) -> None:
    path, given = tmp_path / "old.sqlite", waters(["a", "b", "c"])
    with sqlite3.connect(path) as old:
        old.executescript(VERSION_2)
        for k, structure in enumerate(given):
            row = structure_row(structure)[:6]
            old.execute("INSERT INTO structure VALUES (?, ?, ?, ?, ?, ?, ?)", (k + 1, *row))
            state = ("done", "done", "parked")[k]
            old.execute(
                "INSERT INTO job VALUES (?, ?, 'test', ?, 1, 100, 60, NULL, NULL, NULL, 1, NULL)",
                (k + 1, k + 1, state),
            )
        for k, structure in enumerate(given[:2]):
            label = label_of(structure)
            arrays = (label.forces_ev_per_angstrom, label.dipole_e_angstrom)
            old.execute(
                "INSERT INTO result VALUES (?, ?, ?, ?, 1, 2.0, 300.0, 'machine/7', 1000.0)",
                (k + 1, label.energy_ev, *(array.tobytes() for array in arrays)),
            )
        old.execute("INSERT INTO failure VALUES (1, 3, 1000.0, 'a', 100, 'no convergence')")
    old.close()
    with JobStore(path) as store:
        assert store.add(given, "test") == 0
        assert [data for _, data in store.results("test")] == [data_of(s) for s in given[:2]]
        (engine,) = store.engines("test")
        assert (engine.version, engine.settings, engine.num_results) == ("code 1", {"grid": 3}, 2)
        took = store.query("SELECT DISTINCT seconds, peak_memory_mb, worker, ended FROM result")
        assert took == [(2.0, 300.0, "machine/7", 1000.0)]
        assert store.retry_parked("test") == 1
        assert store.query("PRAGMA foreign_key_check") == []


VERSION_3 = """
CREATE TABLE structure (
    id INTEGER PRIMARY KEY, hash TEXT UNIQUE NOT NULL, atomic_numbers BLOB NOT NULL,
    positions BLOB NOT NULL, charge INTEGER NOT NULL, spin INTEGER NOT NULL, source TEXT NOT NULL,
    variant INTEGER NOT NULL DEFAULT 0, provenance TEXT);
CREATE TABLE job (
    id INTEGER PRIMARY KEY, structure INTEGER NOT NULL REFERENCES structure, level TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'parked')),
    attempts INTEGER NOT NULL DEFAULT 0, memory_mb REAL NOT NULL, time_limit_s REAL NOT NULL,
    worker TEXT, lease_end REAL, error TEXT, estimate_s REAL, started REAL,
    UNIQUE (structure, level));
CREATE INDEX job_by_cost ON job (level, state, estimate_s DESC, id);
CREATE TABLE engine (
    id INTEGER PRIMARY KEY, level TEXT NOT NULL, version TEXT NOT NULL, settings TEXT NOT NULL,
    UNIQUE (level, version, settings));
CREATE TABLE result (
    job INTEGER PRIMARY KEY REFERENCES job, data BLOB NOT NULL,
    engine INTEGER NOT NULL REFERENCES engine, seconds REAL, peak_memory_mb REAL, worker TEXT,
    ended REAL);
CREATE TABLE failure (
    id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, ended REAL NOT NULL, worker TEXT,
    memory_mb REAL NOT NULL, error TEXT NOT NULL);
CREATE INDEX failure_by_job ON failure (job);
INSERT INTO engine VALUES (1, 'test', 'code 1', '{"grid": 3}');
PRAGMA user_version = 3;
"""


def test_a_file_of_version_3_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its labels are read as they are; periodic structures can be added beside its molecules."""
    path, given = tmp_path / "old.sqlite", waters(["a", "b"])
    with sqlite3.connect(path) as old:
        old.executescript(VERSION_3)
        for k, structure in enumerate(given):
            row = structure_row(structure)[:8]
            marks = ", ".join("?" * 9)
            old.execute(f"INSERT INTO structure VALUES ({marks})", (k + 1, *row))
            old.execute(
                "INSERT INTO job VALUES (?, ?, 'test', ?, 1, 100, 60, NULL, NULL, NULL, 1, NULL)",
                (k + 1, k + 1, ("done", "waiting")[k]),
            )
        label = label_of(given[0])
        numbers = [[label.energy_ev], label.forces_ev_per_angstrom.ravel(), label.dipole_e_angstrom]
        old.execute(
            "INSERT INTO result VALUES (1, ?, 1, 2.0, 300.0, 'machine/7', 1000.0)",
            (np.concatenate(numbers).astype("<f8").tobytes(),),
        )
    old.close()
    ice = replace(given[0], cell_angstrom=9.0 * np.eye(3))
    with JobStore(path) as store:
        assert store.add([*given, ice], "test") == 1
        ((structure, data),) = store.results("test")
        assert structure.cell_angstrom is None
        found = unpack_label(data, 3)
        assert found.energy_ev == label.energy_ev
        np.testing.assert_array_equal(found.dipole_e_angstrom, label.dipole_e_angstrom)
        assert (found.virial_ev, found.charges_e, found.atomic_energies_ev) == (None, None, None)
        jobs = store.claim("b", "test", number=3)
        assert [job.structure.cell_angstrom is None for job in jobs] == [True, False]
        assert not any(job.is_alone for job in jobs)
        assert store.query("PRAGMA foreign_key_check") == []


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    write_version_1(path, waters(["a", "b", "c"]))
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE failure (something TEXT)")  # in the way
    old.close()
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="table failure already exists"):
        JobStore(path)
    with sqlite3.connect(path) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (1,)
        assert old.execute("SELECT engine FROM result").fetchall() == [("code 1",)]
    old.close()
    assert len(path.read_bytes()) == len(before)
