# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures and published labelled data from other programs' files.

* ``.npz`` of NumPy, as data for machine-learned force fields are often published: ``Z`` [M, N]
  (padded with zeros) or [N] atomic numbers, ``R`` [M, N, 3] positions, ``E`` [M] or [M, 1]
  energies, ``F`` [M, N, 3] forces, and if there ``N`` [M] numbers of atoms, ``D`` [M, 3] dipoles,
  ``Q`` [M] charges, ``S`` [M] unpaired electrons; names in capitals or not, or in words.
* ``.extxyz`` and ``.xyz``, through ASE, with ``charge`` and ``spin`` among the information.
* ``.sdf`` through RDKit: structures only.
* HDF5: files of structures and data sets of this package.

Nothing in these files tells units for certain: they are settings, never guessed.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.units import BOHR_ANGSTROM, HARTREE_EV, KJ_PER_MOL_PER_EV

from .dataset import Labelled, iterate_groups
from .structure_file import read_structures

#: Exact: 1 debye is 1e-21 C m^2/s over the speed of light (SI brochure, 9th edition, 2019).
DEBYE_E_ANGSTROM = 1e-21 / 299792458 / 1.602176634e-19 * 1e10
_LENGTHS = {"angstrom": 1.0, "bohr": BOHR_ANGSTROM}
_ENERGIES = {
    "eV": 1.0,
    "hartree": HARTREE_EV,
    "kJ/mol": 1 / KJ_PER_MOL_PER_EV,
    "kcal/mol": 4.184 / KJ_PER_MOL_PER_EV,
}
_DIPOLES = {"e angstrom": 1.0, "e bohr": BOHR_ANGSTROM, "debye": DEBYE_E_ANGSTROM}
_NAMES = {
    "N": ("n", "num_atoms"),
    "Z": ("z", "atomic_numbers", "nuclear_charges"),
    "R": ("r", "positions", "coordinates"),
    "E": ("e", "energy", "energies"),
    "F": ("f", "forces"),
    "D": ("d", "dipole", "dipoles"),
    "Q": ("q", "charge", "total_charge"),
    "S": ("s", "spin", "num_unpaired_electrons"),
}


class ImportSettings(BaseModel):
    """Units and names in a file of other programs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    length_unit: Literal["angstrom", "bohr"] = Field("angstrom", description="of positions")
    energy_unit: Literal["eV", "hartree", "kJ/mol", "kcal/mol"] = Field(
        "eV", description="of energies"
    )
    forces_length_unit: Literal["angstrom", "bohr"] = Field(
        "angstrom", description="forces are in the energy's unit over this"
    )
    dipole_unit: Literal["e angstrom", "e bohr", "debye"] = Field(
        "e angstrom", description="of dipoles, which are about the origin of the positions"
    )
    energy_key: str = Field("energy", description="name of the energy in extended XYZ")
    forces_key: str = Field("forces", description="name of the forces in extended XYZ")
    dipole_key: str = Field("dipole", description="name of the dipole in extended XYZ")


class _Entry(NamedTuple):
    """What a file has of one structure, in the units of the file."""

    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    charge: float
    spin: float
    energy: float | None = None
    forces: NDArray[np.float64] | None = None
    dipole: NDArray[np.float64] | None = None


def read_structures_any(
    path: str | os.PathLike[str], settings: ImportSettings | None = None
) -> Iterator[AtomicSystem]:
    """
    Read structures of any of the formats, one after the other; labels are passed over.

    Parameters
    ----------
    path : path
        Its ending tells the format: npz, extxyz, xyz, sdf, h5, hdf5.
    settings : ImportSettings, optional

    Yields
    ------
    AtomicSystem
        With the source ``imported:<file>:<number of the entry>`` if the file has none.

    Raises
    ------
    FileNotFoundError, ImportError, ValueError
        Naming the entry that makes no sense: NaN, wrong shapes, odd electrons, padding.
    """
    path, settings = _existing(path), settings or ImportSettings()
    if _ending(path) == "h5":
        yield from _hdf5_structures(path)
        return
    for number, entry in enumerate(_entries(path, settings)):
        yield _structure(path, number, entry, settings)


def read_labelled(
    path: str | os.PathLike[str], settings: ImportSettings | None = None
) -> Iterator[Labelled]:
    """
    Read structures with their labels, one after the other, converted to eV and angstrom.

    Energies keep their zero, be it free electrons and nuclei or free atoms. Dipoles that a file
    does not have are NaN: unknown.

    Parameters
    ----------
    path : path
        Its ending tells the format: npz, extxyz, xyz, h5, hdf5.
    settings : ImportSettings, optional

    Yields
    ------
    AtomicSystem, Label

    Raises
    ------
    FileNotFoundError, ImportError, ValueError
        As `read_structures_any`, and if energies or forces are missing.
    """
    path, settings = _existing(path), settings or ImportSettings()
    if _ending(path) == "h5":
        for _, group in iterate_groups(path):
            yield from group.labelled()
        return
    for number, entry in enumerate(_entries(path, settings)):
        yield _structure(path, number, entry, settings), _label(path, number, entry, settings)


def _existing(path: str | os.PathLike[str]) -> Path:
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file '{os.fspath(path)}'.")
    return Path(path)


def _ending(path: Path) -> str:
    ending = path.suffix.lower().lstrip(".")
    known = {"npz": "npz", "extxyz": "xyz", "xyz": "xyz", "sdf": "sdf", "h5": "h5", "hdf5": "h5"}
    if ending not in known:
        raise ValueError(
            f"'{path}' ends in '.{ending}'; expected one of .{', .'.join(known)}. Convert it, or "
            "give it its proper ending."
        )
    return known[ending]


def _entries(path: Path, settings: ImportSettings) -> Iterator[_Entry]:
    ending = _ending(path)
    if ending == "npz":
        return _npz_entries(path)
    return _xyz_entries(path, settings) if ending == "xyz" else _sdf_entries(path)


def _hdf5_structures(path: Path) -> Iterator[AtomicSystem]:
    """Structures of a file of structures, or of a data set."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            is_labelled = "energy_unit" in file.attrs
    except OSError as error:
        raise ValueError(f"'{path}' is damaged or no HDF5 file: {error}") from error
    if is_labelled:
        return (structure for structure, _ in read_labelled(path))
    return iter(read_structures(path))


def _structure(path: Path, number: int, entry: _Entry, settings: ImportSettings) -> AtomicSystem:
    charge, spin = (_integer(path, number, entry, name) for name in ("charge", "spin"))
    try:
        return AtomicSystem(
            entry.numbers,
            entry.positions * _LENGTHS[settings.length_unit],
            charge,
            spin,
            f"imported:{path.name}:{number}",
        )
    except ValueError as error:
        raise ValueError(f"Entry {number} of '{path}': {error}") from error


def _integer(path: Path, number: int, entry: _Entry, name: str) -> int:
    value = getattr(entry, name)
    if value != round(value):
        raise ValueError(f"Entry {number} of '{path}': {name} is {value}; expected an integer.")
    return int(value)


def _label(path: Path, number: int, entry: _Entry, settings: ImportSettings) -> Label:
    if entry.energy is None or entry.forces is None:
        missing = "energy" if entry.energy is None else "forces"
        raise ValueError(
            f"Entry {number} of '{path}' has no {missing}; expected energies and forces. Name them "
            "in the settings, or read structures only and label them."
        )
    dipole = np.full(3, np.nan) if entry.dipole is None else entry.dipole
    for name, values, shape in (
        ("forces", entry.forces, entry.positions.shape),
        ("dipole", dipole, (3,)),
    ):
        if values.shape != shape:
            raise ValueError(
                f"Entry {number} of '{path}': {name} have shape {values.shape}; expected {shape}."
            )
    if not (np.isfinite(entry.energy) and np.isfinite(entry.forces).all()):
        raise ValueError(f"Entry {number} of '{path}': energy or forces are NaN or infinite.")
    energy_ev = _ENERGIES[settings.energy_unit]
    return Label(
        float(entry.energy) * energy_ev,
        entry.forces * (energy_ev / _LENGTHS[settings.forces_length_unit]),
        dipole * _DIPOLES[settings.dipole_unit],
    )


def _npz_entries(path: Path) -> Iterator[_Entry]:
    arrays = _npz_arrays(path)
    count = len(arrays["R"])
    charge, spin = (arrays.get(name, np.zeros(count)).reshape(count) for name in "QS")
    for k in range(count):
        numbers = arrays["Z"] if arrays["Z"].ndim == 1 else arrays["Z"][k]
        size = int(np.count_nonzero(numbers))
        given = int(arrays["N"].reshape(count)[k]) if "N" in arrays else size
        if not numbers[:size].all() or given != size:
            raise ValueError(
                f"Entry {k} of '{path}' has the atomic numbers {numbers.tolist()} and {given} "
                "atoms; expected zeros only after the last atom."
            )
        yield _Entry(
            numbers[:size],
            arrays["R"][k, :size],
            float(charge[k]),
            float(spin[k]),
            float(arrays["E"].reshape(count)[k]) if "E" in arrays else None,
            arrays["F"][k, :size] if "F" in arrays else None,
            arrays["D"][k] if "D" in arrays else None,
        )


def _npz_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Arrays by their letter, of the right types and shapes."""
    found: dict[str, NDArray[Any]] = {}
    try:
        with np.load(path, allow_pickle=False) as file:
            for letter, names in _NAMES.items():
                here = [key for key in file.files if key.lower() in names]
                if len(here) > 1:
                    raise ValueError(f"it has {' and '.join(here)}, which mean the same")
                if here:
                    found[letter] = file[here[0]].astype(np.int64 if letter in "NZ" else float)
            keys = ", ".join(file.files)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"'{path}' cannot be read as data of NumPy: {error}.") from error
    if not {"Z", "R"} <= set(found) or found["R"].ndim != 3:
        raise ValueError(
            f"'{path}' has the arrays {keys}; expected Z (atomic numbers) and R (positions, shape "
            "[structures, atoms, 3]) among them."
        )
    _check_npz_shapes(path, found)
    return found


def _check_npz_shapes(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    count, atoms = arrays["R"].shape[:2]
    expected: dict[str, list[tuple[int, ...]]] = {
        "Z": [(count, atoms), (atoms,)],
        "R": [(count, atoms, 3)],
        "F": [(count, atoms, 3)],
        "D": [(count, 3)],
    }
    for letter, array in arrays.items():
        allowed = expected.get(letter, [(count,), (count, 1)])
        if array.shape not in allowed:
            raise ValueError(
                f"'{path}': {letter} has shape {array.shape}; expected "
                f"{' or '.join(map(str, allowed))} as R has {arrays['R'].shape}."
            )


def _xyz_entries(path: Path, settings: ImportSettings) -> Iterator[_Entry]:
    try:
        import ase.io
    except ImportError as error:
        raise ImportError(
            f"Reading '{path}' needs ASE. Install it: pip install 'openmm-gems[ase]'."
        ) from error
    frames = ase.io.iread(path, index=":", format="extxyz")
    number = 0
    while True:
        try:
            atoms = next(frames)
        except StopIteration:
            return
        except Exception as error:  # ASE lets pass whatever its parser meets
            raise ValueError(f"Entry {number} of '{path}' is no XYZ: {error}") from error
        if atoms.pbc.any():
            raise ValueError(
                f"Entry {number} of '{path}' is periodic; expected molecules (pbc=\"F F F\")."
            )
        yield _xyz_entry(atoms, settings)
        number += 1


def _xyz_entry(atoms: Any, settings: ImportSettings) -> _Entry:
    """Take what is known from an ``ase.Atoms``."""
    known = {**atoms.arrays, **atoms.info, **(atoms.calc.results if atoms.calc else {})}
    energy, forces, dipole = (
        known.get(key) for key in (settings.energy_key, settings.forces_key, settings.dipole_key)
    )
    return _Entry(
        atoms.get_atomic_numbers().astype(np.int64),
        atoms.get_positions(),
        float(known.get("charge", 0)),
        float(known.get("spin", 0)),
        None if energy is None else float(energy),
        None if forces is None else np.asarray(forces, dtype=float),
        None if dipole is None else np.asarray(dipole, dtype=float),
    )


def _sdf_entries(path: Path) -> Iterator[_Entry]:
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        for number, molecule in enumerate(Chem.SDMolSupplier(str(path), removeHs=False)):
            if molecule is None or not molecule.GetNumConformers():
                raise ValueError(f"Entry {number} of '{path}' is no molecule RDKit can read.")
            if not molecule.GetConformer().Is3D():
                raise ValueError(f"Entry {number} of '{path}' is flat; expected 3D coordinates.")
            if any(atom.GetNumImplicitHs() for atom in molecule.GetAtoms()):
                raise ValueError(f"Entry {number} of '{path}' lacks hydrogens; expected all.")
            yield _Entry(
                np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()], dtype=np.int64),
                np.array(molecule.GetConformer().GetPositions()),
                Chem.GetFormalCharge(molecule),
                sum(atom.GetNumRadicalElectrons() for atom in molecule.GetAtoms()),
            )
