# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Density functional theory by PySCF.

Sun et al., J. Chem. Phys. 153, 024109 (2020), doi:10.1063/5.0006074. D4: Caldeweyher et al.,
J. Chem. Phys. 150, 154122 (2019), doi:10.1063/1.5090222. MBD: see ``mbd``.
"""

import importlib.metadata
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.units import BOHR_ANGSTROM, HARTREE_EV

from .engine import Cost
from .engine_checks import (
    check_distances,
    check_elements,
    checked,
    name_of,
    need_package,
    threads_of_environment,
)
from .mbd import BETA, many_body_dispersion, need_libmbd
from .pyscf_basis import basis_of, check_basis

DISPERSIONS = ("none", "d4", "mbd")
ELEMENTS = range(1, 87)
_CONV_TOL = 1e-10  # hartree
_CONV_TOL_GRADIENT = 1e-6  # of the orbitals' gradient: forces then hold to 1e-7 hartree/bohr
# Seconds of 12 atoms on one core, and the power of the number of atoms, per basis.
_SECONDS = {"def2-svp": (25.0, 2.5), "def2-tzvpp": (80.0, 3.3)}


@dataclass(frozen=True)
class PyscfEngine:
    """Kohn-Sham calculations with density fitting; unrestricted if electrons are unpaired.

    Forces include the response of the grid and of the fitting basis: they are the exact gradient
    of the energy (with ``dispersion="mbd"`` up to the response of the volumes).

    Parameters
    ----------
    functional : str
        As PySCF names it, without dispersion.
    basis : str
        As PySCF names it. Core potentials that belong to it are used; for elements whose core it
        neither describes nor has a potential for, it is refused.
    dispersion : {"d4", "mbd", "none"}
    grid_level : int
        Of the integration grid, 0 to 9.
    max_cycle : int
        Iterations of the self-consistent field at most. If they do not do, a second-order method
        goes on for as many.
    num_threads : int
        By default what the environment's OMP_NUM_THREADS says, or 1.
    max_memory_mb : float
        What PySCF may use for arrays; more goes to disk.

    Raises
    ------
    ImportError
        If PySCF, or the library of the dispersion, is not installed.
    ValueError
        If an argument is not one of those above.
    """

    functional: str = "PBE0"
    basis: str = "def2-TZVPP"
    dispersion: str = "d4"
    grid_level: int = 3
    max_cycle: int = 100
    num_threads: int = field(default_factory=threads_of_environment)
    max_memory_mb: float = 4000.0

    def __post_init__(self) -> None:
        need_package("pyscf", "pyscf", "pip install pyscf pyscf-dispersion")
        _refuse_configuration_of_folder()
        if self.dispersion not in DISPERSIONS:
            raise ValueError(
                f"dispersion is '{self.dispersion}'; expected one of {', '.join(DISPERSIONS)}."
            )
        for name, lowest, highest in (
            ("grid_level", 0, 9),
            ("max_cycle", 1, 10000),
            ("num_threads", 1, 1024),
            ("max_memory_mb", 100, 1e7),
        ):
            if not lowest <= getattr(self, name) <= highest:
                raise ValueError(
                    f"{name} is {getattr(self, name)}; expected {lowest} to {highest:g}."
                )
        self._check_functional()
        check_basis(self.basis)
        if self.dispersion == "d4":
            _need_d4(self.functional)
        elif self.dispersion == "mbd":
            if self.functional.upper() not in BETA:
                raise ValueError(
                    f"MBD's damping is not known for the functional '{self.functional}'; expected "
                    f"one of {', '.join(BETA)}."
                )
            need_libmbd()

    @property
    def level_of_theory(self) -> str:
        """Functional, dispersion and basis."""
        dispersion = {"none": "", "d4": "-D4", "mbd": "+MBD"}[self.dispersion]
        return f"{self.functional}{dispersion}/{self.basis}"

    @property
    def version(self) -> str:
        """Name and version of PySCF, and of what calculates the dispersion."""
        package = {"d4": "pyscf-dispersion", "mbd": "pymbd"}.get(self.dispersion)
        more = f", {package} {_version_of(package)}" if package else ""
        return f"PySCF {_version_of('pyscf')}{more}"

    @property
    def settings(self) -> dict[str, Setting]:
        """All that decides the numbers."""
        settings: dict[str, Setting] = {
            "functional": self.functional,
            "basis": self.basis,
            "dispersion": self.dispersion,
            "grid_level": self.grid_level,
            "density_fitting": True,
            "grid_response": True,
            "energy_tolerance_hartree": _CONV_TOL,
            "orbital_gradient_tolerance": _CONV_TOL_GRADIENT,
        }
        if self.dispersion == "mbd":
            settings["mbd_beta"] = BETA[self.functional.upper()]
            settings["mbd_forces"] = "fixed volumes"
        return settings

    def label(self, structure: AtomicSystem) -> Label:
        """Calculate a structure; see ``base.Engine``."""
        from pyscf import lib

        check_elements(structure, self.level_of_theory, ELEMENTS)
        check_distances(structure, self.level_of_theory)
        molecule = self._molecule(structure)
        with lib.with_omp_threads(self.num_threads):
            mean_field = self._converge(molecule, structure)
            gradient = mean_field.nuc_grad_method()
            gradient.grid_response = True
            slope = np.asarray(gradient.kernel())
            energy = float(mean_field.e_tot)
            if self.dispersion == "mbd":
                beta = BETA[self.functional.upper()]
                dispersion, dispersion_slope = many_body_dispersion(mean_field, beta)
                energy, slope = energy + dispersion, slope + dispersion_slope
        dipole = mean_field.dip_moment(unit="AU", origin=np.zeros(3), verbose=0)
        label = Label(
            energy_ev=energy * HARTREE_EV,
            forces_ev_per_angstrom=-slope * (HARTREE_EV / BOHR_ANGSTROM),
            dipole_e_angstrom=np.asarray(dipole) * BOHR_ANGSTROM,
        )
        return checked(label, structure, self.level_of_theory)

    def cost(self, num_atoms: int) -> Cost:
        """Estimate; measured: 12 atoms 21 s with def2-SVP, 66 s and 2.3 GB with def2-TZVPP."""
        seconds, power = _SECONDS.get(self.basis.lower(), _SECONDS["def2-tzvpp"])
        return Cost(
            seconds=(1.0 + seconds * (num_atoms / 12.0) ** power) / self.num_threads,
            memory_mb=500.0 + min(12.5 * num_atoms**2, self.max_memory_mb),
        )

    def _molecule(self, structure: AtomicSystem) -> Any:
        from pyscf import gto

        positions = structure.positions_angstrom / BOHR_ANGSTROM
        atoms = list(zip(structure.atomic_numbers.tolist(), positions.tolist(), strict=True))
        symbols = {gto.mole._std_symbol(number) for number, _ in atoms}
        potentials = {symbol: basis_of(self.basis, symbol)[1] for symbol in symbols}
        return gto.M(
            atom=atoms,
            unit="Bohr",
            basis=self.basis,
            ecp={symbol: potential for symbol, potential in potentials.items() if potential},
            charge=structure.charge,
            spin=structure.spin,
            max_memory=self.max_memory_mb,
            verbose=0,
        )

    def _converge(self, molecule: Any, structure: AtomicSystem) -> Any:
        from pyscf import dft

        kind = dft.UKS if structure.spin else dft.RKS
        mean_field = kind(molecule, xc=self.functional).density_fit()
        mean_field.grids.level = self.grid_level
        mean_field.conv_tol = _CONV_TOL
        mean_field.conv_tol_grad = _CONV_TOL_GRADIENT
        mean_field.max_cycle = self.max_cycle
        mean_field.disp = self.dispersion if self.dispersion == "d4" else None
        mean_field.kernel()
        if not mean_field.converged:  # a second-order method is slower, but surer
            second_order = mean_field.newton()
            second_order.kernel()
            mean_field.kernel(dm0=second_order.make_rdm1())
        if not mean_field.converged:
            raise RuntimeError(
                f"{self.level_of_theory}: the self-consistent field of {name_of(structure)} did "
                f"not converge in {self.max_cycle} cycles. Check charge and spin."
            )
        return mean_field

    def _check_functional(self) -> None:
        from pyscf.dft import libxc
        from pyscf.scf.dispersion import parse_dft

        try:
            libxc.parse_xc(self.functional)
            included = parse_dft(self.functional)[2]
        except (KeyError, ValueError, NotImplementedError) as error:
            raise ValueError(f"PySCF knows no functional '{self.functional}': {error}") from error
        if included or libxc.is_nlc(self.functional):
            raise ValueError(
                f"The functional '{self.functional}' includes dispersion; give a functional "
                "without, and the option dispersion."
            )


def _refuse_configuration_of_folder() -> None:
    """Refuse a file that PySCF would execute because it lies in the current folder."""
    file = Path(".pyscf_conf.py").absolute()
    if file.is_file() and file.parent != Path.home() and "PYSCF_CONFIG_FILE" not in os.environ:
        raise ValueError(
            f"PySCF would run '{file}' because it is in the current folder. Work in another "
            "folder, or, if it is yours, name it in the variable PYSCF_CONFIG_FILE."
        )


def _need_d4(functional: str) -> None:
    try:
        from pyscf import gto
        from pyscf.dispersion.dftd4 import DFTD4Dispersion
    except ImportError as error:
        raise ImportError(
            "dispersion='d4' needs pyscf-dispersion, which is not installed. Install it: "
            "pip install pyscf-dispersion"
        ) from error
    try:
        DFTD4Dispersion(gto.M(atom="H 0 0 0; H 0 0 0.74", verbose=0), xc=functional)
    except RuntimeError as error:
        raise ValueError(
            f"D4 has no parameters for the functional '{functional}': {error}"
        ) from error


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"
