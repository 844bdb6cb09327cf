# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""GFN2-xTB labels: units, signs, derivatives, failures."""

import numpy as np
import pytest
from ase import Atoms
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.tblite_engine import TbliteEngine
from openmmgems.units import BOHR_ANGSTROM
from tblite.ase import TBLite
from tblite.exceptions import TBLiteRuntimeError
from tblite.interface import Calculator

FORMAMIDE = np.array([6, 8, 7, 1, 1, 1])
FORMAMIDE_POSITIONS = np.array(
    [
        [0.00, 0.42, 0.03],
        [1.20, 0.22, 0.00],
        [-0.94, -0.56, 0.05],
        [-0.42, 1.45, -0.06],
        [-0.66, -1.53, 0.00],
        [-1.93, -0.35, 0.10],
    ]
)


@pytest.fixture(scope="module")
def engine() -> TbliteEngine:
    return TbliteEngine(accuracy=0.01)


def test_forces_are_the_negative_gradient_of_the_energy(engine: TbliteEngine) -> None:
    def energy(atom: int, axis: int, shift: float) -> float:
        positions = FORMAMIDE_POSITIONS.copy()
        positions[atom, axis] += shift
        return engine.label(AtomicSystem(FORMAMIDE, positions)).energy_ev

    step = 0.01
    forces = engine.label(AtomicSystem(FORMAMIDE, FORMAMIDE_POSITIONS)).forces_ev_per_angstrom
    for atom, axis in [(1, 0), (2, 2)]:
        near = energy(atom, axis, step) - energy(atom, axis, -step)
        far = energy(atom, axis, 2 * step) - energy(atom, axis, -2 * step)
        slope = (8.0 * near - far) / (12.0 * step)
        # The energies are converged to about 1e-8 hartree: 4e-5 eV/angstrom at this step.
        assert forces[atom, axis] == pytest.approx(-slope, abs=2e-4)


def test_numbers_match_the_interface_that_tblite_has_for_ase(engine: TbliteEngine) -> None:
    atoms = Atoms(FORMAMIDE, FORMAMIDE_POSITIONS)
    atoms.calc = TBLite(method="GFN2-xTB", accuracy=0.01, verbosity=0)
    label = engine.label(AtomicSystem(FORMAMIDE, FORMAMIDE_POSITIONS))
    # The two convert units with constants of different years: 1e-8 of the energy.
    assert label.energy_ev == pytest.approx(atoms.get_potential_energy(), rel=1e-7)
    np.testing.assert_allclose(label.forces_ev_per_angstrom, atoms.get_forces(), atol=1e-4)
    np.testing.assert_allclose(label.dipole_e_angstrom, atoms.get_dipole_moment(), atol=1e-4)


def test_the_dipole_of_water_points_to_the_hydrogens(engine: TbliteEngine) -> None:
    positions = np.array([[0.0, 0.0, 0.0], [0.757, 0.0, 0.586], [-0.757, 0.0, 0.586]])
    dipole = engine.label(AtomicSystem(np.array([8, 1, 1]), positions)).dipole_e_angstrom
    np.testing.assert_allclose(dipole[:2], 0.0, atol=1e-5)
    assert dipole[2] > 0.1


def test_the_dipole_of_an_ion_moves_with_the_origin(engine: TbliteEngine) -> None:
    numbers, shift = np.array([8, 1]), np.array([1.0, -2.0, 3.0])
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.97]])
    here = engine.label(AtomicSystem(numbers, positions, charge=-1))
    there = engine.label(AtomicSystem(numbers, positions + shift, charge=-1))
    moved = there.dipole_e_angstrom - here.dipole_e_angstrom
    np.testing.assert_allclose(moved, -shift, atol=1e-5)


def test_unpaired_electrons_reach_the_calculation(engine: TbliteEngine) -> None:
    oxygen, positions = np.array([8, 8]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.21]])
    triplet = engine.label(AtomicSystem(oxygen, positions, spin=2)).energy_ev
    quintet = engine.label(AtomicSystem(oxygen, positions, spin=4)).energy_ev
    assert quintet - triplet > 1.0


def test_a_failed_calculation_names_the_structure(engine: TbliteEngine) -> None:
    clash = AtomicSystem(np.array([1, 1]), np.zeros((2, 3)), source="two atoms in one place")
    with pytest.raises(RuntimeError, match="GFN2-xTB failed for two atoms in one place"):
        engine.label(clash)


def test_distant_ions_converge_from_high_electronic_temperatures(engine: TbliteEngine) -> None:
    def salt(distance: float) -> AtomicSystem:
        return AtomicSystem(np.array([11, 17]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, distance]]))

    first = salt(8.0)
    calculator = Calculator(
        "GFN2-xTB", first.atomic_numbers, first.positions_angstrom / BOHR_ANGSTROM
    )
    with pytest.raises(TBLiteRuntimeError, match="not converged"):
        calculator.singlepoint()
    slope = (engine.label(salt(8.05)).energy_ev - engine.label(salt(7.95)).energy_ev) / 0.1
    forces = engine.label(first).forces_ev_per_angstrom[:, 2]
    np.testing.assert_allclose(forces, [slope, -slope], atol=1e-4)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="GFN9-xTB"):
        TbliteEngine("GFN9-xTB")


def test_level_of_theory_and_version_are_told(engine: TbliteEngine) -> None:
    assert engine.level_of_theory == "GFN2-xTB"
    assert engine.version.startswith("tblite 0.")


@pytest.mark.parametrize("accuracy", [0.0, -0.1, 1.0])
def test_an_accuracy_too_coarse_for_forces_or_not_positive_is_refused(accuracy: float) -> None:
    with pytest.raises(ValueError, match=f"accuracy is {accuracy}"):
        TbliteEngine(accuracy=accuracy)


def test_structures_without_parameters_or_atoms_are_refused(engine: TbliteEngine) -> None:
    with pytest.raises(ValueError, match="no parameters for Fr of FrH; it knows H to Rn"):
        engine.label(AtomicSystem(np.array([87, 1]), np.eye(3)[:2] * 2, source="FrH"))
    with pytest.raises(ValueError, match="has no atoms"):
        engine.label(AtomicSystem(np.zeros(0, int), np.zeros((0, 3))))


def test_one_thread_gives_the_same_bits_again() -> None:
    engine = TbliteEngine(num_threads=1)
    labels = [engine.label(AtomicSystem(FORMAMIDE, FORMAMIDE_POSITIONS)) for _ in range(3)]
    assert len({label.forces_ev_per_angstrom.tobytes() for label in labels}) == 1
    with pytest.raises(ValueError, match="num_threads is 0"):
        TbliteEngine(num_threads=0)


def test_a_molecule_in_motion_gets_the_labels_of_its_structures(engine: TbliteEngine) -> None:
    generator, label = np.random.default_rng(1), engine.in_sequence()
    for _ in range(3):
        positions = FORMAMIDE_POSITIONS + 0.05 * generator.standard_normal((6, 3))
        moved, alone = (f(AtomicSystem(FORMAMIDE, positions)) for f in (label, engine.label))
        assert moved.energy_ev == pytest.approx(alone.energy_ev, abs=1e-6)
        np.testing.assert_allclose(
            moved.forces_ev_per_angstrom, alone.forces_ev_per_angstrom, atol=1e-4
        )
        np.testing.assert_allclose(moved.dipole_e_angstrom, alone.dipole_e_angstrom, atol=1e-4)


def test_a_sequence_goes_on_after_a_failure_and_another_molecule(engine: TbliteEngine) -> None:
    formamide = AtomicSystem(FORMAMIDE, FORMAMIDE_POSITIONS)
    oxygen = np.array([8, 8]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.21]])
    label = engine.in_sequence()
    label(formamide)
    with pytest.raises(RuntimeError, match="GFN2-xTB failed for two atoms in one place"):
        label(AtomicSystem(FORMAMIDE, np.zeros((6, 3)), source="two atoms in one place"))
    for structure in (formamide, AtomicSystem(*oxygen, spin=2), AtomicSystem(*oxygen, spin=4)):
        expected = engine.label(structure)
        found = label(structure)
        assert found.energy_ev == expected.energy_ev
        assert found.forces_ev_per_angstrom.tobytes() == expected.forces_ev_per_angstrom.tobytes()
