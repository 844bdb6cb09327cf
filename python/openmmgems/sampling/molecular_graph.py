# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Which atoms are bonded, judged by distance, and whether that has stayed the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Multiples of the sum of two covalent radii: within the first, atoms of the starting structure are
# bonded; a bond is broken beyond the second; atoms that were apart are bonded within the third.
# Between the last two nothing changes, so that vibrations do not count.
BONDED, BROKEN, FORMED = 1.3, 1.45, 1.2
# Ions of these metals (Li, Na, Mg, K, Ca, Zn) go from one neighbour to the next.
_NEVER_BONDED = (3, 11, 12, 19, 20, 30)


class MolecularGraph:
    """The bonds of a structure.

    Parameters
    ----------
    atomic_numbers : int array [num_atoms]
    positions_angstrom : array [num_atoms, 3]

    Attributes
    ----------
    bonded : bool array [num_pairs]
        For each pair i < j, row by row, whether it is bonded. Metal ions never are.

    """

    def __init__(
        self, atomic_numbers: NDArray[np.int64], positions_angstrom: NDArray[np.float64]
    ) -> None:
        from rdkit import Chem

        table = Chem.GetPeriodicTable()
        radii = np.array([table.GetRcovalent(int(z)) for z in atomic_numbers])
        radii[np.isin(atomic_numbers, _NEVER_BONDED)] = -np.inf
        self._first, self._second = np.triu_indices(len(radii), 1)
        self._sums = radii[self._first] + radii[self._second]
        self.bonded = self._lengths(positions_angstrom) < BONDED * self._sums

    def is_kept(self, positions_angstrom: NDArray[np.float64]) -> bool:
        """Tell whether no bond is broken (beyond 1.45 sums of radii) or new (within 1.2)."""
        lengths = self._lengths(positions_angstrom)
        limits = np.where(self.bonded, BROKEN, FORMED) * self._sums
        return bool(((lengths < limits) == self.bonded).all())

    def _lengths(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.linalg.norm(positions[self._first] - positions[self._second], axis=1)
