# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Labels as jobs: how an engine calculates them on workers, and how a store keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.engines.engine import BatchEngine, Engine
from openmmgems.engines.engine_spec import EngineSpec
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.job_kind import AtOnce, Calculation, Cost

from .label_settings import LabelSettings

_ATOMS_AT_ONCE = 20_000


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

    @property
    def at_once(self) -> AtOnce | None:
        """How many are calculated at once, if the engine can."""
        if isinstance(self.engine, BatchEngine):
            return AtOnce(_ATOMS_AT_ONCE, self.engine.cost_many)
        return None

    def cost(self, num_atoms: int) -> Cost:
        """Estimate what a structure of so many atoms needs."""
        return self.engine.cost(num_atoms)

    def make(self) -> Calculation:
        """Make what calculates."""
        engine = self.spec.make()
        if isinstance(engine, BatchEngine):
            return LabelCalculationAtOnce(engine)
        return LabelCalculation(engine)


class LabelCalculation:
    """Calculates labels, in the form in which a store keeps them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.version = engine.version

    def __call__(self, structure: AtomicSystem, variant: int = 0) -> bytes:
        """Calculate one label; see `jobs.job_kind.Calculation`."""
        del variant  # there is one label of a structure
        return _packed(self._engine.label(structure), structure)


class LabelCalculationAtOnce(LabelCalculation):
    """Calculates many labels at once, by an engine that can."""

    def __init__(self, engine: BatchEngine) -> None:
        super().__init__(engine)
        self._many = engine

    def calculate_many(self, jobs: Sequence[tuple[AtomicSystem, int]]) -> list[bytes]:
        """Calculate labels; see `jobs.job_kind.CalculationAtOnce`."""
        structures = [structure for structure, _ in jobs]
        labels = self._many.label_many(structures)
        return [_packed(*pair) for pair in zip(labels, structures, strict=True)]


def _packed(label: Label, structure: AtomicSystem) -> bytes:
    try:
        return pack_label(label, structure)
    except ValueError as error:  # a bad label may have bad luck
        raise RuntimeError(str(error)) from error


#: What a label may have beside energy, forces and dipole, and whether it has a number per atom.
_MORE = {"virial_ev": False, "charges_e": True, "atomic_energies_ev": True}


def pack_label(label: Label, structure: AtomicSystem) -> bytes:
    """
    Put a label into bytes: little-endian float64 numbers.

    They are energy, forces and dipole; if the label has more, then a number that says what (1:
    virial, 2: charges, 4: atomic energies, added up), and that.

    Raises
    ------
    ValueError
        If the label has the wrong shapes, or holds NaN or infinite values: only the dipole of a
        periodic structure may be NaN.
    """
    atoms = len(structure.atomic_numbers)
    dipole = np.asarray(label.dipole_e_angstrom)
    parts = {"forces": np.asarray(label.forces_ev_per_angstrom), "dipole": dipole}
    shapes: dict[str, tuple[int, ...]] = {"forces": (atoms, 3), "dipole": (3,)}
    which = 0
    for place, (name, per_atom) in enumerate(_MORE.items()):
        if (values := getattr(label, name)) is not None:
            which += 1 << place
            parts[name] = np.asarray(values)
            shapes[name] = (atoms,) if per_atom else (3, 3)
    for name, values in parts.items():
        if values.shape != shapes[name]:
            raise ValueError(
                f"The label of {structure.source} has {name} of shape {values.shape}; expected "
                f"{shapes[name]}."
            )
    numbers = [np.array([label.energy_ev]), parts.pop("forces").ravel(), parts.pop("dipole")]
    numbers += [np.array([which]), *(values.ravel() for values in parts.values())] if which else []
    has_no_dipole = structure.cell_angstrom is not None and np.isnan(dipole).all()
    checked = [values for values in numbers if not (values is dipole and has_no_dipole)]
    if not np.isfinite(np.concatenate(checked)).all():
        raise ValueError(f"The label of {structure.source} holds NaN or infinite values.")
    return np.concatenate(numbers).astype("<f8").tobytes()


def unpack_label(data: bytes, num_atoms: int) -> Label:
    """Read what `pack_label` wrote of a structure of so many atoms."""
    numbers = np.frombuffer(data, dtype="<f8").astype(float)
    first = 1 + 3 * num_atoms
    forces, dipole, rest = numbers[1:first], numbers[first : first + 3], numbers[first + 3 :]
    more: dict[str, np.ndarray] = {}
    which, rest = (int(rest[0]), rest[1:]) if len(rest) else (0, rest)
    for place, (name, per_atom) in enumerate(_MORE.items()):
        if which & 1 << place:
            count = num_atoms if per_atom else 9
            more[name] = rest[:count] if per_atom else rest[:count].reshape(3, 3)
            rest = rest[count:]
    return Label(float(numbers[0]), forces.reshape(-1, 3), dipole, **more)
