# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One calculation, of a job or of several at once, and what becomes of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from openmmgems.core.atomic_system import AtomicSystem

from .job_kind import Calculation, CalculationAtOnce


@dataclass(frozen=True)
class Reply:
    """What became of jobs: ``kind`` is done, failed, impossible or memory; ``data`` of each."""

    kind: str
    data: Sequence[bytes]
    error: str
    seconds: float
    peak_memory_mb: float | None


def calculate(calculation: Calculation, jobs: Sequence[tuple[AtomicSystem, int]]) -> Reply:
    """Calculate one job, or several at once; whatever happens is said in the reply."""
    _forget_peak()
    start = time.perf_counter()
    data: Sequence[bytes] = ()
    try:
        data = _data(calculation, jobs)
        kind, error = "done", ""
    except MemoryError as failure:
        kind, error = "memory", f"MemoryError: {failure}"
    except Exception as failure:
        never = isinstance(failure, ValueError)
        kind, error = "impossible" if never else "failed", _describe(failure)
    return Reply(kind, data, error, time.perf_counter() - start, _peak_memory_mb())


def _data(calculation: Calculation, jobs: Sequence[tuple[AtomicSystem, int]]) -> Sequence[bytes]:
    if len(jobs) == 1:
        return [calculation(*jobs[0])]
    if not isinstance(calculation, CalculationAtOnce):
        raise TypeError(f"{calculation.version} calculates one job at a time, not {len(jobs)}.")
    data = calculation.calculate_many(jobs)
    if len(data) != len(jobs):
        raise RuntimeError(f"{len(data)} results came of {len(jobs)} jobs; expected one of each.")
    return data


def _describe(error: Exception) -> str:
    if isinstance(error, (ValueError, RuntimeError)):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _forget_peak() -> None:
    """Let the kernel measure the peak of memory anew."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _peak_memory_mb() -> float | None:
    with contextlib.suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1000.0
    return None
