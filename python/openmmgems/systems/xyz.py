# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""XYZ files: the topology of their first frame, with bonds perceived with RDKit."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from openmm import Vec3, app, unit
from openmm.app.internal.unitcell import reducePeriodicBoxVectors

from openmmgems.core.connectivity import make_whole, perceive_bonds
from openmmgems.core.errors import StructureError
from openmmgems.data.xyz_file import XyzFrame, read_xyz_frames

from .boxes import box_or_none


def read_xyz(
    path: str | Path,
) -> tuple[app.Topology, NDArray[np.float64], XyzFrame, tuple[str, ...]]:
    """Read the first frame of an XYZ file (angstrom; extended XYZ is understood).

    Each connected molecule becomes one residue: ``HOH`` for water, else ``MOL``; metals of ions
    are residues of their own. A box that is not in OpenMM's reduced form is turned, with the
    positions, and reduced; molecules that a wall of the box cuts are made whole.

    Parameters
    ----------
    path : path

    Returns
    -------
    topology : openmm.app.Topology
        With bonds.
    positions : numpy.ndarray
        nm, shape ``[num_atoms, 3]``.
    frame : XyzFrame
        What the file says.
    notes : tuple of str
        What was concluded, a sentence each.

    Raises
    ------
    StructureError
        Naming the line or entry that makes no sense.
    """
    path = Path(path)
    try:
        frames = list(itertools.islice(read_xyz_frames(path), 2))
        frame = frames[0]
        positions, cell, notes = frame.positions, frame.cell, list(frame.notes)
        if len(frames) > 1:
            notes.append("The file has several frames; the first is used.")
        cell = _box(cell, notes)
        if cell is not None:
            positions, cell = _in_reduced_form(positions, cell, notes)
        bonds = _bonds(frame.atomic_numbers, positions, cell)
    except ValueError as error:
        raise StructureError(f"'{path.name}': {error}") from error
    if cell is not None:
        whole = make_whole(positions, bonds, cell)
        if whole is not positions:
            notes.append("Molecules that the walls of the box cut were made whole.")
        positions = whole
    topology = _build_topology(frame.atomic_numbers, bonds)
    if cell is not None:
        topology.setPeriodicBoxVectors([Vec3(*row) for row in 0.1 * cell] * unit.nanometer)
    notes.append(_describe(frame.atomic_numbers, topology))
    return topology, positions * 0.1, frame, tuple(notes)


def _bonds(
    numbers: NDArray[np.int64], positions: NDArray[np.float64], cell: NDArray[np.float64] | None
) -> NDArray[np.int64]:
    if not np.isfinite(positions).all():
        return np.zeros((0, 2), np.int64)  # told by whoever checks the positions of all formats
    return perceive_bonds(numbers, positions, cell)


def _box(cell: NDArray[np.float64] | None, notes: list[str]) -> NDArray[np.float64] | None:
    """The cell, but no placeholder."""
    if cell is None:
        return None
    vectors, dropped = box_or_none(0.1 * cell * unit.nanometer)
    notes += dropped
    return None if vectors is None else cell


def _in_reduced_form(
    positions: NDArray[np.float64], cell: NDArray[np.float64], notes: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn and reduce a right-handed box; all periodic distances stay."""
    if np.triu(cell, 1).any() or (np.diag(cell) < 0).any():
        turn, upper = np.linalg.qr(cell.T)
        signs = np.sign(np.diag(upper))
        cell = np.tril((upper * signs[:, None]).T)
        positions = positions @ (turn * signs)
        notes.append("The box was turned, and all positions with it, so that a lies along x.")
    reduced = reducePeriodicBoxVectors([Vec3(*row) for row in cell] * unit.angstrom)
    found = np.array([list(row) for row in reduced.value_in_unit(unit.angstrom)])
    if (found != cell).any():
        notes.append("Other vectors of the same lattice were taken: the box is in reduced form.")
    return positions, found


def _describe(numbers: NDArray[np.int64], topology: app.Topology) -> str:
    names = [residue.name for residue in topology.residues()]
    return (
        f"{len(numbers)} atoms, {topology.getNumBonds()} bonds by their distances: "
        f"water molecules: {names.count('HOH')}, other residues: {len(names) - names.count('HOH')}."
    )


def _build_topology(numbers: NDArray[np.int64], bonds: NDArray[np.int64]) -> app.Topology:
    """Make a topology that keeps the order of atoms (one residue per contiguous molecule)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(bonds)), bonds.T), shape=(len(numbers), len(numbers)))
    _, molecule_of = connected_components(graph, directed=False)
    topology = app.Topology()
    chain = topology.addChain()
    atoms = []
    sizes = np.bincount(molecule_of)
    begins = np.flatnonzero(np.diff(molecule_of, prepend=-1))
    for first, last in itertools.pairwise([*begins.tolist(), len(numbers)]):
        is_whole = sizes[molecule_of[first]] == last - first
        is_water = is_whole and sorted(numbers[first:last].tolist()) == [1, 1, 8]
        residue = topology.addResidue("HOH" if is_water else "MOL", chain)
        for index in range(first, last):
            element = app.Element.getByAtomicNumber(int(numbers[index]))
            atoms.append(topology.addAtom(f"{element.symbol}{index + 1}", element, residue))
    for i, j in bonds.tolist():
        topology.addBond(atoms[i], atoms[j])
    return topology
