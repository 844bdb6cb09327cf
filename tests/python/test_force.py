# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""GemsForce on every platform, with a model written by hand."""

import copy
import pickle
from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import unit
from openmmgems import GemsForce
from openmmgems.units import KJ_PER_MOL_PER_EV
from support import systems
from support.lennard_jones import lennard_jones_energy_ev

ARGON = systems.argon()
BOX = systems.TRICLINIC_ANGSTROM
ENERGY = lennard_jones_energy_ev(ARGON, BOX) * KJ_PER_MOL_PER_EV


def periodic_force(model_file: Path) -> GemsForce:
    force = systems.make_force(model_file, [18] * len(ARGON))
    force.setUsesPeriodicBoundaryConditions(True)
    return force


def reference_forces(model_file: Path) -> np.ndarray:
    system = systems.make_system(len(ARGON), periodic_force(model_file), box=BOX)
    context = systems.make_context(system, openmm.Platform.getPlatform("Reference"), ARGON)
    return systems.energy_and_forces(context)[1]


def test_energy_is_that_of_a_sum_over_images(
    lennard_jones_file: Path, platform: openmm.Platform
) -> None:
    system = systems.make_system(len(ARGON), periodic_force(lennard_jones_file), box=BOX)
    energy, forces = systems.energy_and_forces(systems.make_context(system, platform, ARGON))
    assert energy == pytest.approx(ENERGY, rel=1e-9 if platform.getName() == "Reference" else 1e-5)
    expected = reference_forces(lennard_jones_file)
    tolerance = systems.FORCE_TOLERANCE[platform.getName()] * np.abs(expected).max()
    np.testing.assert_allclose(forces, expected, rtol=0, atol=tolerance)


def test_forces_match_finite_differences_in_a_triclinic_box(lennard_jones_file: Path) -> None:
    system = systems.make_system(len(ARGON), periodic_force(lennard_jones_file), box=BOX)
    context = systems.make_context(system, openmm.Platform.getPlatform("Reference"), ARGON)
    forces = systems.energy_and_forces(context)[1]
    direction = np.random.default_rng(1).standard_normal(ARGON.shape)
    step = 1e-4
    energies = []
    for sign in (1, -1):
        context.setPositions((ARGON + sign * step * direction) / 10)
        energies.append(systems.energy_and_forces(context)[0])
    slope = (energies[0] - energies[1]) / (2 * step / 10)
    assert slope == pytest.approx(-(forces * direction).sum(), rel=1e-6)


def test_atoms_may_leave_the_box_and_be_far_from_the_origin(
    lennard_jones_file: Path, platform: openmm.Platform
) -> None:
    system = systems.make_system(len(ARGON), periodic_force(lennard_jones_file), box=BOX)
    wrapped = ARGON + np.random.default_rng(2).integers(-2, 3, ARGON.shape) @ BOX
    context = systems.make_context(system, platform, wrapped + [100.0, 0.0, 0.0])
    forces = systems.energy_and_forces(context)[1]
    expected = reference_forces(lennard_jones_file)
    tolerance = 10 * systems.FORCE_TOLERANCE[platform.getName()] * np.abs(expected).max()
    np.testing.assert_allclose(forces, expected, rtol=0, atol=tolerance)


def test_a_subset_in_any_order_is_left_alone_by_the_rest(
    lennard_jones_file: Path, platform: openmm.Platform
) -> None:
    particles = np.random.default_rng(3).permutation(30)[: len(ARGON)]
    force = systems.make_force(lennard_jones_file, [18] * len(ARGON), particles)
    force.setUsesPeriodicBoundaryConditions(True)
    positions = np.random.default_rng(4).random((30, 3)) * 10
    positions[particles] = ARGON
    context = systems.make_context(systems.make_system(30, force, box=BOX), platform, positions)
    energy, forces = systems.energy_and_forces(context)
    assert energy == pytest.approx(ENERGY, rel=1e-5)
    expected = np.zeros((30, 3))
    expected[particles] = reference_forces(lennard_jones_file)
    tolerance = systems.FORCE_TOLERANCE[platform.getName()] * np.abs(expected).max()
    np.testing.assert_allclose(forces, expected, rtol=0, atol=tolerance)


def test_scale_parameter_scales_and_has_a_derivative(
    lennard_jones_file: Path, platform: openmm.Platform
) -> None:
    force = periodic_force(lennard_jones_file)
    force.setScaleParameter("lambda_gems", 0.25)
    system = systems.make_system(len(ARGON), force, box=BOX)
    context = systems.make_context(system, platform, ARGON)
    energy, forces = systems.energy_and_forces(context)
    assert energy == pytest.approx(0.25 * ENERGY, rel=1e-5)
    state = context.getState(getParameterDerivatives=True)
    derivative = state.getEnergyParameterDerivatives()["lambda_gems"]
    assert derivative == pytest.approx(ENERGY, rel=1e-5)
    context.setParameter("lambda_gems", 1.0)
    np.testing.assert_allclose(
        systems.energy_and_forces(context)[1], 4 * forces, rtol=1e-4, atol=1e-2
    )


def test_force_groups_choose_the_force(lennard_jones_file: Path, platform: openmm.Platform) -> None:
    force = periodic_force(lennard_jones_file)
    force.setForceGroup(3)
    system = systems.make_system(len(ARGON), force, box=BOX)
    context = systems.make_context(system, platform, ARGON)
    assert systems.energy_and_forces(context, groups=1 << 2)[0] == 0
    assert systems.energy_and_forces(context, groups=1 << 3)[0] == pytest.approx(ENERGY, rel=1e-5)


def test_energy_alone_equals_energy_with_forces(
    lennard_jones_file: Path, platform: openmm.Platform
) -> None:
    system = systems.make_system(len(ARGON), periodic_force(lennard_jones_file), box=BOX)
    context = systems.make_context(system, platform, ARGON)
    energy = context.getState(getEnergy=True).getPotentialEnergy()
    assert energy.value_in_unit(unit.kilojoule_per_mole) == pytest.approx(
        systems.energy_and_forces(context)[0], rel=1e-6
    )


def test_two_contexts_do_not_disturb_each_other(
    lennard_jones_file: Path, platform: openmm.Platform
) -> None:
    system = systems.make_system(len(ARGON), periodic_force(lennard_jones_file), box=BOX)
    first = systems.make_context(system, platform, ARGON)
    second = systems.make_context(system, platform, ARGON * 1.02)
    before = systems.energy_and_forces(first)[0]
    other = systems.energy_and_forces(second)[0]
    assert systems.energy_and_forces(first)[0] == before != other


def test_copies_and_pickles_equal_the_original(lennard_jones_file: Path) -> None:
    force = periodic_force(lennard_jones_file)
    force.setForceGroup(2)
    force.setName("argon")
    force.addBond(0, 1)
    force.setTotalCharge(-1)
    force.setNumUnpairedElectrons(3)
    force.setEvaluator(GemsForce.TorchScript)
    force.setAttention(GemsForce.Smooth)
    force.setLongRangeCutoff(1.1 * unit.nanometer)
    force.setScaleParameter("scale", 0.5)
    xml = openmm.XmlSerializer.serialize(force)
    for made in (copy.copy(force), copy.deepcopy(force), pickle.loads(pickle.dumps(force))):
        assert isinstance(made, GemsForce)
        assert openmm.XmlSerializer.serialize(made) == xml
    system = copy.deepcopy(systems.make_system(len(ARGON), force, box=BOX))
    assert GemsForce.isinstance(system.getForce(0))
    assert GemsForce.cast(system.getForce(0)).getLongRangeCutoff() == 1.1 * unit.nanometer


def test_units_are_taken_and_given(lennard_jones_file: Path) -> None:
    force = GemsForce(lennard_jones_file)
    force.setLongRangeCutoff(12.0 * unit.angstrom)
    assert force.getLongRangeCutoff().value_in_unit(unit.nanometer) == pytest.approx(1.2)


def test_what_a_model_does_not_give_is_an_error(lennard_jones_file: Path) -> None:
    force = periodic_force(lennard_jones_file)
    system = systems.make_system(len(ARGON), force, box=BOX)
    context = systems.make_context(system, openmm.Platform.getPlatform("Reference"), ARGON)
    with pytest.raises(openmm.OpenMMException, match="this model gives none"):
        force.getEnergyTerms(context)
    with pytest.raises(openmm.OpenMMException, match="this model gives none"):
        force.getAtomicCharges(context)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.addAtom(99, 18), "particle index is 99"),
        (lambda f: f.addAtom(0, 18), "particle 0 was added twice"),
        (lambda f: f.addBond(0, 25), "particle 25 is not an atom of the force"),
        (lambda f: f.setTotalCharge(1), "expected an even number"),
        (lambda f: f.setNumUnpairedElectrons(1), "expected an odd number"),
        (lambda f: f.setAtomParameters(0, 0, 10), "knows only Ar"),
        (lambda f: f.setEvaluator(GemsForce.Native), "the native evaluator is asked for"),
        (lambda f: f.setAttention(GemsForce.Exact), "does not take"),
        (lambda f: f.setLongRangeCutoff(1.0), "does not take"),
    ],
)
def test_bad_settings_are_refused_when_a_context_is_made(
    lennard_jones_file: Path, platform: openmm.Platform, change, message: str
) -> None:
    force = periodic_force(lennard_jones_file)
    change(force)
    system = systems.make_system(30, force, box=BOX)
    with pytest.raises(openmm.OpenMMException, match=message):
        systems.make_context(system, platform, np.zeros((30, 3)))


def test_an_empty_force_is_refused(lennard_jones_file: Path, platform: openmm.Platform) -> None:
    system = systems.make_system(1, GemsForce(lennard_jones_file))
    with pytest.raises(openmm.OpenMMException, match="number of atoms is 0"):
        systems.make_context(system, platform, np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.__setitem__((3, 1), np.nan), "position of atom 3 is|coordinate is NaN"),
        (lambda x: x.__setitem__(5, x[4]), "atoms (4 and 5|5 and 4) are at the same position"),
    ],
)
def test_bad_positions_are_refused_by_name(
    lennard_jones_file: Path, platform: openmm.Platform, change, message: str
) -> None:
    positions = ARGON.copy()
    change(positions)
    system = systems.make_system(len(ARGON), periodic_force(lennard_jones_file), box=BOX)
    context = systems.make_context(system, platform, positions)
    with pytest.raises(openmm.OpenMMException, match=message):
        context.getState(getForces=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f.addAtom(-1, 18), "particle index is -1"),
        (lambda f: f.addAtom(0, 0), "atomic number is 0"),
        (lambda f: f.addBond(2, 2), "particle 2 with itself"),
        (lambda f: f.getAtomParameters(20), "atom index is 20; expected 0 to 19"),
        (lambda f: f.getBondParameters(0), "bond index is 0"),
        (lambda f: f.setNumUnpairedElectrons(-1), "unpaired electrons is -1"),
        (lambda f: f.setEvaluator(7), "evaluator is 7"),
        (lambda f: f.setAttention(7), "attention mode is 7"),
        (lambda f: f.setLongRangeCutoff(-1), "long-range cutoff is -1"),
        (lambda f: f.setScaleParameter("s", float("nan")), "default of scale parameter 's'"),
        (lambda f: GemsForce(""), "empty string"),
    ],
)
def test_setters_refuse_what_cannot_be(lennard_jones_file: Path, call, message: str) -> None:
    with pytest.raises(openmm.OpenMMException, match=message):
        call(periodic_force(lennard_jones_file))


def test_moving_parameters_to_a_context_needs_the_same_particles(lennard_jones_file: Path) -> None:
    force = periodic_force(lennard_jones_file)
    system = systems.make_system(30, force, box=BOX)
    positions = np.vstack([ARGON, np.zeros((10, 3))])
    context = systems.make_context(system, openmm.Platform.getPlatform("Reference"), positions)
    force.updateParametersInContext(context)
    force.setAtomParameters(0, 25, 18)
    with pytest.raises(openmm.OpenMMException, match="particles of the force have changed"):
        force.updateParametersInContext(context)


def test_every_public_method_has_a_docstring() -> None:
    names = [name for name in vars(GemsForce) if not name.startswith("_") and name[0].islower()]
    assert {"addAtom", "getEnergyTerms", "setAttention"} <= set(names)
    without = [
        n for n in names if n not in ("this", "thisown") and not getattr(GemsForce, n).__doc__
    ]
    assert without == []
    assert "model file" in GemsForce.__doc__
