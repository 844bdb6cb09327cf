# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The native evaluator against the TorchScript module of the same model file, in float64."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from openmm import app, unit
from openmmgems import Evaluator, models
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters
from support.random_models import (
    ELEMENTS,
    EXACT,
    SMOOTH,
    options_strategy,
    random_model,
    random_positions,
)
from support.systems import TRICLINIC_ANGSTROM

Arrays = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("native")


@pytest.fixture(scope="module")
def published_size(folder: Path) -> Path:
    """A model with the published options, random weights and a long-range cutoff."""
    options = Hyperparameters(num_features=32, num_modules=2, lr_cutoff=10.0)
    save_spookynet(random_model(options, 3), options, folder / "published.pt")
    return folder / "published.pt"


def check_equal(found: Arrays, expected: Arrays) -> None:
    assert found["energy_ev"] == pytest.approx(expected["energy_ev"], rel=1e-9, abs=1e-9)
    assert found["terms_ev"] == pytest.approx(expected["terms_ev"], rel=1e-9, abs=1e-9)
    largest = max(
        1.0, np.abs(expected["charges"]).max()
    )  # those of random weights may be thousands
    np.testing.assert_allclose(found["charges"], expected["charges"], rtol=0, atol=1e-9 * largest)
    for name in ("forces_ev_per_angstrom", "virial_ev"):
        largest = np.abs(expected[name]).max()
        np.testing.assert_allclose(
            found[name], expected[name], rtol=0, atol=1e-8 * largest + 1e-12, err_msg=name
        )


def compare(model: Path, *system: Any, attention: str = "default") -> Arrays:
    """Both evaluators agree; the native one's results."""
    found = Evaluator(model, "native", attention=attention).evaluate(*system)
    check_equal(found, Evaluator(model, "torchscript", attention=attention).evaluate(*system))
    return found


# A failing example is told as it is: making it smaller takes minutes.
@settings(max_examples=10, deadline=None, derandomize=True, phases=[Phase.generate])
@given(options=options_strategy, seed=st.integers(0, 1000), mode=st.sampled_from([EXACT, SMOOTH]))
def test_random_models_agree(folder: Path, options: Hyperparameters, seed: int, mode: int) -> None:
    model = random_model(options, seed)
    model.set_attention(mode)
    save_spookynet(model, options, folder / "random.pt")
    positions = random_positions(seed)
    compare(folder / "random.pt", ELEMENTS, positions, 1, 1)
    if options.lr_cutoff is not None:
        cell = 0.4 * TRICLINIC_ANGSTROM  # shorter than the cutoffs: atoms meet their own images
        compare(folder / "random.pt", ELEMENTS, positions, -1, 1, cell)


@pytest.mark.parametrize("attention", ["exact", "smooth"])
def test_awkward_systems_agree(published_size: Path, attention: str) -> None:
    positions = random_positions(5)
    # Not twice the same: equal keys would be a kink of Exact, where rounding decides.
    two_far = np.concatenate([positions, random_positions(9) + [40.0, 0.0, 0.0]])
    systems: list[tuple] = [
        ([6], [[0.0, 0.0, 0.0]], 0, 2),
        ([1, 1], [[0.0, 0.0, 0.0], [0.0, 0.0, 9.99]]),
        (ELEMENTS, positions + 100.0, 1, 1),
        (np.concatenate([ELEMENTS, ELEMENTS]), two_far, 2, 0),
        (ELEMENTS, positions, 0, 0, TRICLINIC_ANGSTROM),
    ]
    for system in systems:
        compare(published_size, *system, attention=attention)


def test_another_composition_equals_a_fresh_evaluator(published_size: Path) -> None:
    positions = random_positions(6)
    used = Evaluator(published_size, "native")
    used.evaluate(ELEMENTS, positions, 0, 0)
    for system in ((ELEMENTS, positions, 1, 1), (ELEMENTS[:3], positions[:3], -1, 1)):
        check_equal(used.evaluate(*system), Evaluator(published_size, "native").evaluate(*system))


def test_forces_are_the_slope_of_the_energy(published_size: Path) -> None:
    evaluate = Evaluator(published_size, "native").evaluate
    positions = random_positions(7)
    forces = evaluate(ELEMENTS, positions, 1, 1, TRICLINIC_ANGSTROM)["forces_ev_per_angstrom"]
    direction = np.random.default_rng(7).standard_normal(positions.shape)
    energies = [
        evaluate(ELEMENTS, positions + step * direction, 1, 1, TRICLINIC_ANGSTROM)["energy_ev"]
        for step in (1e-5, -1e-5)
    ]
    slope = (energies[0] - energies[1]) / 2e-5
    assert slope == pytest.approx(-(forces * direction).sum(), rel=1e-6)


def test_energy_alone_equals_energy_with_forces(published_size: Path) -> None:
    evaluate = Evaluator(published_size, "native").evaluate
    system = (ELEMENTS, random_positions(8))
    assert evaluate(*system, forces=False)["energy_ev"] == evaluate(*system)["energy_ev"]


def test_auto_is_native_for_a_spookynet(lennard_jones_file: Path) -> None:
    system = ([8, 1, 1], [[0.0, 0.0, 0.1], [0.0, 0.8, -0.5], [0.0, -0.8, -0.5]])
    bundled = models.path("ala-gfn2")
    found = Evaluator(bundled).evaluate(*system)["forces_ev_per_angstrom"]
    native = Evaluator(bundled, "native").evaluate(*system)["forces_ev_per_angstrom"]
    np.testing.assert_array_equal(found, native)
    assert Evaluator(lennard_jones_file).evaluate([18, 18], [[0, 0, 0], [0, 0, 4]])["energy_ev"] < 0


def test_a_model_of_another_kind_is_refused(lennard_jones_file: Path) -> None:
    with pytest.raises(ValueError, match="'lennard-jones', or older than that evaluator"):
        Evaluator(lennard_jones_file, "native").evaluate([18], [[0.0, 0.0, 0.0]])


def test_single_precision_loses_no_more_than_that_of_torch(peptide: Path) -> None:
    bundled = models.path("ala-gfn2")
    pdb = app.PDBFile(str(peptide))
    numbers = [atom.element.atomic_number for atom in pdb.topology.atoms()]
    start = pdb.getPositions(asNumpy=True).value_in_unit(unit.angstrom)
    kinds = (("native", "float32"), ("torchscript", "float32"), ("torchscript", "float64"))
    evaluators = [Evaluator(bundled, *kind) for kind in kinds]
    errors = []
    for seed in range(10):
        positions = start + np.random.default_rng(seed).normal(scale=0.1, size=start.shape)
        native, single, double = (
            e.evaluate(numbers, positions)["forces_ev_per_angstrom"] for e in evaluators
        )
        errors.append([np.abs(native - double).max(), np.abs(single - double).max()])
    of_native, of_torch = np.transpose(errors)
    assert np.median(of_native) < np.median(of_torch)
    assert of_native.max() < 3 * of_torch.max()
    assert of_torch.max() > 0
