# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Figures; they take arrays and draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_COLORS = ("#0b5fa5", "#d1731c", "#3a8f4b", "#8a4fa3")


@dataclass(frozen=True)
class RunData:
    """What is drawn of one run.

    Attributes
    ----------
    label : str
    time_ps, potential_energy, temperature : numpy.ndarray
        ps, kJ/mol, K; shape ``[num_lines]``.
    phi, psi : numpy.ndarray
        Radians, shape ``[num_frames, num_residues]``.
    """

    label: str
    time_ps: np.ndarray
    potential_energy: np.ndarray
    temperature: np.ndarray
    phi: np.ndarray
    psi: np.ndarray


def draw_ramachandran(axes: Axes, phi: np.ndarray, psi: np.ndarray, color: str) -> None:
    """Draw phi against psi in degrees; later frames are darker.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    phi, psi : numpy.ndarray
        Radians, shape ``[num_frames, num_residues]``.
    color : str
    """
    age = np.linspace(0.15, 0.9, len(phi))
    for residue in range(phi.shape[1]):
        x, y = np.degrees(phi[:, residue]), np.degrees(psi[:, residue])
        axes.scatter(x, y, s=9, color=color, alpha=age, linewidths=0)  # type: ignore[arg-type]
        axes.plot(x[0], y[0], "o", ms=7, mfc="white", mec=color, mew=1.5)
    axes.set(xlim=(-180, 180), ylim=(-180, 180), aspect="equal")
    axes.set(xlabel=r"$\phi$ (degrees)", ylabel=r"$\psi$ (degrees)")
    axes.set_xticks(range(-180, 181, 90))
    axes.set_yticks(range(-180, 181, 90))
    axes.axhline(0, color="0.85", lw=0.8, zorder=0)
    axes.axvline(0, color="0.85", lw=0.8, zorder=0)


def draw_series(axes: Axes, runs: Sequence[RunData], what: str, ylabel: str) -> None:
    """Draw a quantity of several runs against time: thin as it is, thick as a running mean.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    runs : sequence of RunData
    what : str
        Name of an attribute.
    ylabel : str
    """
    for run, color in zip(runs, _COLORS, strict=False):
        values = getattr(run, what)
        axes.plot(run.time_ps, values, color=color, lw=0.5, alpha=0.35)
        width = max(1, len(values) // 20)
        mean = np.convolve(values, np.ones(width) / width, mode="valid")
        first = (len(values) - len(mean)) // 2
        axes.plot(
            run.time_ps[first : first + len(mean)], mean, color=color, lw=1.8, label=run.label
        )
    axes.set(xlabel="time (ps)", ylabel=ylabel)
    axes.margins(x=0)


def compare_runs(runs: Sequence[RunData], title: str) -> Figure:
    """Draw Ramachandran plots, energies and temperatures of a few runs side by side.

    Energies are relative to each run's minimum: those of a model and of a force field have
    different zeros.

    Parameters
    ----------
    runs : sequence of RunData
        One to four.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not 1 <= len(runs) <= len(_COLORS):
        raise ValueError(f"There are {len(runs)} runs; expected 1 to {len(_COLORS)}.")
    figure = Figure(figsize=(4.1 * len(runs), 7.6), layout="constrained")
    figure.suptitle(title, fontsize=13)
    plane, series = figure.subfigures(2, 1, height_ratios=(1.15, 1))  # type: ignore[misc]
    maps = plane.subplots(1, len(runs), sharey=True, squeeze=False)[0]
    for axes, run, color in zip(maps, runs, _COLORS, strict=False):
        draw_ramachandran(axes, run.phi, run.psi, color)
        axes.set_title(run.label, color=color, fontsize=11)
        axes.label_outer()
    shifted = [_from_minimum(run) for run in runs]
    upper, lower = series.subplots(2, 1, sharex=True)
    draw_series(upper, shifted, "potential_energy", "energy above\nminimum (kJ/mol)")
    draw_series(lower, runs, "temperature", "temperature (K)")
    upper.set_xlabel("")
    upper.legend(frameon=False, ncols=len(runs), loc="upper left", fontsize=9)
    upper.set_ylim(top=1.25 * max(run.potential_energy.max() for run in shifted))
    figure.align_ylabels((upper, lower))
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, SVG or PDF, by the ending of the name."""
    figure.savefig(path, dpi=160)


def _from_minimum(run: RunData) -> RunData:
    from dataclasses import replace

    return replace(run, potential_energy=run.potential_energy - run.potential_energy.min())
