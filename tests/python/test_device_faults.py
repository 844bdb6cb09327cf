# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What goes wrong on a device is told in the same call, and forgotten in the next one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openmm
import pytest
from openmmgems import Evaluator, GemsForce
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.models.export import save_spookynet
from openmmgems.models.spookynet import SpookyNet
from openmmgems.units import KJ_PER_MOL_PER_EV
from support import systems
from support.on_device import (
    NINE,
    NINE_CELL,
    NINE_POSITIONS,
    SMALL,
    TENSOR_CASES,
    TWO,
    TWO_POSITIONS,
    OnDevice,
    check_equal,
    save_small,
    share_small,
    share_tensor,
)
from support.random_models import random_model

CELL = systems.TRICLINIC_ANGSTROM
EVALUATORS = pytest.mark.parametrize(
    "evaluator", [GemsForce.Native, GemsForce.TorchScript], ids=["native", "staged"]
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small(tmp_path_factory.mktemp("faults") / "small.pt")


def questions(used: OnDevice) -> dict[str, Callable[[], Any]]:
    """All that may be asked of a Context with a GemsForce."""
    return {
        "forces": lambda: used.context.getState(getForces=True),
        "energy": lambda: used.context.getState(getEnergy=True),
        "both": lambda: used.context.getState(getForces=True, getEnergy=True),
        "terms": lambda: used.force.getEnergyTerms(used.context),
        "charges": lambda: used.force.getAtomicCharges(used.context),
    }


@share_small
@EVALUATORS
def test_bad_positions_are_told_whatever_is_asked_and_then_forgotten(
    device: openmm.Platform, small: Path, evaluator: int
) -> None:
    used = OnDevice(device, small, TWO, CELL, change=lambda force: force.setEvaluator(evaluator))
    good = used.evaluate(TWO_POSITIONS)
    wrong = TWO_POSITIONS.copy()
    wrong[7, 1] = np.nan
    for ask in questions(used).values():
        used.context.setPositions(wrong / 10)
        with pytest.raises(
            openmm.OpenMMException, match=r"position of atom 7 is|coordinate is NaN"
        ):
            ask()
        check_equal(used.evaluate(TWO_POSITIONS), good)


@share_small
@EVALUATORS
def test_forces_beyond_fixed_point_are_told(
    device: openmm.Platform, small: Path, evaluator: int
) -> None:
    """OpenMM's numbers would start again from the other end."""

    def scaled(force: GemsForce) -> None:
        force.setEvaluator(evaluator)
        force.setScaleParameter("lambda_gems", 1.0)

    used = OnDevice(device, small, TWO, CELL, change=scaled)
    good = used.evaluate(TWO_POSITIONS)
    used.context.setParameter("lambda_gems", 1e9)
    for name in ("forces", "both"):
        with pytest.raises(openmm.OpenMMException, match=r"the force on atom .* is too large"):
            questions(used)[name]()
    used.context.setParameter("lambda_gems", 1.0)
    check_equal(used.evaluate(TWO_POSITIONS), good)


def with_tensor_cores(
    device: openmm.Platform,
    model: SpookyNet,
    case: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> OnDevice:
    """In single precision, which test_tensor_cores compiles as well."""
    options, mode = TENSOR_CASES[case]
    model.set_attention(mode)
    save_spookynet(model, options, folder / "tensor.pt")
    monkeypatch.setenv("OPENMMGEMS_TENSOR_CORES", "1")
    return OnDevice(device, folder / "tensor.pt", NINE, NINE_CELL, "single")


def check_overflow(used: OnDevice, positions: np.ndarray, message: str) -> None:
    used.context.setPositions(positions / 10)
    for ask in questions(used).values():
        with pytest.raises(openmm.OpenMMException, match=message):
            ask()


@share_small
def test_a_network_that_overflows_is_told_whatever_is_asked(
    device: openmm.Platform, tmp_path: Path
) -> None:
    model = random_model(SMALL, 4)
    model.output.weight.data[0] = 1e308
    save_spookynet(model, SMALL, tmp_path / "large.pt")
    check_overflow(OnDevice(device, tmp_path / "large.pt", TWO, CELL), TWO_POSITIONS, "finite")


@share_tensor
def test_tensor_cores_that_overflow_are_told_whatever_is_asked(
    device: openmm.Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A layer's products are beyond single precision."""
    model = random_model(TENSOR_CASES["exact"][0], 4)
    model.module[0].resblock.linear.weight.data *= 1e38
    used = with_tensor_cores(device, model, "exact", tmp_path, monkeypatch)
    check_overflow(used, NINE_POSITIONS, "finite")


@share_tensor
def test_an_exponential_that_overflows_is_told_whatever_is_asked(
    device: openmm.Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the first module, what does not depend on positions is computed once."""
    model = random_model(TENSOR_CASES["smooth"][0], 4)
    model.module[0].nonlocal_interaction.attention.key_maximum.fill_(-100.0)
    used = with_tensor_cores(device, model, "smooth", tmp_path, monkeypatch)
    check_overflow(used, NINE_POSITIONS, "an exponential in the attention")


@share_small
def test_a_box_of_hundreds_of_images_is_refused(device: openmm.Platform, small: Path) -> None:
    """Neighbours were dropped without a word."""
    used = OnDevice(device, small, TWO, CELL)
    good = used.evaluate(TWO_POSITIONS)
    thin = np.diag([20.0, 20.0, 0.05])
    with pytest.raises(openmm.OpenMMException, match=r"heights are .* more than 256 images"):
        used.evaluate(TWO_POSITIONS, thin)
    check_equal(used.evaluate(TWO_POSITIONS, CELL), good)


@share_small
@EVALUATORS
def test_molecules_in_other_images_stay_where_they_are(
    device: openmm.Platform, small: Path, evaluator: int
) -> None:
    """A force without a box in a System with one: OpenMM moves molecules, and takes it back."""
    cell = 20.0 * np.eye(3)
    nonbonded = openmm.NonbondedForce()
    nonbonded.setNonbondedMethod(openmm.NonbondedForce.CutoffPeriodic)
    nonbonded.setCutoffDistance(0.5)
    nonbonded.setForceGroup(1)
    for _ in TWO:
        nonbonded.addParticle(0.0, 0.1, 0.0)
    barostat = openmm.MonteCarloBarostat(2000.0, 300.0, 1)
    barostat.setRandomNumberSeed(3)

    def change(force: GemsForce) -> None:
        force.setEvaluator(evaluator)
        force.setUsesPeriodicBoundaryConditions(False)
        for atom in range(7):
            force.addBond(atom, atom + 1)
            force.addBond(atom + 8, atom + 9)

    used = OnDevice(device, small, TWO, cell, change=change, others=[nonbonded, barostat])
    expected = Evaluator(small, "native")

    def check() -> float:
        state = used.context.getState(getEnergy=True, getPositions=True, groups={0})
        positions = 10 * state.getPositions(asNumpy=True)._value
        energy = expected.evaluate(TWO, positions)["energy_ev"] * KJ_PER_MOL_PER_EV
        assert state.getPotentialEnergy()._value == pytest.approx(energy, rel=1e-6)
        return state.getPeriodicBoxVolume()._value

    for boxes in (3, 0, -2, 1):
        positions = TWO_POSITIONS.copy()
        positions[8:, 0] += 20.0 * boxes
        used.context.setPositions(positions / 10)
        check()
    used.context.getIntegrator().setStepSize(1e-6)
    volumes = []
    for _ in range(20):
        used.context.getIntegrator().step(1)
        volumes.append(check())
    assert 1 < len(set(volumes)) < len(volumes)  # changes of the volume were taken and rejected


@share_small
@EVALUATORS
def test_small_changes_of_a_large_energy_are_seen_in_single_precision(
    device: openmm.Platform, tmp_path: Path, evaluator: int
) -> None:
    """Energies of free atoms as of gold: float32 has 3 kJ/mol for one, 2000 for their sum."""
    model = random_model(SMALL, 4)
    model.element_bias.data[1, 0], model.element_bias.data[8, 0] = -13.6, -518000.0
    save_spookynet(model, SMALL, tmp_path / "large.pt")
    structure = load_system("water:1200")
    numbers = structure.atomic_numbers
    cell = 10.0 * np.array([list(v._value) for v in structure.topology.getPeriodicBoxVectors()])
    # What single precision keeps of positions.
    positions = 10.0 * structure.positions.astype(np.float32).astype(np.float64)
    moved = positions.copy()
    moved[600:603] += 10 * 2.0**-10 * np.array([1.0, -2.0, 1.0])
    used = OnDevice(
        device,
        tmp_path / "large.pt",
        numbers,
        cell,
        "single",
        change=lambda force: force.setEvaluator(evaluator),
    )
    double = Evaluator(tmp_path / "large.pt", "native")
    expected = [double.evaluate(numbers, r, 0, 0, cell) for r in (positions, moved)]
    found = [used.evaluate(r) for r in (positions, moved)]
    assert expected[0]["energy_ev"] < -2e8
    for name, energy in expected[0]["terms_ev"].items():
        assert found[0]["terms_ev"][name] == pytest.approx(energy, rel=0, abs=2e-2), name
    changes = [pair[1]["energy_ev"] - pair[0]["energy_ev"] for pair in (found, expected)]
    assert abs(changes[1]) > 1e-2
    assert changes[0] == pytest.approx(changes[1], abs=1e-3)  # eV: 0.1 kJ/mol
