# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Progress of jobs of any kind: a bar on terminals, a line now and then elsewhere."""

from __future__ import annotations

from rich.markup import escape

from openmmgems.jobs.status import Progress, describe_progress

from .progress import ProgressDisplay


class JobProgress(ProgressDisplay):
    """Shows how many jobs are done, the rate, and the time left."""

    def update(self, progress: Progress) -> None:
        """Show how the run stands."""
        counts = progress.counts
        done = counts["done"] + counts["parked"]
        self.show(done, escape(describe_progress(progress)), sum(counts.values()))
