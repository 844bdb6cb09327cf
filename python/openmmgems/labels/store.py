# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The job store: structures to be labelled, who works on them, and the results.

One SQLite file in write-ahead mode, which any number of processes of one machine may use at a time.
A job is *waiting*, *running* (claimed by a worker until its lease ends), *done*, or *parked* (it
failed too often). A result and the state *done* are written in one transaction: what is done is
never lost and never done again.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .base import Label, Structure

STATES = ("waiting", "running", "done", "parked")
_VERSION = 1
_BATCH = 1000
_SCHEMA = """
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
"""


@dataclass(frozen=True)
class Job:
    """A structure to be labelled, and what its calculation may use."""

    id: int
    structure: Structure
    attempt: int
    memory_mb: float
    time_limit_s: float


class JobStore:
    """
    A store of jobs in a file, which is made if it is not there.

    Parameters
    ----------
    path : path
    max_attempts : int
        After so many failures a job is parked.
    clock : callable
        Gives the time in seconds, the same for all workers.

    Raises
    ------
    ValueError
        If the file is no store, damaged, or of a newer version.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_attempts: int = 3,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path)
        self._max_attempts = max_attempts
        self._clock = clock
        with self._errors():
            self._database = sqlite3.connect(self.path, timeout=60.0, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> JobStore:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add(
        self,
        structures: Iterable[Structure],
        level_of_theory: str,
        *,
        memory_mb: float = 500.0,
        time_limit_s: float = 3600.0,
    ) -> int:
        """
        Add jobs; those that are there already stay as they are.

        Returns
        -------
        int
            How many are new.
        """
        added = 0
        for batch in _batches(structures):
            with self._errors(), self._transaction():
                for structure in batch:
                    added += self._add(structure, level_of_theory, memory_mb, time_limit_s)
        return added

    def claim(
        self, worker: str, level_of_theory: str, *, number: int = 1, lease_s: float = 600.0
    ) -> list[Job]:
        """
        Take waiting jobs, those first whose worker let its lease run out.

        Parameters
        ----------
        worker : str
            A name that no other worker has.
        level_of_theory : str
        number : int
            Take so many at most.
        lease_s : float
            For so long nobody else gets them; see `extend`.
        """
        with self._errors(), self._transaction():
            self._take_back(level_of_theory)
            rows = self._database.execute(
                "SELECT job.id, attempts, memory_mb, time_limit_s, atomic_numbers, positions, "
                "charge, spin, source FROM job JOIN structure ON structure.id = job.structure "
                "WHERE level = ? AND state = 'waiting' ORDER BY job.id LIMIT ?",
                (level_of_theory, number),
            ).fetchall()
            lease_end = self._clock() + lease_s
            self._database.executemany(
                "UPDATE job SET state = 'running', attempts = attempts + 1, worker = ?, "
                "lease_end = ? WHERE id = ?",
                [(worker, lease_end, row[0]) for row in rows],
            )
        return [
            Job(row[0], _structure(*row[4:]), row[1] + 1, memory_mb=row[2], time_limit_s=row[3])
            for row in rows
        ]

    def extend(self, worker: str, *, lease_s: float = 600.0) -> None:
        """Keep a worker's jobs for longer: it is still at work."""
        with self._errors(), self._transaction():
            self._database.execute(
                "UPDATE job SET lease_end = ? WHERE worker = ? AND state = 'running'",
                (self._clock() + lease_s, worker),
            )

    def finish(
        self,
        job: Job,
        label: Label,
        engine: str,
        *,
        seconds: float | None = None,
        peak_memory_mb: float | None = None,
    ) -> bool:
        """
        Write the result of a job, also if its lease had ended.

        Returns
        -------
        bool
            False if the job was done already: nothing is changed then.

        Raises
        ------
        ValueError
            If the label has the wrong shapes, or holds NaN or infinite values.
        """
        _check(label, job)
        with self._errors(), self._transaction():
            changed = self._database.execute(
                "UPDATE job SET state = 'done', worker = NULL, lease_end = NULL, error = NULL "
                "WHERE id = ? AND state != 'done'",
                (job.id,),
            ).rowcount
            if changed:
                self._database.execute(
                    "INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        job.id,
                        float(label.energy_ev),
                        _bytes(label.forces_ev_per_angstrom),
                        _bytes(label.dipole_e_angstrom),
                        engine,
                        seconds,
                        peak_memory_mb,
                    ),
                )
        return bool(changed)

    def fail(self, job: Job, worker: str, error: str, *, memory_factor: float = 1.0) -> None:
        """
        Give a job back that failed: it waits for another attempt, or is parked with its error.

        Parameters
        ----------
        job : Job
        worker : str
            Who had it; if someone else has it now, nothing is changed.
        error : str
        memory_factor : float
            The next attempt gets so much more memory: 2 after an out-of-memory death.
        """
        with self._errors(), self._transaction():
            self._database.execute(
                "UPDATE job SET state = CASE WHEN attempts < ? THEN 'waiting' ELSE 'parked' END, "
                "memory_mb = memory_mb * ?, error = ?, worker = NULL, lease_end = NULL "
                "WHERE id = ? AND worker = ? AND state = 'running'",
                (self._max_attempts, memory_factor, error, job.id, worker),
            )

    def release(self, worker: str) -> None:
        """Give back all that a worker has, as if it had never been tried: it was interrupted."""
        with self._errors(), self._transaction():
            self._database.execute(
                "UPDATE job SET state = 'waiting', attempts = attempts - 1, worker = NULL, "
                "lease_end = NULL WHERE worker = ? AND state = 'running'",
                (worker,),
            )

    def retry_parked(self, level_of_theory: str) -> int:
        """Let parked jobs wait again, with all their attempts; returns how many."""
        with self._errors(), self._transaction():
            return self._database.execute(
                "UPDATE job SET state = 'waiting', attempts = 0 WHERE level = ? AND "
                "state = 'parked'",
                (level_of_theory,),
            ).rowcount

    def counts(self, level_of_theory: str) -> dict[str, int]:
        """Jobs in each state."""
        with self._errors():
            found = dict(
                self._database.execute(
                    "SELECT state, count(*) FROM job WHERE level = ? GROUP BY state",
                    (level_of_theory,),
                ).fetchall()
            )
        return {state: found.get(state, 0) for state in STATES}

    def errors(self, level_of_theory: str) -> list[tuple[str, str]]:
        """Sources of parked structures, and what their last attempt said."""
        with self._errors():
            return self._database.execute(
                "SELECT source, error FROM job JOIN structure ON structure.id = job.structure "
                "WHERE level = ? AND state = 'parked' ORDER BY job.id",
                (level_of_theory,),
            ).fetchall()

    def results(self, level_of_theory: str) -> Iterator[tuple[Structure, Label]]:
        """Go through what is done, in the order in which it was added."""
        with self._errors():
            rows = self._database.execute(
                "SELECT energy, forces, dipole, atomic_numbers, positions, charge, spin, source "
                "FROM result JOIN job ON job.id = result.job "
                "JOIN structure ON structure.id = job.structure WHERE level = ? ORDER BY job.id",
                (level_of_theory,),
            )
            for energy, forces, dipole, *structure in rows:
                label = Label(energy, _numbers(forces).reshape(-1, 3), _numbers(dipole))
                yield _structure(*structure), label

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Write a copy that is whole, also while others work; copying the file is not."""
        with self._errors(), contextlib.closing(sqlite3.connect(path)) as target:
            self._database.backup(target)

    def _prepare(self) -> None:
        """Make the tables of a new file; check the version of an old one."""
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._database.execute(f"PRAGMA {pragma}")
        with self._transaction():
            self._prepare_tables()

    def _prepare_tables(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        tables = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and tables == 0:
            for statement in _SCHEMA.split(";\n"):
                self._database.execute(statement)
            self._database.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise ValueError(
                f"'{self.path}' is a database of version {version}; expected a job store of "
                f"version {_VERSION}. Use another file, or a matching version of openmm-gems."
            )

    def _add(self, structure: Structure, level: str, memory_mb: float, time_limit_s: float) -> int:
        numbers = np.ascontiguousarray(structure.atomic_numbers, dtype=np.uint8).tobytes()
        positions = _bytes(structure.positions_angstrom)
        charge, spin = int(structure.charge), int(structure.spin)
        content = numbers + positions + f"{charge},{spin}".encode()
        key = hashlib.sha256(content).hexdigest()
        self._database.execute(
            "INSERT OR IGNORE INTO structure (hash, atomic_numbers, positions, charge, spin, "
            "source) VALUES (?, ?, ?, ?, ?, ?)",
            (key, numbers, positions, charge, spin, structure.source),
        )
        return self._database.execute(
            "INSERT OR IGNORE INTO job (structure, level, state, memory_mb, time_limit_s) "
            "SELECT id, ?, 'waiting', ?, ? FROM structure WHERE hash = ?",
            (level, memory_mb, time_limit_s, key),
        ).rowcount

    def _take_back(self, level: str) -> None:
        """Jobs whose lease ended wait again with twice the memory, or are parked."""
        self._database.execute(
            "UPDATE job SET state = CASE WHEN attempts < ? THEN 'waiting' ELSE 'parked' END, "
            "memory_mb = 2 * memory_mb, error = 'the worker ' || worker || ' died or hung', "
            "worker = NULL, lease_end = NULL "
            "WHERE level = ? AND state = 'running' AND lease_end < ?",
            (self._max_attempts, level, self._clock()),
        )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; other processes wait."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Say what SQLite's errors mean for the store."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise RuntimeError(
                f"The job store '{self.path}' cannot be used: {error}. What is done is kept: mend "
                "this (is the disk full, the folder there and writable?) and repeat."
            ) from error
        except sqlite3.DatabaseError as error:
            raise ValueError(
                f"'{self.path}' is damaged or no job store: {error}. Use a backup."
            ) from error


def _batches(structures: Iterable[Structure]) -> Iterator[list[Structure]]:
    iterator = iter(structures)
    while batch := list(itertools.islice(iterator, _BATCH)):
        yield batch


def _bytes(numbers: NDArray[np.float64]) -> bytes:
    return np.ascontiguousarray(numbers, dtype="<f8").tobytes()


def _numbers(data: bytes) -> NDArray[np.float64]:
    return np.frombuffer(data, dtype="<f8").astype(float)


def _structure(numbers: bytes, positions: bytes, charge: int, spin: int, source: str) -> Structure:
    atomic_numbers = np.frombuffer(numbers, dtype=np.uint8).astype(np.int64)
    return Structure(atomic_numbers, _numbers(positions).reshape(-1, 3), charge, spin, source)


def _check(label: Label, job: Job) -> None:
    forces = np.asarray(label.forces_ev_per_angstrom)
    dipole = np.asarray(label.dipole_e_angstrom)
    shape = job.structure.positions_angstrom.shape
    if forces.shape != shape or dipole.shape != (3,):
        raise ValueError(
            f"The label of {job.structure.source} has forces of shape {forces.shape} and a dipole "
            f"of shape {dipole.shape}; expected {shape} and (3,)."
        )
    if not (
        np.isfinite(label.energy_ev) and np.isfinite(forces).all() and np.isfinite(dipole).all()
    ):
        raise ValueError(f"The label of {job.structure.source} holds NaN or infinite values.")
