# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The calculator for ASE."""

from pathlib import Path

import ase
import numpy as np
import openmmgems
import pytest
from openmmgems import models
from support import systems

WATER = ase.Atoms("OH2", [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])


def argon(model_file: Path) -> ase.Atoms:
    atoms = ase.Atoms(
        f"Ar{len(systems.argon())}",
        systems.argon(),
        cell=systems.TRICLINIC_ANGSTROM,
        pbc=True,
    )
    atoms.calc = openmmgems.GemsCalculator(model_file)
    return atoms


def test_results_are_those_of_the_evaluator() -> None:
    file = models.path("ala-gfn2")
    atoms = WATER.copy()
    atoms.calc = openmmgems.GemsCalculator(file)
    expected = openmmgems.Evaluator(file).evaluate(atoms.numbers, atoms.positions)
    assert atoms.get_potential_energy() == expected["energy_ev"]
    np.testing.assert_array_equal(atoms.get_forces(), expected["forces_ev_per_angstrom"])
    np.testing.assert_array_equal(atoms.get_charges(), expected["charges"])
    np.testing.assert_array_equal(atoms.get_dipole_moment(), expected["dipole_e_angstrom"])


def test_charge_and_spin_come_from_the_atoms_or_the_arguments() -> None:
    file = models.path("ala-gfn2")
    atoms = WATER.copy()
    atoms.info = {"charge": 1, "spin": 1}
    atoms.calc = openmmgems.GemsCalculator(file)
    assert atoms.get_charges().sum() == pytest.approx(1.0, abs=1e-9)
    atoms.calc = openmmgems.GemsCalculator(file, charge=-1, num_unpaired_electrons=1)
    assert atoms.get_charges().sum() == pytest.approx(-1.0, abs=1e-9)


def test_changes_of_charge_and_spin_are_noticed() -> None:
    atoms = WATER.copy()
    atoms.calc = openmmgems.GemsCalculator(models.path("ala-gfn2"))
    neutral = atoms.get_potential_energy()
    for charge in (1, -1):
        atoms.info.update(charge=charge, spin=1)
        fresh = atoms.copy()
        fresh.calc = openmmgems.GemsCalculator(models.path("ala-gfn2"))
        assert atoms.get_potential_energy() == pytest.approx(fresh.get_potential_energy())
        assert atoms.get_charges().sum() == pytest.approx(charge, abs=1e-9)
    atoms.info = {"name": "water"}
    assert atoms.get_potential_energy() == pytest.approx(neutral)
    assert not atoms.calc.calculation_required(atoms, ["forces"])
    atoms.info["name"] = "what is not used is no change"
    assert not atoms.calc.calculation_required(atoms, ["forces"])


def test_charges_that_make_no_sense_are_refused() -> None:
    atoms = WATER.copy()
    atoms.calc = openmmgems.GemsCalculator(models.path("ala-gfn2"))
    atoms.info["charge"] = 1
    with pytest.raises(ValueError, match="atoms then have 9 electrons; expected an even number"):
        atoms.get_potential_energy()
    atoms.info["charge"] = 0.5
    with pytest.raises(ValueError, match=r"charge is 0.5 and spin is 0; expected whole numbers"):
        atoms.get_potential_energy()


def test_stress_is_the_slope_of_the_energy(lennard_jones_file: Path) -> None:
    atoms = argon(lennard_jones_file)
    stress = atoms.get_stress(voigt=False)
    step = 1e-5
    for a in range(3):
        for b in range(3):
            strain = np.zeros((3, 3))
            strain[a, b] += step / 2
            strain[b, a] += step / 2
            energies = []
            for sign in (1, -1):
                strained = argon(lennard_jones_file)
                strained.set_cell(atoms.cell @ (np.eye(3) + sign * strain), scale_atoms=True)
                energies.append(strained.get_potential_energy())
            slope = (energies[0] - energies[1]) / (2 * step) / atoms.get_volume()
            assert stress[a, b] == pytest.approx(slope, abs=1e-7)


def test_partly_periodic_systems_are_refused(lennard_jones_file: Path) -> None:
    atoms = argon(lennard_jones_file)
    atoms.pbc = (True, True, False)
    with pytest.raises(ValueError, match="all True or all False"):
        atoms.get_potential_energy()
