# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Nearest periodic images."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Images:
    """
    Nearest images in a box, or without one.

    Parameters
    ----------
    cell_angstrom : array, shape ``[3, 3]``, or None
        Box vectors as rows.

    Raises
    ------
    ValueError
        If these are no box vectors.
    """

    def __init__(self, cell_angstrom: ArrayLike | None) -> None:
        self.cell = None if cell_angstrom is None else np.asarray(cell_angstrom, dtype=float)
        if self.cell is None:
            return
        if self.cell.shape != (3, 3) or not np.linalg.det(self.cell) > 0:
            raise ValueError(
                f"cell_angstrom is {self.cell.tolist()}; expected three box vectors as rows."
            )
        self.inverse = np.linalg.inv(self.cell)

    def check_unique(self, radius_angstrom: float) -> None:
        """Raise ValueError if a sphere is wider than the box."""
        if self.cell is None:
            return
        width = float(1 / np.linalg.norm(self.inverse, axis=0).max())
        if 2 * radius_angstrom > width:
            raise ValueError(
                f"The box is {width:.2f} angstrom wide; expected at least "
                f"{2 * radius_angstrom:.2f}, twice the radius. Take a smaller radius or a larger "
                "box."
            )

    def nearest(self, vectors_angstrom: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Replace vectors, shape ``[..., 3]``, by those to the nearest images.

        They are the nearest for lengths up to half of the box's smallest width.
        """
        if self.cell is None:
            return vectors_angstrom
        return vectors_angstrom - np.round(vectors_angstrom @ self.inverse) @ self.cell
