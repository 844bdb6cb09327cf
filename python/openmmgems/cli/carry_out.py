# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Show a stage's plan and estimate, run it with a progress bar, and say what it has made."""

from __future__ import annotations

import typer
from rich.markup import escape
from rich.table import Table

from openmmgems.core.quantities import format_bytes, format_seconds
from openmmgems.core.stages import Estimate, Outcome, Stage, Work
from openmmgems.core.stop import StopRequest

from .console import output
from .progress import ProgressDisplay
from .steps import say


class _Terminal(Work):
    """Lines and a progress bar; Ctrl-C asks to stop."""

    def __init__(self, display: ProgressDisplay, stop: StopRequest) -> None:
        self._display, self._stop = display, stop

    @property
    def is_stopped(self) -> bool:
        return bool(self._stop)

    def say(self, text: str) -> None:
        output.print(escape(text), soft_wrap=True)

    def show(self, done: float, total: float | None, text: str) -> None:
        self._display.show(done, text, total)


def carry_out(
    stage: Stage,
    *,
    anew: bool = False,
    dry_run: bool = False,
    next_command: str = "",
    resume_command: str = "",
) -> None:
    """
    Carry out a stage; what is done already is passed over.

    Parameters
    ----------
    stage : Stage
    anew : bool
        Also what is done.
    dry_run : bool
        Stop after plan and estimate.
    next_command : str
        What to run after it.
    resume_command : str
        What goes on with it once it was stopped; default: the same command.

    Raises
    ------
    FileNotFoundError
        If an input is missing.
    typer.Exit
        If it was asked to stop: 128 plus the signal.
    """
    if missing := [str(path) for path in stage.inputs if not path.exists()]:
        raise FileNotFoundError(f"{', '.join(missing)}: not there.")
    for title, text in stage.plan.items():
        say(title, text)
    if stage.is_done and not anew:
        output.print("All of this is there already.")
        return
    with StopRequest().listening() as stop:
        with ProgressDisplay() as display:
            work = _Terminal(display, stop)
            say("Estimate", _describe(stage.estimate(work)))
            if dry_run:
                return
            output.print("Ctrl-C stops and keeps everything.")
            outcome = stage.run(work)
        _print_outcome(outcome, next_command, resume_command)
        if not outcome.is_complete:
            raise typer.Exit(128 + (stop.signal_number or 0))


def _describe(estimate: Estimate) -> str:
    parts = [estimate.what]
    if estimate.seconds is not None:
        parts.append(format_seconds(estimate.seconds))
    if estimate.memory_bytes is not None:
        parts.append(f"memory {format_bytes(estimate.memory_bytes)}")
    if estimate.disk_bytes is not None:
        parts.append(f"files {format_bytes(estimate.disk_bytes)}")
    return ", ".join(parts)


def _print_outcome(outcome: Outcome, next_command: str, resume_command: str) -> None:
    if outcome.table:
        table = Table(*outcome.table[0])
        for row in outcome.table[1:]:
            table.add_row(*map(escape, row))
        output.print(table)
    for warning in outcome.warnings:
        output.print(f"[yellow]{escape(warning)}[/]", soft_wrap=True)
    if not outcome.is_complete:
        how = f"go on with: {resume_command}" if resume_command else "the same command goes on."
        output.print(
            f"[bold yellow]Stopped:[/] {escape(outcome.summary)} Nothing finished is lost; "
            f"{escape(how)}",
            soft_wrap=True,
        )
        return
    output.print(f"[bold green]Done:[/] {escape(outcome.summary)}", soft_wrap=True)
    if outcome.look_at:
        output.print(f"Look at   {escape(', '.join(map(str, outcome.look_at)))}", soft_wrap=True)
    if next_command:
        output.print(f"Next      {escape(next_command)}", soft_wrap=True)
