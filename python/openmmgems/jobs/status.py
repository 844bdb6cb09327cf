# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How jobs stand: progress, rate, time left, failures; in numbers and in words."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from openmmgems.core.quantities import format_seconds
from openmmgems.core.stages import Work

from .store import STATES, Failure, JobStore, StoredEngine

_RATE_OVER_S = 600.0


@dataclass(frozen=True)
class JobCounts:
    """Jobs in each state, and the estimated seconds of those that are not done or parked."""

    counts: dict[str, int]
    seconds_to_do: float

    @property
    def to_do(self) -> int:
        """Jobs that are not done or parked."""
        return self.counts["waiting"] + self.counts["running"]

    @property
    def total(self) -> int:
        """All jobs."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Status:
    """How a store stands, at one level of theory.

    ``rate_per_s`` is the jobs done per second over the last ten minutes (or since the first of
    them), ``seconds_left`` what is left to do at that pace, None if nothing was done lately.
    """

    level_of_theory: str
    jobs: JobCounts
    rate_per_s: float | None
    seconds_left: float | None
    failures: list[Failure]
    engines: list[StoredEngine]
    workers: list[str]


@dataclass(frozen=True)
class JobProgress:
    """How a run stands. ``seconds_left`` is None until it can be told; ``note`` is for people."""

    counts: dict[str, int]
    finished: int
    rate_per_s: float
    seconds_left: float | None
    slots: int
    note: str = ""


@dataclass(frozen=True)
class Summary:
    """What a run did: jobs it finished, attempts that failed, and the store's counts at its end."""

    counts: dict[str, int]
    finished: int
    failed_attempts: int
    seconds: float
    stopped: bool


def count_jobs(store: JobStore, level_of_theory: str) -> JobCounts:
    """Count what is done and what is to do. Jobs without an estimate count with a second."""
    rows = store.query(
        "SELECT state, count(*), sum(coalesce(estimate_s, 1.0)) FROM job WHERE level = ? "
        "GROUP BY state",
        level_of_theory,
    )
    counts = dict.fromkeys(STATES, 0) | {state: count for state, count, _ in rows}
    return JobCounts(counts, sum(row[2] for row in rows if row[0] in ("waiting", "running")))


def sizes_to_do(store: JobStore, level_of_theory: str, *, parked: bool = False) -> Counter[int]:
    """Count jobs that are not done, by number of atoms; parked ones only if they are asked for."""
    rows = store.query(
        "SELECT length(atomic_numbers), count(*) FROM job JOIN structure "
        "ON structure.id = job.structure WHERE level = ? AND state != 'done' "
        "AND (? OR state != 'parked') GROUP BY 1",
        level_of_theory,
        parked,
    )
    return Counter(dict(rows))


def levels(store: JobStore) -> list[str]:
    """Levels of theory that a store has jobs of."""
    return [row[0] for row in store.query("SELECT DISTINCT level FROM job ORDER BY level")]


def status(store: JobStore, level_of_theory: str) -> Status:
    """Look at a store, also while others work on it."""
    now = time.time()
    found = count_jobs(store, level_of_theory)
    count, estimate, first = store.query(
        "SELECT count(*), sum(coalesce(estimate_s, 1.0)), min(ended - coalesce(seconds, 0)) "
        "FROM result JOIN job ON job.id = result.job WHERE level = ? AND ended > ?",
        level_of_theory,
        now - _RATE_OVER_S,
    )[0]
    rate = left = None
    if count:
        elapsed = max(now - max(first, now - _RATE_OVER_S), 1e-3)
        rate = count / elapsed
        left = found.seconds_to_do / (estimate / elapsed)
    return Status(
        level_of_theory,
        found,
        rate,
        left,
        store.failures(level_of_theory),
        store.engines(level_of_theory),
        store.workers(level_of_theory),
    )


def by_text(failures: list[Failure], most: int = 10) -> list[tuple[str, int, str]]:
    """
    Put failures of the same text together, the most frequent first.

    Returns
    -------
    list of (text, number, source of one of them)
    """
    texts = Counter(_without_source(failure) for failure in failures)
    example = {_without_source(failure): failure.source for failure in reversed(failures)}
    return [(text, number, example[text]) for text, number in texts.most_common(most)]


def _without_source(failure: Failure) -> str:
    return failure.error.replace(failure.source, "...") if failure.source else failure.error


def describe_counts(counts: Mapping[str, int]) -> str:
    """Say how many jobs are done, of how many, and how many were given up."""
    text = f"{counts['done']} of {sum(counts.values())} done"
    return text + (f", {counts['parked']} parked" if counts["parked"] else "")


def describe_progress(progress: JobProgress) -> str:
    """Put progress into one line."""
    parts = [describe_counts(progress.counts)]
    if progress.finished:
        parts.append(f"{progress.rate_per_s:.3g}/s on {progress.slots}")
    if progress.seconds_left is not None:
        parts.append(f"{format_seconds(progress.seconds_left)} left")
    if progress.note:
        parts.append(progress.note)
    return ", ".join(parts)


def show_progress(work: Work) -> Callable[[JobProgress], None]:
    """Let a run of jobs, which is part of a stage, show its progress as the stage's."""

    def show(progress: JobProgress) -> None:
        counts = progress.counts
        done = counts["done"] + counts["parked"]
        work.show(done, sum(counts.values()), describe_progress(progress))

    return show


def describe_status(found: Status) -> list[str]:
    """Put a status into lines: counts, engines, pace, failures."""
    lines = [f"{found.level_of_theory}  {describe_counts(found.jobs.counts)}"]
    lines += [f"  {engine.num_results} by {engine.version}" for engine in found.engines]
    if found.rate_per_s is not None and found.seconds_left is not None and found.jobs.to_do:
        left = format_seconds(found.seconds_left)
        lines.append(f"  {found.rate_per_s:.3g} per second of late; about {left} left")
    failures = by_text(found.failures)
    return lines + [f"  {number} x {text} ({source})" for text, number, source in failures]
