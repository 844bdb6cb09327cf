# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What short runs of a protein can tell: bonds and vibrations, not folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mdtraj
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from openmmgems.analysis.backbone import backbone_bond_lengths, backbone_rmsd
from openmmgems.analysis.energies import read_energy_log
from openmmgems.analysis.vibrations import VibrationalDensity, vibrational_density

_COLORS = ("#0b5fa5", "#d1731c", "#3a8f4b", "#8a4fa3")
_BIN_ANGSTROM = 0.005


@dataclass(frozen=True)
class ShortRun:
    """What is drawn of one run.

    Attributes
    ----------
    label : str
    time_ps, temperature : numpy.ndarray
        ps, K; shape ``[num_lines]``.
    frame_time_ps, rmsd : numpy.ndarray
        ps; of the backbone, angstrom; shape ``[num_frames]``.
    bond_lengths : dict of str to numpy.ndarray
        Angstrom, by kind; any shape.
    vibrations : VibrationalDensity
    """

    label: str
    time_ps: np.ndarray
    temperature: np.ndarray
    frame_time_ps: np.ndarray
    rmsd: np.ndarray
    bond_lengths: dict[str, np.ndarray]
    vibrations: VibrationalDensity


def read_short_run(
    label: str, log: Path, trajectory: Path, structure: Path, frame_spacing: float
) -> ShortRun:
    """Read what a run wrote.

    Parameters
    ----------
    label : str
    log, trajectory, structure : path
        Of a run's folder; the trajectory with at least ten frames, in DCD: XTC rounds too much.
    frame_spacing : float
        ps.

    Returns
    -------
    ShortRun
    """
    frames = mdtraj.load(str(trajectory), top=str(structure))
    lines = read_energy_log(log)
    masses = np.array([atom.element.mass for atom in frames.topology.atoms])
    return ShortRun(
        label,
        lines["time_ps"],
        lines["temperature_k"],
        frame_spacing * np.arange(1, len(frames) + 1),
        backbone_rmsd(frames),
        backbone_bond_lengths(frames),
        vibrational_density(frames.xyz, masses, frame_spacing),
    )


def compare_short_runs(runs: Sequence[ShortRun], title: str) -> Figure:
    """Draw bonds, vibrations, temperatures and drift from the start of a few runs.

    Parameters
    ----------
    runs : sequence of ShortRun
        One to four.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not 1 <= len(runs) <= len(_COLORS):
        raise ValueError(f"There are {len(runs)} runs; expected 1 to {len(_COLORS)}.")
    figure = Figure(figsize=(10.0, 7.6), layout="constrained")
    figure.suptitle(title, fontsize=13)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.25, 1))  # type: ignore[misc]
    bonds, vibrations = upper.subplots(1, 2, width_ratios=(1.0, 1.25))
    temperature, rmsd = lower.subplots(1, 2, width_ratios=(1.0, 1.25))
    _draw_bonds(bonds, runs)
    for run, color in zip(runs, _COLORS, strict=False):
        found = run.vibrations
        vibrations.fill_between(found.wavenumbers, 1e3 * found.density, color=color, alpha=0.15)
        vibrations.plot(found.wavenumbers, 1e3 * found.density, color=color, label=run.label)
        temperature.plot(run.time_ps, run.temperature, color=color)
        rmsd.plot(run.frame_time_ps, run.rmsd, color=color)
    width = max(run.vibrations.resolution for run in runs)
    vibrations.set_title(f"vibrations, resolved to {width:.0f} cm$^{{-1}}$", fontsize=11)
    vibrations.set(xlabel="wavenumber (cm$^{-1}$)", ylabel="density ($10^{-3}$ cm)")
    vibrations.set(xlim=(0, 4000), ylim=(0, None))
    vibrations.legend(frameon=False)
    temperature.set(xlabel="time (ps)", ylabel="temperature (K)", ylim=(0, None))
    rmsd.set(xlabel="time (ps)", ylabel="backbone, distance from\nthe start (angstrom)")
    rmsd.set_ylim(bottom=0)
    for axes in (temperature, rmsd):
        axes.margins(x=0)
    return figure


def _draw_bonds(axes: Axes, runs: Sequence[ShortRun]) -> None:
    """Draw distributions of bond lengths, a row for each kind, with their means."""
    kinds = list(runs[0].bond_lengths)
    for row, kind in enumerate(reversed(kinds)):
        tallest = 0.0
        curves = []
        for run in runs:
            lengths = run.bond_lengths[kind].ravel()
            edges = np.arange(lengths.min(), lengths.max() + _BIN_ANGSTROM, _BIN_ANGSTROM)
            heights, edges = np.histogram(lengths, edges, density=True)
            curves.append((0.5 * (edges[1:] + edges[:-1]), heights, lengths.mean()))
            tallest = max(tallest, heights.max())
        for (lengths, heights, mean), color in zip(curves, _COLORS, strict=False):
            scaled = row + 0.85 * heights / tallest
            axes.fill_between(lengths, row, scaled, color=color, alpha=0.25, lw=0)
            axes.plot(lengths, scaled, color=color, lw=1.2)
            axes.plot([mean, mean], [row, row + 0.85], color=color, lw=1, ls=":")
        axes.axhline(row, color="0.8", lw=0.8, zorder=0)
    axes.set_yticks(np.arange(len(kinds)) + 0.3, list(reversed(kinds)))
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="length (angstrom)", ylim=(0, len(kinds)))
    axes.set_title("bonds of the backbone (dotted: means)", fontsize=11)
