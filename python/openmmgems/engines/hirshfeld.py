# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Hirshfeld's partition of an electron density, on the integration grid of PySCF.

Every point's density is shared among the atoms as the densities of the free atoms would be there:
w_A = rho_A / sum_B rho_B. Hirshfeld, Theor. Chim. Acta 44, 129 (1977), doi:10.1007/BF00549096.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 20000  # points at a time
_EMPTY = 1e-40  # where all free atoms together have less density, nothing is shared


@dataclass(frozen=True)
class Partition:
    """Atoms in a molecule: ``volume_ratios`` [num_atoms] and ``charges`` [num_atoms] (e).

    A ratio is the integral of w_A rho r_A^3 over that of the free atom's density.
    """

    volume_ratios: NDArray[np.float64]
    charges: NDArray[np.float64]


def hirshfeld_partition(mean_field: Any) -> Partition:
    """
    Partition the density of a converged Kohn-Sham calculation.

    The free atoms are spherical and have the functional and the basis of the molecule, so that a
    free atom has a volume ratio of one in any basis.

    Parameters
    ----------
    mean_field : pyscf.dft.rks.RKS or pyscf.dft.uks.UKS
        With a spherical basis, the same for all atoms of an element, and without effective core
        potentials.

    Raises
    ------
    ValueError
        If there are effective core potentials.
    RuntimeError
        If a free atom's calculation does not converge.
    """
    from pyscf.dft import numint

    mol, grids = mean_field.mol, mean_field.grids
    if mol.has_ecp():
        raise ValueError(
            "The Hirshfeld partition needs all electrons; "
            f"the basis {mol.basis} has effective core potentials for some of these elements."
        )
    density = mean_field.make_rdm1()
    total = density.sum(axis=0) if density.ndim == 3 else density
    slices = mol.aoslice_by_atom()[:, 2:]
    free = [
        _free_atom_density(mol.atom_symbol(a), str(mol.basis), str(mean_field.xc))
        for a in range(mol.natm)
    ]
    electrons, volumes, free_volumes = np.zeros((3, mol.natm))
    for start in range(0, len(grids.weights), _BLOCK):
        points = grids.coords[start : start + _BLOCK]
        weights = grids.weights[start : start + _BLOCK]
        orbitals = numint.eval_ao(mol, points)
        promolecule = np.array(
            [_density(orbitals[:, b:e], d) for (b, e), d in zip(slices, free, strict=True)]
        )
        sum_of_free = promolecule.sum(axis=0)
        found = weights * _density(orbitals, total)
        share = np.where(sum_of_free > _EMPTY, found / np.maximum(sum_of_free, _EMPTY), 0.0)
        for atom, position in enumerate(mol.atom_coords()):
            cubes = np.linalg.norm(points - position, axis=1) ** 3
            electrons[atom] += share @ promolecule[atom]
            volumes[atom] += share @ (promolecule[atom] * cubes)
            free_volumes[atom] += weights @ (promolecule[atom] * cubes)
    return Partition(volumes / free_volumes, mol.atom_charges() - electrons)


def _density(orbitals: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Electron density [num_points]; ``orbitals`` is [num_points, num_orbitals]."""
    return np.einsum("gi,gi->g", orbitals @ matrix, orbitals)


@lru_cache(maxsize=64)
def _free_atom_density(symbol: str, basis: str, functional: str) -> NDArray[np.float64]:
    """Density matrix of a free, spherical, neutral atom."""
    from pyscf import gto
    from pyscf.scf.atom_ks import AtomSphAverageRKS

    atom = gto.M(
        atom=[[symbol, (0.0, 0.0, 0.0)]], basis=basis, spin=gto.charge(symbol) % 2, verbose=0
    )
    with warnings.catch_warnings():
        # PySCF 2.14 warns of a function that this class of its own calls.
        warnings.simplefilter("ignore", DeprecationWarning)
        mean_field = AtomSphAverageRKS(atom, xc=functional)
    mean_field.conv_tol = 1e-10
    mean_field.kernel()
    if not mean_field.converged:
        raise RuntimeError(f"{functional}/{basis}: the free atom {symbol} did not converge.")
    orbitals = mean_field.mo_coeff
    return np.asarray((orbitals * mean_field.mo_occ) @ orbitals.T)
