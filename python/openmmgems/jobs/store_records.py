# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What goes into the job store and comes out of it, and how its arrays are stored."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from openmmgems.core.atomic_system import AtomicSystem, Provenance
from openmmgems.core.settings import Setting

_BATCH = 1000


@dataclass(frozen=True)
class Job:
    """A structure to be calculated, and what its calculation may use.

    ``variant`` tells apart the jobs of one structure. ``is_alone``: it is calculated by itself, as
    whoever calculated it at once with others died.
    """

    id: int
    structure: AtomicSystem
    variant: int
    attempt: int
    memory_mb: float
    time_limit_s: float
    is_alone: bool = False

    @property
    def num_atoms(self) -> int:
        """Atoms of the structure."""
        return len(self.structure.atomic_numbers)


@dataclass(frozen=True)
class Need:
    """What a calculation may use, and how long it is expected to take (None: unknown)."""

    memory_mb: float = 500.0
    time_limit_s: float = 3600.0
    estimate_s: float | None = None


@dataclass(frozen=True)
class Usage:
    """What a calculation took, where it is known; ``worker`` is where it ran."""

    seconds: float | None = None
    peak_memory_mb: float | None = None
    worker: str | None = None


@dataclass(frozen=True)
class Finished:
    """A job with what it gave."""

    job: Job
    data: bytes
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class StoredEngine:
    """What made results of a store: level of theory, program, settings; and how many."""

    level_of_theory: str
    version: str
    settings: Mapping[str, Setting]
    num_results: int


@dataclass(frozen=True)
class Failure:
    """A job that is parked: ``source`` of its structure, attempts made, and the last error."""

    job: int
    source: str
    attempts: int
    memory_mb: float
    error: str


def to_bytes(numbers: NDArray[np.float64]) -> bytes:
    """Store an array of any shape as little-endian float64."""
    return np.ascontiguousarray(numbers, dtype="<f8").tobytes()


def from_bytes(data: bytes) -> NDArray[np.float64]:
    """Read what `to_bytes` stored: one dimension."""
    return np.frombuffer(data, dtype="<f8").astype(float)


def structure_row(
    structure: AtomicSystem, variant: int | None = None
) -> tuple[str, bytes, bytes, int, int, str, int, str | None, bytes | None]:
    """Hash of what a calculation depends on, and the columns of the table ``structure``.

    A variant, even 0, says that it depends on the source, too.
    """
    numbers = np.ascontiguousarray(structure.atomic_numbers, dtype=np.uint8).tobytes()
    positions = to_bytes(structure.positions_angstrom)
    charge, spin = int(structure.charge), int(structure.spin)
    content = numbers + positions + f"{charge},{spin}".encode()
    box = structure.cell_angstrom
    cell = None if box is None else to_bytes(box)
    if cell is not None:
        content += b",cell," + cell
    if variant is not None:
        content += f",{variant},{structure.source}".encode()
    key = hashlib.sha256(content).hexdigest()
    known = structure.provenance
    origin = None if known is None else json.dumps(asdict(known), default=int)  # NumPy's integers
    return key, numbers, positions, charge, spin, structure.source, variant or 0, origin, cell


def structure_from_row(
    numbers: bytes,
    positions: bytes,
    charge: int,
    spin: int,
    source: str,
    origin: str | None,
    cell: bytes | None,
) -> AtomicSystem:
    """Read what `structure_row` stored."""
    return AtomicSystem(
        np.frombuffer(numbers, dtype=np.uint8).astype(np.int64),
        from_bytes(positions).reshape(-1, 3),
        charge,
        spin,
        source,
        None if cell is None else from_bytes(cell).reshape(3, 3),
        None if origin is None else Provenance(**json.loads(origin)),
    )


def settings_json(settings: Mapping[str, Setting] | None) -> str:
    """Write settings so that equal ones give equal text."""
    return json.dumps(dict(settings or {}), sort_keys=True)


T = TypeVar("T")


def in_batches(items: Iterable[T]) -> Iterator[Sequence[T]]:
    """Go through something in lists that fit into one transaction."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, _BATCH)):
        yield batch
