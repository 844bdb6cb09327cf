# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How fast a run is, and how long it will take."""

from __future__ import annotations

import time

from .status import JobCounts, JobProgress

_RATE_AFTER_S = 5.0
_BETWEEN_S = 0.5


class Pace:
    """The pace of one run, from when it has workers."""

    def __init__(self, to_do: JobCounts) -> None:
        self._first_to_do = to_do.seconds_to_do
        self._told = time.monotonic()
        self.began = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether to tell how the run stands: twice a second."""
        if time.monotonic() - self._told < _BETWEEN_S:
            return False
        self._told = time.monotonic()
        return True

    def progress(
        self, now: JobCounts, finished: int, slots: int, time_factor: float, note: str
    ) -> JobProgress:
        """
        Say how the run stands.

        Parameters
        ----------
        now : JobCounts
            Jobs in each state, and the estimated seconds of those to do.
        finished : int
            Jobs that this run has finished.
        slots : int
            Calculations at a time.
        time_factor : float
            What times were, over what was estimated.
        note : str
        """
        elapsed = time.monotonic() - self.began
        left: float | None = None
        worked = self._first_to_do - now.seconds_to_do  # also by other runs
        # What is still in work counts for nothing: soon after the start the pace seems too low.
        if worked > 0 and elapsed > _RATE_AFTER_S and finished > 4 * slots:
            left = now.seconds_to_do * elapsed / worked
        elif slots:
            left = now.seconds_to_do * time_factor / slots
        return JobProgress(dict(now.counts), finished, finished / elapsed, left, slots, note)
