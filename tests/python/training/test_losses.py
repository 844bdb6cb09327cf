# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Predictions, the loss and the errors that are reported."""

import math

import numpy as np
import pytest
import torch
from openmmgems.models.spookynet import SpookyNet
from openmmgems.training.batches import Batch, StructureTable
from openmmgems.training.config import LossWeights
from openmmgems.training.losses import Errors, Prediction, loss, predict
from support.toy_training import NETWORK, toy_groups


def _table() -> StructureTable:
    return StructureTable(toy_groups(), torch.zeros(87, dtype=torch.float64), torch.float64)


def _network() -> SpookyNet:
    torch.manual_seed(3)
    return SpookyNet(NETWORK, zero_init=False, seed=3).double().eval()


def _pair_and_single() -> tuple[Batch, Prediction]:
    """A batch of a molecule of two atoms and one of one atom, and wrong answers for it."""
    zeros = torch.zeros
    batch = Batch(
        atomic_numbers=torch.tensor([1, 1, 8]),
        positions=zeros(3, 3),
        pair_i=torch.tensor([0, 1]),
        pair_j=torch.tensor([1, 0]),
        molecule=torch.tensor([0, 0, 1]),
        charge=zeros(2),
        spin=zeros(2),
        energy=zeros(2),
        forces=zeros(3, 3),
        dipole=zeros(2, 3),
    )
    forces = torch.tensor([[3.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 1.0]])
    dipole = torch.tensor([[1.0, 2.0, 2.0], [0.0, 0.0, 0.0]])
    return batch, Prediction(torch.tensor([1.0, 7.0]), forces, dipole)


def test_each_term_of_the_loss_is_a_root_mean_square() -> None:
    batch, prediction = _pair_and_single()
    energy = loss(prediction, batch, LossWeights(1.0, 0.0, 0.0))
    forces = loss(prediction, batch, LossWeights(0.0, 1.0, 0.0))
    dipole = loss(prediction, batch, LossWeights(0.0, 0.0, 1.0))
    assert float(energy) == pytest.approx(5.0)  # sqrt((1 + 49)/2)
    assert float(forces) == pytest.approx(math.sqrt(6.75))  # ((9 + 16)/2 + 1)/2
    assert float(dipole) == pytest.approx(math.sqrt(4.5))  # (9 + 0)/2


def test_the_loss_is_the_weighted_sum_of_its_terms() -> None:
    batch, prediction = _pair_and_single()
    value = loss(prediction, batch, LossWeights(2.0, 3.0, 4.0))
    assert float(value) == pytest.approx(10.0 + 3.0 * math.sqrt(6.75) + 4.0 * math.sqrt(4.5))


def test_dipoles_that_are_not_known_do_not_count() -> None:
    batch, prediction = _pair_and_single()
    only_dipole = LossWeights(0.0, 0.0, 1.0)
    batch.dipole[1] = math.nan
    assert float(loss(prediction, batch, only_dipole)) == pytest.approx(3.0)
    batch.dipole[0] = math.nan
    assert float(loss(prediction, batch, only_dipole)) == pytest.approx(0.0, abs=1e-5)


def test_errors_are_means_over_all_batches() -> None:
    batch, prediction = _pair_and_single()
    right = Prediction(batch.energy, batch.forces, batch.dipole)
    errors = Errors()
    errors.add(prediction, batch)
    errors.add(right, batch)
    assert errors.energy_mev_per_atom == pytest.approx(1000.0 * (0.5 + 7.0) / 4)
    assert errors.forces_mev_per_angstrom == pytest.approx(1000.0 * 8.0 / 18)


def test_predicted_forces_are_the_negative_gradient_in_a_batch() -> None:
    groups, network = toy_groups(), _network()
    forces = predict(network, _table().batch([0, 40]), create_graph=False).forces
    step = 1e-5
    for atom, axis in [(0, 0), (1, 1), (2, 2)]:
        energies = []
        for shift in (step, -step):
            groups[1].positions[0] = toy_groups()[1].positions[0]
            groups[1].positions[0, atom, axis] += shift
            table = StructureTable(groups, torch.zeros(87, dtype=torch.float64), torch.float64)
            moved = predict(network, table.batch([0, 40]), create_graph=False)
            energies.append(float(moved.energy.sum().detach()))
        slope = (energies[0] - energies[1]) / (2 * step)
        assert float(forces[3 + atom, axis]) == pytest.approx(-slope, rel=1e-7, abs=1e-7)


def test_molecules_in_a_batch_do_not_see_each_other() -> None:
    network, table = _network(), _table()
    one = predict(network, table.batch([7, 40]), create_graph=False)
    other = predict(network, table.batch([7, 55, 12]), create_graph=False)
    np.testing.assert_allclose(one.energy[0].detach(), other.energy[0].detach(), atol=1e-10)
    np.testing.assert_allclose(one.forces[:3], other.forces[:3], atol=1e-10)
    np.testing.assert_allclose(one.dipole[0].detach(), other.dipole[0].detach(), atol=1e-10)


def test_the_predicted_dipole_of_a_neutral_molecule_does_not_depend_on_the_origin() -> None:
    groups, network = toy_groups(), _network()
    here = predict(network, _table().batch([0]), create_graph=False).dipole.detach()
    groups[0].positions[0] += np.array([5.0, -3.0, 1.0])
    table = StructureTable(groups, torch.zeros(87, dtype=torch.float64), torch.float64)
    there = predict(network, table.batch([0]), create_graph=False).dipole.detach()
    np.testing.assert_allclose(here, there, atol=1e-10)


def test_the_loss_reaches_every_weight_that_learns() -> None:
    network = _network().train()
    batch = _table().batch([0, 40])
    loss(predict(network, batch, create_graph=True), batch, LossWeights()).backward()
    embeddings = {name for name, _ in network.named_parameters() if "_embedding." in name}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad and name not in embeddings:
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name


def test_the_gradient_of_the_loss_is_finite_where_a_term_has_no_error() -> None:
    batch, prediction = _pair_and_single()
    exact = Prediction(
        prediction.energy.clone().requires_grad_(),
        batch.forces.clone().requires_grad_(),
        batch.dipole.clone().requires_grad_(),
    )
    loss(exact, batch, LossWeights()).backward()
    # sqrt(mean square) of errors 1 and 7: each error over 2 times the root.
    np.testing.assert_allclose(exact.energy.grad, [1.0 / 10.0, 7.0 / 10.0], rtol=1e-6)
    np.testing.assert_array_equal(exact.forces.grad, 0.0)
    np.testing.assert_array_equal(exact.dipole.grad, 0.0)
