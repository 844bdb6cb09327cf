# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The job store: structures to be calculated, who works on them, and the results.

One SQLite file in write-ahead mode, which any number of processes of one machine may use at a time.
A job is *waiting*, *running* (claimed by a worker until its lease ends), *done*, or *parked* (it
failed too often). A result and the state *done* are written in one transaction: what is done is
never lost and never done again. Of the jobs of a worker that died only the one it had started is to
blame; the others wait again as they were. Where it calculated several at once nobody is to blame:
they wait again, each to be calculated by itself.

Copy a store with `JobStore.backup`: beside the file there may be a second one, ``-wal``, with what
was written last, and a copy of one without the other is not whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.settings import Setting

from .store_file import STATES, StoreFile
from .store_records import (
    Failure,
    Finished,
    Job,
    Need,
    StoredEngine,
    Usage,
    in_batches,
    settings_json,
    structure_from_row,
    structure_row,
)

__all__ = ["STATES", "Failure", "Finished", "Job", "JobStore", "Need", "StoredEngine", "Usage"]


class JobStore(StoreFile):
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

    def add(
        self,
        structures: Iterable[AtomicSystem],
        level_of_theory: str,
        need: Need | Callable[[int], Need] | None = None,
        variants: Sequence[int] | None = None,
    ) -> int:
        """
        Add jobs; those that are there already stay as they are.

        Parameters
        ----------
        structures : iterable of AtomicSystem
        level_of_theory : str
        need : Need, or a function that gives it for a number of atoms
        variants : sequence of int, optional
            For each structure a number by which several jobs of it differ. Where it is given, jobs
            of other sources are other jobs, too.

        Returns
        -------
        int
            How many are new.
        """
        need = need or Need()
        added = 0
        every = zip(structures, variants or itertools.repeat(None), strict=variants is not None)
        for batch in in_batches(every):
            with self._errors(), self._transaction():
                for structure, variant in batch:
                    own = need if isinstance(need, Need) else need(len(structure.atomic_numbers))
                    added += self._add(structure_row(structure, variant), level_of_theory, own)
        return added

    def withdraw(self, level_of_theory: str, wanted: Collection[int]) -> None:
        """Take out jobs that are not done, nor wanted any more."""
        unwanted = [
            (row[0],)
            for row in self.query(
                "SELECT id FROM job WHERE level = ? AND state IN ('waiting', 'parked')",
                level_of_theory,
            )
            if row[0] not in wanted
        ]
        with self._errors(), self._transaction():
            self._database.executemany("DELETE FROM failure WHERE job = ?", unwanted)
            self._database.executemany("DELETE FROM job WHERE id = ?", unwanted)

    def claim(
        self, worker: str, level_of_theory: str, *, number: int = 1, lease_s: float = 600.0
    ) -> list[Job]:
        """
        Take waiting jobs, also those whose worker let its lease run out.

        The longest come first: short ones at the end let all workers end together.

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
        with self._errors(), self._transaction(durable=False):
            self._take_back("level = ? AND lease_end < ?", level_of_theory, self._clock())
            rows = self._database.execute(
                "SELECT job.id, variant, attempts, memory_mb, time_limit_s, together, "
                "atomic_numbers, positions, charge, spin, source, provenance, cell FROM job "
                "JOIN structure ON structure.id = job.structure "
                "WHERE level = ? AND state = 'waiting' ORDER BY estimate_s DESC, job.id LIMIT ?",
                (level_of_theory, number),
            ).fetchall()
            lease_end = self._clock() + lease_s
            self._database.executemany(
                "UPDATE job SET state = 'running', worker = ?, lease_end = ? WHERE id = ?",
                [(worker, lease_end, row[0]) for row in rows],
            )
        return [
            Job(
                row[0],
                structure_from_row(*row[6:]),
                row[1],
                row[2] + 1,
                row[3],
                row[4],
                is_alone=row[5] == 2,
            )
            for row in rows
        ]

    def start(self, worker: str, begun: Iterable[int], ended: Iterable[int] = ()) -> None:
        """
        Say which jobs a worker calculates: if it dies now, these are to blame.

        Parameters
        ----------
        worker : str
        begun : iterable of int
            Ids of jobs.
        ended : iterable of int
            Jobs begun earlier that it calculates no more.
        """
        now = self._clock()
        marks = [(now, job, worker) for job in begun] + [(None, job, worker) for job in ended]
        with self._errors(), self._transaction(durable=False):
            self._database.executemany(
                "UPDATE job SET started = ?, together = 0 "
                "WHERE id = ? AND worker = ? AND state = 'running'",
                marks,
            )

    def start_together(self, worker: str, jobs: Iterable[int]) -> None:
        """Say which jobs a worker calculates at once: if it dies, nobody knows who is to blame."""
        with self._errors(), self._transaction(durable=False):
            self._database.executemany(
                "UPDATE job SET together = 1 WHERE id = ? AND worker = ? AND state = 'running'",
                [(job, worker) for job in jobs],
            )

    def extend(self, worker: str, *, lease_s: float = 600.0) -> None:
        """Keep a worker's jobs for longer: it is still at work."""
        with self._errors(), self._transaction(durable=False):
            self._database.execute(
                "UPDATE job SET lease_end = ? WHERE worker = ? AND state = 'running'",
                (self._clock() + lease_s, worker),
            )

    def finish(
        self,
        job: Job,
        data: bytes,
        engine_version: str,
        *,
        settings: Mapping[str, Setting] | None = None,
        usage: Usage | None = None,
    ) -> bool:
        """
        Write the result of a job, also if its lease had ended; see `finish_all`.

        Returns
        -------
        bool
            False if the job was done already: nothing is changed then.
        """
        return (
            self.finish_all([Finished(job, data, usage or Usage())], engine_version, settings) == 1
        )

    def finish_all(
        self,
        finished: Sequence[Finished],
        engine_version: str,
        settings: Mapping[str, Setting] | None = None,
    ) -> int:
        """
        Write the results of several jobs, all or none of them.

        Parameters
        ----------
        finished : sequence of Finished
        engine_version : str
            ``version`` of the engine that made them.
        settings : mapping, optional
            ``settings`` of that engine, which are stored once.

        Returns
        -------
        int
            How many were not done before: the others stay as they are.
        """
        written = 0
        with self._errors(), self._transaction():
            for each in finished:
                written += self._finish(each, engine_version, settings_json(settings))
        return written

    def fail(
        self,
        job: Job,
        worker: str,
        error: str,
        *,
        memory_factor: float = 1.0,
        final: bool = False,
    ) -> bool:
        """
        Give a job back that failed: it waits for another attempt, or is parked with its error.

        Parameters
        ----------
        job : Job
        worker : str
            Who had it; if someone else has it now, nothing is changed.
        error : str
        memory_factor : float
            If not 1, the next attempt gets so much times ``job.memory_mb``: 2 after an
            out-of-memory death.
        final : bool
            Park it at once: another attempt would fail as well.

        Returns
        -------
        bool
            Whether it is parked now.
        """
        with self._errors(), self._transaction():
            rows = self._database.execute(
                "UPDATE job SET state = CASE WHEN ? OR attempts + 1 >= ? THEN 'parked' "
                "ELSE 'waiting' END, attempts = attempts + 1, "
                "memory_mb = CASE WHEN ? = 1.0 THEN memory_mb ELSE ? END, "
                "error = ?, worker = NULL, lease_end = NULL, started = NULL, together = 0 "
                "WHERE id = ? AND worker = ? AND state = 'running' RETURNING state",
                (
                    final,
                    self._max_attempts,
                    memory_factor,
                    job.memory_mb * memory_factor,
                    error,
                    job.id,
                    worker,
                ),
            ).fetchall()
            if rows:
                self._database.execute(
                    "INSERT INTO failure (job, ended, worker, memory_mb, error) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (job.id, self._clock(), worker, job.memory_mb, error),
                )
        return rows == [("parked",)]

    def release(self, worker: str) -> int:
        """Give back all that a worker has, as if it had never been tried; returns how many."""
        with self._errors(), self._transaction():
            return self._database.execute(
                "UPDATE job SET state = 'waiting', worker = NULL, lease_end = NULL, "
                "started = NULL, together = together & 2 WHERE worker = ? AND state = 'running'",
                (worker,),
            ).rowcount

    def take_back(self, worker: str) -> int:
        """Take from a worker that is dead all that it had; returns how many.

        Jobs that it had started are to blame: they have used an attempt, and get more memory.
        """
        with self._errors(), self._transaction():
            return self._take_back("worker = ?", worker)

    def retry_parked(self, level_of_theory: str, *, time_limit_s: float | None = None) -> int:
        """Let parked jobs wait again, with all their attempts and, if given, another time limit.

        Returns
        -------
        int
            How many.
        """
        with self._errors(), self._transaction():
            return self._database.execute(
                "UPDATE job SET state = 'waiting', attempts = 0, "
                "time_limit_s = coalesce(?, time_limit_s) WHERE level = ? AND state = 'parked'",
                (time_limit_s, level_of_theory),
            ).rowcount

    def _add(self, row: tuple[object, ...], level: str, need: Need) -> int:
        self._database.execute(
            "INSERT OR IGNORE INTO structure (hash, atomic_numbers, positions, charge, spin, "
            "source, variant, provenance, cell) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        return self._database.execute(
            "INSERT OR IGNORE INTO job (structure, level, state, memory_mb, time_limit_s, "
            "estimate_s) SELECT id, ?, 'waiting', ?, ?, ? FROM structure WHERE hash = ?",
            (level, need.memory_mb, need.time_limit_s, need.estimate_s, row[0]),
        ).rowcount

    def _finish(self, finished: Finished, version: str, settings: str) -> int:
        job, usage = finished.job, finished.usage
        rows = self._database.execute(
            "UPDATE job SET state = 'done', attempts = attempts + 1, worker = NULL, "
            "lease_end = NULL, started = NULL, error = NULL WHERE id = ? AND state != 'done' "
            "RETURNING level",
            (job.id,),
        ).fetchall()
        if not rows:
            return 0
        key = (rows[0][0], version, settings)
        self._database.execute(
            "INSERT OR IGNORE INTO engine (level, version, settings) VALUES (?, ?, ?)", key
        )
        self._database.execute(
            "INSERT INTO result SELECT ?, ?, id, ?, ?, ?, ? FROM engine "
            "WHERE level = ? AND version = ? AND settings = ?",
            (
                job.id,
                finished.data,
                usage.seconds,
                usage.peak_memory_mb,
                usage.worker,
                self._clock(),
                *key,
            ),
        )
        return 1

    def _take_back(self, which: str, *parameters: object) -> int:
        """Let jobs of workers that are gone wait again; those that were started have failed."""
        lost = f"WHERE state = 'running' AND {which}"
        died = "'the worker ' || worker || ' died or hung'"
        self._database.execute(
            f"INSERT INTO failure (job, ended, worker, memory_mb, error) "
            f"SELECT id, ?, worker, memory_mb, {died} FROM job {lost} AND started IS NOT NULL",
            (self._clock(), *parameters),
        )
        blamed = self._database.execute(
            "UPDATE job SET attempts = attempts + 1, memory_mb = 2 * memory_mb, "
            "state = CASE WHEN attempts + 1 < ? THEN 'waiting' ELSE 'parked' END, "
            f"error = {died}, worker = NULL, lease_end = NULL, started = NULL "
            f"{lost} AND started IS NOT NULL",
            (self._max_attempts, *parameters),
        ).rowcount
        others = self._database.execute(
            "UPDATE job SET state = 'waiting', worker = NULL, lease_end = NULL, "
            f"together = 2 * (together > 0) {lost}",
            parameters,
        ).rowcount
        return blamed + others
