# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Many-body dispersion (MBD@rsSCS) on top of a density functional, by libmbd.

Ambrosetti, Reilly, DiStasio, Tkatchenko, J. Chem. Phys. 140, 18A508 (2014), doi:10.1063/1.4865104;
Hermann et al., J. Chem. Phys. 159, 174802 (2023), doi:10.1063/5.0170972.
"""

import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .hirshfeld import hirshfeld_partition

# Range of the damping, per functional (Ambrosetti et al., table I).
BETA = {"PBE": 0.83, "PBE0": 0.85}


def need_libmbd() -> None:
    """Raise ImportError, with what to do, if libmbd's Python interface is not there."""
    if importlib.util.find_spec("pymbd") is None:
        raise ImportError(
            "dispersion='mbd' needs libmbd and its Python interface pymbd, which are not "
            "installed. Build libmbd from its source release with CMake, gfortran and LAPACK, then "
            "'pip install pymbd' with LIBMBD_PREFIX set to where it was installed; or take "
            "dispersion='d4'."
        )


def many_body_dispersion(mean_field: Any, beta: float) -> tuple[float, NDArray[np.float64]]:
    """
    Energy (hartree) and gradient [num_atoms, 3] (hartree/bohr) of the dispersion.

    The gradient is that at fixed Hirshfeld volumes: how they change with the positions is left out,
    as in most implementations. On small molecules that is some 1e-3 eV/angstrom.

    Parameters
    ----------
    mean_field : pyscf.dft.rks.RKS or pyscf.dft.uks.UKS
        A converged calculation; see `hirshfeld_partition`.
    beta : float
        Range of the damping.

    Raises
    ------
    RuntimeError
        If libmbd fails, such as for polarizabilities that diverge.
    """
    from pymbd.fortran import MBDFortranError, MBDGeom

    mol = mean_field.mol
    symbols = [mol.atom_pure_symbol(atom) for atom in range(mol.natm)]
    ratios = hirshfeld_partition(mean_field).volume_ratios
    try:
        with MBDGeom(mol.atom_coords()) as geometry:
            energy, gradient = geometry.mbd_energy_species(symbols, ratios, beta, force=True)
    except MBDFortranError as error:
        raise RuntimeError(f"libmbd failed: {error}") from error
    return float(energy), np.asarray(gradient)
