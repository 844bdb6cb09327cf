# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The published SO3LR, with the evaluator's electrostatics, through Evaluator and GemsForce."""

from collections.abc import Callable

import numpy as np
import openmm
import openmmgems
import pytest
import torch
from openmm import unit
from openmmgems import models
from openmmgems.models.export import load_so3lr
from openmmgems.units import KJ_PER_MOL_PER_EV
from support import so3lr_oracle, systems
from support.so3lr_cases import CASES, FORCE_UNIT, ODD_CASE, Case, model_file_maker


@pytest.fixture(scope="module")
def model_file_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], str]:
    return model_file_maker(tmp_path_factory.mktemp("so3lr"))


def check_close(found: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_evaluator_gives_the_published_results(
    case: Case, model_file_for: Callable[[Case], str]
) -> None:
    result = case.evaluate(model_file_for(case))
    assert result["energy_ev"] == pytest.approx(
        case.energy, rel=0, abs=1e-9 * max(1, abs(case.energy))
    )
    terms = {name: term.sum() for name, term in case.terms.items()}
    assert result["terms_ev"] == pytest.approx(terms, rel=1e-9, abs=1e-9)
    assert sum(result["terms_ev"].values()) == pytest.approx(result["energy_ev"], rel=1e-12)
    forces, strain = case.arrays["forces"], case.arrays["dE_dstrain"]
    check_close(result["forces_ev_per_angstrom"], forces, 1e-8 * np.abs(forces).max())
    check_close(result["virial_ev"], strain, 1e-8 * np.abs(strain).max())
    check_close(result["charges"], case.arrays["charges"], 1e-9)
    check_close(result["hirshfeld_ratios"], case.arrays["hirshfeld"], 1e-9)
    assert result["electrostatics_form"] == case.form


def test_a_net_charge_in_a_box_gets_a_background() -> None:
    """Against the module with a lattice sum by NumPy-like code, differentiated by torch."""
    with pytest.raises(ValueError, match="expected an even number"):
        ODD_CASE.evaluate(models.path("so3lr"))
    arrays = ODD_CASE.arrays | {"charge": np.array(-2.0)}
    system = so3lr_oracle.make_system(arrays, ODD_CASE.cutoff)
    model = load_so3lr(models.path("so3lr"))[0].to(torch.float64).eval()
    results = model(**system.inputs)
    energy = results["energy"].sum() + so3lr_oracle.coulomb_of_lattice(results["charges"], system)
    energy.backward()

    found = openmmgems.Evaluator(models.path("so3lr")).evaluate(
        arrays["Z"], arrays["R"], -2, 0, arrays["cell"]
    )
    assert found["energy_ev"] == pytest.approx(energy.item(), rel=1e-10)
    forces, strain = -system.positions.grad.numpy(), system.strain.grad.numpy()
    check_close(found["forces_ev_per_angstrom"], forces, 1e-9 * np.abs(forces).max())
    check_close(found["virial_ev"], strain, 1e-9 * np.abs(strain).max())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_reference_platform_gives_the_published_results(
    case: Case, model_file_for: Callable[[Case], str]
) -> None:
    force = case.force(model_file_for(case))
    system = systems.make_system(len(case.numbers), force, box=case.cell)
    reference = openmm.Platform.getPlatform("Reference")
    context = systems.make_context(system, reference, case.positions)
    energy, forces = systems.energy_and_forces(context)
    tolerance = 1e-9 * max(1, abs(case.energy))
    assert energy / KJ_PER_MOL_PER_EV == pytest.approx(case.energy, rel=0, abs=tolerance)
    expected = case.arrays["forces"]
    check_close(forces / FORCE_UNIT, expected, 1e-8 * np.abs(expected).max())
    charges = force.getAtomicCharges(context).value_in_unit(unit.elementary_charge)
    check_close(charges, case.arrays["charges"], 1e-9)
    for name, term in force.getEnergyTerms(context).items():
        value = term.value_in_unit(unit.kilojoule_per_mole) / KJ_PER_MOL_PER_EV
        assert value == pytest.approx(case.terms[name].sum(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_evaluator_in_float32_stays_within_rounding(
    case: Case, model_file_for: Callable[[Case], str]
) -> None:
    result = case.evaluate(model_file_for(case), dtype="float32")
    error = abs(result["energy_ev"] - case.energy)
    assert error <= 2e-5 + 1e-6 * case.sum_of_absolute_terms
    forces = case.arrays["forces"]
    check_close(result["forces_ev_per_angstrom"], forces, 2e-5 + 1e-6 * np.abs(forces).max())
    check_close(result["charges"], case.arrays["charges"], 2e-6)
    check_close(result["hirshfeld_ratios"], case.arrays["hirshfeld"], 1e-5)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cpu_platform_stays_within_rounding(
    case: Case, model_file_for: Callable[[Case], str]
) -> None:
    force = case.force(model_file_for(case))
    system = systems.make_system(len(case.numbers), force, box=case.cell)
    context = systems.make_context(system, openmm.Platform.getPlatform("CPU"), case.positions)
    energy, forces = systems.energy_and_forces(context)
    error = abs(energy / KJ_PER_MOL_PER_EV - case.energy)
    assert error <= 2e-5 + 1e-6 * case.sum_of_absolute_terms
    expected = case.arrays["forces"]
    check_close(forces / FORCE_UNIT, expected, 2e-5 + 1e-6 * np.abs(expected).max())
