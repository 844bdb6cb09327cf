# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The Evaluator: its threads, what it refuses, and what it is after a failure."""

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from openmmgems import Evaluator, models
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters
from support.random_models import SMOOTH, random_model

WATER = [8, 1, 1]
WATER_ANGSTROM = np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
KINDS = ["native", "torchscript"]


def check_equal(found: dict, right: dict) -> None:
    assert found["energy_ev"] == pytest.approx(right["energy_ev"], abs=1e-9)
    np.testing.assert_allclose(
        found["forces_ev_per_angstrom"], right["forces_ev_per_angstrom"], rtol=0, atol=1e-9
    )


def waters(number: int) -> tuple[list[int], np.ndarray]:
    """Water molecules in a row, four angstrom apart."""
    shifts = np.arange(number)[:, None, None] * [4.0, 0.0, 0.0]
    return WATER * number, (WATER_ANGSTROM + shifts).reshape(-1, 3)


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_num_threads_is_the_number_of_threads_that_compute(kind: str, num_threads: int) -> None:
    code = f"""
        import os
        import numpy as np
        import torch
        from openmmgems import Evaluator, models

        torch.set_num_threads({3 - num_threads})  # what is taken if num_threads is not heard
        grid = 4.0 * np.array(list(np.ndindex(5, 5, 4)))[:, None, :]
        water = np.array({WATER_ANGSTROM.tolist()})
        positions = (grid + water).reshape(-1, 3)
        evaluator = Evaluator(models.path("ala-gfn2"), "{kind}", num_threads={num_threads})
        before = len(os.listdir("/proc/self/task"))
        evaluator.evaluate({WATER} * 100, positions)
        print(len(os.listdir("/proc/self/task")) - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    # Torch's second works with the one there is; OpenMM's two beside it, while it waits.
    expected = {1: 0, 2: 3 if kind == "native" else 1}
    assert int(run.stdout) == expected[num_threads]


@pytest.mark.parametrize("kind", KINDS)
def test_electrons_that_do_not_fit_are_refused(kind: str) -> None:
    evaluator = Evaluator(models.path("ala-gfn2"), kind)
    energy = evaluator.evaluate(WATER, WATER_ANGSTROM)["energy_ev"]
    for charge, spin, message in [
        (1, 0, "atoms then have 9 electrons; expected an even number"),
        (0, 1, "atoms then have 10 electrons; expected an odd number"),
        (0, 12, "expected an even number of at least 12"),
        (1, -1, "number of unpaired electrons is -1; expected 0 or more"),
    ]:
        with pytest.raises(ValueError, match=message):
            evaluator.evaluate(WATER, WATER_ANGSTROM, charge, spin)
    evaluator.evaluate(WATER, WATER_ANGSTROM, 1, 1)
    assert evaluator.evaluate(WATER, WATER_ANGSTROM)["energy_ev"] == energy


@pytest.mark.parametrize("attention", ["exact", "smooth"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_atoms_are_refused(kind: str, attention: str) -> None:
    evaluator = Evaluator(models.path("ala-gfn2"), kind, attention=attention)
    with pytest.raises(ValueError, match="number of atoms is 0; expected at least 1"):
        evaluator.evaluate(np.zeros(0, int), np.zeros((0, 3)))


@pytest.mark.parametrize("kind", KINDS)
def test_threads_that_share_an_evaluator_get_the_results_of_their_own_system(kind: str) -> None:
    evaluator = Evaluator(models.path("ala-gfn2"), kind)
    systems = [waters(number) for number in (1, 2, 5, 9)]
    expected = [Evaluator(models.path("ala-gfn2"), kind).evaluate(*system) for system in systems]

    def run(index: int) -> list[dict]:
        return [evaluator.evaluate(*systems[index]) for _ in range(5)]

    with ThreadPoolExecutor(len(systems)) as pool:
        for results, right in zip(pool.map(run, range(len(systems))), expected, strict=True):
            for result in results:
                check_equal(result, right)


@pytest.fixture
def random_file(tmp_path: Path) -> Path:
    """A small network that tells no elements."""
    options = Hyperparameters(num_features=8, num_basis_functions=3, num_modules=2)
    save_spookynet(random_model(options, seed=1), options, tmp_path / "random.pt")
    return tmp_path / "random.pt"


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_system_that_fails_the_next_is_right(kind: str, random_file: Path) -> None:
    evaluator = Evaluator(random_file, kind)
    right = evaluator.evaluate(WATER, WATER_ANGSTROM)
    with pytest.raises((ValueError, RuntimeError)):  # found when the network looks it up
        evaluator.evaluate([8, 1, 1, 118], np.vstack([WATER_ANGSTROM, [[0, 0, 3]]]))
    check_equal(evaluator.evaluate(WATER, WATER_ANGSTROM), right)
    with pytest.raises(ValueError, match="atoms 0 and 2 are at the same position"):
        evaluator.evaluate(WATER, WATER_ANGSTROM * [[1], [1], [0]])
    check_equal(evaluator.evaluate(WATER, WATER_ANGSTROM), right)
    with pytest.raises(ValueError, match="position of atom 1 is"):
        evaluator.evaluate(WATER, WATER_ANGSTROM * [[1], [np.nan], [1]])
    check_equal(evaluator.evaluate(WATER, WATER_ANGSTROM), right)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exponentials_that_overflow_are_reported(kind: str, dtype: str, tmp_path: Path) -> None:
    """Smooth attention subtracts a fixed maximum; what is far above it overflows."""
    options = Hyperparameters(num_features=8, num_basis_functions=3, num_modules=2)
    reach = {"float32": 80, "float64": 700}[dtype]
    for module, maximum, overflows in [
        (0, 0.7, False),
        (1, 0.7, False),
        (0, 2, True),
        (1, 2, True),
    ]:
        model = random_model(options, seed=1)
        model.set_attention(SMOOTH)
        model.module[module].nonlocal_interaction.attention.key_maximum.fill_(-maximum * reach)
        save_spookynet(model, options, tmp_path / "low.pt")
        evaluator = Evaluator(tmp_path / "low.pt", kind, dtype)
        for _ in range(2):  # what was kept of the first evaluation does not hide it
            if overflows:
                with pytest.raises(ValueError, match=r"overflows at atom \d|is not finite"):
                    evaluator.evaluate(WATER, WATER_ANGSTROM)
            else:
                evaluator.evaluate(WATER, WATER_ANGSTROM)


@pytest.mark.parametrize(
    ("positions", "cell", "message"),
    [
        ([[0, 0, 0], [1e16, 0, 0], [0, 1, 0]], None, "position of atom 1 is .* so far away"),
        (
            [[0, 0, 0], [0, 0, 3e11], [0, 1, 0]],
            np.eye(3) * 20,
            "position of atom 1 is .* 1e.09 boxes",
        ),
        (WATER_ANGSTROM, np.diag([20, 20, 0.01]), "heights are 20, 20, 0.01 angstrom"),
        (WATER_ANGSTROM, np.diag([20, 20, 0.0]), "expected a wider box"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_neighbour_lists_cannot_hold_is_reported(
    kind: str, positions: np.ndarray, cell: np.ndarray | None, message: str, random_file: Path
) -> None:
    evaluator = Evaluator(random_file, kind, long_range_cutoff_angstrom=8.0)
    with pytest.raises(ValueError, match=message):
        evaluator.evaluate(WATER, positions, 0, 0, cell)


@pytest.mark.parametrize(
    ("given", "spins"),
    [
        ({}, "10000"),
        ({"GOMP_SPINCOUNT": "77"}, "77"),
        ({"OMP_WAIT_POLICY": "PASSIVE"}, "0"),
    ],
)
def test_threads_spin_for_a_short_time_where_they_wait(given: dict[str, str], spins: str) -> None:
    others = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    environment = {name: value for name, value in os.environ.items() if name not in others}
    environment |= {"OMP_DISPLAY_ENV": "VERBOSE"} | given
    command = [sys.executable, "-c", "import openmmgems"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert f"GOMP_SPINCOUNT = '{spins}'" in result.stderr
