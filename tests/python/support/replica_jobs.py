# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Jobs that are neither labels nor conformers: several of each structure, which give a text."""

from collections.abc import Mapping
from dataclasses import dataclass

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.settings import Setting
from openmmgems.jobs.job_kind import Cost


class Replica:
    """Says what it was given; refuses replica 13."""

    version = "replica 1"

    def __call__(self, structure: AtomicSystem, variant: int) -> bytes:
        if variant == 13:
            raise ValueError("there is no replica 13")
        return f"{structure.source} {variant}".encode()


@dataclass(frozen=True)
class ReplicaJobs:
    """A job kind as a room would give it."""

    name: str = "The replica"
    level: str = "replicas"
    threads: int = 1
    at_once: None = None

    @property
    def settings(self) -> Mapping[str, Setting]:
        return {"temperature": 300.0}

    def cost(self, num_atoms: int) -> Cost:
        return Cost(0.01 * num_atoms, 100.0)

    def make(self) -> Replica:
        return Replica()
