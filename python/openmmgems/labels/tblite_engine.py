# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""GFN2-xTB by tblite: the reference engine that is always there.

Bannwarth, Ehlert, Grimme, J. Chem. Theory Comput. 15, 1652 (2019), doi:10.1021/acs.jctc.8b01176.
"""

import importlib.metadata

from tblite.exceptions import TBLiteRuntimeError
from tblite.interface import Calculator

from ..units import BOHR_ANGSTROM, HARTREE_EV
from .base import Label, Structure

METHODS = ("GFN2-xTB", "GFN1-xTB")


class TbliteEngine:
    """Semi-empirical tight-binding calculations.

    Parameters
    ----------
    method : str
        "GFN2-xTB" or "GFN1-xTB".
    accuracy : float
        Numerical accuracy, at most 0.1; the gradient's noise is about 2e-6 hartree/bohr times this.

    """

    def __init__(self, method: str = "GFN2-xTB", accuracy: float = 0.1) -> None:
        if method not in METHODS:
            raise ValueError(f"method is '{method}'; expected one of {', '.join(METHODS)}.")
        if not 0 < accuracy <= 0.1:
            raise ValueError(
                f"accuracy is {accuracy}; expected above 0 and at most 0.1: coarser forces are "
                "too noisy to train on."
            )
        self._method = method
        self._accuracy = accuracy

    @property
    def level_of_theory(self) -> str:
        """Name of the method."""
        return self._method

    @property
    def version(self) -> str:
        """Name and version of the program."""
        return f"tblite {importlib.metadata.version('tblite')}"

    def label(self, structure: Structure) -> Label:
        """Calculate a structure; see ``base.Engine``."""
        try:
            calculator = Calculator(
                self._method,
                structure.atomic_numbers,
                structure.positions_angstrom / BOHR_ANGSTROM,
                charge=structure.charge,
                uhf=structure.spin,
            )
            calculator.set("accuracy", self._accuracy)
            calculator.set("verbosity", 0)
            result = calculator.singlepoint()
        except TBLiteRuntimeError as error:
            raise RuntimeError(f"{self._method} failed for {structure.source}: {error}") from error
        return Label(
            energy_ev=float(result.get("energy")) * HARTREE_EV,
            forces_ev_per_angstrom=-result.get("gradient") * (HARTREE_EV / BOHR_ANGSTROM),
            dipole_e_angstrom=result.get("dipole") * BOHR_ANGSTROM,
        )
