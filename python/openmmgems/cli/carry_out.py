# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Show plans and estimates of stages, run them with a progress bar, and say what they made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from openmmgems.core.quantities import format_bytes, format_seconds
from openmmgems.core.stages import Estimate, Outcome, Stage, Work, in_all
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
        self._display.show(done, escape(text), total)


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
    if anew or not stage.is_done:
        _refuse_missing(_missing(stage))
    found = _carry_out(stage, anew=anew, dry_run=dry_run, resume_command=resume_command)
    if found is not None and not dry_run:
        _print_next(next_command)


def carry_out_all(
    stages: Sequence[Stage], *, dry_run: bool = False, made_by: str = "", next_command: str
) -> None:
    """
    Carry out stages one after the other; a dry run adds up what is known of their estimates.

    Parameters
    ----------
    stages : sequence of Stage
        Later ones may need what earlier ones make.
    made_by : str
        The command that makes what is missing.
    dry_run, next_command
        See `carry_out`, also for errors: nothing begins before all that is not made is there.
    """
    left = [stage for stage in stages if not stage.is_done]
    made = {path for stage in left for path in stage.outputs}
    missing = [path for stage in left for path in _missing(stage) if path not in made]
    _refuse_missing(missing, made_by)
    found = [_carry_out(stage, dry_run=dry_run) for stage in stages]
    if not dry_run:
        _print_next(next_command)
    elif estimates := [estimate for estimate in found if estimate is not None]:
        say("In all", _describe(in_all(estimates)))


def _missing(stage: Stage) -> list[Path]:
    return [path for path in stage.inputs if not path.exists()]


def _refuse_missing(paths: Sequence[Path], made_by: str = "") -> None:
    if paths:
        names = ", ".join(f"'{path}'" for path in paths)
        hint = f"; run first: {made_by}" if made_by else "."
        raise FileNotFoundError(f"There is no file {names}{hint}")


def _carry_out(
    stage: Stage, *, anew: bool = False, dry_run: bool = False, resume_command: str = ""
) -> Estimate | None:
    """Carry out a stage; give its estimate, or None if it is done."""
    for title, text in stage.plan.items():
        say(title, text)
    if stage.is_done and not anew:
        output.print(f"{escape(str(stage.outputs[0]))} is there already.", soft_wrap=True)
        return None
    if dry_run and (missing := _missing(stage)):
        estimate = Estimate(f"not known before {', '.join(map(str, missing))} is there")
        say("Estimate", _describe(estimate))
        return estimate
    stop = StopRequest()
    with ProgressDisplay() as display:
        work = _Terminal(display, stop)
        estimate = stage.estimate(work)  # Ctrl-C ends it at once: there is nothing to keep
        say("Estimate", _describe(estimate))
        if dry_run:
            return estimate
        output.print("Ctrl-C stops and keeps everything.")
        with stop.listening():
            outcome = stage.run(work)
    _print_outcome(outcome, resume_command)
    if not outcome.is_complete:
        raise typer.Exit(128 + (stop.signal_number or 0))
    return estimate


def _describe(estimate: Estimate) -> str:
    parts = [estimate.what]
    if estimate.seconds is not None:
        parts.append(format_seconds(estimate.seconds))
    if estimate.memory_bytes is not None:
        parts.append(f"memory {format_bytes(estimate.memory_bytes)}")
    if estimate.disk_bytes is not None:
        parts.append(f"files {format_bytes(estimate.disk_bytes)}")
    return ", ".join(parts)


def _print_outcome(outcome: Outcome, resume_command: str) -> None:
    if outcome.table:
        table = Table(*outcome.table[0])
        for row in outcome.table[1:]:
            table.add_row(*map(escape, row))
        output.print(table)
    for warning in outcome.warnings:
        output.print(f"[yellow]{escape(warning)}[/]", soft_wrap=True)
    if not outcome.is_complete:
        how = f"go on with: {resume_command}" if resume_command else "the same command goes on."
        lost = f"Nothing finished is lost; {how}"
        if not outcome.is_kept:
            lost = "Nothing of it is kept; the same command begins anew."
        output.print(
            f"[bold yellow]Stopped:[/] {escape(outcome.summary)} {escape(lost)}", soft_wrap=True
        )
        return
    output.print(f"[bold green]Done:[/] {escape(outcome.summary)}", soft_wrap=True)
    if outcome.look_at:
        output.print(f"Look at   {escape(', '.join(map(str, outcome.look_at)))}", soft_wrap=True)


def _print_next(command: str) -> None:
    if command:
        output.print(f"Next      {escape(command)}", soft_wrap=True)
