# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Batches, the division of the data, and energies of free atoms."""

import dataclasses

import numpy as np
import torch
from openmmgems.training.batches import (
    StructureTable,
    chunks,
    fit_atomic_energies,
    split_structures,
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


def test_the_division_takes_every_structure_once_and_its_share_of_each_group() -> None:
    split = split_structures(toy_groups(), 0.1, 0.2, seed=7)
    everything = split.train + split.validation + split.test
    assert sorted(everything) == list(range(60))
    assert sum(n < 40 for n in split.validation) == 4
    assert sum(n >= 40 for n in split.validation) == 2
    assert sum(n < 40 for n in split.test) == 8
    assert sum(n >= 40 for n in split.test) == 4


def test_the_division_follows_from_the_seed() -> None:
    assert split_structures(toy_groups(), 0.1, 0.2, 7) == split_structures(
        toy_groups(), 0.1, 0.2, 7
    )
    assert split_structures(toy_groups(), 0.1, 0.2, 7) != split_structures(
        toy_groups(), 0.1, 0.2, 8
    )


def test_structures_of_one_source_stay_together() -> None:
    groups = [
        dataclasses.replace(g, source=[f"run {k // 4}" for k in range(len(g.source))])
        for g in toy_groups()
    ]
    split = split_structures(groups, 0.1, 0.2, seed=7)
    assert [len(part) for part in (split.train, split.validation, split.test)] == [40, 8, 12]
    for part in (split.train, split.validation, split.test):
        whole = {n for number in part for n in range(4 * (number // 4), 4 * (number // 4) + 4)}
        assert whole == set(part)


def test_chunks_lose_nothing() -> None:
    assert list(chunks([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
