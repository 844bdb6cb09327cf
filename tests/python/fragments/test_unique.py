# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Copies of chemical graphs."""

import numpy as np
import pytest
from openmmgems.fragments.unique import graph_key, unique_graphs
from rdkit import Chem


@pytest.mark.parametrize("smiles", ["NCC(=O)O", "OC(=O)Cc1cnc[nH]1.O.O.[Na+]", "C1CC1CSSC"])
def test_the_order_of_atoms_is_not_part_of_a_graph(smiles: str) -> None:
    rng = np.random.default_rng(10)
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    orders = [rng.permutation(molecule.GetNumAtoms()).tolist() for _ in range(20)]
    assert len({graph_key(Chem.RenumberAtoms(molecule, order)) for order in orders}) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CNC(N)=[NH2+]", "C[NH+]=C(N)N", True),  # resonance
        ("CC(=O)[O-]", "CC([O-])=O", True),
        ("Cc1cnc[nH]1", "Cc1c[nH]cn1", False),  # tautomers
        ("CCO", "COC", False),
        ("C[NH3+]", "CN", False),
        ("O", "[OH-]", False),
    ],
)
def test_graphs_are_the_same_or_not(one: str, other: str, same: bool) -> None:
    molecules = [Chem.AddHs(Chem.MolFromSmiles(smiles)) for smiles in (one, other)]
    assert unique_graphs(molecules) == ([0] if same else [0, 1])


def test_missing_hydrogens_are_named() -> None:
    with pytest.raises(ValueError, match="The molecule CCO has hydrogens that are no atoms"):
        graph_key(Chem.MolFromSmiles("CCO"))
