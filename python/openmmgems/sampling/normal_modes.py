# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers displaced at random along the normal modes of a minimum.

The idea is that of normal mode sampling (Smith, Isayev, Roitberg, Chem. Sci. 8, 3192 (2017),
doi:10.1039/C6SC05720A), with the distribution of classical harmonic oscillators: the mass-weighted
coordinate q of a mode with angular frequency w has the Boltzmann density exp(-w^2 q^2 / 2 kT), a
normal distribution of variance kT / w^2. The mean energy of each mode is then kT / 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .mechanics import ACCELERATION, BOLTZMANN_EV, PER_CM, Positions, Surface
from .molecular_graph import MolecularGraph

# Of the forces' central differences.
_STEP_ANGSTROM = 0.005
_FORCE_TOLERANCE_EV_PER_ANGSTROM = 2e-3
_MAX_ITERATIONS = 400
_SLOPE = 100.0  # eV/angstrom^2
# How far soft modes are made stiffer at most, in three steps.
_STIFFER = 8.0


@dataclass(frozen=True)
class Minimum:
    """Where a minimisation ended.

    ``positions_angstrom`` [num_atoms, 3], ``energy_ev``, and ``largest_force_ev_per_angstrom``,
    of a component. ``bonds_would_change``: on the way further down a bond would break or form, as
    where a proton goes from an acid to a base; these are the last positions with the same bonds.
    """

    positions_angstrom: Positions
    energy_ev: float
    largest_force_ev_per_angstrom: float
    bonds_would_change: bool


@dataclass(frozen=True)
class NormalModes:
    """Vibrations about a structure.

    ``wave_numbers_per_cm`` [num_modes], ascending, imaginary ones negative; ``displacements``
    [num_modes, num_atoms, 3] in angstrom per unit of the mass-weighted coordinate,
    angstrom sqrt(dalton).
    """

    wave_numbers_per_cm: NDArray[np.float64]
    displacements: NDArray[np.float64]


def minimise(surface: Surface, graph: MolecularGraph) -> Minimum:
    """Go to a minimum by SciPy's L-BFGS-B, as long as the bonds stay as they are.

    Where the engine fails, as it can after a step that tears a cluster apart, is taken for a steep
    slope back: the next step is shorter.

    Parameters
    ----------
    surface : Surface
    graph : MolecularGraph
        Of the molecule.

    Returns
    -------
    Minimum
        To 0.002 eV/angstrom, or as far as 400 iterations bring it.

    Raises
    ------
    RuntimeError
        If the engine fails at the start.

    """
    from scipy.optimize import minimize

    start = np.asarray(surface.structure.positions_angstrom, float)
    kept, changed = [start], False
    lowest = np.inf

    def downhill(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        nonlocal lowest
        try:
            energy, forces = surface.at(flat.reshape(-1, 3))
        except RuntimeError:
            step = flat - kept[0].ravel()
            if not step.any():
                raise
            return lowest + _SLOPE * float(step @ step), 2.0 * _SLOPE * step
        lowest = min(lowest, energy)
        return energy, -forces.ravel()

    def watch(flat: NDArray[np.float64]) -> None:
        nonlocal changed
        if not graph.is_kept(flat.reshape(-1, 3)):
            changed = True
            raise StopIteration
        kept[0] = flat.reshape(-1, 3).copy()

    options = {
        "maxiter": _MAX_ITERATIONS,
        "gtol": _FORCE_TOLERANCE_EV_PER_ANGSTROM,
        "ftol": 1e-14,
        "maxls": 40,
    }
    minimize(downhill, start.ravel(), jac=True, method="L-BFGS-B", callback=watch, options=options)
    energy, forces = surface.at(kept[0])
    return Minimum(kept[0], energy, float(np.abs(forces).max()), changed)


def hessian(surface: Surface, positions_angstrom: Positions) -> NDArray[np.float64]:
    """Find second derivatives by central differences of forces, and make them symmetric.

    Parameters
    ----------
    surface : Surface
    positions_angstrom : array [num_atoms, 3]

    Returns
    -------
    array [3 num_atoms, 3 num_atoms]
        In eV/angstrom^2.

    Raises
    ------
    RuntimeError
        If the engine fails.

    """
    size = positions_angstrom.size
    rows = np.empty((size, size))
    for k in range(size):
        step = np.zeros(positions_angstrom.shape)
        step.flat[k] = _STEP_ANGSTROM
        _, forward = surface.at(positions_angstrom + step)
        _, backward = surface.at(positions_angstrom - step)
        rows[k] = (backward - forward).ravel() / (2.0 * _STEP_ANGSTROM)
    return 0.5 * (rows + rows.T)


def normal_modes(
    hessian_ev_per_angstrom2: NDArray[np.float64],
    masses: NDArray[np.float64],
    positions_angstrom: Positions,
) -> NormalModes:
    """Find the vibrations; translations and rotations are projected out.

    The projection is that of Miller, Handy, Adams, J. Chem. Phys. 72, 99 (1980),
    doi:10.1063/1.438959.

    Parameters
    ----------
    hessian_ev_per_angstrom2 : array [3 num_atoms, 3 num_atoms]
    masses : array [num_atoms]
        In dalton.
    positions_angstrom : array [num_atoms, 3]

    Returns
    -------
    NormalModes
        3 N - 6 of them, 3 N - 5 of a linear molecule, none of an atom.

    """
    from scipy.linalg import null_space

    roots = np.repeat(np.sqrt(masses), 3)
    rigid = _rigid_motions(masses, positions_angstrom)
    vibrations = null_space(rigid.T, rcond=1e-8)
    weighted = hessian_ev_per_angstrom2 / np.outer(roots, roots)
    values, vectors = np.linalg.eigh(vibrations.T @ weighted @ vibrations)
    frequencies = np.sign(values) * np.sqrt(np.abs(values) * ACCELERATION)
    displacements = (vibrations @ vectors).T / roots
    return NormalModes(frequencies * PER_CM, displacements.reshape(len(values), len(masses), 3))


def _rigid_motions(masses: NDArray[np.float64], positions: Positions) -> NDArray[np.float64]:
    """Orthonormal mass-weighted translations and rotations, [3 num_atoms, 6 or fewer]."""
    centred = positions - masses @ positions / masses.sum()
    axes = np.eye(3)
    motions = [np.tile(axis, (len(masses), 1)) for axis in axes]
    motions += [np.cross(axis, centred) for axis in axes]
    weighted = np.array([(m * np.sqrt(masses)[:, None]).ravel() for m in motions]).T
    left, sizes, _ = np.linalg.svd(weighted, full_matrices=False)
    return left[:, sizes > 1e-4 * sizes[0]]


def displaced(
    minimum: Minimum,
    modes: NormalModes,
    temperature_kelvin: float,
    softest_mode_per_cm: float,
    generator: np.random.Generator,
) -> Positions:
    """Draw positions from the harmonic Boltzmann distribution.

    Parameters
    ----------
    minimum : Minimum
    modes : NormalModes
    temperature_kelvin : float
    softest_mode_per_cm : float
        Imaginary and softer modes are displaced as if they had this wave number: along them a
        harmonic distribution is far too wide, or none.
    generator : numpy.random.Generator

    Returns
    -------
    array [num_atoms, 3]
        In angstrom; the centre of mass is that of the minimum.

    """
    per_fs = np.maximum(modes.wave_numbers_per_cm, softest_mode_per_cm) / PER_CM
    thermal = np.sqrt(BOLTZMANN_EV * temperature_kelvin * ACCELERATION)
    coordinates = generator.standard_normal(len(per_fs)) * thermal / per_fs
    return minimum.positions_angstrom + np.tensordot(coordinates, modes.displacements, 1)


@dataclass(frozen=True)
class Acceptance:
    """When displaced positions are kept: same bonds, and an energy at most so far up."""

    graph: MolecularGraph
    highest_energy_ev: float
    softest_mode_per_cm: float
    max_draws: int


def draw_displaced(
    surface: Surface,
    minimum: Minimum,
    modes: NormalModes,
    temperatures_kelvin: list[float],
    acceptance: Acceptance,
    generator: np.random.Generator,
) -> Iterator[tuple[float, Positions, int]]:
    """Yield temperature, positions and number of rejected draws before, once per temperature.

    When `acceptance.max_draws` draws in a row are rejected, modes that are softer than twice the
    limit are taken as that stiff, then those softer than four times, and eight times: in loose
    clusters, soft modes carry molecules into each other.

    Raises
    ------
    RuntimeError
        If then all are still rejected; where the engine fails, a draw is rejected.

    """
    softest = dict.fromkeys(temperatures_kelvin, acceptance.softest_mode_per_cm)
    stiffest = _STIFFER * acceptance.softest_mode_per_cm
    for temperature in temperatures_kelvin:
        failure: RuntimeError | None = None
        for rejected in itertools.count():
            if rejected and rejected % acceptance.max_draws == 0:
                if softest[temperature] >= stiffest:
                    raise _all_rejected(surface, minimum, temperature, acceptance, failure)
                softest[temperature] *= 2.0
            positions = displaced(minimum, modes, temperature, softest[temperature], generator)
            try:
                accepted = _is_accepted(surface, positions, acceptance)
            except RuntimeError as error:  # as a strained electronic structure may not converge
                failure, accepted = error, False
            if accepted:
                yield temperature, positions, rejected
                break


def _all_rejected(
    surface: Surface,
    minimum: Minimum,
    temperature_kelvin: float,
    acceptance: Acceptance,
    failure: RuntimeError | None,
) -> RuntimeError:
    error = RuntimeError(
        f"All of {acceptance.max_draws} displacements of '{surface.structure.source}' at "
        f"{temperature_kelvin:g} K change bonds, leave the energy window of "
        f"{acceptance.highest_energy_ev - minimum.energy_ev:.3g} eV, or make the engine fail"
        f"{f' ({failure})' if failure else ''}, also with all modes as stiff as "
        f"{_STIFFER * acceptance.softest_mode_per_cm:g}/cm. Lower the temperature, widen the "
        "window, or raise softest_mode_per_cm."
    )
    error.__cause__ = failure
    return error


def _is_accepted(surface: Surface, positions: Positions, acceptance: Acceptance) -> bool:
    """Bonds are looked at first: they cost nothing."""
    if not acceptance.graph.is_kept(positions):
        return False
    energy, _ = surface.at(positions)
    return energy <= acceptance.highest_energy_ev
