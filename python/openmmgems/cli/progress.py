# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Progress of long work: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TextColumn

from openmmgems.core.quantities import format_seconds
from openmmgems.dynamics.protocol import Schedule
from openmmgems.dynamics.run import Status

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


class WorkProgress(ProgressDisplay):
    """Shows parts done and time left.

    Parameters
    ----------
    what : str
        What the parts are, in plural.
    total : int
        How many there are.
    size : float, optional
        Of all of them together, in any unit; default: that of the parts is one each.
    """

    def __init__(self, what: str, total: int, size: float | None = None) -> None:
        self._what, self._total = what, total
        self._size = max(total if size is None else size, 1e-9)
        self._parts = 0
        self._done = self._worked = 0.0
        self._begin = time.monotonic()
        super().__init__(self._size)

    def advance(self, size: float = 1.0, parts: int = 1, *, counts: bool = True) -> None:
        """Note parts that are done; those of an earlier run do not count for the time left."""
        self._parts += parts
        self._done += size
        self._worked += size if counts else 0.0
        self.show(self._done, self.text())

    def reach(self, parts: int, _results: int = 0) -> None:
        """Note that so many parts are done in all."""
        self.advance(parts - self._parts, parts - self._parts)

    def text(self) -> str:
        """Put it into one line."""
        text = f"{self._parts} of {self._total} {self._what}"
        if self._worked > 0:
            elapsed = time.monotonic() - self._begin
            left = max(0.0, self._size - self._done) * elapsed / self._worked
            text += f", {format_seconds(left)} left"
        return text


class SimulationProgress(ProgressDisplay):
    """Shows time simulated, speed, time left, temperature and energy.

    Parameters
    ----------
    protocol : Schedule
    first_step : int
        Where this part of the run begins.
    """

    def __init__(self, protocol: Schedule, first_step: int) -> None:
        self._protocol = protocol
        super().__init__(protocol.num_steps, first_step)

    def update(self, status: Status) -> None:
        """Show how the run stands."""
        self.show(status.step, describe_status(status, self._protocol))


def describe_status(status: Status, protocol: Schedule) -> str:
    """Put a status into one line."""
    per_step = protocol.time_step_fs
    left = (protocol.num_steps - status.step) / max(status.steps_per_second, 1e-9)
    text = (
        f"{status.step * per_step * 1e-3:.2f} of {protocol.length_ps:g} ps, "
        f"{status.steps_per_second * per_step * 1e-6 * 86400:.3g} ns/day, "
        f"{format_seconds(left)} left"
    )
    if status.latest:
        text += f", {status.latest['temperature']:.0f} K, {status.latest['potential']:.1f} kJ/mol"
    return text
