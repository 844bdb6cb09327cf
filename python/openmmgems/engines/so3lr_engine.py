# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The pretrained SO3LR network by so3krates-torch: an approximation of PBE0+MBD.

Kabylda et al., J. Am. Chem. Soc. (2025), doi:10.1021/jacs.5c09558.
"""

import contextlib
import importlib.metadata
import importlib.resources
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting

from .engine import Cost
from .engine_checks import check_distances, check_elements, checked, name_of, need_package

ELEMENTS = (1, 6, 7, 8, 9, 15, 16, 17)  # what it was trained on


@dataclass(frozen=True)
class So3lrEngine:
    """Evaluations of the network that comes with so3krates-torch, on the CPU, in double precision.

    The dipole is that of the network's partial charges, about the origin.

    Parameters
    ----------
    long_range_cutoff_angstrom : float
        Beyond it charges and dispersion do not act. The default is beyond any molecule, as the
        reference calculations of the network have it; so3krates-torch itself takes 12, to simulate.

    Raises
    ------
    ImportError
        If so3krates-torch is not installed.
    ValueError
        If the cutoff is shorter than 4.5 angstrom, the one of the network's other part.
    """

    long_range_cutoff_angstrom: float = 1000.0

    def __post_init__(self) -> None:
        need_package("so3krates_torch", "so3lr", "pip install so3krates-torch")
        if not 4.5 <= self.long_range_cutoff_angstrom <= 1e6:
            raise ValueError(
                f"long_range_cutoff_angstrom is {self.long_range_cutoff_angstrom}; "
                "expected 4.5 to 1e6."
            )

    @property
    def level_of_theory(self) -> str:
        """Name of the network."""
        return "SO3LR"

    @property
    def version(self) -> str:
        """Name and version of the package that has the network."""
        return f"so3krates-torch {importlib.metadata.version('so3krates-torch')}"

    @property
    def settings(self) -> dict[str, Setting]:
        """All that decides the numbers."""
        return {
            "long_range_cutoff_angstrom": self.long_range_cutoff_angstrom,
            "precision": "float64",
            "dipole": "of partial charges",
        }

    def label(self, structure: AtomicSystem) -> Label:
        """Calculate a structure; see ``base.Engine``. Unpaired electrons are refused."""
        from ase import Atoms

        check_elements(structure, "SO3LR", ELEMENTS)
        check_distances(structure, "SO3LR")
        if structure.spin:
            raise ValueError(
                f"SO3LR: {name_of(structure)} has {structure.spin} unpaired electrons; expected "
                "none: the network was trained on closed shells."
            )
        atoms = Atoms(
            structure.atomic_numbers,
            structure.positions_angstrom,
            info={"charge": structure.charge, "total_spin": 0.0},
        )
        with _double_precision():
            calculator = _calculator(self.long_range_cutoff_angstrom)
            calculator.calculate(atoms)
        results = calculator.results
        label = Label(
            energy_ev=float(results["energy"]),
            forces_ev_per_angstrom=np.array(results["forces"], dtype=np.float64),
            dipole_e_angstrom=results["partial_charges"] @ structure.positions_angstrom,
        )
        return checked(label, structure, "SO3LR")

    def cost(self, num_atoms: int) -> Cost:
        """Estimate; measured: 21 atoms 0.06 s, 102 atoms 0.25 s, 300 atoms 0.9 s and 1.3 GB."""
        return Cost(
            seconds=0.01 + 0.0025 * num_atoms + 1.2e-6 * num_atoms**2,
            memory_mb=820.0 + 1.6 * num_atoms,
        )


@contextlib.contextmanager
def _double_precision() -> Iterator[None]:
    """Make float64 torch's default for a while: the calculator changes it, and relies on it."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@lru_cache(maxsize=2)
def _calculator(long_range_cutoff_angstrom: float) -> Any:
    """The calculator; one a process. It would print what it does."""
    import torch
    from so3krates_torch.calculator.so3 import TorchkratesCalculator

    package = importlib.resources.files("so3krates_torch.pretrained.so3lr")
    with importlib.resources.as_file(package / "so3lr.model") as file:
        # The file of an installed package, which holds a pickled module.
        model = torch.load(file, map_location="cpu", weights_only=False)
    with contextlib.redirect_stdout(io.StringIO()):
        return TorchkratesCalculator(
            models=model,
            r_max_lr=long_range_cutoff_angstrom,
            dispersion_energy_cutoff_lr_damping=2.0,
            default_dtype="float64",
            charges_key="Qs",
            model_type="so3lr",
        )
