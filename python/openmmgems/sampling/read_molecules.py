# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Small molecules whose conformers are drawn: from files of structures, XYZ files, or SMILES."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rdkit import Chem

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.errors import ChoiceError
from openmmgems.data.structure_file import read_structures
from openmmgems.fragments.bottom_up import BottomUpFragment, three_dimensional
from openmmgems.fragments.residues import system_from_smiles
from openmmgems.systems.chemical_graph import chemical_graph, rdkit_molecule
from openmmgems.systems.chemistry import conclude_charge
from openmmgems.systems.structure import read_structure

_XYZ = (".xyz", ".extxyz")
_FILES = (".h5", ".hdf5", *_XYZ)


def is_file(text: str) -> bool:
    """Whether a text names a file, by its ending, and not a molecule."""
    return Path(text).suffix.lower() in _FILES


def read_molecules(text: str, seed: int, say: Callable[[str], None]) -> list[AtomicSystem]:
    """
    Read a file of structures, an XYZ file, or SMILES.

    Parameters
    ----------
    text : str
    seed : int
        Of the conformation that SMILES get.
    say : callable
        Is told what was concluded, line by line.

    Returns
    -------
    list of AtomicSystem
        Start structures, with sources as `conformers` wants them.

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ChoiceError
        If the charges of an XYZ file cannot be told.
    ValueError
        If it cannot be read, is periodic, or is more than one molecule.
    """
    if not is_file(text):
        return [_from_smiles(text, seed)]
    if Path(text).suffix.lower() in _XYZ:
        return [_from_xyz(Path(text), say)]
    return read_structures(text)


def _from_smiles(text: str, seed: int) -> AtomicSystem:
    molecule = system_from_smiles(text)
    if len(Chem.GetMolFrags(molecule)) > 1:
        raise ValueError(
            f"{text!r} is more than one molecule; expected one. Complexes, with molecules beside "
            "each other, are made by gems fragment --bottom-up."
        )
    charge, smiles = Chem.GetFormalCharge(molecule), Chem.MolToSmiles(molecule)
    graph = BottomUpFragment(smiles, molecule.GetNumAtoms(), charge, 1, ())
    return three_dimensional(graph, seed)


def _from_xyz(path: Path, say: Callable[[str], None]) -> AtomicSystem:
    structure = read_structure(path)
    if structure.is_periodic:
        raise ValueError(f"'{path}' is periodic; expected a molecule (pbc=\"F F F\").")
    try:
        graph = chemical_graph(structure.topology, structure.positions)
    except ValueError as error:
        raise ChoiceError(
            f"The charges of '{path}' cannot be told from its bonds; give the molecule as SMILES "
            f"instead. {error}"
        ) from error
    molecule = rdkit_molecule(graph.atomic_numbers, graph.bonds, graph.orders, graph.charges)
    smiles = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    charge, how = conclude_charge(structure)
    for note in (*structure.notes, f"Total charge: {charge:+d} e ({how})"):
        say(note)
    return AtomicSystem(
        graph.atomic_numbers,
        10.0 * structure.positions,
        charge,
        structure.num_unpaired_electrons or 0,
        source=f"bottom-up:{smiles}:start",
    )
