# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Labels as jobs: how an engine calculates them on workers, and how a store keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.engines.engine import Engine
from openmmgems.engines.engine_spec import EngineSpec
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.job_kind import Cost

from .label_settings import LabelSettings


@dataclass(frozen=True)
class LabelJobs:
    """Labels of one engine, a `jobs.job_kind.JobKind`.

    Parameters
    ----------
    spec : EngineSpec
    """

    spec: EngineSpec

    @classmethod
    def of(cls, settings: LabelSettings, consent: Consent) -> Self:
        """Labels as settings say, with the code of others that the user has agreed to."""
        return cls(EngineSpec(settings.engine, settings.options, settings.threads, consent))

    @cached_property
    def engine(self) -> Engine:
        """The engine, in this process."""
        return self.spec.make()

    def __reduce__(self) -> tuple[Any, ...]:
        return LabelJobs, (self.spec,)  # each process makes its own engine

    @property
    def name(self) -> str:
        """What calculates."""
        return f"The engine '{self.spec.name}'"

    @property
    def level(self) -> str:
        """Level of theory."""
        return self.engine.level_of_theory

    @property
    def settings(self) -> Mapping[str, Setting]:
        """All that decides the numbers besides the engine's version."""
        return self.engine.settings

    @property
    def threads(self) -> int:
        """Cores of one calculation."""
        return self.spec.threads

    def cost(self, num_atoms: int) -> Cost:
        """Estimate what a structure of so many atoms needs."""
        return self.engine.cost(num_atoms)

    def make(self) -> LabelCalculation:
        """Make what calculates."""
        return LabelCalculation(self.spec.make())


class LabelCalculation:
    """Calculates labels, in the form in which a store keeps them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.version = engine.version

    def __call__(self, structure: AtomicSystem, variant: int = 0) -> bytes:
        """Calculate one label; see `jobs.job_kind.Calculation`."""
        del variant  # there is one label of a structure
        label = self._engine.label(structure)
        try:
            return pack_label(label, structure)
        except ValueError as error:  # a bad label may have bad luck
            raise RuntimeError(str(error)) from error


def pack_label(label: Label, structure: AtomicSystem) -> bytes:
    """
    Put a label into bytes: energy, forces, dipole as little-endian float64.

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
    numbers = np.concatenate([[label.energy_ev], forces.ravel(), dipole]).astype("<f8")
    if not np.isfinite(numbers).all():
        raise ValueError(f"The label of {structure.source} holds NaN or infinite values.")
    return numbers.tobytes()


def unpack_label(data: bytes) -> Label:
    """Read what `pack_label` wrote."""
    numbers = np.frombuffer(data, dtype="<f8").astype(float)
    return Label(float(numbers[0]), numbers[1:-3].reshape(-1, 3), numbers[-3:])
