# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The tables of the job store, and how files of older versions become of this one.

``structure``: what is to be calculated, once, known by its hash. ``job``: a structure at a level,
with its state, what it may use, and who has it; ``together`` is 0, 1 (it is calculated at once with
others, so that nobody knows which one is to blame) or 2 (whoever did so died: next time it is
calculated by itself). ``engine``: each program and settings that made results. ``result``: what
jobs gave, and what they took. ``failure``: every failed attempt.
"""

import sqlite3
import struct

VERSION = 4

_STRUCTURE = """
CREATE TABLE structure (
    id INTEGER PRIMARY KEY, hash TEXT UNIQUE NOT NULL, atomic_numbers BLOB NOT NULL,
    positions BLOB NOT NULL, charge INTEGER NOT NULL, spin INTEGER NOT NULL, source TEXT NOT NULL,
    variant INTEGER NOT NULL DEFAULT 0, provenance TEXT, cell BLOB)
"""
_JOB = """
CREATE TABLE job (
    id INTEGER PRIMARY KEY, structure INTEGER NOT NULL REFERENCES structure, level TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'parked')),
    attempts INTEGER NOT NULL DEFAULT 0, memory_mb REAL NOT NULL, time_limit_s REAL NOT NULL,
    worker TEXT, lease_end REAL, error TEXT, estimate_s REAL, started REAL,
    together INTEGER NOT NULL DEFAULT 0, UNIQUE (structure, level))
"""
_JOB_INDEX = "CREATE INDEX job_by_cost ON job (level, state, estimate_s DESC, id)"
_ENGINE = """
CREATE TABLE engine (
    id INTEGER PRIMARY KEY, level TEXT NOT NULL, version TEXT NOT NULL, settings TEXT NOT NULL,
    UNIQUE (level, version, settings))
"""
_RESULT = """
CREATE TABLE result (
    job INTEGER PRIMARY KEY REFERENCES job, data BLOB NOT NULL,
    engine INTEGER NOT NULL REFERENCES engine, seconds REAL, peak_memory_mb REAL, worker TEXT,
    ended REAL)
"""
_FAILURE = """
CREATE TABLE failure (
    id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job, ended REAL NOT NULL, worker TEXT,
    memory_mb REAL NOT NULL, error TEXT NOT NULL)
"""
_FAILURE_INDEX = "CREATE INDEX failure_by_job ON failure (job)"
_TABLES = (_STRUCTURE, _JOB, _JOB_INDEX, _ENGINE, _RESULT, _FAILURE, _FAILURE_INDEX)

# Versions 1 and 2 had labels only, in columns of their own: energy, forces, dipole.
_RESULT_2 = """
CREATE TABLE result (
    job INTEGER PRIMARY KEY REFERENCES job, energy REAL NOT NULL, forces BLOB NOT NULL,
    dipole BLOB NOT NULL, engine INTEGER NOT NULL REFERENCES engine, seconds REAL,
    peak_memory_mb REAL, worker TEXT, ended REAL)
"""
# Version 1 counted an attempt when a job was claimed, and knew of its engine only the version.
_FROM_1 = (
    "ALTER TABLE job ADD COLUMN estimate_s REAL",
    "ALTER TABLE job ADD COLUMN started REAL",
    "DROP INDEX job_by_state",
    _JOB_INDEX,
    "UPDATE job SET attempts = attempts - 1 WHERE state = 'running' AND attempts > 0",
    _ENGINE,
    "INSERT OR IGNORE INTO engine (level, version, settings) SELECT level, engine, '{}' "
    "FROM result JOIN job ON job.id = result.job",
    "ALTER TABLE result RENAME TO result_1",
    _RESULT_2,
    "INSERT INTO result SELECT job, energy, forces, dipole, engine.id, seconds, peak_memory_mb, "
    "NULL, NULL FROM result_1 JOIN job ON job.id = result_1.job "
    "JOIN engine ON engine.level = job.level AND engine.version = result_1.engine",
    "DROP TABLE result_1",
    _FAILURE,
    _FAILURE_INDEX,
)
_FROM_2 = (
    "ALTER TABLE structure ADD COLUMN variant INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE structure ADD COLUMN provenance TEXT",
    "ALTER TABLE result RENAME TO result_2",
    _RESULT,
    "INSERT INTO result SELECT job, label_data(energy, forces, dipole), engine, seconds, "
    "peak_memory_mb, worker, ended FROM result_2",
    "DROP TABLE result_2",
)
# Version 3 knew molecules only, and calculated one job after the other.
_FROM_3 = (
    "ALTER TABLE structure ADD COLUMN cell BLOB",
    "ALTER TABLE job ADD COLUMN together INTEGER NOT NULL DEFAULT 0",
)


def prepare_tables(database: sqlite3.Connection, name: str) -> None:
    """
    Make the tables of a new file, or bring those of an old one up to date.

    Call it inside a transaction: it is done as a whole or not at all.

    Raises
    ------
    ValueError
        If the file is a database of another kind or of a newer version.
    """
    version = database.execute("PRAGMA user_version").fetchone()[0]
    tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if version == 0 and tables == 0:
        statements: tuple[str, ...] = _TABLES
    elif version == 1:
        statements = _FROM_1 + _FROM_2 + _FROM_3
    elif version == 2:
        statements = _FROM_2 + _FROM_3
    elif version == 3:
        statements = _FROM_3
    elif version == VERSION:
        return
    else:
        raise ValueError(
            f"'{name}' is a database of version {version}; expected a job store of version 1 to "
            f"{VERSION}. Use another file, or a matching version of openmm-gems."
        )
    database.create_function("label_data", 3, _label_data, deterministic=True)
    for statement in statements:
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {VERSION}")


def _label_data(energy: float, forces: bytes, dipole: bytes) -> bytes:
    """A label of version 2, as `labels.label_jobs` has it now."""
    return struct.pack("<d", energy) + forces + dipole
