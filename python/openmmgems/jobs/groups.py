# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How jobs are put together for workers: as many as take a while, or as are calculated at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .job_kind import AtOnce
from .store import Job
from .tasks import Limits, Task

_MOST_IN_GROUP = 500


@dataclass(frozen=True)
class Group:
    """Jobs that go to a worker together.

    ``at_once``: what they may use if they are calculated at once; None: one after the other.
    """

    jobs: Sequence[Job]
    at_once: Limits | None = None

    @property
    def memory_mb(self) -> float:
        """What the worker must have."""
        most = max(job.memory_mb for job in self.jobs)
        return most if self.at_once is None else max(most, self.at_once.memory_mb)

    @property
    def tasks(self) -> list[Task]:
        """The jobs as the worker sees them."""
        return [
            Task(job.memory_mb, job.time_limit_s, job.id, job.structure, job.variant)
            for job in self.jobs
        ]


def make_groups(
    jobs: Iterable[tuple[Job, float]],
    longest_s: float,
    how: AtOnce | None,
    memory_at_once: Callable[[Sequence[int]], float],
    most_mb: float,
) -> list[Group]:
    """
    Put neighbouring jobs together until they are expected to take long enough.

    Parameters
    ----------
    jobs : iterable of (Job, expected seconds)
    longest_s : float
        A group ends before it takes longer than this, unless it is a single job.
    how : AtOnce or None
        How many are calculated at once; None: each by itself.
    memory_at_once : callable
        Memory that jobs of so many atoms each may use together, MB.
    most_mb : float
        Memory that there is for that; their time limits add up.
    """
    if how is None:
        return [Group(jobs) for jobs in in_groups(jobs, longest_s)]
    groups = in_groups(jobs, longest_s, most_atoms=how.most_atoms)
    return [group for jobs in groups for group in _at_once(jobs, memory_at_once, most_mb)]


def in_groups(
    jobs: Iterable[tuple[Job, float]],
    longest_s: float,
    *,
    most: int = _MOST_IN_GROUP,
    most_atoms: int | None = None,
) -> list[list[Job]]:
    """
    Put neighbouring jobs together until they are expected to take long enough.

    A group takes the memory of its largest job; one that needs more than twice as much as the
    others begins a new group.

    Parameters
    ----------
    jobs : iterable of (Job, expected seconds)
    longest_s : float
        A group ends before it takes longer than this, unless it is a single job.
    most : int
        Jobs in a group at most.
    most_atoms : int, optional
        Atoms in a group at most, unless it is a single job; the number of jobs does not count then.
    """
    groups: list[list[Job]] = []
    seconds, atoms = 0.0, 0
    for job, its_seconds in jobs:
        group = groups[-1] if groups else []
        seconds, atoms = seconds + its_seconds, atoms + job.num_atoms
        alike = group and 0.5 <= job.memory_mb / group[0].memory_mb <= 2.0
        is_full = len(group) >= most if most_atoms is None else atoms > most_atoms
        if alike and seconds <= longest_s and not is_full:
            group.append(job)
        else:
            groups.append([job])
            seconds, atoms = its_seconds, job.num_atoms
    return groups


def _at_once(
    jobs: Sequence[Job], memory: Callable[[Sequence[int]], float], most_mb: float
) -> list[Group]:
    """Let jobs be calculated at once; halve what needs too much memory for that."""
    if len(jobs) == 1:
        return [Group(jobs)]
    needed = memory([job.num_atoms for job in jobs])
    if needed > most_mb:
        half = len(jobs) // 2
        return _at_once(jobs[:half], memory, most_mb) + _at_once(jobs[half:], memory, most_mb)
    return [Group(jobs, Limits(needed, sum(job.time_limit_s for job in jobs)))]
