# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conversion constants; their one home is Units.h of the C++ library, where they are explained."""

from ._core import (
    ANGSTROM_PER_NM,
    BOHR_ANGSTROM,
    COULOMB_EV_ANGSTROM,
    HARTREE_EV,
    KJ_PER_MOL_PER_EV,
)

__all__ = [
    "ANGSTROM_PER_NM",
    "BOHR_ANGSTROM",
    "COULOMB_EV_ANGSTROM",
    "HARTREE_EV",
    "KJ_PER_MOL_PER_EV",
]
