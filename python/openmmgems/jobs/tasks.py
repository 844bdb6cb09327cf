# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Jobs as workers see them, what they may use, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from openmmgems.core.atomic_system import AtomicSystem


@dataclass(frozen=True)
class Limits:
    """What a job, or jobs that are calculated at once, may use."""

    memory_mb: float
    time_limit_s: float


@dataclass(frozen=True)
class Task(Limits):
    """A job as a worker sees it."""

    job: int
    structure: AtomicSystem
    variant: int


@dataclass(frozen=True)
class TaskOutcome:
    """
    What became of a job.

    ``kind``: *done*; *failed* (another attempt may do better); *impossible* (it cannot); *memory*
    (it needs more); *died* (its process crashed); *time* (it took too long); *interrupted* (it was
    asked to stop: as if it had not been tried). ``version`` is that of the program. Jobs
    calculated at once share ``seconds`` by their atoms; the memory of each is not known.
    """

    job: int
    kind: str
    data: bytes | None = None
    error: str = ""
    seconds: float | None = None
    peak_memory_mb: float | None = None
    worker: str = ""
    version: str = ""
