# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Quantum-accurate machine-learned force fields for biomolecular simulation with OpenMM."""

import importlib
import importlib.metadata
import os
from pathlib import Path
from typing import Any

import openmm as _openmm  # first: its libraries are needed by ours

from . import _old_names, _plugins

_found_torch = importlib.metadata.version("torch")

# Torch's threads wait for each other some thousand times a step. By default they spin for
# milliseconds: where other programs need the cores, a step takes many times as long. OpenMP (GNU's)
# reads this when it loads; an own choice is respected.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")

try:
    from . import _core, gemsforce
except ImportError as error:
    raise ImportError(
        f"The libraries of openmm-gems could not be loaded with torch {_found_torch} and OpenMM "
        f"{_openmm.version.short_version}. They work only with the versions they were built for: "
        f"build openmm-gems again with 'pip install --force-reinstall --no-deps .' ({error})"
    ) from error

if _found_torch.split("+")[0] != _core.torch_version.split("+")[0]:
    raise ImportError(
        f"openmm-gems was built for torch {_core.torch_version}, but torch {_found_torch} is "
        "installed. Install the former, or build openmm-gems again with "
        "'pip install --force-reinstall --no-deps .'"
    )

from .gemsforce import GemsForce  # noqa: E402

__version__ = _core.version

#: Platforms that are not available, and why.
plugin_load_failures: dict[str, str] = _plugins.load_platform_libraries(
    Path(_core.__file__).parent / "lib"
)

_old_names.find_old_names()

# Loaded when first used, so that a simulation does not wait for what it does not need.
_LAZY = {
    "Evaluator": "openmmgems.evaluator",
    "GemsCalculator": "openmmgems.interfaces.ase",
    "createSystem": "openmmgems.systems.system",
}

__all__ = [
    "Evaluator",
    "GemsCalculator",
    "GemsForce",
    "createSystem",
    "gemsforce",
    "plugin_load_failures",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'openmmgems' has no attribute '{name}'")
