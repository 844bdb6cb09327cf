# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Drawings of fragments."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from openmmgems.core.files import write_atomically

from .top_down import TopDownFragment

_WATER = Chem.MolFromSmarts("[OX2H2]")
_PANEL = (420, 360)
_SMALL_PANEL = (200, 170)


def draw_top_down(
    fragments: Sequence[TopDownFragment], file: str | os.PathLike[str], *, columns: int = 3
) -> None:
    """
    Draw fragments as structural formulas into a PNG file, without their waters and ions.

    Atoms that carry a cap are marked.

    Raises
    ------
    ValueError
        If there are no fragments.
    """
    if not fragments:
        raise ValueError("There are no fragments to draw.")
    drawn = [_formula(fragment) for fragment in fragments]
    rows = -(-len(drawn) // columns)
    width, height = _PANEL
    canvas = rdMolDraw2D.MolDraw2DCairo(columns * width, rows * height, width, height)
    canvas.DrawMolecules(
        [molecule for molecule, _ in drawn],
        highlightAtoms=[marked for _, marked in drawn],
        highlightBonds=[[] for _ in drawn],
        legends=[_legend(fragment) for fragment in fragments],
    )
    canvas.FinishDrawing()
    write_atomically(file, canvas.GetDrawingText())


def draw_bottom_up(
    smiles: Sequence[str], file: str | os.PathLike[str], *, columns: int = 6
) -> None:
    """
    Draw graphs or complexes as structural formulas into a PNG file.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not smiles:
        raise ValueError("There are no fragments to draw.")
    molecules = [Chem.MolFromSmiles(text) for text in smiles]
    rows = -(-len(molecules) // columns)
    width, height = _SMALL_PANEL
    canvas = rdMolDraw2D.MolDraw2DCairo(columns * width, rows * height, width, height)
    options: Any = canvas.drawOptions()
    options.fixedBondLength = 24
    canvas.DrawMolecules(molecules, legends=list(smiles))
    canvas.FinishDrawing()
    write_atomically(file, canvas.GetDrawingText())


def _legend(fragment: TopDownFragment) -> str:
    structure = fragment.structure
    charge = f"{structure.charge:+}" if structure.charge else "0"
    sizes = [len(part) for part in _small_parts(fragment.molecule)]
    return (
        f"{fragment.residue}: {len(structure.atomic_numbers)} atoms, {_number(sizes, 3, 'water')}, "
        f"{_number(sizes, 1, 'ion')}, charge {charge}"
    )


def _number(sizes: list[int], size: int, name: str) -> str:
    count = sizes.count(size)
    return f"{count} {name}{'s' * (count != 1)}"


def _small_parts(molecule: Chem.Mol) -> list[tuple[int, ...]]:
    """The atoms of each water and ion."""
    waters = {match[0] for match in molecule.GetSubstructMatches(_WATER, maxMatches=10**6)}
    parts = Chem.GetMolFrags(molecule)
    return [part for part in parts if len(part) == 1 or waters.intersection(part)]


def _formula(fragment: TopDownFragment) -> tuple[Chem.Mol, list[int]]:
    """The fragment without waters, ions and most hydrogens, and which atoms have caps."""
    molecule = Chem.RWMol(fragment.molecule)
    for cap in range(len(fragment.atoms), molecule.GetNumAtoms()):
        molecule.GetAtomWithIdx(cap).GetNeighbors()[0].SetBoolProp("has_cap", True)
    small = _small_parts(molecule)
    if sum(map(len, small)) == molecule.GetNumAtoms():
        small = small[1:]  # one stands for all
    molecule.BeginBatchEdit()
    for atom in (atom for part in small for atom in part):
        molecule.RemoveAtom(atom)
    molecule.CommitBatchEdit()
    formula = Chem.RemoveHs(molecule.GetMol())
    rdDepictor.SetPreferCoordGen(True)
    rdDepictor.Compute2DCoords(formula)
    return formula, [a.GetIdx() for a in formula.GetAtoms() if a.HasProp("has_cap")]
