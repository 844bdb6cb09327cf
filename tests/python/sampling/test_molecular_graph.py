# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Bonds judged by distance."""

import numpy as np
import pytest
from openmmgems.sampling.molecular_graph import MolecularGraph
from rdkit import Chem
from rdkit.Chem import rdDistGeom

WATER = np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])


@pytest.mark.parametrize(
    "smiles",
    ["CC(=O)NC", "CSSC", "NC(N)=[NH2+]", "c1c[nH]c[nH+]1", "CC(=O)[O-]", "O", "CS", "c1ccccc1O"],
)
def test_bonds_are_those_of_the_smiles(smiles: str) -> None:
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    rdDistGeom.EmbedMolecule(molecule, randomSeed=1)
    numbers = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()])
    graph = MolecularGraph(numbers, molecule.GetConformer().GetPositions())
    expected = Chem.GetAdjacencyMatrix(molecule)[np.triu_indices(len(numbers), 1)]
    np.testing.assert_array_equal(graph.bonded, expected.astype(bool))


@pytest.mark.parametrize(("length", "kept"), [(0.8, True), (1.3, True), (1.6, False)])
def test_a_bond_may_vibrate_but_not_break(length: float, kept: bool) -> None:
    stretched = WATER.copy()
    stretched[1, 0] = length
    assert MolecularGraph(np.array([8, 1, 1]), WATER).is_kept(stretched) == kept


def test_a_proton_must_not_go_to_another_water() -> None:
    numbers = np.array([8, 1, 1, 8, 1, 1])
    two = np.vstack([WATER, WATER + [2.7, 0, 0]])
    moved = two.copy()
    moved[1, 0] = 1.65
    assert MolecularGraph(numbers, two).is_kept(two)
    assert not MolecularGraph(numbers, two).is_kept(moved)


def test_a_sodium_ion_may_leave_its_water() -> None:
    numbers = np.array([8, 1, 1, 11])
    together = np.vstack([WATER, [0.0, -2.3, 0]])
    apart = np.vstack([WATER, [0.0, -6.0, 0]])
    assert MolecularGraph(numbers, together).is_kept(apart)
