# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Vibrations of a trajectory: how much of the atoms' motion is at which wavenumber."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SPEED_OF_LIGHT = 2.99792458e-2  # cm/ps
#: Motion that frames follow; faster ones appear slower than they are.
_FRAMES_PER_PERIOD = 4.0
#: Width at half height of the Hann window's square, times the window's length.
_WIDTH_OF_WINDOW = 1.44


@dataclass(frozen=True)
class VibrationalDensity:
    """Share of the kinetic energy by wavenumber.

    Attributes
    ----------
    wavenumbers : numpy.ndarray
        1/cm, shape ``[num_wavenumbers]``.
    density : numpy.ndarray
        cm; its integral is 1.
    resolution : float
        1/cm: peaks are at least that wide at half height, as the trajectory is no longer.
    """

    wavenumbers: np.ndarray
    density: np.ndarray
    resolution: float


def vibrational_density(
    positions: np.ndarray, masses: np.ndarray, frame_spacing: float
) -> VibrationalDensity:
    """Compute the power spectrum of mass-weighted velocities.

    Velocities are differences of frames on both sides, and what these miss of fast motion is put
    back. The whole is multiplied by a Hann window.

    Parameters
    ----------
    positions : numpy.ndarray
        nm, shape ``[num_frames, num_atoms, 3]``; molecules must be whole.
    masses : numpy.ndarray
        Any unit, shape ``[num_atoms]``.
    frame_spacing : float
        ps.

    Returns
    -------
    VibrationalDensity
        Up to a quarter of the frames' own frequency.

    Raises
    ------
    ValueError
        If there are too few frames.
    """
    frames = np.asarray(positions, dtype=np.float64)
    if len(frames) < 10:
        raise ValueError(f"There are {len(frames)} frames; expected at least 10.")
    velocities = (frames[2:] - frames[:-2]) / (2.0 * frame_spacing)
    velocities -= velocities.mean(axis=0)
    count = len(velocities)
    window = np.hanning(count)[:, None, None]
    amplitudes = np.fft.rfft(window * velocities, n=8 * count, axis=0)
    power = np.einsum("fad,a->f", np.abs(amplitudes) ** 2, masses)
    frequencies = np.fft.rfftfreq(8 * count, frame_spacing)  # 1/ps
    kept = frequencies <= 1.0 / (_FRAMES_PER_PERIOD * frame_spacing)
    power = power[kept] / np.sinc(2.0 * frequencies[kept] * frame_spacing) ** 2
    wavenumbers = frequencies[kept] / _SPEED_OF_LIGHT
    resolution = _WIDTH_OF_WINDOW / (count * frame_spacing) / _SPEED_OF_LIGHT
    return VibrationalDensity(wavenumbers, power / np.trapezoid(power, wavenumbers), resolution)
