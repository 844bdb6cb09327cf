# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A model file as a reference engine: to compare models, or to learn one from another."""

import importlib.metadata
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from openmmgems import models
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.evaluator import Evaluator

from .engine import Cost
from .engine_checks import check_elements, checked, file_sha256, name_of, threads_of_environment


@dataclass(frozen=True)
class GemsEngine:
    """Evaluations of a model file in double precision; the dipole is that of its charges.

    Parameters
    ----------
    model : str
        A model file, or the name of a bundled model.
    num_threads : int
        By default what the environment's OMP_NUM_THREADS says, or 1.

    Raises
    ------
    FileNotFoundError
        If there is no such file or bundled model.
    ValueError
        If it is no model file, or the model gives no charges, and so no dipole.
    """

    model: str
    num_threads: int = field(default_factory=threads_of_environment)

    def __post_init__(self) -> None:
        model = str(self.model)
        object.__setattr__(self, "model", models.path(model) if model in models.names() else model)
        if self.num_threads < 1:
            raise ValueError(f"num_threads is {self.num_threads}; expected at least 1.")
        if not Path(self.model).is_file():
            raise FileNotFoundError(
                f"The engine 'gems': '{self.model}' is neither a model file nor a bundled model; "
                f"those are {', '.join(models.names())}."
            )
        opened = _open(self.model, file_sha256(self.model), self.num_threads)
        element = opened.elements[0]
        probe = opened.evaluator.evaluate(
            [element, element], [[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]], forces=False
        )
        if probe["charges"] is None:
            raise ValueError(
                f"The engine 'gems': the model '{self.model}' gives no charges, so that there is "
                "no dipole; expected a model with charges."
            )

    @property
    def level_of_theory(self) -> str:
        """Name of the model file."""
        return f"GEMS {Path(self.model).stem}"

    @property
    def version(self) -> str:
        """Name and version of this package."""
        return f"openmm-gems {importlib.metadata.version('openmm-gems')}"

    @property
    def settings(self) -> dict[str, Setting]:
        """All that decides the numbers."""
        return {
            "model": Path(self.model).name,
            "model_sha256": file_sha256(self.model),
            "precision": "float64",
            "dipole": "of partial charges",
        }

    def label(self, structure: AtomicSystem) -> Label:
        """Calculate a structure; see ``base.Engine``. Unknown charges and spins are refused."""
        opened = _open(self.model, file_sha256(self.model), self.num_threads)
        check_elements(structure, self.level_of_theory, opened.elements)
        for name, given, known in (
            ("charge", structure.charge, opened.charges),
            ("number of unpaired electrons", structure.spin, opened.spins),
        ):
            if known and given not in known:
                raise ValueError(
                    f"{self.level_of_theory}: {name_of(structure)} has {name} {given}; the model "
                    f"was trained on {', '.join(map(str, known))}."
                )
        result = opened.evaluator.evaluate(
            structure.atomic_numbers,
            structure.positions_angstrom,
            structure.charge,
            structure.spin,
        )
        label = Label(
            energy_ev=result["energy_ev"],
            forces_ev_per_angstrom=np.asarray(result["forces_ev_per_angstrom"]),
            dipole_e_angstrom=np.asarray(result["dipole_e_angstrom"]),
        )
        return checked(label, structure, self.level_of_theory)

    def cost(self, num_atoms: int) -> Cost:
        """Estimate for a model of the published size; `ala-gfn2` is 30 times faster."""
        return Cost(
            seconds=0.01 + (2e-3 * num_atoms + 2e-6 * num_atoms**2) / self.num_threads,
            memory_mb=350.0 + 1.0 * num_atoms,
        )


@dataclass(frozen=True)
class _Opened:
    evaluator: Evaluator
    elements: list[int]
    charges: list[int]
    spins: list[int]


@lru_cache(maxsize=4)
def _open(file: str, _content: str, num_threads: int) -> _Opened:
    """Open a model; once a process for each content of its file."""
    description = models.inspect_model(file).description
    return _Opened(
        Evaluator(file, num_threads=num_threads),
        description["elements"],
        description.get("charges") or [],
        description.get("spins") or [],
    )
