# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The native evaluator on moving, large and periodic systems, and on other instruction sets."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from openmmgems import Evaluator
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters
from support.random_models import ELEMENTS, random_model, random_positions
from support.systems import TRICLINIC_ANGSTROM

System = tuple[np.ndarray, np.ndarray, np.ndarray | None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("native-systems")


def make_model(folder: Path, lr_cutoff: float | None) -> Path:
    """A small network with all terms."""
    options = Hyperparameters(num_features=16, num_modules=2, lr_cutoff=lr_cutoff)
    file = folder / f"model-{lr_cutoff}.pt"
    if not file.exists():
        save_spookynet(random_model(options, 4), options, file)
    return file


def check_equal(found: dict, expected: dict) -> None:
    assert found["energy_ev"] == pytest.approx(expected["energy_ev"], rel=1e-9)
    for name in ("forces_ev_per_angstrom", "virial_ev"):
        atol = 1e-8 * np.abs(expected[name]).max()
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=atol, err_msg=name)


def arrays(name: str) -> System:
    structure = load_system(name)
    vectors = structure.topology.getPeriodicBoxVectors()
    cell = None if vectors is None else 10.0 * np.array([list(v._value) for v in vectors])
    return structure.atomic_numbers, 10.0 * structure.positions, cell


@pytest.mark.parametrize(("name", "lr_cutoff"), [("crambin", None), ("water:1200", 8.0)])
def test_large_systems_agree_with_torch(folder: Path, name: str, lr_cutoff: float | None) -> None:
    numbers, positions, cell = arrays(name)
    model = make_model(folder, lr_cutoff)
    system = (numbers, positions, 0, 0, cell)
    expected = Evaluator(model, "torchscript").evaluate(*system)
    for threads in (1, 2):
        check_equal(Evaluator(model, "native", num_threads=threads).evaluate(*system), expected)


def test_threads_give_the_same_every_time(folder: Path) -> None:
    numbers, positions, cell = arrays("water:1200")
    model = make_model(folder, 8.0)
    first, second = (
        Evaluator(model, "native", "float32", num_threads=2).evaluate(
            numbers, positions, 0, 0, cell
        )
        for _ in range(2)
    )
    assert first["energy_ev"] == second["energy_ev"]
    np.testing.assert_array_equal(first["forces_ev_per_angstrom"], second["forces_ev_per_angstrom"])


def test_lists_stay_right_while_atoms_and_box_change(folder: Path) -> None:
    """Small steps, large steps, jumps to other images, and another box, against fresh lists."""
    model = make_model(folder, 6.0)
    used = Evaluator(model, "native")
    generator = np.random.default_rng(8)
    positions = np.concatenate([random_positions(1), random_positions(2) + 5.0])
    numbers = np.concatenate([ELEMENTS, ELEMENTS])
    cell = TRICLINIC_ANGSTROM.copy()
    for step in range(24):
        positions = positions + generator.normal(scale=0.05, size=positions.shape)
        if step % 6 == 3:
            positions = positions @ (np.eye(3) * 1.01)
            cell = cell @ (np.eye(3) * 1.01)
        if step % 8 == 5:
            positions[step % 16] += 3 * cell[0] - 2 * cell[2]
        if step % 10 == 7:
            positions[8:] += [1.5, 0.0, 0.0]
        system = (numbers, positions, 0, 0, cell)
        check_equal(used.evaluate(*system), Evaluator(model, "native").evaluate(*system))


def test_periodic_and_not_in_turns(folder: Path) -> None:
    model = make_model(folder, 6.0)
    used = Evaluator(model, "native")
    for cell in (None, TRICLINIC_ANGSTROM, None):
        system = (ELEMENTS, random_positions(3), 0, 0, cell)
        check_equal(used.evaluate(*system), Evaluator(model, "torchscript").evaluate(*system))


def test_phases_are_told() -> None:
    from openmmgems import models

    water = ([8, 1, 1], [[0.0, 0.0, 0.1], [0.0, 0.8, -0.5], [0.0, -0.8, -0.5]])
    bundled = models.path("ala-gfn2")
    phases = Evaluator(bundled, "native").evaluate(*water)["phase_seconds"]
    assert {"messages", "features, reverse", "long range"} < set(phases)
    assert all(seconds >= 0 for seconds in phases.values())
    assert Evaluator(bundled, "torchscript").evaluate(*water)["phase_seconds"] == {}


_SCRIPT = """
import sys
import numpy as np
from openmmgems import Evaluator
data = np.load(sys.argv[2])
for dtype, tolerance in (("float64", 1e-8), ("float32", 1e-4)):
    found = Evaluator(sys.argv[1], "native", dtype).evaluate(data["numbers"], data["positions"])
    error = np.abs(found["forces_ev_per_angstrom"] - data["forces"]).max()
    assert error < tolerance * np.abs(data["forces"]).max(), (dtype, error)
"""


@pytest.mark.parametrize("instruction_set", ["avx512", "avx2", "baseline", "abacus"])
def test_every_instruction_set_agrees(folder: Path, instruction_set: str) -> None:
    model = make_model(folder, None)
    positions = random_positions(6)
    expected = Evaluator(model, "torchscript").evaluate(ELEMENTS, positions)
    np.savez(
        folder / "expected.npz",
        numbers=ELEMENTS,
        positions=positions,
        forces=expected["forces_ev_per_angstrom"],
    )
    words = [sys.executable, "-c", _SCRIPT, str(model), str(folder / "expected.npz")]
    environment = os.environ | {"OPENMMGEMS_INSTRUCTION_SET": instruction_set}
    result = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if "expected one of this machine" in result.stderr:
        if instruction_set in ("avx512", "avx2"):
            pytest.skip(f"this machine has no {instruction_set}")
        assert instruction_set == "abacus"
    else:
        assert result.returncode == 0, result.stderr
        assert instruction_set != "abacus"


def test_a_thousand_configurations(folder: Path) -> None:
    """Overlaps, gaps, atoms that leave the box, a box that changes: right, or refused by name."""
    model = make_model(folder, 6.0)
    used, torch = Evaluator(model, "native"), Evaluator(model, "torchscript")
    generator = np.random.default_rng(12)
    cell = TRICLINIC_ANGSTROM.copy()
    refused = []
    for step in range(1000):
        kind = step % 5
        positions = random_positions(step) + generator.uniform(-20, 20, 3)
        if kind == 1:  # two atoms on top of each other, or nearly
            distance = generator.choice([0.0, 1e-9, 1e-3, 0.05, 0.3])
            positions[1] = positions[0] + [distance, 0.0, 0.0]
        elif kind == 2:  # a gap in the middle
            positions[4:] += [0.0, 0.0, generator.uniform(5, 40)]
        elif kind == 3:
            positions += generator.integers(-3, 4, positions.shape) @ cell
        elif kind == 4:
            cell = TRICLINIC_ANGSTROM * generator.uniform(0.7, 1.4)
        system = (ELEMENTS, positions, 0, 0, None if step % 7 == 0 else cell)
        try:
            found = used.evaluate(*system)
        except ValueError as error:
            refused.append(str(error))
            continue
        assert np.isfinite(found["forces_ev_per_angstrom"]).all()
        if step % 25 < 5:
            check_equal(found, torch.evaluate(*system))
    assert 0 < len(refused) < 100
    for message in refused:
        assert "atoms 0 and 1" in message or "force on atom" in message


def test_five_thousand_atoms_in_the_gas_phase(folder: Path) -> None:
    """All pairs interact; forces are the slope of the energy."""
    numbers, positions, _ = arrays("water:5001")
    evaluate = Evaluator(make_model(folder, None), "native", num_threads=2).evaluate
    direction = np.random.default_rng(5).standard_normal(positions.shape)
    step = 1e-5
    forces = evaluate(numbers, positions)["forces_ev_per_angstrom"]
    energies = [
        evaluate(numbers, positions + sign * step * direction, forces=False)["energy_ev"]
        for sign in (1, -1)
    ]
    slope = (energies[0] - energies[1]) / (2 * step)
    assert slope == pytest.approx(-(forces * direction).sum(), rel=1e-5)
