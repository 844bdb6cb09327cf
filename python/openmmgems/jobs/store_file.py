# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The file of a job store: opened, read, copied. What changes it is in `store.JobStore`."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.settings import Setting

from .store_records import Failure, StoredEngine, settings_json, structure_from_row, structure_row
from .store_schema import prepare_tables

STATES = ("waiting", "running", "done", "parked")


class StoreFile:
    """A job store that is read; see `store.JobStore` for its arguments."""

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
                for pragma in ("journal_mode = WAL", "foreign_keys = ON"):
                    self._database.execute(f"PRAGMA {pragma}")
                with self._transaction():
                    prepare_tables(self._database, str(self.path))
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def counts(self, level_of_theory: str) -> dict[str, int]:
        """Jobs in each state."""
        found = dict(
            self.query(
                "SELECT state, count(*) FROM job WHERE level = ? GROUP BY state", level_of_theory
            )
        )
        return {state: found.get(state, 0) for state in STATES}

    def failures(self, level_of_theory: str) -> list[Failure]:
        """Parked jobs, and what their last attempt said."""
        rows = self.query(
            "SELECT job.id, source, attempts, memory_mb, error FROM job "
            "JOIN structure ON structure.id = job.structure "
            "WHERE level = ? AND state = 'parked' ORDER BY job.id",
            level_of_theory,
        )
        return [Failure(*row) for row in rows]

    def workers(self, level_of_theory: str) -> list[str]:
        """Names of workers that hold jobs."""
        rows = self.query(
            "SELECT DISTINCT worker FROM job WHERE level = ? AND state = 'running' ORDER BY worker",
            level_of_theory,
        )
        return [row[0] for row in rows]

    def engines(self, level_of_theory: str) -> list[StoredEngine]:
        """What made the results: each version of the program with its settings."""
        rows = self.query(
            "SELECT level, version, settings, (SELECT count(*) FROM result "
            "WHERE result.engine = engine.id) FROM engine WHERE level = ? ORDER BY id",
            level_of_theory,
        )
        return [StoredEngine(row[0], row[1], json.loads(row[2]), row[3]) for row in rows]

    def refuse_other_settings(self, level_of_theory: str, settings: Mapping[str, Setting]) -> None:
        """
        Check that results of one level of theory are not mixed with those of other settings.

        Raises
        ------
        ValueError
            If there are results that other settings made.
        """
        for engine in self.engines(level_of_theory):
            theirs = settings_json(engine.settings)
            if engine.num_results and engine.settings and theirs != settings_json(settings):
                raise ValueError(
                    f"'{self.path}' has {engine.num_results} results of {level_of_theory} made "
                    f"with the settings {theirs}; now they are {settings_json(settings)}. Use "
                    "another folder, or the same settings."
                )

    def find(
        self, structures: Iterable[AtomicSystem], level_of_theory: str, variants: Sequence[int]
    ) -> list[int]:
        """Ids of the jobs that `add` made of these."""
        pairs = zip(structures, variants, strict=True)
        hashes = [structure_row(structure, variant)[0] for structure, variant in pairs]
        statement = (
            "SELECT job.id FROM job JOIN structure ON structure.id = job.structure "
            "WHERE hash = ? AND level = ?"
        )
        return [self.query(statement, each, level_of_theory)[0][0] for each in hashes]

    def has(self, structure: AtomicSystem, level_of_theory: str) -> bool:
        """Tell whether there is a job of a structure, one without a variant."""
        found = self.query(
            "SELECT 1 FROM job JOIN structure ON structure.id = job.structure "
            "WHERE hash = ? AND level = ?",
            structure_row(structure)[0],
            level_of_theory,
        )
        return bool(found)

    def results(self, level_of_theory: str) -> Iterator[tuple[AtomicSystem, bytes]]:
        """Go through what is done, in the order in which it was added."""
        with self._errors():
            rows = self._database.execute(
                "SELECT data, atomic_numbers, positions, charge, spin, source, provenance, cell "
                "FROM result JOIN job ON job.id = result.job "
                "JOIN structure ON structure.id = job.structure WHERE level = ? "
                "ORDER BY result.job",
                (level_of_theory,),
            )
            for data, *structure in rows:
                yield structure_from_row(*structure), data

    def result(self, job: int) -> bytes | None:
        """What one job gave; None if it is not done."""
        rows = self.query("SELECT data FROM result WHERE job = ?", job)
        return rows[0][0] if rows else None

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Read by a statement of your own; the tables are described in ``store_schema``."""
        with self._errors():
            return self._database.execute(statement, parameters).fetchall()

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Write a copy that is whole, also while others work; copying the file is not."""
        with self._errors(), contextlib.closing(sqlite3.connect(path)) as target:
            self._database.backup(target)

    @contextlib.contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[None]:
        """All or nothing; other processes wait. What is durable also survives a power cut."""
        self._database.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
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
