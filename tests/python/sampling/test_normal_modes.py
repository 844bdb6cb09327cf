# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers along normal modes."""

from dataclasses import replace

import ase
import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes
from ase.vibrations import Vibrations
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.engines.engine import Engine
from openmmgems.engines.tblite_engine import TbliteEngine
from openmmgems.sampling.mechanics import BOLTZMANN_EV, Surface, masses_of
from openmmgems.sampling.molecular_graph import MolecularGraph
from openmmgems.sampling.normal_modes import (
    Acceptance,
    Minimum,
    NormalModes,
    displaced,
    draw_displaced,
    hessian,
    minimise,
    normal_modes,
)
from support.spring_engine import SpringEngine

WATER = AtomicSystem(
    np.array([8, 1, 1]),
    np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]),
    source="bottom-up:O:start",
)
CARBON_MONOXIDE = AtomicSystem(
    np.array([6, 8]), np.array([[0.0, 0, 0], [0.7, 0.7, 0.4]]), source="bottom-up:[C-]#[O+]"
)


class _AseCalculator(Calculator):
    """An engine, for ASE."""

    implemented_properties = ("energy", "forces")

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def calculate(
        self, atoms: object = None, properties: object = None, system_changes: object = all_changes
    ) -> None:
        super().calculate(atoms, properties, system_changes)
        structure = AtomicSystem(self.atoms.numbers, self.atoms.positions)
        label = self._engine.label(structure)
        self.results = {"energy": label.energy_ev, "forces": label.forces_ev_per_angstrom}


@pytest.fixture(scope="module")
def engine() -> TbliteEngine:
    return TbliteEngine(accuracy=0.01)


@pytest.fixture(scope="module")
def minimum(engine: TbliteEngine) -> Minimum:
    return minimise(Surface(WATER, engine), _graph(WATER))


@pytest.fixture(scope="module")
def water_hessian(engine: TbliteEngine, minimum: Minimum) -> np.ndarray:
    return hessian(Surface(WATER, engine), minimum.positions_angstrom)


@pytest.fixture(scope="module")
def modes(minimum: Minimum, water_hessian: np.ndarray) -> NormalModes:
    return normal_modes(water_hessian, masses_of(WATER.atomic_numbers), minimum.positions_angstrom)


def _graph(structure: AtomicSystem) -> MolecularGraph:
    return MolecularGraph(structure.atomic_numbers, structure.positions_angstrom)


def test_frequencies_of_water_are_those_of_ase(
    engine: TbliteEngine, minimum: Minimum, modes: NormalModes, tmp_path: object
) -> None:
    atoms = ase.Atoms(numbers=WATER.atomic_numbers, positions=minimum.positions_angstrom)
    atoms.set_masses(masses_of(WATER.atomic_numbers))
    atoms.calc = _AseCalculator(engine)
    vibrations = Vibrations(atoms, delta=0.005, name=str(tmp_path / "vibrations"))
    vibrations.run()
    expected = np.sort(vibrations.get_frequencies().real)[-3:]
    np.testing.assert_allclose(modes.wave_numbers_per_cm, expected, atol=1.0)


def test_a_spring_has_the_frequency_of_its_reduced_mass() -> None:
    surface = Surface(CARBON_MONOXIDE, SpringEngine(stiffness=100.0, pair_length=1.1))
    minimum = minimise(surface, _graph(CARBON_MONOXIDE))
    masses = masses_of(CARBON_MONOXIDE.atomic_numbers)
    curvature = hessian(surface, minimum.positions_angstrom)
    found = normal_modes(curvature, masses, minimum.positions_angstrom)
    reduced = masses.prod() / masses.sum() * 1.66053906660e-27
    newton_per_metre = 100.0 * 1.602176634e-19 * 1e20
    expected = np.sqrt(newton_per_metre / reduced) / (2 * np.pi * 299792458.0 * 100.0)
    np.testing.assert_allclose(found.wave_numbers_per_cm, [expected], rtol=1e-5)


def test_displacements_neither_shift_nor_turn(minimum: Minimum, modes: NormalModes) -> None:
    masses = masses_of(WATER.atomic_numbers)[:, None]
    centred = minimum.positions_angstrom - (masses * minimum.positions_angstrom).sum(0) / 18.015
    for displacement in modes.displacements:
        np.testing.assert_allclose((masses * displacement).sum(0), 0.0, atol=1e-10)
        turned = np.cross(centred, masses * displacement).sum(0)
        np.testing.assert_allclose(turned, 0.0, atol=1e-3)


@pytest.mark.parametrize("temperature", [300.0, 1000.0])
def test_the_mean_harmonic_energy_of_each_mode_is_half_kt(
    minimum: Minimum, modes: NormalModes, water_hessian: np.ndarray, temperature: float
) -> None:
    generator = np.random.default_rng(1)
    draws = 20000
    start = minimum.positions_angstrom
    shifts = np.array(
        [displaced(minimum, modes, temperature, 50.0, generator) - start for _ in range(draws)]
    ).reshape(draws, -1)
    energies = 0.5 * np.einsum("ni,ij,nj->n", shifts, water_hessian, shifts)
    expected = 3 * 0.5 * BOLTZMANN_EV * temperature
    # A sum of three squares of normal numbers has the variance 6 (kT/2)^2.
    error = np.sqrt(6 / draws) * 0.5 * BOLTZMANN_EV * temperature
    assert abs(energies.mean() - expected) < 4 * error


def test_soft_and_imaginary_modes_are_displaced_as_if_at_the_softest_allowed(
    minimum: Minimum, modes: NormalModes
) -> None:
    soft = replace(modes, wave_numbers_per_cm=np.array([-800.0, 0.0, 3000.0]))
    raised = replace(modes, wave_numbers_per_cm=np.array([50.0, 50.0, 3000.0]))
    first, second = (
        displaced(minimum, m, 300.0, 50.0, np.random.default_rng(3)) for m in (soft, raised)
    )
    np.testing.assert_array_equal(first, second)


def test_the_minimum_is_one(minimum: Minimum) -> None:
    assert minimum.largest_force_ev_per_angstrom < 2e-3
    assert not minimum.bonds_would_change


class _CliffEngine(SpringEngine):
    """Fails where a pair is longer than it should be."""

    num_failed = 0

    def label(self, structure: AtomicSystem) -> Label:
        x = structure.positions_angstrom
        if np.linalg.norm(x[1] - x[0]) > 1.15:
            object.__setattr__(self, "num_failed", self.num_failed + 1)
            raise RuntimeError("no convergence")
        return super().label(structure)


def test_a_minimisation_goes_on_where_a_step_was_too_long() -> None:
    engine = _CliffEngine(stiffness=1.0, pair_length=1.1)
    start = replace(CARBON_MONOXIDE, positions_angstrom=np.array([[0.0, 0, 0], [0.6, 0, 0]]))
    found = minimise(Surface(start, engine), _graph(CARBON_MONOXIDE))
    assert engine.num_failed > 0
    assert np.linalg.norm(np.diff(found.positions_angstrom, axis=0)) == pytest.approx(1.1, abs=0.01)


def test_an_engine_that_fails_at_the_start_is_an_error() -> None:
    start = replace(CARBON_MONOXIDE, positions_angstrom=np.array([[0.0, 0, 0], [1.2, 0, 0]]))
    with pytest.raises(RuntimeError, match="no convergence"):
        minimise(Surface(start, _CliffEngine(pair_length=1.1)), _graph(CARBON_MONOXIDE))


def test_a_minimisation_stops_where_bonds_would_change() -> None:
    # The spring pulls the atoms apart, to a length that is no bond.
    surface = Surface(CARBON_MONOXIDE, SpringEngine(stiffness=5.0, pair_length=4.0))
    graph = _graph(CARBON_MONOXIDE)
    found = minimise(surface, graph)
    assert found.bonds_would_change
    assert graph.is_kept(found.positions_angstrom)


def _acceptance(highest_energy_ev: float) -> Acceptance:
    return Acceptance(_graph(WATER), highest_energy_ev, 50.0, max_draws=30)


def test_no_displacement_leaves_the_energy_window(
    engine: TbliteEngine, minimum: Minimum, modes: NormalModes
) -> None:
    surface = Surface(WATER, engine)
    highest = minimum.energy_ev + 0.1
    generator = np.random.default_rng(2)
    drawn = list(
        draw_displaced(surface, minimum, modes, [600.0] * 10, _acceptance(highest), generator)
    )
    assert [surface.at(positions)[0] <= highest for _, positions, _ in drawn] == [True] * 10
    assert sum(rejected for _, _, rejected in drawn) > 0


def test_a_window_in_which_nothing_fits_is_an_error(
    engine: TbliteEngine, minimum: Minimum, modes: NormalModes
) -> None:
    draws = draw_displaced(
        Surface(WATER, engine),
        minimum,
        modes,
        [300.0],
        _acceptance(minimum.energy_ev - 1.0),
        np.random.default_rng(2),
    )
    with pytest.raises(RuntimeError, match="All of 30 displacements of 'bottom-up:O:start'"):
        list(draws)


def test_soft_modes_become_stiffer_where_every_displacement_breaks_a_bond() -> None:
    surface = Surface(CARBON_MONOXIDE, SpringEngine(stiffness=0.01, pair_length=1.1))
    graph = _graph(CARBON_MONOXIDE)
    minimum = minimise(surface, graph)
    modes = normal_modes(
        hessian(surface, minimum.positions_angstrom),
        masses_of(CARBON_MONOXIDE.atomic_numbers),
        minimum.positions_angstrom,
    )
    acceptance = Acceptance(graph, np.inf, float(modes.wave_numbers_per_cm[0]), max_draws=2)
    generator = np.random.default_rng(1)
    drawn = list(draw_displaced(surface, minimum, modes, [2e4] * 5, acceptance, generator))
    assert all(graph.is_kept(positions) for _, positions, _ in drawn)
    assert max(rejected for _, _, rejected in drawn) >= acceptance.max_draws


def test_numbers_that_are_not_finite_are_an_error() -> None:
    surface = Surface(WATER, SpringEngine(nan_for=3))
    with pytest.raises(RuntimeError, match="not a finite number for 'bottom-up:O:start'"):
        surface.at(WATER.positions_angstrom)
