# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""XYZ files: atoms, an optional lattice, and bonds perceived with RDKit."""

from __future__ import annotations

import re

import numpy as np
from openmm import Vec3, app, unit

from openmmgems.core.errors import StructureError

_LATTICE = re.compile(r"""lattice\s*=\s*["']([^"']+)["']""", re.IGNORECASE)


def read_xyz(text: str) -> tuple[app.Topology, np.ndarray]:
    """Read the first frame of an XYZ file (angstrom; extended XYZ lattices are understood).

    Each connected molecule becomes one residue: ``HOH`` for water, else ``MOL``.

    Parameters
    ----------
    text : str
        The file.

    Returns
    -------
    topology : openmm.app.Topology
        With bonds.
    positions : numpy.ndarray
        nm, shape ``[num_atoms, 3]``.
    """
    symbols, positions_angstrom, comment = _parse(text)
    bonds = perceive_bonds(symbols, positions_angstrom)
    topology = _build_topology(symbols, bonds)
    lattice = _LATTICE.search(comment)
    if lattice:
        numbers = [float(word) for word in lattice.group(1).split()]
        if len(numbers) != 9:
            raise StructureError(f"The lattice has {len(numbers)} numbers; expected 9.")
        vectors = np.array(numbers).reshape(3, 3) * 0.1
        topology.setPeriodicBoxVectors([Vec3(*row) for row in vectors] * unit.nanometer)
    return topology, positions_angstrom * 0.1


def perceive_bonds(symbols: list[str], positions_angstrom: np.ndarray) -> list[tuple[int, int]]:
    """Find which atoms are bonded, from distances.

    Parameters
    ----------
    symbols : list of str
        Chemical symbols.
    positions_angstrom : numpy.ndarray
        Shape ``[num_atoms, 3]``.

    Returns
    -------
    list of tuple of int
        Pairs ``(i, j)`` with ``i < j``.
    """
    from rdkit import Chem
    from rdkit.Chem import rdDetermineBonds
    from rdkit.Geometry import Point3D

    molecule = Chem.RWMol()
    conformer = Chem.Conformer(len(symbols))
    for index, (symbol, position) in enumerate(zip(symbols, positions_angstrom, strict=True)):
        molecule.AddAtom(Chem.Atom(symbol))
        conformer.SetAtomPosition(index, Point3D(*map(float, position)))
    molecule.AddConformer(conformer)
    rdDetermineBonds.DetermineConnectivity(molecule)
    pairs = ((b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in molecule.GetBonds())
    return sorted((min(pair), max(pair)) for pair in pairs)


def _parse(text: str) -> tuple[list[str], np.ndarray, str]:
    lines = text.splitlines()
    try:
        count = int(lines[0].split()[0])
    except (IndexError, ValueError):
        raise StructureError("The first line of an XYZ file must be the number of atoms.") from None
    rows = [line.split() for line in lines[2 : 2 + count]]
    if len(rows) < count:
        raise StructureError(f"The XYZ file promises {count} atoms but holds {len(rows)}.")
    symbols, positions = [], []
    for number, row in enumerate(rows, start=3):
        try:
            symbols.append(_symbol(row[0]))
            positions.append([float(word) for word in row[1:4]])
            if len(row) < 4:
                raise ValueError
        except (IndexError, ValueError, KeyError):
            raise StructureError(
                f"Line {number} of the XYZ file is not 'element x y z': '{' '.join(row)}'."
            ) from None
    return symbols, np.array(positions, dtype=np.float64).reshape(-1, 3), lines[1]


def _symbol(word: str) -> str:
    """Chemical symbol of a symbol or atomic number; KeyError where it is neither."""
    if word.isdigit():
        return str(app.Element.getByAtomicNumber(int(word)).symbol)
    return str(app.Element.getBySymbol(word.capitalize()).symbol)


def _build_topology(symbols: list[str], bonds: list[tuple[int, int]]) -> app.Topology:
    """Make a topology that keeps the order of atoms (one residue per contiguous molecule)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(symbols)
    first = [i for i, _ in bonds]
    second = [j for _, j in bonds]
    graph = coo_array((np.ones(len(bonds)), (first, second)), shape=(count, count))
    _, molecule_of = connected_components(graph, directed=False)
    topology = app.Topology()
    chain = topology.addChain()
    atoms = []
    residue, current = None, None
    for index, symbol in enumerate(symbols):
        if residue is None or molecule_of[index] != current:
            current = molecule_of[index]
            members = sorted(symbols[k] for k in np.flatnonzero(molecule_of == current))
            residue = topology.addResidue("HOH" if members == ["H", "H", "O"] else "MOL", chain)
        element = app.Element.getBySymbol(symbol)
        atoms.append(topology.addAtom(f"{symbol}{index + 1}", element, residue))
    for i, j in bonds:
        topology.addBond(atoms[i], atoms[j])
    return topology
