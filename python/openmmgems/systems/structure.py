# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Read a molecular structure from any of the usual files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from openmmgems.core.errors import ChoiceError, StructureError

from .alternate_locations import choose_locations
from .atom_record import AtomRecord, CoordinateFile
from .boxes import box_or_none, vectors_of_cell
from .coordinate_files import read_mmcif, read_pdb
from .loaded_structure import LoadedStructure
from .parameter_files import read_amber, read_gromacs
from .record_topology import build_topology
from .sentences import listed
from .text_files import cannot_be_read, read_text
from .xyz import read_xyz


def read_structure(
    path: str | Path,
    *,
    coordinates: str | Path | None = None,
    alternate_location: str | None = None,
    include_folder: str | Path | None = None,
) -> LoadedStructure:
    """Read a structure; the format follows from the ending of the file's name.

    Parameters
    ----------
    path : path
        PDB (``.pdb``, ``.ent``), mmCIF (``.cif``, ``.mmcif``), XYZ (``.xyz``, ``.extxyz``; bonds
        are perceived with RDKit), AMBER topology (``.prmtop``, ``.parm7``) or GROMACS topology
        (``.top``).
    coordinates : path, optional
        AMBER or GROMACS coordinates; by default the file of the same stem next to `path`.
    alternate_location : str, optional
        The alternate location to keep where the file has several (``"A"``).
    include_folder : path, optional
        Where GROMACS keeps its force-field files.

    Returns
    -------
    LoadedStructure

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    StructureError
        If the file cannot be read or leaves a choice open.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no structure file '{path}'.")
    suffix = path.suffix.lower()
    if suffix in _SINGLE_FILE_READERS:
        if coordinates is not None:
            raise StructureError(
                f"'{path.name}' holds its own coordinates; '{coordinates}' is not needed."
            )
        reader = _SINGLE_FILE_READERS[suffix]
        with cannot_be_read(path):
            structure = reader(path, alternate_location)
    elif suffix in (".prmtop", ".parm7"):
        partner = _partner(path, coordinates, (".inpcrd", ".rst7", ".crd", ".restrt"))
        with cannot_be_read(path):
            structure = read_amber(path, partner)
    elif suffix == ".top":
        partner = _partner(path, coordinates, (".gro",))
        with cannot_be_read(path):
            structure = read_gromacs(path, partner, include_folder)
    else:
        hint = " Give the .top file; the .gro file is found next to it." if suffix == ".gro" else ""
        raise StructureError(
            f"'{path.name}' has an unknown ending; expected one of {', '.join(SUFFIXES)}.{hint}"
        )
    _check_coordinates(structure)
    return structure


def _read_pdb(path: Path, alternate_location: str | None) -> LoadedStructure:
    return _from_records(path, read_pdb(read_text(path)), alternate_location)


def _read_mmcif(path: Path, alternate_location: str | None) -> LoadedStructure:
    return _from_records(path, read_mmcif(read_text(path)), alternate_location)


def _from_records(
    path: Path, file: CoordinateFile, alternate_location: str | None
) -> LoadedStructure:
    if not file.atoms:
        raise StructureError(f"'{path.name}' holds no atoms.")
    kept, chosen = choose_locations(file.atoms, alternate_location)
    built = build_topology(file, kept)
    vectors, dropped = box_or_none(vectors_of_cell(file.cell))
    built.topology.setPeriodicBoxVectors(vectors)
    notes = (*file.notes, *chosen, *_unseen_note(kept), *built.notes, *dropped)
    return LoadedStructure(built.topology, built.positions, path, states=built.states, notes=notes)


def _unseen_note(atoms: Sequence[AtomRecord]) -> list[str]:
    """Tell of atoms that were placed without being seen, where others were."""
    unseen = [f"{atom.where} {atom.name}" for atom in atoms if atom.occupancy == 0]
    if not unseen or len(unseen) == len(atoms):
        return []
    return [f"Atoms of occupancy 0, whose places are made up, were read: {listed(unseen)}."]


def _read_xyz(path: Path, alternate_location: str | None) -> LoadedStructure:
    del alternate_location  # the format has none
    topology, positions, frame, notes = read_xyz(path)
    return LoadedStructure(
        topology,
        positions,
        path,
        has_residues=False,
        notes=notes,
        total_charge=frame.charge,
        num_unpaired_electrons=frame.num_unpaired_electrons,
    )


_SINGLE_FILE_READERS: dict[str, Callable[[Path, str | None], LoadedStructure]] = {
    ".pdb": _read_pdb,
    ".ent": _read_pdb,
    ".cif": _read_mmcif,
    ".mmcif": _read_mmcif,
    ".xyz": _read_xyz,
    ".extxyz": _read_xyz,
}
SUFFIXES = (*_SINGLE_FILE_READERS, ".prmtop", ".parm7", ".top")


def _partner(path: Path, given: str | Path | None, endings: tuple[str, ...]) -> Path:
    """Find the coordinate file that belongs to a topology file."""
    if given is not None:
        if not Path(given).is_file():
            raise FileNotFoundError(f"There is no coordinate file '{given}'.")
        return Path(given)
    for ending in endings:
        candidate = path.with_suffix(ending)
        if candidate.is_file():
            return candidate
    raise ChoiceError(
        f"'{path.name}' has no coordinates: there is no {' or '.join(endings)} file of the same "
        "name next to it; give one with --coordinates."
    )


def _check_coordinates(structure: LoadedStructure) -> None:
    """Reject empty files, unknown elements, mismatched counts, non-finite or coinciding atoms."""
    name = structure.source.name
    atoms = list(structure.topology.atoms())
    if not atoms:
        raise StructureError(f"'{name}' holds no atoms.")
    if len(atoms) != len(structure.positions):
        raise StructureError(
            f"'{name}' holds {len(structure.positions)} positions for {len(atoms)} atoms."
        )
    for atom in atoms:
        if atom.element is None:
            raise StructureError(
                f"The element of atom {atom.name} in residue {atom.residue.name} {atom.residue.id} "
                f"of '{name}' is unknown; virtual sites are not supported."
            )
    bad = np.flatnonzero(~np.isfinite(structure.positions).all(axis=1))
    if len(bad):
        raise StructureError(f"Atom {bad[0] + 1} of '{name}' has a position that is not a number.")
    _check_coinciding(structure, atoms)


def _check_coinciding(structure: LoadedStructure, atoms: list[Any]) -> None:
    from scipy.spatial import cKDTree

    pairs = cKDTree(structure.positions).query_pairs(0.02)
    if pairs:
        i, j = sorted(pairs)[0]
        first, second = atoms[i], atoms[j]
        raise StructureError(
            f"Atoms {i + 1} ({first.residue.name} {first.residue.id} {first.name}) and {j + 1} "
            f"({second.residue.name} {second.residue.id} {second.name}) of "
            f"'{structure.source.name}' lie within 0.2 angstrom of each other."
        )
