# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One calculation, and what becomes of it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

from openmmgems.core.atomic_system import AtomicSystem

from .job_kind import Calculation


@dataclass(frozen=True)
class Reply:
    """What became of a job: ``kind`` is done, failed, impossible or memory."""

    kind: str
    data: bytes | None
    error: str
    seconds: float
    peak_memory_mb: float | None


def calculate(calculation: Calculation, structure: AtomicSystem, variant: int) -> Reply:
    """Calculate one job; whatever happens is said in the reply."""
    _forget_peak()
    start = time.perf_counter()
    data: bytes | None = None
    try:
        data = calculation(structure, variant)
        kind, error = "done", ""
    except MemoryError as failure:
        kind, error = "memory", f"MemoryError: {failure}"
    except Exception as failure:
        never = isinstance(failure, ValueError)
        kind, error = "impossible" if never else "failed", _describe(failure)
    return Reply(kind, data, error, time.perf_counter() - start, _peak_memory_mb())


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
