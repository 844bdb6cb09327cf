# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Which job each Dask worker has been calculating for a while: who is to blame if it dies.

What a group of jobs gave is known only when all of them have ended. So a worker reports, through
the scheduler's events, that it has a group, and each job that takes longer than a moment. If it
dies, the job it reported last is to blame, and the others of its group are not. Quick jobs are not
reported one by one: the scheduler has more to do.
"""

from __future__ import annotations

import queue
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

_MOMENT_S = 0.5


def _topic(run: str) -> str:
    return f"gems-{run}"


class Reporter:
    """What a worker says of one group, beginning with that it has it.

    Parameters
    ----------
    run : str
        Name of the run.
    """

    def __init__(self, run: str) -> None:
        from distributed import get_worker
        from distributed.worker import thread_state

        self._run = run
        self._job: int | None = None
        self._key: str | None = None
        try:
            self._worker = get_worker()
            self._key = thread_state.key
        except (ValueError, AttributeError):  # not inside a Dask task
            return
        self._say(None)

    def going_on(self, job: int, taken_s: float) -> None:
        """Report a job once it has taken more than a moment."""
        if taken_s > _MOMENT_S and self._job != job:
            self._say(job)

    def ended(self) -> None:
        """Report that the job has ended, if it was reported."""
        if self._job is not None:
            self._say(None)

    def _say(self, job: int | None) -> None:
        self._job = job
        if self._key is not None:
            self._worker.log_event(_topic(self._run), [self._key, self._worker.address, job])


@dataclass(frozen=True)
class Death:
    """A worker that died with a group: the group's key, the worker, and the job it was at."""

    key: str
    worker: str
    job: int


class Reports:
    """What the workers of a run have said, as the run sees it.

    Parameters
    ----------
    client : distributed.Client
    run : str
    """

    def __init__(self, client: Any, run: str) -> None:
        self._news: queue.SimpleQueue[tuple[str, str, int | None]] = queue.SimpleQueue()
        self._last: dict[str, tuple[str, int | None]] = {}
        client.subscribe_topic(_topic(run), lambda event: self._news.put(tuple(event[1])))

    def listen(self, groups: Container[str]) -> list[Death]:
        """
        Take in what was said since the last call.

        Parameters
        ----------
        groups : container of str
            Keys of the groups that are with workers.

        Returns
        -------
        list of Death
            Dask gave their groups to another worker, which can only be because they died.
        """
        deaths = []
        while not self._news.empty():
            key, worker, job = self._news.get()
            if key not in groups:
                continue
            before, was_at = self._last.get(key, (worker, None))
            if before != worker and was_at is not None:
                deaths.append(Death(key, before, was_at))
            self._last[key] = (worker, job)
        return deaths

    def death(self, key: str) -> Death | None:
        """Who had a group that is lost, if it was at a reported job."""
        worker, job = self._last.get(key, ("", None))
        return None if job is None else Death(key, worker, job)

    def has_begun(self, key: str) -> bool:
        """Whether some worker has had a group in work, and not only in its queue."""
        return key in self._last

    def forget(self, key: str) -> None:
        """Take note that a group has ended."""
        self._last.pop(key, None)

    @property
    def jobs(self) -> set[int]:
        """Jobs that have been calculated for more than a moment, now."""
        return {job for _, job in self._last.values() if job is not None}
