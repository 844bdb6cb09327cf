# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How labelling stands: progress, rate, time left, failures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from openmmgems.core.quantities import format_seconds

from .store import STATES, Failure, JobStore, StoredEngine

_RATE_OVER_S = 600.0


@dataclass(frozen=True)
class Work:
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
    work: Work
    rate_per_s: float | None
    seconds_left: float | None
    failures: list[Failure]
    engines: list[StoredEngine]
    workers: list[str]


@dataclass(frozen=True)
class Progress:
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


def work(store: JobStore, level_of_theory: str) -> Work:
    """Count what is done and what is to do. Jobs without an estimate count with a second."""
    rows = store.query(
        "SELECT state, count(*), sum(coalesce(estimate_s, 1.0)) FROM job WHERE level = ? "
        "GROUP BY state",
        level_of_theory,
    )
    counts = dict.fromkeys(STATES, 0) | {state: count for state, count, _ in rows}
    return Work(counts, sum(row[2] for row in rows if row[0] in ("waiting", "running")))


def levels(store: JobStore) -> list[str]:
    """Levels of theory that a store has jobs of."""
    return [row[0] for row in store.query("SELECT DISTINCT level FROM job ORDER BY level")]


def status(store: JobStore, level_of_theory: str) -> Status:
    """Look at a store, also while others work on it."""
    now = time.time()
    found = work(store, level_of_theory)
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


def describe_progress(progress: Progress) -> str:
    """Put progress into one line."""
    parts = [describe_counts(progress.counts)]
    if progress.finished:
        parts.append(f"{progress.rate_per_s:.3g}/s on {progress.slots}")
    if progress.seconds_left is not None:
        parts.append(f"{format_seconds(progress.seconds_left)} left")
    if progress.note:
        parts.append(progress.note)
    return ", ".join(parts)


def describe_counts(counts: Mapping[str, int]) -> str:
    """Say how many jobs are done, of how many, and how many were given up."""
    text = f"{counts['done']} of {sum(counts.values())} done"
    return text + (f", {counts['parked']} parked" if counts["parked"] else "")
