# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A calculator for ASE, the Atomic Simulation Environment."""

import os
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.stress import full_3x3_to_voigt_6_stress

from openmmgems import models
from openmmgems.evaluator import Evaluator
from openmmgems.models.electrostatic_forms import level_of_theory
from openmmgems.models.inspect import inspect_model


class GemsCalculator(Calculator):
    """Energies, forces, stress, charges and dipoles of a model.

    Units are ASE's: eV, angstrom, e. The stress (eV/angstrom^3) is there for periodic systems.
    ``parameters`` tells the model, its level of theory, and after a calculation the form of its
    electrostatics, where it declares its own: by default lattice in a box, else plain.

    Parameters
    ----------
    model_file : str or path
        A model file (.pt), or the name of a bundled model.
    charge : int, optional
        Total charge; by default ``atoms.info["charge"]``, or 0.
    num_unpaired_electrons : int, optional
        By default ``atoms.info["spin"]``, or 0.
    **evaluator_options
        As for ``openmmgems.Evaluator``: ``evaluator``, ``dtype``, ``electrostatics``, ...

    """

    implemented_properties: ClassVar[list[str]] = [  # type: ignore[misc]
        "energy",
        "free_energy",
        "forces",
        "stress",
        "charges",
        "dipole",
    ]

    def __init__(
        self,
        model_file: str | os.PathLike[str],
        *,
        charge: int | None = None,
        num_unpaired_electrons: int | None = None,
        **evaluator_options: Any,
    ) -> None:
        super().__init__()
        self._evaluator = Evaluator(model_file, **evaluator_options)
        self._charge = charge
        self._num_unpaired_electrons = num_unpaired_electrons
        self._description = inspect_model(models.model_file(model_file)).description
        self._cutoff_angstrom = (
            evaluator_options.get("long_range_cutoff_angstrom")
            or self._description["long_range_cutoff"]
            or 0.0
        )
        self.parameters.update(model=os.fspath(model_file))
        self._tell_level(is_periodic=False)

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Evaluate the model; called by ASE."""
        super().calculate(atoms, list(properties), list(system_changes))
        cell = self._cell()
        result = self._evaluator.evaluate(
            self.atoms.numbers,
            self.atoms.positions,
            *self._charge_and_spin(self.atoms),
            cell,
        )
        self.results = {
            "energy": result["energy_ev"],
            "free_energy": result["energy_ev"],
            "forces": result["forces_ev_per_angstrom"],
        }
        if result["charges"] is not None:
            self.results["charges"] = result["charges"]
            self.results["dipole"] = result["dipole_e_angstrom"]
        self._tell_level(is_periodic=cell is not None)
        if cell is not None:
            stress = result["virial_ev"] / self.atoms.get_volume()
            self.results["stress"] = full_3x3_to_voigt_6_stress(stress)

    def check_state(self, atoms: Atoms, tol: float = 1e-15) -> list[str]:
        """Name what has changed since the last calculation; called by ASE.

        ASE by itself does not look at ``atoms.info``.
        """
        changes: list[str] = super().check_state(atoms, tol)
        if self.atoms is not None and self._charge_and_spin(atoms) != self._charge_and_spin(
            self.atoms
        ):
            changes.append("info")
        return changes

    def _charge_and_spin(self, atoms: Atoms) -> tuple[int, int]:
        """Total charge and number of unpaired electrons of a system."""
        charge, spin = (
            atoms.info.get(name, 0) if given is None else given
            for name, given in (("charge", self._charge), ("spin", self._num_unpaired_electrons))
        )
        if charge != int(charge) or spin != int(spin):
            raise ValueError(f"charge is {charge} and spin is {spin}; expected whole numbers.")
        return int(charge), int(spin)

    def _tell_level(self, *, is_periodic: bool) -> None:
        """Put level of theory and form into the parameters."""
        form = self._evaluator.electrostatics_form(is_periodic)
        name = self._description.get("reference") or "unknown"
        level = level_of_theory(name, form, self._cutoff_angstrom)
        self.parameters.update(level_of_theory=level, electrostatics=form)

    def _cell(self) -> np.ndarray | None:
        """Lattice vectors, or None for a system that is not periodic."""
        periodic = self.atoms.pbc
        if periodic.any() and not periodic.all():
            raise ValueError(
                f"pbc is {periodic.tolist()}; expected all True or all False: models are periodic "
                "in three directions or in none."
            )
        return np.asarray(self.atoms.cell) if periodic.all() else None
