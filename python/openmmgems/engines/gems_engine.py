# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A model file as a reference engine: to compare models, or to learn one from another.

Also SO3LR (doi:10.1021/jacs.5c09558), a bundled model, which approximates PBE0+MBD.
"""

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from openmmgems import models
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.evaluator import Evaluator
from openmmgems.models.electrostatic_forms import level_of_theory

from .engine import Cost
from .engine_checks import (
    check_distances,
    check_elements,
    checked,
    file_sha256,
    name_of,
    threads_of_environment,
)

#: Evaluated at once. More take more memory and, out of the caches, more time for each atom.
_ATOMS_AT_ONCE = 300
#: Networks that take unpaired electrons, but whose forces of radicals are wrong: of CH3, C2H5, CH3O
#: and OH they are 0.15 to 0.56 eV/angstrom from PBE0/def2-TZVP on average; of methane, ethane,
#: methanol and water 0.01 to 0.04 (PySCF, two distorted structures of each).
_CLOSED_SHELLS = ("so3lr",)


@dataclass(frozen=True)
class GemsEngine:
    """Evaluations of a model file in double precision; the dipole is that of its charges.

    Periodic structures are labelled, with a virial and without a dipole, if the model has a cutoff.

    Parameters
    ----------
    model : str
        A model file, or the name of a bundled model.
    level : str, optional
        Name of the level of theory; default: GEMS and the name of the file.
    electrostatics : {"default", "plain", "lattice", "cutoff"}
        Of a model that leaves the Coulomb energy of its charges to the evaluator: all pairs of a
        molecule (plain) and all images in a box (lattice), which by default are taken where they
        belong, and are one level of theory; or pairs within a cutoff, which is another.
    long_range_cutoff_angstrom : float, optional
        That cutoff; default: the model's.
    num_threads : int
        By default what the environment's OMP_NUM_THREADS says, or 1.

    Raises
    ------
    FileNotFoundError
        If there is no such file or bundled model.
    ValueError
        If it is no model file, the model gives no charges, and so no dipole, or it does not take
        the settings.
    """

    model: str
    level: str | None = None
    electrostatics: str = "default"
    long_range_cutoff_angstrom: float | None = None
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
        cutoff = self.long_range_cutoff_angstrom
        if cutoff is not None and not isinstance(cutoff, (int, float)):
            raise ValueError(f"long_range_cutoff_angstrom is {cutoff!r}; expected a number.")
        if cutoff is not None and self.electrostatics != "cutoff":
            raise ValueError(
                f"long_range_cutoff_angstrom is {cutoff}; expected it with electrostatics "
                "'cutoff' only: else all pairs interact, as the model was "
                "trained."
            )
        element = self._opened.elements[0]
        probe = self._opened.evaluator.evaluate(
            [element, element],
            [[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]],
            cell_angstrom=20.0 * np.eye(3) if self.electrostatics == "lattice" else None,
            forces=False,
        )
        if probe["charges"] is None:
            raise ValueError(
                f"The engine 'gems': the model '{self.model}' gives no charges, so that there is "
                "no dipole; expected a model with charges."
            )

    @property
    def level_of_theory(self) -> str:
        """Name of the level, and the cutoff if electrostatics have one."""
        name = self.level or f"GEMS {Path(self.model).stem}"
        return level_of_theory(name, self.electrostatics, self._cutoff_angstrom)

    @property
    def version(self) -> str:
        """Name and version of this package, and which content the model file has."""
        package = importlib.metadata.version("openmm-gems")
        return f"openmm-gems {package}, {Path(self.model).name} {file_sha256(self.model)[:12]}"

    @property
    def settings(self) -> dict[str, Setting]:
        """All that decides the numbers."""
        found: dict[str, Setting] = {
            "model": Path(self.model).name,
            "model_sha256": file_sha256(self.model),
            "precision": "float64",
            "dipole": "of partial charges",
        }
        if self._opened.leaves_electrostatics:
            found["electrostatics"] = (
                "within the cutoff" if self.electrostatics == "cutoff" else "all pairs and images"
            )
            found["long_range_cutoff_angstrom"] = self._cutoff_angstrom
        return found

    def label(self, structure: AtomicSystem) -> Label:
        """Calculate a structure; see ``engine.Engine``. Unknown charges and spins are refused."""
        self._check(structure)
        found = self._opened.evaluator.evaluate(
            structure.atomic_numbers,
            structure.positions_angstrom,
            structure.charge,
            structure.spin,
            structure.cell_angstrom,
        )
        return self._label(structure, found)

    def label_many(self, structures: Sequence[AtomicSystem]) -> list[Label]:
        """Calculate structures at once; see ``engine.BatchEngine``."""
        for structure in structures:
            self._check(structure)
        labels: list[Label] = []
        for few in _of_size(structures):
            found = self._opened.evaluator.evaluate_batch(few)
            labels += [self._label(*pair) for pair in zip(few, found, strict=True)]
        return labels

    def cost(self, num_atoms: int) -> Cost:
        """Estimate for the model's architecture.

        SO3LR, measured on one core: 22 atoms 0.013 s, 192 in a box 0.2 s and 0.65 GB, 642 atoms 0.5
        s and 1.1 GB, 1,926 atoms 2.7 s and 3 GB; at once the smaller ones take two thirds of that
        (22 atoms) to a tenth (3 atoms). Others: of a model of the published size; `ala-gfn2` is 30
        times faster.
        """
        return self.cost_many([num_atoms])

    def cost_many(self, sizes: Sequence[int]) -> Cost:
        """Estimate what structures of so many atoms each need at once."""
        of_atom, of_pair, memory_mb = 2e-3, 2e-6, 350.0
        mb_of_atom, mb_of_pair = 1.0, 0.0
        if self._opened.architecture == "so3lr":
            of_atom, of_pair, memory_mb, mb_of_atom, mb_of_pair = 8e-4, 3e-7, 340.0, 1.8, 1e-4
        seconds = sum(of_atom * n + of_pair * n**2 for n in sizes)
        largest = max(sizes)
        at_once = max(largest, min(sum(sizes), _ATOMS_AT_ONCE))
        return Cost(
            0.01 + seconds / self.num_threads,
            memory_mb + mb_of_atom * at_once + mb_of_pair * largest**2,
        )

    @property
    def _opened(self) -> "_Opened":
        return _open(
            self.model,
            file_sha256(self.model),
            self.electrostatics,
            self.long_range_cutoff_angstrom,
            self.num_threads,
        )

    @property
    def _cutoff_angstrom(self) -> float:
        return self.long_range_cutoff_angstrom or self._opened.long_range_cutoff or 0.0

    def _check(self, structure: AtomicSystem) -> None:
        """Refuse what the model does not know, with a ValueError."""
        opened, level = self._opened, self.level_of_theory
        if not opened.long_range_cutoff:
            structure.require_molecule(f"{level} (a model in which all pairs interact)")
        self._check_form(structure)
        check_elements(structure, level, opened.elements, cells=True)
        check_distances(structure, level)
        for name, given, known in (
            ("charge", structure.charge, opened.charges),
            ("number of unpaired electrons", structure.spin, opened.spins),
        ):
            if known and given not in known:
                raise ValueError(
                    f"{level}: {name_of(structure)} has {name} {given}; the model "
                    f"was trained on {', '.join(map(str, known))}."
                )
        if opened.architecture in _CLOSED_SHELLS and not opened.spins and structure.spin:
            raise ValueError(
                f"{level}: {name_of(structure)} has {structure.spin} unpaired electrons; expected "
                "none: the network's forces of radicals are wrong. Check charge and hydrogens, or "
                "take another engine."
            )

    def _check_form(self, structure: AtomicSystem) -> None:
        is_periodic = structure.cell_angstrom is not None
        if is_periodic and self.electrostatics == "plain":
            has, expected = "has a periodic cell", "a molecule"
        elif not is_periodic and self.electrostatics == "lattice":
            has, expected = "has no periodic cell", "one"
        else:
            return
        raise ValueError(
            f"{self.level_of_theory} with electrostatics '{self.electrostatics}': "
            f"{name_of(structure)} {has}; expected {expected}. Leave electrostatics out: then "
            "molecules are plain and boxes lattices."
        )

    def _label(self, structure: AtomicSystem, found: dict[str, Any]) -> Label:
        is_periodic = structure.cell_angstrom is not None
        dipole = np.full(3, np.nan) if is_periodic else np.asarray(found["dipole_e_angstrom"])
        label = Label(
            energy_ev=found["energy_ev"],
            forces_ev_per_angstrom=np.asarray(found["forces_ev_per_angstrom"]),
            dipole_e_angstrom=dipole,
            virial_ev=-np.asarray(found["virial_ev"]) if is_periodic else None,
            charges_e=np.asarray(found["charges"]),
        )
        return checked(label, structure, self.level_of_theory)


def _of_size(structures: Sequence[AtomicSystem]) -> list[list[AtomicSystem]]:
    """Cut into pieces of so many atoms at most, unless a structure has more."""
    pieces: list[list[AtomicSystem]] = []
    atoms = 0
    for structure in structures:
        atoms += len(structure.atomic_numbers)
        if not pieces or atoms > _ATOMS_AT_ONCE:
            pieces.append([])
            atoms = len(structure.atomic_numbers)
        pieces[-1].append(structure)
    return pieces


@dataclass(frozen=True)
class _Opened:
    evaluator: Evaluator
    architecture: str
    elements: list[int]
    charges: list[int]
    spins: list[int]
    long_range_cutoff: float | None
    leaves_electrostatics: bool


@lru_cache(maxsize=4)
def _open(
    file: str,
    _content: str,
    electrostatics: str,
    long_range_cutoff_angstrom: float | None,
    num_threads: int,
) -> _Opened:
    """Open a model; once a process for each content of its file."""
    description = models.inspect_model(file).description
    return _Opened(
        Evaluator(
            file,
            electrostatics=electrostatics,
            long_range_cutoff_angstrom=long_range_cutoff_angstrom,
            num_threads=num_threads,
        ),
        description["architecture"],
        description["elements"],
        description.get("charges") or [],
        description.get("spins") or [],
        description["long_range_cutoff"],
        bool(description.get("electrostatics")),
    )
