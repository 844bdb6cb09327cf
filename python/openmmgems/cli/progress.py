# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Progress of long work: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TextColumn

from .console import output

_SECONDS_BETWEEN_LINES = 30.0


class ProgressDisplay:
    """Shows how far something is, and a line of text about it.

    Parameters
    ----------
    total : float, optional
        What there is to do, in any unit; None if that is not known yet.
    completed : float
        What is done at the start.
    """

    def __init__(self, total: float | None = None, completed: float = 0) -> None:
        self._last_line = time.monotonic()
        self._bar: Progress | None = None
        if output.is_terminal:
            self._bar = Progress(BarColumn(), TextColumn("{task.description}"), console=output)
            self._task = self._bar.add_task("starting", total=total)
            self._bar.update(self._task, completed=completed)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, completed: float, text: str, total: float | None = None) -> None:
        """Show what is done, and of how much if that has changed."""
        if self._bar is not None:
            self._bar.update(self._task, completed=completed, total=total, description=text)
        elif time.monotonic() - self._last_line > _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            output.print(text)
