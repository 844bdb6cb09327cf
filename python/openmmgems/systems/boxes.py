# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Periodic boxes of structure files, and placeholders that are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from openmm import unit
from openmm.app.internal.unitcell import computePeriodicBoxVectors

from openmmgems.core.errors import StructureError

#: No atom fits beside its own image in a box this small, nm.
_PLACEHOLDER_NM = 0.1


def vectors_of_cell(cell: Sequence[float] | None) -> Any:
    """
    Turn edges and angles into reduced box vectors.

    Parameters
    ----------
    cell : sequence of float, optional
        Three edges, angstrom, and three angles, degree.

    Returns
    -------
    Quantity of three vectors, or None
        None also where an edge is 0.

    Raises
    ------
    StructureError
        If no box has such edges or angles.
    """
    if cell is None:
        return None
    edges, angles = np.array(cell[:3]) / 10, np.radians(cell[3:])
    if not edges.all():
        return np.diag(edges) * unit.nanometer
    cosines = np.cos(angles)
    volume = 1 + 2 * cosines.prod() - (cosines**2).sum()
    if not (edges > 0).all() or not volume > 0:
        raise StructureError(
            f"The box has the edges {', '.join(f'{edge:g}' for edge in cell[:3])} angstrom and the "
            f"angles {', '.join(f'{angle:g}' for angle in cell[3:])} degree; expected edges and "
            "angles of a parallelepiped. Mend the box (CRYST1, _cell), or leave it out."
        )
    return computePeriodicBoxVectors(*edges, *angles)


def box_or_none(vectors: Any) -> tuple[Any, tuple[str, ...]]:
    """
    Drop boxes that are placeholders: of electron microscopy, NMR, and simulations in vacuum.

    Parameters
    ----------
    vectors : Quantity of three vectors, or None

    Returns
    -------
    Quantity of three vectors, or None
        None if an edge is 1 angstrom or less.
    tuple of str
        What was concluded, if anything.
    """
    if vectors is None:
        return None, ()
    edges = np.linalg.norm([list(v) for v in vectors.value_in_unit(unit.nanometer)], axis=1)
    if edges.min() > _PLACEHOLDER_NM * (1 + 1e-6):
        return vectors, ()
    sizes = " x ".join(f"{10 * edge:g}" for edge in edges)
    return None, (f"The box of {sizes} angstrom is a placeholder: read without a box.",)
