# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Time left of work that goes on at the pace it has had."""

from __future__ import annotations

import time

from .quantities import format_seconds


class TimeLeft:
    """Watches work from its first call on; what was done before does not count for the pace."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None

    def text(self, done: float, total: float) -> str:
        """
        Tell the time left.

        Parameters
        ----------
        done, total : float
            In any unit.

        Returns
        -------
        str
            ``", 3 min left"``; empty as long as nothing was done.
        """
        now = time.monotonic()
        if self._first is None:
            self._first = done, now
        before, begin = self._first
        if done <= before:
            return ""
        seconds = (total - done) * (now - begin) / (done - before)
        return f", {format_seconds(seconds)} left"
