# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""GFN2-xTB and GFN1-xTB by tblite: the reference engine that is always there.

Bannwarth, Ehlert, Grimme, J. Chem. Theory Comput. 15, 1652 (2019), doi:10.1021/acs.jctc.8b01176.
"""

import importlib.metadata
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.constants import physical_constants
from threadpoolctl import ThreadpoolController

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.units import BOHR_ANGSTROM, HARTREE_EV

from .engine import Cost
from .engine_checks import check_elements, checked, name_of, threads_of_environment
from .tblite_library import Calculator, Result, TBLiteRuntimeError

METHODS = ("GFN2-xTB", "GFN1-xTB")
ELEMENTS = range(1, 87)
_HARTREE_PER_KELVIN = physical_constants["kelvin-hartree relationship"][0]


class _Scf(NamedTuple):
    """How charges are made to converge; tblite's own numbers, but for fewer cycles."""

    temperature_kelvin: float = 300.0
    damping: float = 0.4
    max_cycles: int = 60


# Charges that oscillate, as in pairs of ions a few angstrom apart, converge when they are brought
# down from a high electronic temperature. The result is the same.
_ANNEALING = tuple(_Scf(temperature, 0.2, 250) for temperature in (6000.0, 2000.0, 800.0))
_CAREFUL = _Scf(damping=0.2, max_cycles=250)


class TbliteEngine:
    """Semi-empirical tight-binding calculations.

    Parameters
    ----------
    method : str
        "GFN2-xTB" or "GFN1-xTB".
    accuracy : float
        Numerical accuracy, at most 0.1; the gradient's noise is about 2e-6 hartree/bohr times this.
    num_threads : int, optional
        By default what the environment's OMP_NUM_THREADS says, or 1. With one, equal structures
        give equal bits.

    """

    def __init__(
        self, method: str = "GFN2-xTB", accuracy: float = 0.1, num_threads: int | None = None
    ) -> None:
        if method not in METHODS:
            raise ValueError(f"method is '{method}'; expected one of {', '.join(METHODS)}.")
        if not 0 < accuracy <= 0.1:
            raise ValueError(
                f"accuracy is {accuracy}; expected above 0 and at most 0.1: coarser forces are "
                "too noisy to train on."
            )
        if num_threads is not None and num_threads < 1:
            raise ValueError(f"num_threads is {num_threads}; expected at least 1.")
        self._method = method
        self._accuracy = accuracy
        self._num_threads = num_threads or threads_of_environment()

    @property
    def level_of_theory(self) -> str:
        """Name of the method."""
        return self._method

    @property
    def version(self) -> str:
        """Name and version of the program."""
        return f"tblite {importlib.metadata.version('tblite')}"

    @property
    def settings(self) -> dict[str, Setting]:
        """All that decides the numbers."""
        return {"method": self._method, "accuracy": self._accuracy}

    def label(self, structure: AtomicSystem) -> Label:
        """Calculate a structure; see ``base.Engine``."""
        return self._label(structure, None)[0]

    def in_sequence(self) -> Callable[[AtomicSystem], Label]:
        """Calculate one molecule as it moves; see ``base.SequentialEngine``.

        Each calculation begins with the charges of the last one, if that was of the same molecule
        and succeeded.
        """
        last: tuple[AtomicSystem, Result] | None = None

        def label(structure: AtomicSystem) -> Label:
            nonlocal last
            before = last[1] if last is not None and _same_molecule(last[0], structure) else None
            last = None
            found, result = self._label(structure, before)
            last = (structure, result)
            return found

        return label

    def _label(self, structure: AtomicSystem, before: Result | None) -> tuple[Label, Result]:
        check_elements(structure, self._method, ELEMENTS)
        result = self._converged(structure, before)
        label = Label(
            energy_ev=float(result.get("energy")) * HARTREE_EV,
            forces_ev_per_angstrom=-result.get("gradient") * (HARTREE_EV / BOHR_ANGSTROM),
            dipole_e_angstrom=result.get("dipole") * BOHR_ANGSTROM,
        )
        return checked(label, structure, self._method), result

    def _converged(self, structure: AtomicSystem, before: Result | None) -> Result:
        """Calculate; if charges do not converge, come down from high electronic temperatures."""
        with suppress(TBLiteRuntimeError):
            return self._result(structure, before, _Scf())
        result = None
        try:
            for scf in _ANNEALING:
                result = self._result(structure, result, scf)
            return self._result(structure, result, _CAREFUL)
        except TBLiteRuntimeError as error:
            raise RuntimeError(
                f"{self._method} failed for {name_of(structure)}: {error}"
            ) from error

    def _result(self, structure: AtomicSystem, before: Result | None, scf: _Scf) -> Result:
        calculator = Calculator(
            self._method,
            structure.atomic_numbers,
            structure.positions_angstrom / BOHR_ANGSTROM,
            charge=structure.charge,
            uhf=structure.spin,
        )
        calculator.set("accuracy", self._accuracy)
        calculator.set("temperature", scf.temperature_kelvin * _HARTREE_PER_KELVIN)
        calculator.set("mixer-damping", scf.damping)
        calculator.set("max-iter", scf.max_cycles)
        calculator.set("verbosity", 0)
        with _libraries().limit(limits=self._num_threads):
            return calculator.singlepoint(before)

    def cost(self, num_atoms: int) -> Cost:
        """Estimate; measured: 13 atoms 6 ms, 47 atoms 0.07 s, 103 atoms 0.3 s, 137 atoms 0.8 s.

        This is with OpenBLAS; without, large ones take two to three times as long.
        """
        return Cost(
            seconds=0.0004 * num_atoms + 0.3 * (num_atoms / 100.0) ** 2.7,
            memory_mb=280.0 + 0.002 * num_atoms**2,
        )


def _same_molecule(one: AtomicSystem, other: AtomicSystem) -> bool:
    return (
        np.array_equal(one.atomic_numbers, other.atomic_numbers)
        and one.charge == other.charge
        and one.spin == other.spin
    )


@lru_cache(maxsize=1)
def _libraries() -> ThreadpoolController:
    """The libraries with threads of this process; those of tblite are loaded with this module."""
    return ThreadpoolController()
