# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The process that calculates: ``python -m openmmgems.jobs.calculator CONNECTION LIFELINE``.

It takes structures from a socket and sends outcomes back, until the socket closes. It can be killed
at any time, and it is what the system kills first when memory runs out. `workers.Calculator` starts
it. It ends with whoever started it: the kernel sends it a signal when the lifeline closes, which
also works while compiled code runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any, cast

from .calculation import calculate
from .job_kind import JobKind


def main() -> None:
    """Make what the kind of jobs needs, then calculate what comes."""
    connection = Connection(int(sys.argv[1]))
    _end_with(int(sys.argv[2]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    path = cast(list[str], connection.recv())  # first: the next message may be of modules there
    sys.path += [folder for folder in path if folder not in sys.path]
    try:
        kind = cast(JobKind, connection.recv())
        calculation = kind.make()
        connection.send(("ready", calculation.version))
    except Exception as error:
        connection.send(("broken", f"{type(error).__name__}: {error}"))
        return
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):  # no more work
        while True:
            connection.send(calculate(calculation, connection.recv()))


def _end_with(lifeline: int) -> None:
    """Let the kernel end this process group when the other end of a pipe closes."""
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    try:
        ended = os.read(lifeline, 1) == b""
    except BlockingIOError:
        return
    if ended:  # before the signal was asked for
        sys.exit(0)


def arguments(connection: int, lifeline: int) -> list[str]:
    """Words that start this process.

    By ``-P`` it imports nothing that lies in the current folder by the name of some module.
    """
    words = [sys.executable, "-P", "-m", "openmmgems.jobs.calculator"]
    return [*words, str(connection), str(lifeline)]


def environment(threads: int) -> dict[str, Any]:
    """Environment of this process: libraries use so many threads."""
    names = ("OMP", "MKL", "OPENBLAS", "NUMEXPR")
    return os.environ | {f"{name}_NUM_THREADS": str(threads) for name in names}


if __name__ == "__main__":
    main()
