# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Choose the OpenMM platform: the fastest that is real.

OpenMM takes the platform with the highest nominal speed. Where PoCL is installed (OpenCL on a
CPU) that is the slowest of all, so it is taken only when asked for by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import openmm

from openmmgems.core.errors import OptionError, ResourceError

_POCL = "Portable Computing Language"
_NAMES = {name.lower(): name for name in ("CUDA", "HIP", "OpenCL", "CPU", "Reference", "PoCL")}
_PRECISIONS = ("single", "mixed", "double")
_ORDER = ("CUDA", "HIP", "OpenCL", "CPU")
_MODEL_KERNEL = "CalcGemsForce"


@dataclass(frozen=True)
class PlatformChoice:
    """A platform, its properties, and a line that says what it is."""

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    description: str = ""
    is_pocl: bool = False

    @property
    def platform(self) -> openmm.Platform:
        """The OpenMM platform."""
        return openmm.Platform.getPlatform(self.name)


def devices(platform_name: str) -> list[dict[str, str]]:
    """List the devices of a platform without creating a Context.

    Parameters
    ----------
    platform_name : str

    Returns
    -------
    list of dict
        OpenMM's properties that select each device, and its name.
    """
    try:
        found = openmm.Platform.getPlatform(platform_name).getDevices()
    except openmm.OpenMMException:
        return []
    return [dict(device) for device in found]


def is_pocl(device: Mapping[str, str]) -> bool:
    """Whether an OpenCL device is a CPU behind PoCL."""
    return _POCL in device.get("OpenCLPlatformName", "")


def choose_platform(
    name: str | None = None,
    *,
    num_threads: int | None = None,
    precision: str = "mixed",
    needs_model: bool = False,
) -> PlatformChoice:
    """Choose the named platform, or the fastest real one: CUDA, HIP, OpenCL on a GPU, then CPU.

    Parameters
    ----------
    name : str, optional
        ``CUDA``, ``HIP``, ``OpenCL`` (GPUs only), ``CPU``, ``Reference``, or ``PoCL``.
    num_threads : int, optional
        Threads of the CPU platform; default: OpenMM's own choice.
    precision : {"single", "mixed", "double"}
        Of CUDA, HIP and OpenCL.
    needs_model : bool
        The platform must be able to evaluate a GemsForce.

    Returns
    -------
    PlatformChoice

    Raises
    ------
    ResourceError
        If the named platform is not there.
    OptionError
        If there is no such platform or precision.
    """
    if precision not in _PRECISIONS:
        raise OptionError(f"precision is '{precision}'; expected {', '.join(_PRECISIONS)}.")
    available = {
        openmm.Platform.getPlatform(i).getName() for i in range(openmm.Platform.getNumPlatforms())
    }
    if name is not None:
        wanted = _NAMES.get(name.lower())
        if wanted is None:
            raise OptionError(
                f"platform is '{name}'; expected one of {', '.join(_NAMES.values())}."
            )
        choice = _try(wanted, available, num_threads, precision, needs_model)
        if choice is None:
            raise ResourceError(_why_not(wanted, available, needs_model))
        return choice
    for candidate in _ORDER:
        choice = _try(candidate, available, num_threads, precision, needs_model)
        if choice is not None:
            return choice
    raise ResourceError(_why_not("CPU", available, needs_model))


def _try(
    wanted: str, available: set[str], threads: int | None, precision: str, needs_model: bool
) -> PlatformChoice | None:
    platform_name = "OpenCL" if wanted == "PoCL" else wanted
    if platform_name not in available:
        return None
    platform = openmm.Platform.getPlatform(platform_name)
    if needs_model and not platform.supportsKernels([_MODEL_KERNEL]):
        return None
    if wanted in ("CPU", "Reference"):
        properties = {"Threads": str(threads)} if threads and wanted == "CPU" else {}
        count = threads or platform.getPropertyDefaultValue("Threads") if wanted == "CPU" else 1
        return PlatformChoice(wanted, properties, f"{wanted} ({count} threads)")
    for device in devices(platform_name):
        if is_pocl(device) == (wanted == "PoCL"):
            accepted = set(platform.getPropertyNames())
            properties = {k: v for k, v in device.items() if k in accepted and k != "DeviceName"}
            properties["Precision"] = precision
            label = device.get("DeviceName", "device 0")
            description = f"{wanted} on {label}, {precision}"
            return PlatformChoice(platform_name, properties, description, wanted == "PoCL")
    return None


def _why_not(wanted: str, available: set[str], needs_model: bool) -> str:
    platform_name = "OpenCL" if wanted == "PoCL" else wanted
    if platform_name not in available:
        return f"The platform {wanted} is not there (run 'gems doctor' to see why)."
    if needs_model and not openmm.Platform.getPlatform(platform_name).supportsKernels(
        [_MODEL_KERNEL]
    ):
        return f"Models do not run on the platform {wanted} here (run 'gems doctor' to see why)."
    if wanted == "OpenCL" and any(map(is_pocl, devices("OpenCL"))):
        return (
            "OpenCL finds no GPU, only PoCL, which is far slower than the CPU platform; "
            "use --platform CPU, or --platform PoCL if that is what you want."
        )
    return f"The platform {wanted} finds no device."
