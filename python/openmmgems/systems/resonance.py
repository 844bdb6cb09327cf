# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Charged groups whose bonds are alike, though Lewis structures tell single from double ones."""

from rdkit import Chem

_PATTERN = Chem.MolFromSmarts("[#6,#7,#16](=[*])-[#7,#8,#16]")


def alike_bonds(molecule: Chem.Mol) -> set[int]:
    """
    Find the single bonds that resonance makes like a double bond next to them.

    Those of C, N or S to O, N or S where one of the partners of its single and double bond is
    charged: carboxylate, guanidinium, amidinium, nitro, sulfonate.

    Returns
    -------
    set of int
        Indices of bonds.
    """
    return {
        molecule.GetBondBetweenAtoms(centre, single).GetIdx()
        for centre, double, single in molecule.GetSubstructMatches(_PATTERN, maxMatches=10**6)
        if molecule.GetAtomWithIdx(double).GetFormalCharge()
        or molecule.GetAtomWithIdx(single).GetFormalCharge()
    }
