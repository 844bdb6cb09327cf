# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What holds for any system: derivatives, symmetries, parts of a System; and what is refused."""

from collections.abc import Callable

import numpy as np
import openmm
import pytest
from openmm import unit
from openmmgems import Evaluator, GemsForce, models
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.units import KJ_PER_MOL_PER_EV
from scipy.spatial.transform import Rotation
from support import systems
from support.so3lr_cases import FORCE_UNIT, Case

WATER = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])
#: Atoms see images of themselves within the range of the network.
SMALL_BOX = np.array([[4.3, 0.0, 0.0], [0.9, 4.4, 0.0], [-1.2, 0.7, 5.8]])
SMALL = np.vstack([WATER, WATER[:, [2, 0, 1]] + [0.3, 0.2, 2.9]])
PEPTIDE = Case("s11_ala_plain")
LIQUID = Case("l02_water_triclinic")


@pytest.fixture(scope="module")
def model_file() -> str:
    return models.path("so3lr")


@pytest.fixture(scope="module")
def evaluator(model_file: str) -> Evaluator:
    return Evaluator(model_file)


def slope(energy: Callable[[float], float], step: float = 2e-3) -> float:
    """By differences of fourth order."""
    near, far = (energy(n * step) - energy(-n * step) for n in (1, 2))
    return (8 * near - far) / (12 * step)


@pytest.mark.parametrize("form", ["lattice", "cutoff"])
@pytest.mark.parametrize("name", ["small", "liquid"])
def test_forces_and_strain_are_derivatives_in_triclinic_boxes(
    form: str, name: str, model_file: str
) -> None:
    numbers, positions, box = [8, 1, 1] * 2, SMALL, SMALL_BOX
    if name == "liquid":
        numbers, positions, box = LIQUID.numbers, LIQUID.positions, LIQUID.cell
    evaluator = Evaluator(model_file, electrostatics=form)

    def energy(moved: np.ndarray, cell: np.ndarray) -> float:
        result = evaluator.evaluate(numbers, moved, cell_angstrom=cell, forces=False)
        return result["energy_ev"]

    result = evaluator.evaluate(numbers, positions, cell_angstrom=box)
    direction = np.random.default_rng(1).standard_normal(positions.shape)
    direction /= np.linalg.norm(direction)
    forces = result["forces_ev_per_angstrom"]
    found = slope(lambda step: energy(positions + step * direction, box))
    assert found == pytest.approx(-(forces * direction).sum(), abs=1e-6)
    for strain in (np.eye(3), np.random.default_rng(2).standard_normal((3, 3))):  # first: pressure
        deformed = slope(
            lambda step, e=strain: energy(
                positions @ (np.eye(3) + step * e).T, box @ (np.eye(3) + step * e).T
            ),
            step=2e-5,  # of the cutoff form, the second derivative jumps
        )
        assert deformed == pytest.approx((result["virial_ev"] * strain).sum(), rel=1e-6, abs=1e-5)


def test_results_turn_and_change_places_with_the_atoms(evaluator: Evaluator) -> None:
    before = evaluator.evaluate(PEPTIDE.numbers, PEPTIDE.positions)
    order = np.random.default_rng(3).permutation(len(PEPTIDE.numbers))
    turn = Rotation.random(rng=np.random.default_rng(4)).as_matrix()
    after = evaluator.evaluate(
        np.array(PEPTIDE.numbers)[order], PEPTIDE.positions[order] @ turn.T + [3.0, -20.0, 7.0]
    )
    assert after["energy_ev"] == pytest.approx(before["energy_ev"], rel=1e-12)
    for name in ("charges", "hirshfeld_ratios"):
        np.testing.assert_allclose(after[name], before[name][order], rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        after["forces_ev_per_angstrom"],
        before["forces_ev_per_angstrom"][order] @ turn.T,
        rtol=0,
        atol=1e-11,
    )


def tolerance(platform: openmm.Platform, forces: np.ndarray) -> float:
    """Of forces in kJ/mol/nm."""
    largest = np.abs(forces).max()
    if platform.getName() == "Reference":
        return 1e-10 * largest
    return 2e-5 * FORCE_UNIT + 1e-6 * largest


def liquid_context(
    model_file: str, platform: openmm.Platform, positions: np.ndarray, scale: float | None = None
) -> openmm.Context:
    force = LIQUID.force(model_file)
    if scale is not None:
        force.setScaleParameter("lambda_gems", scale)
    system = systems.make_system(len(LIQUID.numbers), force, box=LIQUID.cell)
    return systems.make_context(system, platform, positions)


def test_atoms_may_be_in_any_image(model_file: str, platform: openmm.Platform) -> None:
    images = np.random.default_rng(5).integers(-2, 3, LIQUID.positions.shape) @ LIQUID.cell
    context = liquid_context(model_file, platform, LIQUID.positions + images)
    energy, forces = systems.energy_and_forces(context)
    assert energy / KJ_PER_MOL_PER_EV == pytest.approx(
        LIQUID.energy, abs=2e-5 + 1e-6 * LIQUID.sum_of_absolute_terms
    )
    expected = LIQUID.arrays["forces"] * FORCE_UNIT
    # Positions of 20 angstrom have a last digit of 2e-6 angstrom on a device in float32.
    far = 1 if platform.getName() == "Reference" else 3
    limit = max(far * tolerance(platform, expected), 1e-8 * np.abs(expected).max())
    np.testing.assert_allclose(forces, expected, rtol=0, atol=limit)


def test_scale_parameter_scales_and_has_a_derivative(
    model_file: str, platform: openmm.Platform
) -> None:
    context = liquid_context(model_file, platform, LIQUID.positions, scale=0.25)
    energy, forces = systems.energy_and_forces(context)
    state = context.getState(getParameterDerivatives=True)
    assert state.getEnergyParameterDerivatives()["lambda_gems"] == pytest.approx(4 * energy)
    expected = 0.25 * FORCE_UNIT * LIQUID.arrays["forces"]
    limit = max(tolerance(platform, expected), 1e-8 * np.abs(expected).max())
    np.testing.assert_allclose(forces, expected, rtol=0, atol=limit)


def test_two_contexts_do_not_disturb_each_other(model_file: str, platform: openmm.Platform) -> None:
    def context(form: int) -> openmm.Context:
        force = systems.make_force(model_file, PEPTIDE.numbers)
        force.setElectrostatics(form)
        system = systems.make_system(len(PEPTIDE.numbers), force)
        return systems.make_context(system, platform, PEPTIDE.positions)

    plain, cut = context(GemsForce.ModelDefault), context(GemsForce.Cutoff)
    before = systems.energy_and_forces(plain)[0]
    assert systems.energy_and_forces(cut)[0] - before == pytest.approx(
        (Case("s11_ala").energy - PEPTIDE.energy) * KJ_PER_MOL_PER_EV, rel=1e-4
    )
    assert systems.energy_and_forces(plain)[0] == before


def test_a_subset_of_a_periodic_system_is_a_molecule_without_images(
    model_file: str, evaluator: Evaluator, platform: openmm.Platform
) -> None:
    """Two molecules lie across faces of the box, about which OpenMM moves them as it likes."""
    edge = 14.0
    shifts = [[13.7, 0.0, 0.2], [16.5, 0.5, -0.4]]  # beside each other, in two boxes
    others = [[5.0, 5.0, 5.0], [9.0, 2.0, 8.0], [-3.0, 20.0, 5.0]]
    positions = np.vstack([WATER + shift for shift in (*shifts, *others)])
    force = systems.make_force(model_file, [8, 1, 1] * 2)
    charges = openmm.NonbondedForce()
    charges.setNonbondedMethod(openmm.NonbondedForce.PME)
    charges.setCutoffDistance(0.6)
    bonds = openmm.HarmonicBondForce()
    for oxygen in range(0, len(positions), 3):
        for charge in (-0.8, 0.4, 0.4):
            charges.addParticle(charge, 0.2, 0.1)
        for hydrogen in (oxygen + 1, oxygen + 2):
            bonds.addBond(oxygen, hydrogen, 0.096, 4e5)
            charges.addException(oxygen, hydrogen, 0, 0.1, 0)
            if oxygen < 6:
                force.addBond(oxygen, hydrogen)
        charges.addException(oxygen + 1, oxygen + 2, 0, 0.1, 0)
    force.setForceGroup(1)
    system = systems.make_system(
        len(positions), force, charges, bonds, box=np.diag([edge, edge, edge])
    )
    context = systems.make_context(system, platform, positions)
    for _ in range(2):
        state = context.getState(getPositions=True)
        current = state.getPositions(asNumpy=True).value_in_unit(unit.angstrom)[:6]
        right = evaluator.evaluate([8, 1, 1] * 2, current)
        energy, forces = systems.energy_and_forces(context, groups=2)
        assert energy / KJ_PER_MOL_PER_EV == pytest.approx(right["energy_ev"], abs=1e-4)
        expected = FORCE_UNIT * right["forces_ev_per_angstrom"]
        limit = max(tolerance(platform, expected), 1e-10 * np.abs(expected).max())
        np.testing.assert_allclose(forces[:6], expected, rtol=0, atol=limit)
        assert not forces[6:].any()
        context.getIntegrator().step(300)  # molecules are put in another order and box


def test_changed_charge_and_spin_equal_a_fresh_context(
    model_file: str, platform: openmm.Platform
) -> None:
    def context(force: GemsForce) -> openmm.Context:
        return systems.make_context(systems.make_system(3, force), platform, WATER)

    fresh = systems.make_force(model_file, [8, 1, 1])
    fresh.setTotalCharge(1)
    fresh.setNumUnpairedElectrons(1)
    expected = systems.energy_and_forces(context(fresh))[0]
    changed = systems.make_force(model_file, [8, 1, 1])
    simulated = context(changed)
    assert abs(systems.energy_and_forces(simulated)[0] - expected) > 1.0
    changed.setTotalCharge(1)
    changed.setNumUnpairedElectrons(1)
    changed.updateParametersInContext(simulated)
    assert systems.energy_and_forces(simulated)[0] == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"periodic": True, "form": "Plain"}, "electrostatics is Plain, which knows no images"),
        ({"form": "Lattice"}, "there are no periodic boundary conditions; expected a box"),
        ({"periodic": True, "extra": 1}, r"some of the System's particles only; expected all"),
        ({"periodic": True, "form": "Lattice", "extra": 1}, "setElectrostatics.GemsForce.Cutoff"),
        ({"cutoff": 12.0}, "without a box all pairs interact by default; expected no cutoff"),
        ({"cutoff": 12.0, "form": "Plain"}, "expected no cutoff"),
        ({"cutoff": 3.0, "form": "Cutoff"}, "long-range cutoff is 3 angstrom; .* at least 4.5"),
        ({"cutoff": 3.0, "periodic": True}, "long-range cutoff is 3 angstrom; .* at least 4.5"),
        ({"attention": True}, "an attention mode is set, which model"),
        ({"native": True}, "the native evaluator is asked for"),
        ({"sodium": True}, r"number 11 .Na.; .* only H, C, N, O, F, P, S, Cl\. Leave"),
        ({"charge": 1}, "the atoms then have 9 electrons; expected an even number"),
    ],
)
def test_settings_that_do_not_fit_are_refused_when_a_context_is_made(
    settings: dict, message: str, model_file: str, platform: openmm.Platform
) -> None:
    numbers, positions = [8, 1, 1], WATER
    if settings.get("sodium"):
        numbers, positions = [*numbers, 11], np.vstack([positions, [[0, 0, 3]]])
    force = systems.make_force(model_file, numbers)
    force.setUsesPeriodicBoundaryConditions(settings.get("periodic", False))
    force.setElectrostatics(getattr(GemsForce, settings.get("form", "ModelDefault")))
    force.setLongRangeCutoff(settings.get("cutoff", 0.0) / 10)
    force.setTotalCharge(settings.get("charge", 0))
    if settings.get("attention"):
        force.setAttention(GemsForce.Smooth)
    if settings.get("native"):
        force.setEvaluator(GemsForce.Native)
    extra = np.full((settings.get("extra", 0), 3), 5.0)
    system = systems.make_system(len(numbers) + len(extra), force, box=20 * np.eye(3))
    with pytest.raises(openmm.OpenMMException, match=message):
        systems.make_context(system, platform, np.vstack([positions, extra]))


def test_what_an_evaluator_cannot_take_is_refused(model_file: str) -> None:
    box = 20 * np.eye(3)
    for options, cell, message in [
        ({"electrostatics": "plain"}, box, "electrostatics is Plain"),
        ({"electrostatics": "lattice"}, None, "electrostatics is Lattice"),
        ({"long_range_cutoff_angstrom": 9.0}, None, "expected no cutoff"),
    ]:
        evaluator = Evaluator(model_file, **options)
        with pytest.raises(ValueError, match=message):
            evaluator.evaluate([8, 1, 1], WATER, cell_angstrom=cell)
    with pytest.raises(ValueError, match=r"at least 4.5 angstrom"):
        Evaluator(model_file, long_range_cutoff_angstrom=4.4)
    with pytest.raises(ValueError, match="electrostatics is 'ewald'; expected one of default"):
        Evaluator(model_file, electrostatics="ewald")
    with pytest.raises(ValueError, match="declares none for the evaluator to add"):
        Evaluator(models.path("ala-gfn2"), electrostatics="plain")


def test_an_evaluator_names_the_form_in_use(model_file: str) -> None:
    assert Evaluator(model_file).electrostatics_form(periodic=True) == "lattice"
    assert Evaluator(model_file).electrostatics_form(periodic=False) == "plain"
    cut = Evaluator(model_file, electrostatics="cutoff")
    assert cut.electrostatics_form(periodic=True) == "cutoff"
    assert Evaluator(models.path("ala-gfn2")).electrostatics_form(periodic=False) is None


def mixed_batch() -> list[AtomicSystem]:
    """Molecules and boxes of different sizes, charges and spins."""
    molecules = [
        Case(name) for name in ("s03_water", "s05_acetate", "s02_chloride", "s08_o2_triplet")
    ]
    cases = [molecules[0], LIQUID, *molecules[1:], Case("l04_dimer_in_20A")]
    return [
        AtomicSystem(
            case.arrays["Z"],
            case.positions,
            int(case.arrays["charge"]),
            int(case.arrays["unpaired"]),
            cell_angstrom=case.cell,
        )
        for case in cases
    ]


@pytest.mark.parametrize("form", ["default", "cutoff"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_batch_gives_what_its_systems_give_alone(form: str, dtype: str, model_file: str) -> None:
    evaluator = Evaluator(model_file, dtype=dtype, electrostatics=form)
    batch = mixed_batch()
    accuracy = 1e-10 if dtype == "float64" else 1e-5
    for system, found in zip(batch, evaluator.evaluate_batch(batch), strict=True):
        right = evaluator.evaluate(
            system.atomic_numbers,
            system.positions_angstrom,
            system.charge,
            system.spin,
            system.cell_angstrom,
        )
        assert found.keys() == right.keys()
        assert found["energy_ev"] == pytest.approx(right["energy_ev"], rel=accuracy, abs=accuracy)
        assert found["terms_ev"] == pytest.approx(right["terms_ev"], rel=accuracy, abs=accuracy)
        assert found["electrostatics_form"] == right["electrostatics_form"]
        for name in ("forces_ev_per_angstrom", "charges", "hirshfeld_ratios", "virial_ev"):
            limit = 2 * accuracy * max(1.0, np.abs(right[name]).max())
            np.testing.assert_allclose(found[name], right[name], rtol=0, atol=limit)


def test_a_batch_may_be_of_any_model_and_evaluator() -> None:
    batch = [AtomicSystem(np.array([8, 1, 1]), WATER + i, source=str(i)) for i in range(3)]
    for kind in ("native", "torchscript"):
        evaluator = Evaluator(models.path("ala-gfn2"), kind)
        energies = [result["energy_ev"] for result in evaluator.evaluate_batch(batch)]
        alone = evaluator.evaluate([8, 1, 1], WATER)["energy_ev"]
        assert energies == pytest.approx([alone] * 3, rel=1e-12)
        assert evaluator.evaluate_batch([]) == []


def test_an_error_names_the_system_of_a_batch(model_file: str) -> None:
    batch = mixed_batch()
    batch[4] = AtomicSystem(np.array([8, 1, 1]), WATER * [[1], [1], [0]])
    batch[0] = AtomicSystem(np.array([11, 17]), np.diag([0.0, 2.4, 0.0])[:2])
    evaluator = Evaluator(model_file)
    with pytest.raises(ValueError, match=r"system 0: atom 0 has atomic number 11"):
        evaluator.evaluate_batch(batch)
    with pytest.raises(ValueError, match=r"system 3: atoms 0 and 2 are at the same position"):
        evaluator.evaluate_batch(batch[1:])
    evaluator.evaluate_batch(batch[1:3])
