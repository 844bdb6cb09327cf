# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The published SO3LR, with the evaluator's electrostatics, through Evaluator and GemsForce."""

from collections.abc import Callable

import ase.io
import numpy as np
import openmm
import openmmgems
import pytest
from openmm import unit
from openmmgems import models
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


def test_odd_electrons_of_which_none_is_unpaired_are_refused() -> None:
    evaluator, arrays = openmmgems.Evaluator(models.path("so3lr")), ODD_CASE.arrays
    with pytest.raises(ValueError, match="expected an even number"):
        evaluator.evaluate(ODD_CASE.numbers, arrays["R"], -1, 0, arrays["cell"])


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


@pytest.mark.parametrize(
    ("name", "run", "energy_error", "force_error"),
    [
        # Errors are those of the published PyTorch code in float64. Against JAX-MD in float64 they
        # come from binomials that it keeps in float32; the other numbers are float32 results.
        ("atat", "jaxmd", 1.0e-5, 2.2e-6),
        ("dha", "jaxmd", 2.6e-6, 2.6e-6),
        ("bb", "jaxmd", 3.2e-5, 2.2e-6),
        ("water_64", "jaxmd", 3.7e-4, 2.2e-6),
        ("atat", "ase", 3.3e-6, 4.9e-5),
        ("dha", "ase", 2.3e-6, 3.6e-5),
        ("bb", "ase", 2.5e-7, 4.7e-5),
        ("water_64", "ase", 7.1e-5, 1.8e-4),
    ],
)
def test_numbers_of_the_original_code_are_met(
    name: str, run: str, energy_error: float, force_error: float
) -> None:
    folder = so3lr_oracle.ORACLE / "upstream"
    atoms = ase.io.read(folder / f"{name}.xyz")
    evaluator = openmmgems.Evaluator(models.path("so3lr"), electrostatics="cutoff")
    copies, cell = 1, None
    if name == "water_64":  # repeated there, to two boxes along each edge; here by its images
        copies, cell = 8, np.asarray(atoms.cell)
    found = evaluator.evaluate(atoms.numbers, atoms.positions, cell_angstrom=cell)
    with np.load(folder / f"{name.removesuffix('_64')}_{run}.npz") as published:
        energy, forces = float(published["energy"]), published["forces"]
    assert copies * found["energy_ev"] == pytest.approx(energy, rel=0, abs=energy_error)
    check_close(np.tile(found["forces_ev_per_angstrom"], (copies, 1)), forces, force_error)
