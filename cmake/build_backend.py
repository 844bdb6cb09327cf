# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Build backend: scikit-build-core, with torch and OpenMM taken from the target environment.

The libraries work only with the torch and OpenMM they were built for. When the environment that
openmm-gems is installed into has them already, they are built against instead of being downloaded
a second time, perhaps in other versions.
"""

import subprocess
import sys

from scikit_build_core.build import *  # noqa: F403
from scikit_build_core.build import get_requires_for_build_wheel as _requires

_FROM_TARGET = {"torch": "torch>=2.11", "openmm": "openmm>=8.6,<8.7", "vesin": "vesin>=0.6"}
_IS_INSTALLED = (
    "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
)


def _is_in_target(package: str) -> bool:
    """Whether the target environment, which isolation (-I) leaves visible, has a package."""
    command = [sys.executable, "-I", "-c", _IS_INSTALLED, package]
    return subprocess.run(command, check=False).returncode == 0


def get_requires_for_build_wheel(config_settings=None):  # noqa: ANN001, ANN201
    """Name what has to be installed for the build."""
    missing = [need for name, need in _FROM_TARGET.items() if not _is_in_target(name)]
    return [*_requires(config_settings), *missing]


get_requires_for_build_editable = get_requires_for_build_wheel
