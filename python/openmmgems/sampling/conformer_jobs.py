# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers as jobs: how they are drawn on workers, and how a store keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import numpy as np

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.settings import Setting
from openmmgems.engines.engine import Engine
from openmmgems.engines.engine_spec import EngineSpec
from openmmgems.jobs.job_kind import Cost

from .conformers import conformer, conformers, expected_calls
from .sampling_settings import ConformerSettings


@dataclass(frozen=True)
class ConformerJobs:
    """All conformers of one molecule as one job, a `jobs.job_kind.JobKind`.

    Parameters
    ----------
    how : ConformerSettings
    spec : EngineSpec
        The engine that gives forces.
    """

    how: ConformerSettings
    spec: EngineSpec

    @cached_property
    def engine(self) -> Engine:
        """The engine, in this process."""
        return self.spec.make()

    def __reduce__(self) -> tuple[Any, ...]:
        return ConformerJobs, (self.how, self.spec)  # each process makes its own engine

    @property
    def name(self) -> str:
        """What calculates."""
        return f"The engine '{self.spec.name}'"

    @property
    def level(self) -> str:
        """What is drawn, and on which surface."""
        return f"conformers by {self.engine.level_of_theory}"

    @property
    def settings(self) -> Mapping[str, Setting]:
        """All that decides the conformers besides the engine's version."""
        return {**self.engine.settings, "conformers": self.how.model_dump_json()}

    @property
    def threads(self) -> int:
        """Cores of one calculation."""
        return self.spec.threads

    @property
    def at_once(self) -> None:
        """Each molecule is a job by itself."""

    def cost(self, num_atoms: int) -> Cost:
        """Estimate what a molecule of so many atoms needs."""
        one = self.engine.cost(num_atoms)
        return Cost(one.seconds * expected_calls(num_atoms, self.how), one.memory_mb)

    def make(self) -> ConformerCalculation:
        """Make what draws conformers."""
        return ConformerCalculation(self.how, self.spec.make())


class ConformerCalculation:
    """Draws conformers of molecules, in the form in which a store keeps them."""

    def __init__(self, settings: ConformerSettings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self.version = engine.version

    def __call__(self, structure: AtomicSystem, variant: int = 0) -> bytes:
        """Draw all conformers of a molecule; see `jobs.job_kind.Calculation`."""
        found = list(conformers(structure, self._settings, self._engine, occurrence=variant))
        data = BytesIO()
        np.savez(
            data,
            positions_angstrom=np.array([s.positions_angstrom for s in found]),
            sources=np.array([s.source for s in found]),
        )
        return data.getvalue()


def unpack_conformers(
    data: bytes, molecule: AtomicSystem, occurrence: int
) -> Iterator[AtomicSystem]:
    """Read what `ConformerCalculation` gave for a molecule."""
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        pairs = zip(arrays["positions_angstrom"], arrays["sources"], strict=True)
        for frame, (positions, source) in enumerate(pairs):
            yield conformer(molecule, positions, str(source), occurrence, frame)
