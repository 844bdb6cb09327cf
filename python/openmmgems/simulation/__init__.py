# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Build an OpenMM System from a structure and a model or force field, run it, report, resume."""

from .protocol import Ensemble, Protocol
from .run_folder import RunFolder
from .structure import Structure, read_structure
from .system import createSystem
from .workflow import Forces, StructureOptions, simulate

__all__ = [
    "Ensemble",
    "Forces",
    "Protocol",
    "RunFolder",
    "Structure",
    "StructureOptions",
    "createSystem",
    "read_structure",
    "simulate",
]
