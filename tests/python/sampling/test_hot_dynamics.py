# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Langevin dynamics with any engine."""

from collections.abc import Callable

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.sampling.hot_dynamics import FramePace, LangevinDynamics, Thermostat, hot_frames
from openmmgems.sampling.mechanics import ACCELERATION, BOLTZMANN_EV, Surface, masses_of
from openmmgems.sampling.molecular_graph import MolecularGraph
from support.spring_engine import SpringEngine


class _SequentialSprings(SpringEngine):
    """Springs that are twice as stiff in a sequence."""

    def in_sequence(self) -> Callable[[AtomicSystem], Label]:
        return SpringEngine(2.0 * self.stiffness).label


HELIUM = AtomicSystem(np.full(40, 2), np.zeros((40, 3)))
HYDROGEN = AtomicSystem(
    np.array([1, 1]), np.array([[0.0, 0, 0], [0.74, 0, 0]]), source="bottom-up:H"
)


def test_a_molecule_in_motion_is_calculated_in_sequence_where_the_engine_can() -> None:
    positions = np.ones((40, 3))
    energies = [Surface(HELIUM, e).at(positions)[0] for e in (SpringEngine(), _SequentialSprings())]
    assert energies[1] == 2.0 * energies[0]


def _hydrogen_frames(engine: SpringEngine, temperature: float, restarts: int) -> list:
    graph = MolecularGraph(HYDROGEN.atomic_numbers, HYDROGEN.positions_angstrom)
    return list(
        hot_frames(
            Surface(HYDROGEN, engine),
            HYDROGEN.positions_angstrom,
            graph,
            Thermostat(temperature),
            FramePace(number=6, spacing=10, equilibration=10, max_restarts=restarts),
            np.random.default_rng(1),
        )
    )


def test_atoms_on_springs_reach_the_variance_of_the_temperature() -> None:
    surface = Surface(HELIUM, SpringEngine(stiffness=5.0))
    thermostat = Thermostat(500.0, time_step_fs=1.0, friction_per_ps=50.0)
    dynamics = LangevinDynamics(surface, np.zeros((40, 3)), thermostat, np.random.default_rng(4))
    dynamics.step(500)
    squares, kinetic = [], []
    masses = masses_of(HELIUM.atomic_numbers)[:, None]
    for _ in range(400):
        dynamics.step(20)
        squares.append((dynamics.positions_angstrom**2).mean())
        kinetic.append((masses * dynamics.velocities**2).mean() / ACCELERATION)
    # 120 oscillators at some 100 independent times at least: two per cent is four errors.
    assert np.mean(squares) == pytest.approx(BOLTZMANN_EV * 500.0 / 5.0, rel=0.05)
    assert np.mean(kinetic) == pytest.approx(BOLTZMANN_EV * 500.0, rel=0.05)


def test_heavy_hydrogens_move_slowly_to_the_same_variance() -> None:
    protons = AtomicSystem(np.full(40, 1), np.zeros((40, 3)))
    surface = Surface(protons, SpringEngine(stiffness=5.0))
    thermostat = Thermostat(500.0, 2.0, friction_per_ps=50.0, hydrogen_mass_dalton=4.0)
    dynamics = LangevinDynamics(surface, np.zeros((40, 3)), thermostat, np.random.default_rng(4))
    dynamics.step(250)
    positions, velocities = [], []
    for _ in range(400):
        dynamics.step(10)
        positions.append((dynamics.positions_angstrom**2).mean())
        velocities.append((dynamics.velocities**2).mean() / ACCELERATION)
    assert np.mean(positions) == pytest.approx(BOLTZMANN_EV * 500.0 / 5.0, rel=0.05)
    assert np.mean(velocities) == pytest.approx(BOLTZMANN_EV * 500.0 / 4.0, rel=0.05)


def test_energy_is_conserved_without_friction() -> None:
    surface = Surface(HELIUM, SpringEngine(stiffness=5.0))
    thermostat = Thermostat(300.0, time_step_fs=0.5, friction_per_ps=0.0)
    dynamics = LangevinDynamics(surface, np.zeros((40, 3)), thermostat, np.random.default_rng(4))
    masses = masses_of(HELIUM.atomic_numbers)[:, None]

    def total() -> float:
        kinetic = 0.5 * (masses * dynamics.velocities**2).sum() / ACCELERATION
        return surface.at(dynamics.positions_angstrom)[0] + kinetic

    before = total()
    dynamics.step(400)
    assert total() == pytest.approx(before, rel=1e-4)


def test_there_is_no_momentum_at_the_start() -> None:
    surface = Surface(HELIUM, SpringEngine())
    generator = np.random.default_rng(1)
    dynamics = LangevinDynamics(surface, np.zeros((40, 3)), Thermostat(300.0), generator)
    np.testing.assert_allclose(dynamics.velocities.sum(axis=0), 0.0, atol=1e-12)


def test_frames_keep_the_bond_though_runs_begin_again() -> None:
    # A bond so weak that it breaks now and then, but never more than eight times without a frame.
    frames = _hydrogen_frames(SpringEngine(stiffness=6.0, pair_length=0.74), 3000.0, 8)
    lengths = [np.linalg.norm(positions[1] - positions[0]) for positions, _ in frames]
    assert max(lengths) < 1.45 * 0.62
    assert [restarts for _, restarts in frames][-1] > 8


def test_a_bond_that_always_breaks_is_an_error() -> None:
    with pytest.raises(
        RuntimeError, match=r"begun again 3 times in vain and has 0 of 6 frames; last.*bond"
    ):
        _hydrogen_frames(SpringEngine(stiffness=50.0, pair_length=2.0), 300.0, 3)


def test_an_engine_that_always_fails_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="last reason: no convergence for bottom-up:H"):
        _hydrogen_frames(SpringEngine(fails_for=2), 300.0, 2)
