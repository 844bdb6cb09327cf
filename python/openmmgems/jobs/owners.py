# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Names of runs that hold jobs, by which it is seen whether they are still there."""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections.abc import Iterator

from .store import JobStore

_running: set[str] = set()


@contextlib.contextmanager
def run_name() -> Iterator[str]:
    """Name a run of this process, as long as it lasts: machine, process and a word of its own."""
    name = " ".join([*_machine(), str(os.getpid()), _started(os.getpid()), uuid.uuid4().hex[:8]])
    _running.add(name)
    try:
        yield name
    finally:
        _running.discard(name)


def release_dead(store: JobStore, level_of_theory: str) -> int:
    """Take back at once what runs of this machine have that are no longer there.

    Returns
    -------
    int
        How many jobs. Those of other machines return when their lease ends.
    """
    dead = [name for name in store.workers(level_of_theory) if not _may_run(name)]
    return sum(store.take_back(name) for name in dead)


def _may_run(name: str) -> bool:
    words = name.split(" ")
    if len(words) != 5 or words[:2] != _machine():
        return True
    if words[2] == str(os.getpid()):
        return name in _running
    return _started(int(words[2])) == words[3]


def _machine() -> list[str]:
    """Name this machine, and the space in which process ids are unique."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = "-"
    return [socket.gethostname(), space]


def _started(pid: int) -> str:
    """When a process started, by which it differs from a later one of the same id."""
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return "never"
