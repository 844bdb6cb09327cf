# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Progress of a simulation: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.progress import BarColumn, Progress, TextColumn

from openmmgems.simulation.protocol import Protocol
from openmmgems.simulation.runner import Status

from .console import output

_SECONDS_BETWEEN_LINES = 30.0


class SimulationProgress:
    """Shows time simulated, speed, time left, temperature and energy.

    Parameters
    ----------
    protocol : Protocol
    first_step : int
        Where this part of the run begins.
    """

    def __init__(self, protocol: Protocol, first_step: int) -> None:
        self._protocol = protocol
        self._last_line = time.monotonic()
        self._bar: Progress | None = None
        if output.is_terminal:
            self._bar = Progress(BarColumn(), TextColumn("{task.description}"), console=output)
            self._task = self._bar.add_task(
                "starting", total=protocol.num_steps, completed=first_step
            )

    def __enter__(self) -> SimulationProgress:
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

    def update(self, status: Status) -> None:
        """Show how the run stands."""
        text = describe_status(status, self._protocol)
        if self._bar is not None:
            self._bar.update(self._task, completed=status.step, description=text)
        elif time.monotonic() - self._last_line > _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            output.print(text)


def describe_status(status: Status, protocol: Protocol) -> str:
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


def format_seconds(seconds: float) -> str:
    """Write a duration for people."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 86400:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"
