# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What is installed, what works, and why the rest does not."""

from __future__ import annotations

import importlib.metadata
import platform as machine
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_PACKAGES = ("numpy", "rdkit", "mdtraj", "pdbfixer", "tblite", "vesin", "matplotlib", "h5py")
_OPTIONAL = ("ase", "openmmml", "OpenMM-CUDA-13", "openmm-hip-7")


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes
    ----------
    name, text : str
    is_good : bool or None
        None: neither good nor bad.
    is_needed : bool
        Whether a simulation cannot do without it.
    """

    name: str
    text: str
    is_good: bool | None = None
    is_needed: bool = False


def _versions() -> Iterator[Finding]:
    import openmm

    import openmmgems
    from openmmgems import _core

    yield Finding("Python", f"{machine.python_version()} on {machine.platform()}")
    yield Finding("openmm-gems", openmmgems.__version__, True)
    yield Finding("OpenMM", openmm.version.version, True)
    found = importlib.metadata.version("torch")
    built = _core.torch_version
    same = found.split("+")[0] == built.split("+")[0]
    yield Finding("torch", f"{found} (built for {built})", same, is_needed=True)
    for name in _PACKAGES:
        yield _package(name, is_needed=True)
    for name in _OPTIONAL:
        yield _package(name, is_needed=False)
    yield _openblas()


def _package(name: str, *, is_needed: bool) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name), True, is_needed)
    except importlib.metadata.PackageNotFoundError:
        text = "missing" if is_needed else "not installed (optional)"
        return Finding(name, text, False if is_needed else None, is_needed)


def _openblas() -> Finding:
    from openmmgems.engines.openblas import VARIABLE, find_openblas, has_reference_lapack

    library = find_openblas()
    if library is not None:
        return Finding("OpenBLAS", f"{library}, for tblite", True)
    if not has_reference_lapack():
        return Finding("OpenBLAS", "not needed: tblite has a fast LAPACK")
    return Finding(
        "OpenBLAS",
        "not found: GFN2-xTB takes two to three times as long for fragments. On Debian: apt "
        f"install libopenblas0; elsewhere {VARIABLE} names the library",
    )


def _platforms() -> Iterator[Finding]:
    import openmm

    from openmmgems.dynamics.platform_choice import devices, is_pocl

    for index in range(openmm.Platform.getNumPlatforms()):
        platform = openmm.Platform.getPlatform(index)
        name = platform.getName()
        labels = [
            device["DeviceName"] + (" (PoCL: a CPU; never chosen by itself)" * is_pocl(device))
            for device in devices(name)
            if "DeviceName" in device
        ]
        yield Finding(name, "; ".join(labels) or "available", True)
    for failure in openmm.Platform.getPluginLoadFailures():
        yield Finding("not loaded", _first_line(failure))


def _our_libraries() -> Iterator[Finding]:
    import openmm

    import openmmgems

    failures = openmmgems.plugin_load_failures
    for name in ("Reference", "CPU", "OpenCL", "CUDA", "HIP"):
        is_needed = name in ("Reference", "CPU")
        if name in failures:
            yield Finding(
                name, _first_line(failures[name]), False if is_needed else None, is_needed
            )
            continue
        try:
            platform = openmm.Platform.getPlatform(name)
        except openmm.OpenMMException:
            continue
        works = platform.supportsKernels(["CalcGemsForce"])
        text = "evaluates models" if works else "does not evaluate models"
        yield Finding(name, text, works, is_needed)


def _models() -> Iterator[Finding]:
    from openmmgems.models import names, path
    from openmmgems.models.inspect import inspect_model

    for name in names():
        try:
            reference = inspect_model(path(name)).description.get("reference")
        except ValueError as error:
            yield Finding(name, str(error), False, is_needed=True)
        else:
            yield Finding(name, str(reference or "reference unknown"), True)
    if not names():
        yield Finding("none", "no model is bundled")


def _choice() -> Iterator[Finding]:
    from openmmgems.core.errors import ResourceError
    from openmmgems.dynamics.platform_choice import choose_platform

    for label, needs_model in (("with a model", True), ("force field", False)):
        try:
            choice = choose_platform(needs_model=needs_model)
        except ResourceError as error:
            yield Finding(label, str(error), False, is_needed=True)
        else:
            yield Finding(label, choice.description, True)


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "unknown reason"


#: What to examine, by title.
SECTIONS: dict[str, Callable[[], Iterator[Finding]]] = {
    "Versions": _versions,
    "OpenMM platforms and devices": _platforms,
    "Model evaluation (libraries of openmm-gems)": _our_libraries,
    "Bundled models": _models,
    "gems simulate would run on": _choice,
}
