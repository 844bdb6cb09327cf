# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The oracle's cases through Evaluator and GemsForce; batches are split by molecule."""

from pathlib import Path

import numpy as np
import openmm
import openmmgems
import pytest
from openmm import unit
from openmmgems.models.published_checkpoint import import_checkpoint
from openmmgems.units import KJ_PER_MOL_PER_EV
from support import oracle, systems

KJ_PER_MOL_NM = KJ_PER_MOL_PER_EV * 10
#: Native evaluators in float32 may err so many times as much as the published code does.
SPREADS = 3


@pytest.fixture(scope="module", params=oracle.MODEL_CASES)
def case(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def model_file(case: str, shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("oracle") / "model.pt"
    import_checkpoint(oracle.checkpoint_of(case, shared_folder), path)
    return path


@pytest.fixture(scope="module")
def molecules(case: str) -> list[oracle.Molecule]:
    return oracle.load_molecules(case)


def force_for(molecule: oracle.Molecule, case: str, model_file: Path) -> openmmgems.GemsForce:
    force = systems.make_force(model_file, molecule.atomic_numbers)
    force.setTotalCharge(molecule.charge)
    force.setNumUnpairedElectrons(molecule.spin)
    force.setUsesPeriodicBoundaryConditions(molecule.cell is not None)
    force.setLongRangeCutoff((oracle.CASES[case]["lr_cutoff_override"] or 0.0) / 10)
    return force


def context_for(
    molecule: oracle.Molecule, force: openmmgems.GemsForce, platform: openmm.Platform
) -> openmm.Context:
    system = systems.make_system(len(molecule.atomic_numbers), force, box=molecule.cell)
    return systems.make_context(system, platform, molecule.positions)


@pytest.mark.parametrize("kind", ["torchscript", "native"])
def test_evaluator_gives_everything(
    kind: str, case: str, model_file: Path, molecules: list[oracle.Molecule]
) -> None:
    evaluator = openmmgems.Evaluator(
        model_file, kind, long_range_cutoff_angstrom=oracle.CASES[case]["lr_cutoff_override"]
    )
    for molecule in molecules:
        result = evaluator.evaluate(
            molecule.atomic_numbers,
            molecule.positions,
            molecule.charge,
            molecule.spin,
            molecule.cell,
        )
        assert result["energy_ev"] == pytest.approx(molecule.energy, rel=1e-9)
        tolerance = oracle.FORCE_TOLERANCE * np.abs(molecule.forces).max()
        forces = oracle.mean_over_kink(case, result["forces_ev_per_angstrom"])
        np.testing.assert_allclose(forces, molecule.forces, rtol=0, atol=tolerance)
        np.testing.assert_allclose(result["charges"], molecule.charges, rtol=0, atol=1e-10)
        np.testing.assert_allclose(result["dipole_e_angstrom"], molecule.dipole, atol=1e-9)
        assert result["terms_ev"] == pytest.approx(molecule.terms, rel=1e-9, abs=1e-9)
        if molecule.strain is not None:
            tolerance = 1e-9 * np.abs(molecule.strain).max()
            np.testing.assert_allclose(result["virial_ev"], molecule.strain, rtol=0, atol=tolerance)


@pytest.mark.parametrize("kind", [openmmgems.GemsForce.Auto, openmmgems.GemsForce.Native])
def test_reference_platform_gives_energy_forces_terms_and_charges(
    kind: int, case: str, model_file: Path, molecules: list[oracle.Molecule]
) -> None:
    for molecule in molecules:
        force = force_for(molecule, case, model_file)
        force.setEvaluator(kind)
        context = context_for(molecule, force, openmm.Platform.getPlatform("Reference"))
        energy, forces = systems.energy_and_forces(context)
        assert energy == pytest.approx(molecule.energy * KJ_PER_MOL_PER_EV, rel=1e-9)
        scaled = molecule.forces * KJ_PER_MOL_NM
        tolerance = oracle.FORCE_TOLERANCE * np.abs(scaled).max()
        np.testing.assert_allclose(
            oracle.mean_over_kink(case, forces), scaled, rtol=0, atol=tolerance
        )
        charges = force.getAtomicCharges(context).value_in_unit(unit.elementary_charge)
        np.testing.assert_allclose(charges, molecule.charges, rtol=0, atol=1e-10)
        terms = force.getEnergyTerms(context)
        total = sum(term.value_in_unit(unit.kilojoule_per_mole) for term in terms.values())
        assert total == pytest.approx(energy, rel=1e-9)


def test_float32_platforms_stay_within_rounding(
    case: str, model_file: Path, molecules: list[oracle.Molecule], platform: openmm.Platform
) -> None:
    record = oracle.CASES[case]
    for molecule in molecules:
        force = force_for(molecule, case, model_file)
        energy, forces = systems.energy_and_forces(context_for(molecule, force, platform))
        sum_of_terms = sum(abs(term) for term in molecule.terms.values())
        error = abs(energy / KJ_PER_MOL_PER_EV - molecule.energy)
        assert error <= max(SPREADS * record["f32_energy_err"], 5e-7 * sum_of_terms)
        largest = np.abs(molecule.forces).max()
        tolerance = max(SPREADS * record["f32_force_err"], 2e-5 + 1e-6 * largest)
        forces = oracle.mean_over_kink(case, forces / KJ_PER_MOL_NM)
        np.testing.assert_allclose(forces, molecule.forces, rtol=0, atol=tolerance)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_changed_charge_and_spin_equal_a_fresh_context(number: int, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    import_checkpoint(oracle.ORACLE / "models" / "model_b.pth", path)
    molecule = oracle.load_molecules("e_batch3_b")[number]
    reference = openmm.Platform.getPlatform("Reference")
    fresh = force_for(molecule, "e_batch3_b", path)
    expected = systems.energy_and_forces(context_for(molecule, fresh, reference))

    changed = force_for(molecule, "e_batch3_b", path)
    changed.setTotalCharge(molecule.charge + 2)
    changed.setNumUnpairedElectrons(molecule.spin + 2)
    context = context_for(molecule, changed, reference)
    other = systems.energy_and_forces(context)[0]
    changed.setTotalCharge(molecule.charge)
    changed.setNumUnpairedElectrons(molecule.spin)
    changed.updateParametersInContext(context)
    found = systems.energy_and_forces(context)
    assert found[0] == pytest.approx(expected[0], rel=1e-13)
    assert abs(other - expected[0]) > 1.0
    np.testing.assert_allclose(
        found[1], expected[1], rtol=0, atol=1e-12 * np.abs(expected[1]).max()
    )
