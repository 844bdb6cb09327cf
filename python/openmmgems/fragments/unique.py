# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Leave out copies of chemical graphs; those of geometries: ``openmmgems.data.copies``."""

from __future__ import annotations

from collections.abc import Iterable

from rdkit import Chem


def graph_key(molecule: Chem.Mol) -> str:
    """
    Name a chemical graph: the same for every order of atoms and every resonance structure.

    With all hydrogens there, what is bonded to what and the total charge say everything; where
    double bonds and charges are drawn is not looked at.

    Parameters
    ----------
    molecule : rdkit.Chem.Mol
        With all hydrogens as atoms, such as ``TopDownFragment.molecule``.

    Raises
    ------
    ValueError
        If hydrogens are missing.
    """
    if any(atom.GetTotalNumHs() for atom in molecule.GetAtoms()):
        raise ValueError(
            f"The molecule {Chem.MolToSmiles(molecule)} has hydrogens that are no atoms; expected "
            "all of them as atoms (rdkit.Chem.AddHs)."
        )
    skeleton = Chem.RWMol()
    for atom in molecule.GetAtoms():
        bare = Chem.Atom(atom.GetAtomicNum())
        bare.SetNoImplicit(True)
        skeleton.AddAtom(bare)
    for bond in molecule.GetBonds():
        skeleton.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), Chem.BondType.SINGLE)
    skeleton.UpdatePropertyCache(strict=False)
    return f"{Chem.MolToSmiles(skeleton)} {Chem.GetFormalCharge(molecule):+d}"


def unique_graphs(molecules: Iterable[Chem.Mol]) -> list[int]:
    """
    Find the first molecule of every chemical graph.

    Parameters
    ----------
    molecules : iterable of rdkit.Chem.Mol
        With all hydrogens as atoms.

    Returns
    -------
    list of int
        Their places, in order.
    """
    first: dict[str, int] = {}
    for place, molecule in enumerate(molecules):
        first.setdefault(graph_key(molecule), place)
    return list(first.values())
