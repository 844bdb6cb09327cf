# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""An engine that fails as it is told by the source of a structure.

``fail``, ``impossible``, ``nan``, ``die``, ``die-once``, ``endless``, ``endless-once``,
``slow SECONDS``, ``memory MB``; anything else is calculated. What is calculated is written into a
log. Periodic structures get a virial that tells their cell, and charges that tell their elements.
"""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.engines.engine import Cost

from support.store_worker import label_of


class FaultyEngine:
    """Fails as it is told."""

    level_of_theory = "faulty"
    version = "faulty 1"

    def __init__(self, log: str, seconds: float = 0.01, scale: float = 1.0) -> None:
        self._log = Path(log)
        self._seconds = seconds
        self._scale = scale

    @property
    def settings(self) -> dict[str, Setting]:
        return {"scale": self._scale}

    def cost(self, num_atoms: int) -> Cost:
        del num_atoms
        return Cost(self._seconds, 100.0)

    def label(self, structure: AtomicSystem) -> Label:
        self._write("begin", structure.source)
        word, _, value = structure.source.partition(" ")
        if word == "fail":
            raise RuntimeError(f"{structure.source} did not converge")
        if word == "impossible":
            raise ValueError("no parameters for oxygen")
        if word == "die" or (word == "die-once" and self._first(structure.source)):
            print("a crash in compiled code", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "endless-once" and self._first(structure.source):
            time.sleep(1e6)
        if word in ("slow", "endless"):
            time.sleep(float(value.split()[0]) if word == "slow" else 1e6)
        if word == "memory":
            _hold(float(value.split()[0]))
        self._write("end", structure.source)
        label = label_of(structure)
        if structure.cell_angstrom is not None:
            label = _of_box(label, structure)
        return replace(label, energy_ev=np.nan) if word == "nan" else label

    def _first(self, source: str) -> bool:
        return self._log.read_text().count(f" begin {source}\n") == 1

    def _write(self, what: str, source: str) -> None:
        with open(self._log, "a") as file:
            file.write(f"{os.getpid()} {what} {source}\n")


def _of_box(label: Label, structure: AtomicSystem) -> Label:
    return replace(
        label,
        dipole_e_angstrom=np.full(3, np.nan),
        virial_ev=2.0 * structure.cell_angstrom,
        charges_e=0.1 * structure.atomic_numbers,
    )


def _hold(megabytes: float) -> None:
    """Fill memory step by step, as a calculation does, then give it back."""
    held = []
    for _ in range(int(megabytes / 20)):
        held.append(np.ones(int(20e6 / 8)))
        time.sleep(0.01)
    time.sleep(0.3)


class FaultyBatchEngine(FaultyEngine):
    """Calculates many at once; its log says so with the number of each group.

    ``together`` fails only beside others. Each structure takes 10 MB of a group.
    """

    def label_many(self, structures: Sequence[AtomicSystem]) -> list[Label]:
        self._write("together", str(len(structures)))
        if any(structure.source.startswith("together") for structure in structures):
            raise RuntimeError("these do not go together")
        return [self.label(structure) for structure in structures]

    def cost_many(self, sizes: Sequence[int]) -> Cost:
        return Cost(self._seconds * len(sizes), 10.0 * len(sizes))


def make(**options: Setting) -> FaultyEngine:
    """Make it, as ``support.faulty_engine:make`` names it."""
    if "broken" in options:
        raise ImportError("there is no program 'faulty'")
    return FaultyEngine(**options)


def make_batch(**options: Setting) -> FaultyBatchEngine:
    """Make one that calculates many at once."""
    return FaultyBatchEngine(**options)
