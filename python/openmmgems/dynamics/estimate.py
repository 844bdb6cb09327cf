# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Memory, disk space and time of a run, before it starts."""

from __future__ import annotations

import resource
import shutil
import sys
import time
from pathlib import Path

import openmm

from openmmgems.core.errors import ResourceError
from openmmgems.core.quantities import format_bytes

from .protocol import Schedule


def available_memory_bytes() -> int:
    """Memory this process may still take (0: unknown)."""
    limits = []
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                limits.append(int(line.split()[1]) * 1024)
        maximum = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if maximum != "max":
            limits.append(int(maximum) - int(Path("/sys/fs/cgroup/memory.current").read_text()))
    except OSError:
        pass  # no Linux, or no control groups: what was found so far is what is known
    return max(0, min(limits)) if limits else 0


def peak_memory_bytes() -> int:
    """Largest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def present_memory_bytes() -> int:
    """Resident memory of this process now (its largest so far where that is not told)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_memory_bytes()
    return pages * resource.getpagesize()


def trajectory_bytes(num_atoms: int, protocol: Schedule) -> int:
    """Size of all files at the end of a run, roughly.

    Parameters
    ----------
    num_atoms : int
    protocol : Schedule

    Returns
    -------
    int
    """
    per_atom = 12 if protocol.trajectory_format == "dcd" else 5
    frames = sum(segment.num_frames for segment in protocol.segments)
    lines = protocol.num_steps // protocol.log_interval if protocol.log_interval else frames
    return frames * (per_atom * num_atoms + 100) + lines * 90 + 1000 * num_atoms


def check_memory(needed: int, available: int) -> None:
    """Raise :class:`ResourceError` if the memory needed is surely not there."""
    if available and needed > available:
        raise ResourceError(
            f"This needs about {format_bytes(needed)} of memory, but only "
            f"{format_bytes(available)} is free; use a smaller system or a larger machine."
        )


def check_disk(folder: Path, needed: int) -> None:
    """Raise :class:`ResourceError` if the files will not fit."""
    present = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(present).free
    if needed > free:
        raise ResourceError(
            f"The files need about {format_bytes(needed)}, but only {format_bytes(free)} is free "
            f"at '{present}'; write fewer frames (--frame-every) or use --trajectory xtc."
        )


def time_steps(
    context: openmm.Context, seconds: float = 1.0, time_step: float | None = None
) -> float:
    """Time a few steps and put the Context back where it was.

    Parameters
    ----------
    context : openmm.Context
        With positions and velocities.
    seconds : float
        About how long to measure; at least one step after the first three.
    time_step : float, optional
        ps, in place of the integrator's own: one too short to move anything times a structure that
        has yet to be minimised.

    Returns
    -------
    float
        Wall time of one step, s.
    """
    before = context.createCheckpoint()
    integrator = context.getIntegrator()
    own = integrator.getStepSize()
    try:
        if time_step is not None:
            integrator.setStepSize(time_step)
        integrator.step(3)  # compile and warm up
        context.getState(velocities=True)
        count, start = 0, time.perf_counter()
        while count == 0 or time.perf_counter() - start < seconds:
            batch = max(1, count)
            integrator.step(batch)
            context.getState(velocities=True)  # waits for a device, and computes nothing
            count += batch
        return (time.perf_counter() - start) / count
    finally:
        integrator.setStepSize(own)
        context.loadCheckpoint(before)
