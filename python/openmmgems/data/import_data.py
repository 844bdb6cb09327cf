# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures and published labelled data from other programs' files.

* ``.npz`` of NumPy, as data for machine-learned force fields are often published: ``Z`` [M, N]
  (padded with zeros) or [N] atomic numbers, ``R`` [M, N, 3] positions, ``E`` [M] or [M, 1]
  energies, ``F`` [M, N, 3] forces, and if there ``N`` [M] numbers of atoms, ``D`` [M, 3] dipoles,
  ``Q`` [M] charges (else 0), ``S`` [M] unpaired electrons; names in capitals or not, or in words.
* ``.extxyz`` and ``.xyz``, with ``charge`` and ``spin`` among the information, and ``Lattice`` if
  they are periodic; where they do not say their charge it is concluded from a Lewis structure.
* ``.sdf`` through RDKit: structures only.
* HDF5: files of structures and data sets of this package.

Nothing in these files tells units for certain: they are settings, never guessed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.connectivity import charge_of
from openmmgems.core.errors import ChoiceError, StructureError
from openmmgems.units import BOHR_ANGSTROM, HARTREE_EV, KJ_PER_MOL_PER_EV

from .dataset import Labelled, iterate_groups
from .npz_file import npz_units, read_npz
from .structure_file import read_structures
from .xyz_file import XyzFrame, read_xyz_frames

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


Say = Callable[[str], None]


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
    arrays: dict[Literal["N", "Z", "R", "E", "F", "D", "Q", "S"], str] = Field(
        default_factory=dict, description="names of arrays in npz: {'R': 'atXYZ', ...}"
    )
    charge: int | None = Field(
        None, description="of structures whose file does not say theirs (xyz, npz, pdb)"
    )
    spin: int | None = Field(None, description="likewise, the number of unpaired electrons")
    box: bool = Field(
        False, description="structures of PDB and mmCIF files are periodic (CRYST1, _cell)"
    )


class _Entry(NamedTuple):
    """What a file has of one structure, in the units of the file."""

    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    charge: float | None
    spin: float | None
    energy: float | None = None
    forces: NDArray[np.float64] | None = None
    dipole: NDArray[np.float64] | None = None
    cell: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()


def read_structures_any(
    path: str | os.PathLike[str],
    settings: ImportSettings | None = None,
    say: Say | None = None,
) -> Iterator[AtomicSystem]:
    """
    Read structures of any of the formats, one after the other; labels are passed over.

    Parameters
    ----------
    path : path
        Its ending tells the format: npz, extxyz, xyz, sdf, h5, hdf5.
    settings : ImportSettings, optional
    say : callable, optional
        Is told what was concluded, each sentence once.

    Yields
    ------
    AtomicSystem
        With the source ``imported:<file>:<number of the entry>`` if the file has none.

    Raises
    ------
    FileNotFoundError, ValueError
        Naming the entry that makes no sense: NaN, wrong shapes, odd electrons, padding.
    ChoiceError
        Naming the entry of an XYZ file whose charge cannot be told.
    """
    path, settings = _existing(path), settings or ImportSettings()
    if _ending(path) == "h5":
        yield from _hdf5_structures(path)
        return
    conclude = _Conclusions(path, settings, say)
    for number, entry in enumerate(_entries(path, settings)):
        yield conclude.structure(number, entry)


def read_labelled(
    path: str | os.PathLike[str],
    settings: ImportSettings | None = None,
    say: Say | None = None,
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
    say : callable, optional
        Is told what was concluded, each sentence once.

    Yields
    ------
    AtomicSystem, Label

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_structures_any`, and if energies or forces are missing.
    """
    path, settings = _existing(path), settings or ImportSettings()
    if _ending(path) == "h5":
        for _, group in iterate_groups(path):
            yield from group.labelled()
        return
    conclude = _Conclusions(path, settings, say)
    for number, entry in enumerate(_entries(path, settings)):
        if number == 0 and _ending(path) == "npz":
            _check_unit(path, "energy", settings.energy_unit)
        yield conclude.structure(number, entry), _label(path, number, entry, settings)


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
        return _npz_entries(path, settings)
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


class _Conclusions:
    """Makes structures of the entries of a file; says once what it concluded."""

    def __init__(self, path: Path, settings: ImportSettings, say: Say | None) -> None:
        self._path, self._settings, self._say = path, settings, say
        self._said: set[str] = set()

    def structure(self, number: int, entry: _Entry) -> AtomicSystem:
        """The structure of an entry, in angstrom."""
        for note in entry.notes:
            self._tell(note)
        unit = _LENGTHS[self._settings.length_unit]
        positions = entry.positions * unit
        cell = None if entry.cell is None else entry.cell * unit
        if not np.isfinite(positions).all():
            raise ValueError(
                f"Entry {number} of '{self._path}': positions_angstrom holds NaN or infinity."
            )
        charge = self._charge(number, entry, positions, cell)
        spin = self._integer(number, "spin", entry.spin)
        try:
            return AtomicSystem(
                entry.numbers,
                positions,
                charge,
                (self._settings.spin or 0) if spin is None else spin,
                f"imported:{self._path.name}:{number}",
                cell,
            )
        except ValueError as error:
            is_open = entry.charge is None or entry.spin is None
            raise (ChoiceError if is_open else ValueError)(
                f"Entry {number} of '{self._path}': {error}"
                + " Options: --charge, --unpaired." * is_open
            ) from error

    def _charge(
        self,
        number: int,
        entry: _Entry,
        positions: NDArray[np.float64],
        cell: NDArray[np.float64] | None,
    ) -> int:
        """The charge that the file or the settings say, else that of a Lewis structure."""
        said = self._integer(number, "charge", entry.charge)
        if said is None:
            said = self._settings.charge
        if _ending(self._path) != "xyz":
            if said is None:
                self._tell("The file has no charges; 0 is taken for all.")
            return said or 0
        try:
            found = charge_of(entry.numbers, positions, cell)
        except ValueError as error:
            if said is None:
                raise ChoiceError(
                    f"The charge of entry {number} of '{self._path}' cannot be told; give it with "
                    f"--charge (in a script: ImportSettings.charge), or charge= in the file. "
                    f"{error}"
                ) from error
            return said
        if said is None:
            self._tell(f"Charge {found:+d} e by bonds and closed shells, as nothing says it.")
        elif said != found:
            self._tell(f"Charge {said:+d} e as given, where bonds say {found:+d} e.")
        return found if said is None else said

    def _integer(self, number: int, name: str, value: float | None) -> int | None:
        if value is not None and value != round(value):
            raise ValueError(
                f"Entry {number} of '{self._path}': {name} is {value}; expected an integer."
            )
        return None if value is None else int(value)

    def _tell(self, note: str) -> None:
        if self._say is not None and note not in self._said:
            self._said.add(note)
            self._say(f"{self._path.name}: {note}")


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


def _check_unit(path: Path, kind: str, chosen: str) -> None:
    """Refuse a unit that is not the one the file names."""
    named = npz_units(path).get(kind, chosen)
    if named != chosen:
        raise ValueError(
            f"'{path}' says that its {kind} unit is {named}, but it would be read in {chosen}; "
            f"set {kind}_unit (ImportSettings)."
        )


def _npz_entries(path: Path, settings: ImportSettings) -> Iterator[_Entry]:
    for number, found in enumerate(read_npz(path, settings.arrays)):
        if number == 0:
            _check_unit(path, "length", settings.length_unit)
        charge, spin, energy = (
            None if letter not in found else float(found[letter]) for letter in "QSE"
        )
        yield _Entry(found["Z"], found["R"], charge, spin, energy, found.get("F"), found.get("D"))


def _xyz_entries(path: Path, settings: ImportSettings) -> Iterator[_Entry]:
    frames = read_xyz_frames(path)
    number = 0
    while True:
        try:
            frame = next(frames)
        except StopIteration:
            return
        except StructureError as error:
            raise StructureError(f"Entry {number} of '{path}' is no XYZ: {error}") from error
        yield _Entry(
            frame.atomic_numbers,
            frame.positions,
            frame.charge,
            frame.num_unpaired_electrons,
            _numbers(path, number, frame, settings.energy_key, ()),
            frame.columns.get(settings.forces_key),
            _numbers(path, number, frame, settings.dipole_key, (3,)),
            frame.cell,
            frame.notes,
        )
        number += 1


def _numbers(path: Path, number: int, frame: XyzFrame, key: str, shape: tuple[int, ...]) -> Any:
    """Numbers of an entry of the comment line; None if it has none of this name."""
    if key not in frame.info:
        return None
    try:
        return np.array(frame.info[key].replace(",", " ").split(), dtype=float).reshape(shape)
    except ValueError:
        expected = "a number" if shape == () else f"{shape[0]} numbers"
        raise StructureError(
            f"Entry {number} of '{path}' has {key}={frame.info[key]}; expected {expected}."
        ) from None


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
