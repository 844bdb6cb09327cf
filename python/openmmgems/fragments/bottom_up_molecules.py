# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Molecules of which bottom-up fragments are made: those that settings name or a structure has."""

from __future__ import annotations

from rdkit import Chem

from openmmgems.core.connectivity import molecules
from openmmgems.systems.chemical_graph import ChemicalGraph, rdkit_molecule

from .fragment_settings import BottomUpSettings
from .residues import amino_acid_systems, capped_peptide, system_from_smiles


def structure_systems(graph: ChemicalGraph, name: str = "structure") -> dict[str, Chem.Mol]:
    """
    Make the molecules of a structure.

    Each distinct molecule comes once (all waters are one). Single ions are left out: they have no
    graph that could be cut.

    Parameters
    ----------
    graph : ChemicalGraph
    name : str
        Of the structure.

    Returns
    -------
    dict of str to rdkit.Chem.Mol
        By ``name`` and the molecule's first residue.

    Raises
    ------
    ValueError
        If there are only single ions.
    """
    found: dict[str, Chem.Mol] = {}
    seen = set()
    for atoms, bonds in molecules(len(graph.atomic_numbers), graph.bonds):
        if len(atoms) == 1:
            continue
        place = {int(atom): k for k, atom in enumerate(atoms)}
        inside = graph.bonds[bonds].copy()
        for row in inside:
            row[:] = [place[int(atom)] for atom in row]
        arrays = (graph.atomic_numbers[atoms], inside, graph.orders[bonds], graph.charges[atoms])
        key = tuple(array.tobytes() for array in arrays)
        if key not in seen:
            seen.add(key)
            found[f"{name} {graph.residues[atoms[0]]}"] = rdkit_molecule(*arrays)
    if not found:
        raise ValueError(f"{name} has single ions only; expected a molecule.")
    return found


def named_systems(settings: BottomUpSettings) -> dict[str, Chem.Mol]:
    """
    Make the molecules that settings name: amino acids, sequences and SMILES (no structure files).

    Raises
    ------
    ValueError
        If a sequence or SMILES makes no sense.
    """
    found: dict[str, Chem.Mol] = {}
    if settings.amino_acids:
        found |= amino_acid_systems(
            other_states=settings.other_states,
            termini=settings.termini,
            disulfide=settings.disulfide,
        )
    found |= {f"Ace-{text}-Nme": capped_peptide(text) for text in settings.sequences}
    found |= {text: system_from_smiles(text) for text in settings.smiles}
    return found
