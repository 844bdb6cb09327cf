# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What goes into the job store and comes out of it, and how its arrays are stored."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting

_BATCH = 1000


@dataclass(frozen=True)
class Job:
    """A structure to be labelled, and what its calculation may use."""

    id: int
    structure: AtomicSystem
    attempt: int
    memory_mb: float
    time_limit_s: float


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
    """A job with its label."""

    job: Job
    label: Label
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


def check_label(label: Label, structure: AtomicSystem) -> None:
    """
    Refuse labels that cannot be right.

    Raises
    ------
    ValueError
        If the label has the wrong shapes, or holds NaN or infinite values.
    """
    forces = np.asarray(label.forces_ev_per_angstrom)
    dipole = np.asarray(label.dipole_e_angstrom)
    shape = structure.positions_angstrom.shape
    if forces.shape != shape or dipole.shape != (3,):
        raise ValueError(
            f"The label of {structure.source} has forces of shape {forces.shape} and a dipole "
            f"of shape {dipole.shape}; expected {shape} and (3,)."
        )
    if not (
        np.isfinite(label.energy_ev) and np.isfinite(forces).all() and np.isfinite(dipole).all()
    ):
        raise ValueError(f"The label of {structure.source} holds NaN or infinite values.")


def to_bytes(numbers: NDArray[np.float64]) -> bytes:
    """Store an array of any shape as little-endian float64."""
    return np.ascontiguousarray(numbers, dtype="<f8").tobytes()


def from_bytes(data: bytes) -> NDArray[np.float64]:
    """Read what `to_bytes` stored: one dimension."""
    return np.frombuffer(data, dtype="<f8").astype(float)


def structure_row(structure: AtomicSystem) -> tuple[str, bytes, bytes, int, int, str]:
    """Hash of what a calculation depends on, and the columns of the table ``structure``."""
    structure.require_molecule("Labels cannot be asked for")
    numbers = np.ascontiguousarray(structure.atomic_numbers, dtype=np.uint8).tobytes()
    positions = to_bytes(structure.positions_angstrom)
    charge, spin = int(structure.charge), int(structure.spin)
    content = numbers + positions + f"{charge},{spin}".encode()
    key = hashlib.sha256(content).hexdigest()
    return key, numbers, positions, charge, spin, structure.source


def structure_from_row(
    numbers: bytes, positions: bytes, charge: int, spin: int, source: str
) -> AtomicSystem:
    """Read what `structure_row` stored."""
    atomic_numbers = np.frombuffer(numbers, dtype=np.uint8).astype(np.int64)
    return AtomicSystem(atomic_numbers, from_bytes(positions).reshape(-1, 3), charge, spin, source)


def settings_json(settings: Mapping[str, Setting] | None) -> str:
    """Write settings so that equal ones give equal text."""
    return json.dumps(dict(settings or {}), sort_keys=True)


def in_batches(structures: Iterable[AtomicSystem]) -> Iterator[Sequence[AtomicSystem]]:
    """Go through structures in lists that fit into one transaction."""
    iterator = iter(structures)
    while batch := list(itertools.islice(iterator, _BATCH)):
        yield batch
