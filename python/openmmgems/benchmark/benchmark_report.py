# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A benchmark's results as JSON and as a picture."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from openmmgems.core.files import write_atomically

from .measure import TIME_STEP, Measurement, Profile


def machine() -> dict[str, str | int]:
    """What the figures depend on: processor, number of its cores, versions."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        name = lines[0].partition(":")[2].strip() if lines else name
    packages = {key: version(key) for key in ("openmm-gems", "openmm", "torch")}
    return {"processor": name, "cores": os.cpu_count() or 1, **packages}


def write_json(
    measurements: Sequence[Measurement], profiles: Sequence[Profile], file: Path
) -> None:
    """Write all figures; a file of that name is replaced only when the new one is complete."""
    rows = [
        asdict(m)
        | {
            "label": m.case.label,
            "median_seconds_per_step": m.median,
            "microseconds_per_atom": m.microseconds_per_atom,
            "ns_per_day": m.ns_per_day,
        }
        for m in measurements
    ]
    content = {
        "machine": machine(),
        "time_step_fs": TIME_STEP,
        "measurements": rows,
        "profiles": [asdict(profile) for profile in profiles],
    }
    write_atomically(file, json.dumps(content, indent=2) + "\n")


def draw(measurements: Sequence[Measurement], file: Path) -> None:
    """Draw the time of a step against the number of atoms, one line for each engine."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    for label in dict.fromkeys(m.case.label for m in measurements):
        own = sorted((m for m in measurements if m.case.label == label), key=lambda m: m.num_atoms)
        axes.loglog([m.num_atoms for m in own], [1e3 * m.median for m in own], "o-", label=label)
    axes.set(xlabel="atoms", ylabel="wall time of a step (ms)", title=str(machine()["processor"]))
    axes.grid(which="both", color="0.9")
    axes.legend()
    figure.savefig(file, dpi=120)
