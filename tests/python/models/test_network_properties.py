# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What must hold for every network, whatever its options and weights."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from openmmgems import _core
from openmmgems.models.export import script
from openmmgems.models.hyperparameters import Hyperparameters
from support.random_models import (
    ELEMENTS,
    EXACT,
    SMOOTH,
    options_strategy,
    random_model,
    random_positions,
)
from torch import Tensor


def evaluate(
    model: torch.nn.Module, positions: np.ndarray, elements: np.ndarray, charge: float = 1.0
) -> tuple[float, np.ndarray, np.ndarray]:
    """Energy, forces and charges."""
    i, j, _ = _core.list_pairs(positions)
    x = torch.tensor(positions, requires_grad=True)
    pair_i, pair_j = torch.tensor(i), torch.tensor(j)
    results: dict[str, Tensor] = model(
        torch.tensor(elements),
        x[pair_j] - x[pair_i],
        pair_i,
        pair_j,
        torch.tensor([charge], dtype=torch.float64),
        torch.tensor([1.0], dtype=torch.float64),
    )
    energy = results["energy"].sum()
    (gradient,) = torch.autograd.grad(energy, x)
    return float(energy.detach()), -gradient.numpy(), results["charges"].detach().numpy()


@settings(max_examples=8, deadline=None, derandomize=True)
@given(options=options_strategy, seed=st.integers(0, 1000), mode=st.sampled_from([EXACT, SMOOTH]))
def test_rotation_translation_and_permutation_change_nothing(
    options: Hyperparameters, seed: int, mode: int
) -> None:
    model = random_model(options, seed)
    model.set_attention(mode)
    positions = random_positions(seed)
    energy, forces, charges = evaluate(model, positions, ELEMENTS)
    generator = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(generator.standard_normal((3, 3)))
    order = generator.permutation(len(ELEMENTS))
    moved = (positions @ rotation.T + 100.0)[order]
    found = evaluate(model, moved, ELEMENTS[order])
    scale = np.abs(forces).max() + 1.0
    assert found[0] == pytest.approx(energy, rel=1e-10, abs=1e-9)
    np.testing.assert_allclose(found[1], (forces @ rotation.T)[order], rtol=0, atol=1e-8 * scale)
    np.testing.assert_allclose(found[2], charges[order], rtol=0, atol=1e-9)
    assert charges.sum() == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(options=options_strategy, seed=st.integers(0, 1000), mode=st.sampled_from([EXACT, SMOOTH]))
def test_forces_are_the_slope_of_the_energy(options: Hyperparameters, seed: int, mode: int) -> None:
    model = random_model(options, seed)
    model.set_attention(mode)
    positions = random_positions(seed)
    forces = evaluate(model, positions, ELEMENTS)[1]
    direction = np.random.default_rng(seed).standard_normal(positions.shape)
    step = 1e-5
    plus = evaluate(model, positions + step * direction, ELEMENTS)[0]
    minus = evaluate(model, positions - step * direction, ELEMENTS)[0]
    slope = (plus - minus) / (2 * step)
    scale = np.abs(forces * direction).sum() + 1.0
    assert slope == pytest.approx(-(forces * direction).sum(), abs=1e-6 * scale)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(options=options_strategy, seed=st.integers(0, 1000))
def test_scripted_network_equals_the_readable_one(options: Hyperparameters, seed: int) -> None:
    model = random_model(options, seed)
    positions = random_positions(seed)
    expected = evaluate(model, positions, ELEMENTS)
    found = evaluate(script(model), positions, ELEMENTS)
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(
        found[1], expected[1], rtol=0, atol=1e-10 * np.abs(expected[1]).max()
    )


@pytest.mark.parametrize("mode", [EXACT, SMOOTH])
def test_every_trainable_parameter_gets_a_gradient_of_the_forces(mode: int) -> None:
    options = Hyperparameters(num_features=8, num_basis_functions=4, num_modules=2)
    model = random_model(options, 3).train()
    model.set_attention(mode)
    positions = torch.tensor(random_positions(3), requires_grad=True)
    i, j, _ = _core.list_pairs(positions.detach().numpy())
    pair_i, pair_j = torch.tensor(i), torch.tensor(j)
    one = torch.ones(1, dtype=torch.float64)
    results = model(
        torch.tensor(ELEMENTS), positions[pair_j] - positions[pair_i], pair_i, pair_j, one, one
    )
    (gradient,) = torch.autograd.grad(results["energy"].sum(), positions, create_graph=True)
    (gradient.square().sum() + results["energy"].sum()).backward()
    without = [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None]
    assert without == []


def test_isolated_atom_and_no_pairs_are_allowed() -> None:
    model = script(random_model(Hyperparameters(num_features=8), 1))
    none = torch.zeros(0, dtype=torch.int64)
    vectors = torch.zeros(0, 3, dtype=torch.float64, requires_grad=True)
    charge = torch.zeros(1, dtype=torch.float64)
    results = model(torch.tensor([18]), vectors, none, none, charge, charge)
    assert torch.isfinite(results["energy"]).all()
    assert float(results["energy_repulsion"].detach()) == 0.0
    assert float(results["charges"].detach()) == pytest.approx(0.0, abs=1e-12)


def test_dropped_modules_change_training_only() -> None:
    options = Hyperparameters(num_features=8, num_modules=3, module_keep_prob=0.3)
    model = random_model(options, 5)
    positions = random_positions(5)
    energies = {evaluate(model, positions, ELEMENTS)[0] for _ in range(5)}
    assert len(energies) == 1
    model.train()
    torch.manual_seed(0)
    assert len({evaluate(model, positions, ELEMENTS)[0] for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_features": 0}, "num_features is 0"),
        ({"num_residual_pre": -1}, "num_residual_pre is -1"),
        ({"lr_cutoff": 0.0}, r"lr_cutoff is 0\.0"),
        ({"module_keep_prob": 0.0}, r"module_keep_prob is 0\.0"),
    ],
)
def test_impossible_hyperparameters_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(Hyperparameters(), **change)
