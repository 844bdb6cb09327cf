# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Read a molecular structure from any of the usual files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from openmm import app, unit
from openmm.app.internal.pdbstructure import PdbStructure

from openmmgems.core.errors import StructureError

from .pdb_records import select_alternate_locations
from .residue_names import standard_name
from .xyz import read_xyz


@dataclass(frozen=True)
class LoadedStructure:
    """Atoms, bonds, coordinates and box of one system.

    Attributes
    ----------
    topology : openmm.app.Topology
        Atoms with elements, residues and bonds; carries the periodic box, if any.
    positions : numpy.ndarray
        Coordinates, nm, shape ``[num_atoms, 3]``, float64.
    source : pathlib.Path
        The file the coordinates came from.
    has_residues : bool
        False where the format knows no residues (XYZ).
    parameters : AmberPrmtopFile or GromacsTopFile or None
        Force-field parameters that came with the structure.
    states : mapping of int to str
        Of residues, by index, whose name in the file tells a protonation state: the state in
        AMBER's words (HID, HIE, HIP, ASH, GLH, LYN, LYS, CYM, CYX, CYS, ARN, TYM). The topology
        has the standard name (HIS, ASP, ...). Also MSE, selenomethionine, which keeps its name,
        atom SE and element in the topology.
    notes : tuple of str
        What was concluded while reading, a sentence each; every command prints them.
    """

    topology: app.Topology
    positions: np.ndarray
    source: Path
    has_residues: bool = True
    parameters: Any = None
    states: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def num_atoms(self) -> int:
        """Number of atoms."""
        return int(self.topology.getNumAtoms())

    @property
    def is_periodic(self) -> bool:
        """Whether the structure carries a periodic box."""
        return self.topology.getPeriodicBoxVectors() is not None

    @property
    def atomic_numbers(self) -> np.ndarray:
        """Atomic numbers, shape ``[num_atoms]``, int64."""
        return np.array([a.element.atomic_number for a in self.topology.atoms()], dtype=np.int64)


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
        PDB (``.pdb``, ``.ent``), mmCIF (``.cif``, ``.mmcif``), XYZ (``.xyz``; bonds are perceived
        with RDKit), AMBER topology (``.prmtop``, ``.parm7``) or GROMACS topology (``.top``).
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
        structure = _guard(path, lambda: reader(path, alternate_location))
    elif suffix in (".prmtop", ".parm7"):
        partner = _partner(path, coordinates, (".inpcrd", ".rst7", ".crd", ".restrt"))
        structure = _guard(path, lambda: _read_amber(path, partner))
    elif suffix == ".top":
        partner = _partner(path, coordinates, (".gro",))
        structure = _guard(path, lambda: _read_gromacs(path, partner, include_folder))
    else:
        hint = " Give the .top file; the .gro file is found next to it." if suffix == ".gro" else ""
        raise StructureError(
            f"'{path.name}' has an unknown ending; expected one of {', '.join(SUFFIXES)}.{hint}"
        )
    _check_coordinates(structure)
    return structure


def _read_pdb(path: Path, alternate_location: str | None) -> LoadedStructure:
    text = select_alternate_locations(path.read_text(), alternate_location)
    records = PdbStructure(text)
    states = [standard_name(residue.get_name())[1] for residue in records.iter_residues()]
    pdb = app.PDBFile(records)
    return LoadedStructure(
        pdb.topology,
        _nanometers(pdb.positions),
        path,
        states={index: state for index, state in enumerate(states) if state is not None},
    )


def _read_mmcif(path: Path, alternate_location: str | None) -> LoadedStructure:
    from .mmcif_records import select_mmcif_alternate_locations

    text = select_mmcif_alternate_locations(path.read_text(), alternate_location)
    cif = app.PDBxFile(text)
    return LoadedStructure(cif.topology, _nanometers(cif.positions), path)


def _read_xyz(path: Path, alternate_location: str | None) -> LoadedStructure:
    del alternate_location  # the format has none
    topology, positions = read_xyz(path.read_text())
    return LoadedStructure(topology, positions, path, has_residues=False)


def _read_amber(path: Path, coordinates: Path) -> LoadedStructure:
    inpcrd = app.AmberInpcrdFile(str(coordinates))
    prmtop = app.AmberPrmtopFile(str(path), periodicBoxVectors=inpcrd.boxVectors)
    return LoadedStructure(
        prmtop.topology, _nanometers(inpcrd.positions), coordinates, parameters=prmtop
    )


def _read_gromacs(
    path: Path, coordinates: Path, include_folder: str | Path | None
) -> LoadedStructure:
    gro = app.GromacsGroFile(str(coordinates))
    vectors = gro.getPeriodicBoxVectors()
    if vectors is not None and not any(v[i]._value for i, v in enumerate(vectors)):
        vectors = None
    options = {} if include_folder is None else {"includeDir": str(include_folder)}
    with warnings.catch_warnings():
        # OpenMM leaves closing the files to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        top = app.GromacsTopFile(str(path), periodicBoxVectors=vectors, **options)
    return LoadedStructure(top.topology, _nanometers(gro.positions), coordinates, parameters=top)


_SINGLE_FILE_READERS: dict[str, Callable[[Path, str | None], LoadedStructure]] = {
    ".pdb": _read_pdb,
    ".ent": _read_pdb,
    ".cif": _read_mmcif,
    ".mmcif": _read_mmcif,
    ".xyz": _read_xyz,
}
SUFFIXES = (*_SINGLE_FILE_READERS, ".prmtop", ".parm7", ".top")


def _guard(path: Path, read: Callable[[], LoadedStructure]) -> LoadedStructure:
    """Run a reader; whatever a third-party parser raises becomes one sentence."""
    try:
        return read()
    except (StructureError, FileNotFoundError):
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise StructureError(f"'{path.name}' cannot be read: {reason}") from error


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
    raise StructureError(
        f"'{path.name}' has no coordinates: there is no {' or '.join(endings)} file of the same "
        "name next to it; give one with --coordinates."
    )


def _nanometers(positions: unit.Quantity) -> np.ndarray:
    return np.array(positions.value_in_unit(unit.nanometer), dtype=np.float64).reshape(-1, 3)


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
