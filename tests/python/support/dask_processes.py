# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Schedulers and workers of Dask in processes of their own, for tests that kill them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from openmmgems.jobs.store import JobStore

from support.labelling import TESTS

HERE = ("--host", "127.0.0.1", "--port", "0")


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def failure_texts(path: Path) -> list[str]:
    with JobStore(path) as store:
        return [row[0] for row in store.query("SELECT error FROM failure ORDER BY id")]


def dask(*words: str, allowed_failures: int = 0) -> subprocess.Popen:
    """Start a scheduler or worker; so many times it gives a group to others after a death."""
    environment = os.environ | {
        "PYTHONPATH": str(TESTS),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def end(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
