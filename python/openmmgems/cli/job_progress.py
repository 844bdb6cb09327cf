# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Progress of jobs of any kind: a bar on terminals, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from rich.markup import escape

from openmmgems.core.quantities import format_seconds
from openmmgems.jobs.status import Progress

from .progress import ProgressDisplay


class JobProgress(ProgressDisplay):
    """Shows how many jobs are done, the rate, and the time left."""

    def update(self, progress: Progress) -> None:
        """Show how the run stands."""
        counts = progress.counts
        done = counts["done"] + counts["parked"]
        self.show(done, describe_progress(progress), sum(counts.values()))


def describe_progress(progress: Progress) -> str:
    """Put progress into one line."""
    parts = [describe_counts(progress.counts)]
    if progress.finished:
        parts.append(f"{progress.rate_per_s:.3g}/s on {progress.slots}")
    if progress.seconds_left is not None:
        parts.append(f"{format_seconds(progress.seconds_left)} left")
    if progress.note:
        parts.append(escape(progress.note))
    return ", ".join(parts)


def describe_counts(counts: Mapping[str, int]) -> str:
    """Say how many jobs are done, of how many, and how many were given up."""
    text = f"{counts['done']} of {sum(counts.values())} done"
    return text + (f", {counts['parked']} parked" if counts["parked"] else "")
