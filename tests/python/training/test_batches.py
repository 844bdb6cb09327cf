# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Batches, and energies of free atoms."""

import dataclasses

import numpy as np
import pytest
import torch
from openmmgems.training.batches import (
    StructureTable,
    chunks,
    fit_atomic_energies,
)
from support.toy_training import toy_groups


def test_a_batch_holds_all_directed_pairs_within_molecules_and_no_others() -> None:
    groups = toy_groups()
    table = StructureTable(groups, torch.zeros(87, dtype=torch.float64), torch.float64)
    batch = table.batch([0, 40, 1])
    pairs = set(zip(batch.pair_i.tolist(), batch.pair_j.tolist(), strict=True))
    molecules = [(0, 1, 2), (3, 4, 5), (6, 7, 8)]
    assert pairs == {(i, j) for atoms in molecules for i in atoms for j in atoms if i != j}
    assert len(batch.pair_i) == len(pairs)
    assert batch.molecule.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_a_batch_holds_the_chosen_structures_in_order() -> None:
    groups = toy_groups()
    table = StructureTable(groups, torch.zeros(87, dtype=torch.float64), torch.float64)
    batch = table.batch([41, 3])
    assert batch.atomic_numbers.tolist() == [16, 1, 1, 8, 1, 1]
    np.testing.assert_array_equal(batch.positions[:3], groups[1].positions[1])
    np.testing.assert_array_equal(batch.forces[3:], groups[0].forces[3])
    np.testing.assert_array_equal(batch.dipole, [groups[1].dipole[1], groups[0].dipole[3]])
    np.testing.assert_array_equal(batch.energy, [groups[1].energy[1], groups[0].energy[3]])
    assert table.source(41) == "toy 1"
    assert len(table) == 60


def test_energies_of_atoms_are_taken_off() -> None:
    groups = toy_groups()
    atoms = torch.zeros(87, dtype=torch.float64)
    atoms[1], atoms[8] = -10.0, -100.0
    batch = StructureTable(groups, atoms, torch.float64).batch([5])
    np.testing.assert_allclose(batch.energy, groups[0].energy[5:6] + 120.0, atol=1e-12)


def test_fitted_energies_of_atoms_sum_to_the_mean_of_each_composition() -> None:
    groups = toy_groups()
    atoms = fit_atomic_energies(groups)
    for group in groups:
        fitted = float(atoms[group.atomic_numbers].sum())
        np.testing.assert_allclose(fitted, group.energy.mean(), atol=1e-9)
    assert atoms[6] == 0.0


def test_periodic_structures_are_refused() -> None:
    groups = toy_groups()
    groups[1] = dataclasses.replace(groups[1], cell=np.tile(9.0 * np.eye(3), (20, 1, 1)))
    with pytest.raises(ValueError, match="structures of H2S have periodic cells; expected molec"):
        StructureTable(groups, torch.zeros(87), torch.float32)


def test_chunks_lose_nothing() -> None:
    assert list(chunks([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
