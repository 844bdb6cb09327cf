# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Evaluate a model outside OpenMM: arrays in, arrays out."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core, models
from .core.atomic_system import AtomicSystem
from .gemsforce import GemsForce

_EVALUATORS = {
    "auto": GemsForce.Auto,
    "torchscript": GemsForce.TorchScript,
    "native": GemsForce.Native,
}
_ATTENTION = {
    "default": GemsForce.ModelDefault,
    "exact": GemsForce.Exact,
    "smooth": GemsForce.Smooth,
}


_ELECTROSTATICS = {
    "default": GemsForce.ModelDefault,
    "plain": GemsForce.Plain,
    "lattice": GemsForce.Lattice,
    "cutoff": GemsForce.Cutoff,
}


def _choose(name: str, value: str, choices: dict[str, Any]) -> Any:
    if value not in choices:
        raise ValueError(f"{name} is '{value}'; expected one of {', '.join(choices)}.")
    return choices[value]


class Evaluator:
    """A model, ready to be evaluated for one molecular system after another.

    Threads may share an evaluator, and wait for each other; with one each they do not.

    Parameters
    ----------
    model_file : str or path
        A model file (.pt), or the name of a bundled model.
    evaluator : {"auto", "torchscript", "native"}
        What computes the model.
    dtype : {"float64", "float32"}
        Precision of the evaluation.
    attention : {"default", "exact", "smooth"}
        How the maximum over the attention keys enters; see ``GemsForce.setAttention``.
    electrostatics : {"default", "plain", "lattice", "cutoff"}
        How far charges interact, of a model that leaves their Coulomb energy to the evaluator: all
        pairs without images, with all periodic images, or within the long-range cutoff (which is
        another function). By default "lattice" with a cell, "plain" without.
    long_range_cutoff_angstrom : float, optional
        Cutoff of the long-range interactions; None: the model's own.
    cuda_device : int, optional
        Index of the CUDA device; None: the CPU.
    num_threads : int
        Threads on the CPU at most, small systems use fewer; 0: as many as torch uses.

    Raises
    ------
    FileNotFoundError
        If there is no such file or bundled model.
    ValueError
        If it is not a model file, or the model does not take the settings.

    """

    def __init__(
        self,
        model_file: str | os.PathLike[str],
        evaluator: str = "auto",
        dtype: str = "float64",
        *,
        attention: str = "default",
        electrostatics: str = "default",
        long_range_cutoff_angstrom: float | None = None,
        cuda_device: int | None = None,
        num_threads: int = 0,
    ) -> None:
        precisions = {"float64": True, "float32": False}
        self._core = _core.ModelEvaluator(
            str(models.model_file(model_file)),
            evaluator=_choose("evaluator", evaluator, _EVALUATORS),
            double_precision=_choose("dtype", dtype, precisions),
            cuda_device=-1 if cuda_device is None else cuda_device,
            num_threads=num_threads,
            attention=_choose("attention", attention, _ATTENTION),
            electrostatics=_choose("electrostatics", electrostatics, _ELECTROSTATICS),
            long_range_cutoff_angstrom=long_range_cutoff_angstrom,
        )

    def electrostatics_form(self, periodic: bool) -> str | None:
        """Form of electrostatics for systems with or without a cell.

        Returns
        -------
        str or None
            "plain", "lattice" or "cutoff"; None if the model gives all of the energy itself.

        """
        form: str | None = self._core.electrostatics_form(periodic)
        return form

    def evaluate(
        self,
        atomic_numbers: ArrayLike,
        positions_angstrom: ArrayLike,
        charge: int = 0,
        num_unpaired_electrons: int = 0,
        cell_angstrom: ArrayLike | None = None,
        *,
        forces: bool = True,
    ) -> dict[str, Any]:
        """Evaluate the model for one system.

        Parameters
        ----------
        atomic_numbers : int array [num_atoms]
            Elements of the atoms.
        positions_angstrom : array [num_atoms, 3]
            Positions in angstrom.
        charge : int
            Total charge in elementary charges.
        num_unpaired_electrons : int
            0 for a singlet, 1 for a doublet, 2 for a triplet.
        cell_angstrom : array [3, 3], optional
            Lattice vectors as rows in angstrom; None if the system is not periodic.
        forces : bool
            Whether forces and virial are needed.

        Returns
        -------
        dict
            ``energy_ev`` (float), ``terms_ev`` (dict of floats by name; empty if the model gives
            none), ``charges`` (array [num_atoms] in elementary charges or None),
            ``dipole_e_angstrom`` (array [3], sum of charge times position about the origin, or
            None), ``hirshfeld_ratios`` (array [num_atoms], volumes of atoms relative to free ones,
            or None), ``electrostatics_form`` (see that method), ``phase_seconds`` (dict of wall
            times by phase; empty if the evaluator does not tell); with forces also
            ``forces_ev_per_angstrom`` (array [num_atoms, 3]) and ``virial_ev`` (array [3, 3],
            derivative of the energy with respect to the strain).

        Raises
        ------
        ValueError
            If shapes do not fit, there are no atoms, the model does not know an element, charge
            and unpaired electrons do not fit the number of electrons, positions are not finite,
            coincide or are too far away, the cell is too narrow, or a result is out of range. The
            next evaluation is as if this one had not been.

        """
        numbers = np.asarray(atomic_numbers)
        positions = np.asarray(positions_angstrom, dtype=np.float64)
        if numbers.ndim != 1 or not np.issubdtype(numbers.dtype, np.integer):
            raise ValueError(
                f"atomic_numbers has shape {numbers.shape} and type {numbers.dtype}; "
                "expected integers of shape (num_atoms,)."
            )
        if positions.shape != (len(numbers), 3):
            raise ValueError(
                f"positions_angstrom has shape {positions.shape}; expected ({len(numbers)}, 3)."
            )
        result: dict[str, Any] = self._core.evaluate(
            numbers.tolist(),
            positions,
            charge=charge,
            num_unpaired_electrons=num_unpaired_electrons,
            cell_angstrom=None if cell_angstrom is None else np.asarray(cell_angstrom, float),
            forces=forces,
        )
        return _with_dipole(result, positions)

    def evaluate_batch(
        self, systems: Sequence[AtomicSystem], *, forces: bool = True
    ) -> list[dict[str, Any]]:
        """Evaluate several systems, together where evaluator and model can.

        Parameters
        ----------
        systems : sequence of AtomicSystem
            With or without a cell.
        forces : bool
            Whether forces and virial are needed.

        Returns
        -------
        list of dict
            As ``evaluate``, of each system.

        Raises
        ------
        ValueError
            As ``evaluate``; the message names the system by its place, such as "system 3".

        """
        results: list[dict[str, Any]] = [{}] * len(systems)
        for periodic in (False, True):
            chosen = [
                place
                for place, system in enumerate(systems)
                if (system.cell_angstrom is not None) == periodic
            ]
            found = self._core.evaluate_batch(
                [_arguments(systems[place]) for place in chosen],
                [f"system {place}" for place in chosen],
                forces=forces,
            )
            for place, result in zip(chosen, found, strict=True):
                results[place] = _with_dipole(result, systems[place].positions_angstrom)
        return results


def _arguments(system: AtomicSystem) -> tuple[Any, ...]:
    """What the compiled evaluator takes of a system."""
    cell = system.cell_angstrom
    return (
        np.asarray(system.atomic_numbers).tolist(),
        np.asarray(system.positions_angstrom, dtype=np.float64),
        system.charge,
        system.spin,
        None if cell is None else np.asarray(cell, dtype=np.float64),
    )


def _with_dipole(result: dict[str, Any], positions: NDArray[np.float64]) -> dict[str, Any]:
    charges = result["charges"]
    result["dipole_e_angstrom"] = None if charges is None else charges @ positions
    return result
