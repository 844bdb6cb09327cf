# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Copies of geometries are left out; what only looks alike is kept."""

import itertools

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.data import copies
from openmmgems.data.copies import first_copies, unique_structures
from rdkit import Chem
from rdkit.Chem import rdDistGeom
from scipy.spatial.transform import Rotation


def conformer(smiles: str, seed: int = 1) -> AtomicSystem:
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert rdDistGeom.EmbedMolecule(molecule, randomSeed=seed) == 0
    numbers = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()])
    positions = molecule.GetConformer().GetPositions()
    return AtomicSystem(numbers, positions, Chem.GetFormalCharge(molecule))


def changed(
    structure: AtomicSystem,
    rng: np.random.Generator,
    *,
    shuffled: bool = False,
    mirrored: bool = False,
    noise: float = 0.0,
) -> AtomicSystem:
    """Rotated and moved, and more."""
    order = np.arange(len(structure.atomic_numbers))
    if shuffled:
        rng.shuffle(order)
    x = structure.positions_angstrom[order] * ([-1, 1, 1] if mirrored else [1, 1, 1])
    x = x @ Rotation.random(rng=rng).as_matrix() + rng.normal(scale=20, size=3)
    x = x + noise * rng.uniform(-1, 1, size=x.shape) / np.sqrt(3)
    return AtomicSystem(structure.atomic_numbers[order], x, structure.charge, structure.spin)


MOLECULES = ["O", "[Na+]", "[H][H]", "C#N", "O=C=O", "C", "c1ccccc1", "CC(C)(C)C", "NCC(=O)O"]


@pytest.mark.parametrize("smiles", [*MOLECULES, "CC(=O)N[C@@H](C)C(=O)NC"])
@pytest.mark.parametrize("shuffled", [False, True])
def test_moved_copies_are_found(smiles: str, shuffled: bool) -> None:
    rng = np.random.default_rng(4)
    original = conformer(smiles)
    moved = [changed(original, rng, shuffled=shuffled, noise=0.02) for _ in range(5)]
    assert unique_structures([original, *moved]) == [0]


@pytest.mark.parametrize("smiles", ["CC(=O)N[C@@H](C)C(=O)NC", "OO", "N[C@H](C)C(=O)O"])
def test_mirror_images_of_chiral_structures_are_kept(smiles: str) -> None:
    rng = np.random.default_rng(5)
    original = conformer(smiles)
    images = [changed(original, rng, mirrored=True, shuffled=k > 0) for k in range(3)]
    assert first_copies([original, *images]).tolist() == [0, 1, 1, 1]


def test_mirror_images_of_flat_structures_are_copies() -> None:
    rng = np.random.default_rng(5)
    water = conformer("O")
    assert unique_structures([water, changed(water, rng, mirrored=True)]) == [0]


def test_clusters_of_water_in_any_order() -> None:
    rng = np.random.default_rng(6)
    water = conformer("O")
    places = 3.0 * np.array([[i, j, k] for i in range(3) for j in range(3) for k in range(2)])
    numbers = np.tile(water.atomic_numbers, len(places))
    x = np.concatenate(
        [water.positions_angstrom @ Rotation.random(rng=rng).as_matrix() + p for p in places]
    )
    cluster = AtomicSystem(numbers, x)
    assert unique_structures([cluster, changed(cluster, rng, shuffled=True, noise=0.02)]) == [0]
    other = x.copy()
    other[:3] += [0.4, 0, 0]
    assert unique_structures([cluster, AtomicSystem(numbers, other)]) == [0, 1]


def test_the_edge_of_the_tolerance() -> None:
    """Two atoms whose distance grows by 2 d: each moves by d in the best superposition."""
    numbers = np.array([8, 8])
    near, far = (
        AtomicSystem(numbers, np.array([[0, 0, 0], [1.2 + 2 * d, 0, 0]])) for d in (0.0, 0.05)
    )
    assert unique_structures([near, far], 0.0501) == [0]
    assert unique_structures([near, far], 0.0499) == [0, 1]


def lies_on(x: np.ndarray, y: np.ndarray, tolerance: float) -> bool:
    rotation, _ = Rotation.align_vectors(x, y)
    return bool(np.linalg.norm(rotation.apply(y) - x, axis=1).max() <= tolerance)


@pytest.mark.parametrize("few_orders", [150, 0])
def test_all_orders_tried_one_by_one_say_the_same(
    few_orders: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clusters whose copies are as far off as the tolerance; superposed by SciPy in all orders."""
    monkeypatch.setattr(copies, "_FEW_ORDERS", few_orders)
    rng = np.random.default_rng(11)
    numbers = np.array([1, 1, 1, 7, 8])
    orders = [[*order, 3, 4] for order in itertools.permutations(range(3))]
    frame = np.array([[1.1, 0, 0], [0, 1.3, 0], [0, 0, 1.5], [0, 0, 0], [-1.2, -1.2, -1.2]])
    found = []
    for _ in range(60):
        original = AtomicSystem(numbers, frame + 0.05 * rng.normal(size=(5, 3)))
        other = changed(original, rng, shuffled=True, noise=0.2)
        back = np.argsort(other.atomic_numbers, kind="stable")
        x, y = original.positions_angstrom, other.positions_angstrom[back]
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
        expected = any(lies_on(x, y[order], 0.12) for order in orders)
        assert (unique_structures([original, other], 0.12) == [0]) == expected
        found.append(expected)
    assert 10 < sum(found) < 50


def test_one_atom_that_moves_is_noticed() -> None:
    rng = np.random.default_rng(8)
    original = conformer("CC(=O)N[C@@H](C)C(=O)NC")
    x = original.positions_angstrom.copy()
    x[-1] += [0.0, 0.3, 0.0]
    moved = changed(AtomicSystem(original.atomic_numbers, x), rng, shuffled=True)
    assert unique_structures([original, moved], 0.2) == [0, 1]


def test_charge_spin_and_elements_tell_structures_apart() -> None:
    x = np.zeros((1, 3))
    structures = [
        AtomicSystem(np.array([11]), x, charge=1),
        AtomicSystem(np.array([11]), x, spin=1),
        AtomicSystem(np.array([12]), x, charge=2),
        AtomicSystem(np.array([12]), x, charge=2),
        AtomicSystem(np.array([12]), x, spin=2),
        AtomicSystem(np.array([12]), x),
    ]
    assert first_copies(structures).tolist() == [0, 1, 2, 2, 4, 5]


def test_nothing_gives_nothing() -> None:
    assert unique_structures([]) == []


@pytest.mark.parametrize("tolerance", [0.0, -1.0, 0.3, np.nan])
def test_tolerances_that_make_no_sense(tolerance: float) -> None:
    with pytest.raises(ValueError, match=r"expected above 0 and at most 0\.25"):
        first_copies([], tolerance)


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        AtomicSystem(np.array([2]), np.full((1, 3), np.nan))


def test_copies_among_many_structures() -> None:
    rng = np.random.default_rng(9)
    original = conformer("CC(=O)N[C@@H](C)C(=O)NC")
    numbers = original.atomic_numbers
    different = [
        AtomicSystem(
            numbers, original.positions_angstrom + 0.2 * rng.normal(size=(len(numbers), 3))
        )
        for _ in range(3000)
    ]
    again = [changed(s, rng, shuffled=True) for s in different[:200]]
    first = first_copies([*different, *again])
    assert first.tolist() == [*range(3000), *range(200)]
