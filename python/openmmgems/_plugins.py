# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Load the platform libraries into OpenMM, each by itself."""

from pathlib import Path

import openmm

PLATFORMS = ("Reference", "CPU", "OpenCL", "CUDA")


def load_platform_libraries(folder: Path) -> dict[str, str]:
    """Load the library of every platform.

    A library that cannot be loaded (no driver, say) does not keep the others from loading.

    Parameters
    ----------
    folder : Path
        Where the libraries are.

    Returns
    -------
    dict[str, str]
        Name of each platform that is not available, and why.
    """
    failures = {}
    for platform in PLATFORMS:
        library = folder / f"libOpenMMGems{platform}.so"
        if not library.exists():
            failures[platform] = "openmm-gems was built without it"
            continue
        try:
            openmm.Platform.loadPluginLibrary(str(library))
        except openmm.OpenMMException as error:
            failures[platform] = str(error)
    return failures
