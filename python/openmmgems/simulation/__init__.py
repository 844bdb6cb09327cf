# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Build an OpenMM System from a structure and a model or force field, run it, report, resume."""

from openmmgems.dynamics.protocol import Ensemble, Protocol
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.systems.load import StructureOptions
from openmmgems.systems.structure import LoadedStructure, read_structure
from openmmgems.systems.system import createSystem

from .simulation_stage import SimulationStage, prepare_simulation, simulate
from .workflow import Forces

__all__ = [
    "Ensemble",
    "Forces",
    "LoadedStructure",
    "Protocol",
    "RunFolder",
    "SimulationStage",
    "StructureOptions",
    "createSystem",
    "prepare_simulation",
    "read_structure",
    "simulate",
]
