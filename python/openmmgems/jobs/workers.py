# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What a Dask worker does with a group of jobs: it lets a process calculate them, and watches it.

Compiled code can neither be interrupted nor survived: it may run for ever, fill the memory, or
crash. So it runs in a process of its own, `Calculator`, which is kept from job to job (a round trip
takes some 0.1 ms) and killed when a job exceeds its time or memory. That job alone is blamed, and
the next one gets a new process. Dask's own workers never calculate and so live on.

Jobs that may be calculated at once are, and one by one if that fails: then it is seen which of them
is to blame.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import cast

from .calculation import Reply
from .calculator import arguments, environment
from .job_kind import JobKind
from .reports import Reporter
from .tasks import Limits, Task, TaskOutcome

_FIRST_POLL_S = 0.02
_LONGEST_POLL_S = 0.25
_START_LIMIT_S = 300.0
_GRACE_S = 5.0
_WORDS = 400
_LONGEST_OUTPUT = 1_000_000


class CannotCalculateError(RuntimeError):
    """What calculates cannot be made on a worker; no job is to blame."""


class Calculator:
    """A process that calculates, and is killed when it takes too much.

    Parameters
    ----------
    kind : JobKind

    Raises
    ------
    CannotCalculateError
        If what calculates cannot be made in it.
    """

    def __init__(self, kind: JobKind) -> None:
        self._output = tempfile.TemporaryFile(mode="a+b")  # noqa: SIM115 (closed with the process)
        ours, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                arguments(theirs.fileno(), lifeline),
                env=environment(kind.threads),
                pass_fds=(theirs.fileno(), lifeline),
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                start_new_session=True,
            )
        finally:
            theirs.close()
            os.close(lifeline)
        self._connection = Connection(ours.detach())
        self._first_rss_mb = 0.0
        self._start(kind)

    def _start(self, kind: JobKind) -> None:
        try:
            self._connection.send(sys.path)
            self._connection.send(kind)
            if not self._connection.poll(_START_LIMIT_S):
                raise CannotCalculateError(f"was not ready after {_START_LIMIT_S:.0f} s")
            state, text = cast(tuple[str, str], self._connection.recv())
        except (EOFError, OSError) as error:
            message = f"the process that makes it {self._last_words()}"
            self.kill()
            raise CannotCalculateError(f"{kind.name} cannot be made: {message}.") from error
        except BaseException:
            self.kill()
            raise
        if state != "ready":
            self.kill()
            raise CannotCalculateError(f"{kind.name} cannot be made: {text}")
        self.version = text

    def calculate(self, task: Task, stop: Stop, reporter: Reporter) -> TaskOutcome:
        """Calculate one job, or kill this process: see `alive`."""
        ended = self._ask([task], task, stop, lambda taken: reporter.going_on(task.job, taken))
        data = ended.data[0] if ended.data else None
        return TaskOutcome(
            task.job,
            ended.kind,
            data,
            ended.error,
            ended.seconds,
            ended.peak_memory_mb,
            _name(),
            self.version if data is not None else "",
        )

    def calculate_at_once(
        self, tasks: Sequence[Task], limits: Limits, stop: Stop
    ) -> list[TaskOutcome]:
        """Calculate jobs at once; if one fails all do, and nobody knows which one it was."""
        ended = self._ask(tasks, limits, stop, lambda _: None)
        if ended.kind != "done":
            return [TaskOutcome(task.job, ended.kind, error=ended.error) for task in tasks]
        atoms = [len(task.structure.atomic_numbers) for task in tasks]
        return [
            TaskOutcome(
                task.job,
                "done",
                data,
                seconds=ended.seconds * number / sum(atoms),
                worker=_name(),
                version=self.version,
            )
            for task, data, number in zip(tasks, ended.data, atoms, strict=True)
        ]

    def _ask(
        self,
        tasks: Sequence[Task],
        limits: Limits,
        stop: Stop,
        going_on: Callable[[float], None],
    ) -> Reply:
        """Send jobs to the process and wait for what becomes of them."""
        start = time.monotonic()
        peak, poll_s = 0.0, _FIRST_POLL_S
        if self._output.seek(0, os.SEEK_END) > _LONGEST_OUTPUT:
            self._output.truncate(0)
        try:
            self._connection.send([(task.structure, task.variant) for task in tasks])
            while not self._connection.poll(poll_s):
                poll_s = min(1.5 * poll_s, _LONGEST_POLL_S)
                peak = max(peak, self._memory_mb())
                taken = time.monotonic() - start
                going_on(taken)
                refused = self._refuse(limits, peak, taken, stop)
                if refused is not None:
                    self.kill()
                    return refused
            reply = cast(Reply, self._connection.recv())
        except (EOFError, OSError):
            error = f"its process {self._last_words()}"
            self.kill()
            return Reply("died", (), error, time.monotonic() - start, peak)
        if not self._first_rss_mb:
            self._first_rss_mb = self._memory_mb()
        return replace(reply, peak_memory_mb=max(peak, reply.peak_memory_mb or 0.0) or None)

    def _refuse(self, limits: Limits, peak_mb: float, taken_s: float, stop: Stop) -> Reply | None:
        """Say why a calculation that goes on must end, if it must."""
        if taken_s > limits.time_limit_s:
            kind, error = "time", f"it took longer than its limit of {limits.time_limit_s:g} s"
        elif peak_mb > limits.memory_mb:
            kind = "memory"
            error = f"it used {peak_mb:.0f} MB of memory; its limit was {limits.memory_mb:.0f} MB"
        elif _forgotten() or (stop.since is not None and time.monotonic() - stop.since > _GRACE_S):
            kind, error = "interrupted", ""
        else:
            return None
        return Reply(kind, (), error, taken_s, peak_mb or None)

    def fits(self, limits: Limits) -> bool:
        """Whether it can be used: alive, and not still full of what an earlier job needed."""
        if self._process.poll() is not None:
            return False
        memory = self._memory_mb()
        return memory < 0.75 * limits.memory_mb or memory < 1.5 * self._first_rss_mb

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if not self._connection.closed:
            self._connection.close()
            os.close(self._lifeline)
            self._output.close()

    def _memory_mb(self) -> float:
        """Resident memory of the process and what it started, now."""
        total, pids = 0, [self._process.pid]
        while pids:
            pid = pids.pop()
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{pid}/statm") as file:
                    total += int(file.read().split()[1])
                with open(f"/proc/{pid}/task/{pid}/children") as file:
                    pids += [int(word) for word in file.read().split()]
        return total * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _last_words(self) -> str:
        """How the process ended, and the end of what it printed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5.0)
        code = self._process.poll()
        if code is None:
            text = "closed its connection"
        elif code < 0:
            text = f"was killed by {signal.Signals(-code).name}"
        else:
            text = f"ended with code {code}"
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - _WORDS))
        words = " ".join(self._output.read().decode(errors="replace").split())
        return f"{text}, last printing: {words}" if words else text


class Stop:
    """Whether a run was asked to stop, and since when (monotonic seconds)."""

    def __init__(self) -> None:
        self.since: float | None = None


_lock = threading.Lock()
_idle: dict[str, list[Calculator]] = {}
_stops: dict[str, Stop] = {}


def run_group(
    kind: JobKind, tasks: Sequence[Task], run: str, at_once: Limits | None = None
) -> list[TaskOutcome]:
    """
    Calculate a group of jobs; whatever fails is said in its outcome.

    Parameters
    ----------
    kind : JobKind
    tasks : sequence of Task
    run : str
        Name of the run, by which `stop_run` and `end_run` know it.
    at_once : Limits, optional
        Calculate all at once within these; if that fails, or without it, one after the other.

    Raises
    ------
    CannotCalculateError
        If what calculates cannot be made here.
    """
    stop, reporter = _stop_of(run), Reporter(run)
    outcomes: list[TaskOutcome] = []
    with _calculators(run) as mine:
        if at_once is not None and stop.since is None:
            outcomes = _fitting(mine, kind, at_once).calculate_at_once(tasks, at_once, stop)
            _end_spoilt(mine, outcomes[0].kind)
            if outcomes[0].kind in ("done", "interrupted"):
                return outcomes
            outcomes = []
        for task in tasks:
            if stop.since is not None or _forgotten():
                outcomes.append(TaskOutcome(task.job, "interrupted"))
                continue
            outcomes.append(_fitting(mine, kind, task).calculate(task, stop, reporter))
            reporter.ended()
            _end_spoilt(mine, outcomes[-1].kind)
    return outcomes


def _fitting(mine: list[Calculator], kind: JobKind, limits: Limits) -> Calculator:
    """The process at hand, or a new one if that cannot be used."""
    if mine and not mine[0].fits(limits):
        mine.pop().kill()
    if not mine:
        mine.append(Calculator(kind))
    return mine[0]


def _end_spoilt(mine: list[Calculator], outcome: str) -> None:
    """End a process that is dead, or full."""
    if not mine[0].alive or outcome == "memory":
        mine.pop().kill()


async def stop_run(run: str) -> None:
    """Let this worker's groups of a run end: the job in work if it is quick, no other."""
    stop = _stop_of(run)
    if stop.since is None:
        stop.since = time.monotonic()


async def end_run(run: str) -> None:
    """`end_here` as Dask wants it to send it to workers without waiting."""
    end_here(run)


def end_here(run: str) -> None:
    """End the processes that this worker keeps for a run."""
    with _lock:
        calculators = _idle.pop(run, [])
        _stops.pop(run, None)
    for calculator in calculators:
        calculator.kill()


def _stop_of(run: str) -> Stop:
    with _lock:
        return _stops.setdefault(run, Stop())


@contextlib.contextmanager
def _calculators(run: str) -> Iterator[list[Calculator]]:
    """Lend an idle process of this run, if there is one, as a list of at most one."""
    with _lock:
        idle = _idle.setdefault(run, [])
        mine = [idle.pop()] if idle else []
    try:
        yield mine
    except BaseException:
        for calculator in mine:
            calculator.kill()
        raise
    with _lock:
        kept = _idle.get(run)
        if kept is not None:
            kept += mine
            return
    for calculator in mine:  # the run has ended meanwhile
        calculator.kill()


def _forgotten() -> bool:
    """Whether nobody waits for this Dask task any more: who sent it was killed."""
    from distributed import get_worker
    from distributed.worker import thread_state

    try:
        task = get_worker().state.tasks.get(thread_state.key)
    except (ValueError, AttributeError):  # not inside a Dask task
        return False
    return task is None or task.state != "executing"


def _name() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"
