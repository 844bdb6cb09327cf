# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Stages: the steps from a structure file to a model, each with files in and files out.

Sampling, cutting up, labelling, training and simulating are stages. A command makes one of what is
typed, shows its plan and its estimate, and runs it; others chain several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .stop import StopRequest


class Work:
    """
    Whom a stage tells how it goes, and who may ask it to stop. This one is silent.

    Commands give one that writes to the terminal.
    """

    @property
    def is_stopped(self) -> bool:
        """Whether the stage should keep what it has and return."""
        return False

    def say(self, text: str) -> None:
        """Tell one line: what was concluded, decided, left out."""

    def show(self, done: float, total: float | None, text: str) -> None:
        """Tell how far it is, in any unit; the total is None as long as it is not known."""


@dataclass(frozen=True)
class Estimate:
    """
    What a stage is expected to take.

    Attributes
    ----------
    what : str
        What there is to do, for people: ``"25,119 atoms, 31 ms per step"``.
    seconds : float, optional
        None where that cannot be known beforehand.
    memory_bytes, disk_bytes : float, optional
    """

    what: str
    seconds: float | None = None
    memory_bytes: float | None = None
    disk_bytes: float | None = None


def in_all(estimates: Sequence[Estimate]) -> Estimate:
    """Add up what stages take one after the other: times and files; the largest memory counts."""
    seconds = [e.seconds for e in estimates if e.seconds is not None]
    disk = [e.disk_bytes for e in estimates if e.disk_bytes is not None]
    what = f"{len(estimates)} stages"
    if unknown := len(estimates) - len(seconds):
        what += f", of which {unknown} cannot be told yet"
    return Estimate(
        what,
        sum(seconds) if seconds else None,
        max((e.memory_bytes for e in estimates if e.memory_bytes is not None), default=None),
        sum(disk) if disk else None,
    )


@dataclass(frozen=True)
class Outcome:
    """
    What a stage has made.

    Attributes
    ----------
    summary : str
        One line for people.
    look_at : sequence of pathlib.Path
        Files worth opening.
    table : sequence of sequence of str
        Counts: a row of titles, then the others; empty if there are none.
    warnings : sequence of str
        What was left out or failed, a line each.
    is_complete : bool
        False: it was asked to stop; running it again goes on.
    is_kept : bool
        False: running it again begins anew, for what it had when it was asked to stop was little.
    """

    summary: str
    look_at: Sequence[Path] = ()
    table: Sequence[Sequence[str]] = ()
    warnings: Sequence[str] = ()
    is_complete: bool = True
    is_kept: bool = True


class Stage(Protocol):
    """One step. It is made from settings and paths, checks them, and does nothing until it runs."""

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""

    @property
    def inputs(self) -> Sequence[Path]:
        """Files that must be there."""

    @property
    def outputs(self) -> Sequence[Path]:
        """Files that are there when the stage is done."""

    @property
    def is_done(self) -> bool:
        """Whether all is there already."""

    def estimate(self, work: Work) -> Estimate:
        """Say what it takes; may build things and time a few steps, and writes no output."""

    def run(self, work: Work) -> Outcome:
        """Do it, or what is left of it."""


class _Script(Work):
    """Lines to a function; Ctrl-C asks to stop."""

    def __init__(self, stop: StopRequest, say: Callable[[str], None]) -> None:
        self._stop, self._say = stop, say

    @property
    def is_stopped(self) -> bool:
        return bool(self._stop)

    def say(self, text: str) -> None:
        self._say(text)


def run_in_script(stage: Stage, say: Callable[[str], None] = print) -> Outcome:
    """
    Run a stage from a script.

    Parameters
    ----------
    stage : Stage
    say : callable
        Told what the stage tells.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C or the system asked to stop, when the stage has kept what it has.
    """
    with StopRequest().listening() as stop:
        outcome = stage.run(_Script(stop, say))
    if not outcome.is_complete:
        raise KeyboardInterrupt
    return outcome
