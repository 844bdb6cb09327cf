# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Data sets of labelled structures: HDF5, one group per composition.

A group holds ``atomic_numbers`` [N], ``positions`` [M, N, 3] (angstrom), ``energy`` [M] (eV),
``forces`` [M, N, 3] (eV/angstrom), ``dipole`` [M, 3] (e angstrom), ``charge`` [M], ``spin`` [M] and
``source`` [M]; in format 2 also ``kind``, ``parent``, ``run`` and ``frame`` [M], by which data are
divided, and where they are known ``cell`` [M, 3, 3] (angstrom, box vectors as rows), ``virial``
[M, 3, 3] (eV), ``charges`` [M, N] (e) and ``atomic_energies`` [M, N] (eV). All members of a group
have the same arrays. Attributes of the file name units, format, level of theory, engine and its
settings (JSON). Forces are float32 in the file: seven digits, less than the noise of any engine, in
half the room. All else is stored without loss. A dipole of NaN is unknown.

Files of format 1 open for ever: where their structures come from is taken from ``source``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from openmmgems.core.atomic_system import AtomicSystem, Label, Provenance
from openmmgems.core.files import naming_full_disk

from .grouped_file import OPTIONAL_UNITS, Rows, composition, read_groups, write_groups
from .sources import read_provenances
from .structure_file import OPTIONAL, group_structures, structure_row

__all__ = [
    "Group",
    "Labelled",
    "Origin",
    "composition",
    "iterate_groups",
    "read_dataset",
    "read_origin",
    "write_dataset",
]

UNITS = {
    "positions_unit": "angstrom",
    "energy_unit": "eV",
    "forces_unit": "eV/angstrom",
    "dipole_unit": "e angstrom",
}
_REQUIRED = (
    *("atomic_numbers", "positions", "energy", "forces", "dipole", "charge", "spin", "source"),
)
#: Arrays of labels that may be missing, and what they are called in a `Label`.
_MORE_LABELS = {
    "virial": "virial_ev",
    "charges": "charges_e",
    "atomic_energies": "atomic_energies_ev",
}
Labelled = tuple[AtomicSystem, Label]
_KIND = "data set"


class LevelOfTheory(Protocol):
    """What labels come from: an engine, or an `Origin`."""

    @property
    def level_of_theory(self) -> str:
        """Name of the method."""

    @property
    def version(self) -> str:
        """Name and version of the program."""


@dataclass(frozen=True)
class Origin:
    """Where labels come from, if not from an engine at hand: what is stored of it."""

    level_of_theory: str
    version: str
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """All labelled structures of one list of atoms; arrays as described above.

    None stands for what is not known; of ``kind``, ``parent``, ``run`` and ``frame`` `provenances`
    tells what follows from ``source`` then.
    """

    atomic_numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    energy: NDArray[np.float64]
    forces: NDArray[np.float64]
    dipole: NDArray[np.float64]
    charge: NDArray[np.int64]
    spin: NDArray[np.int64]
    source: list[str]
    kind: list[str] | None = None
    parent: list[str] | None = None
    run: list[str] | None = None
    frame: NDArray[np.int64] | None = None
    cell: NDArray[np.float64] | None = None
    virial: NDArray[np.float64] | None = None
    charges: NDArray[np.float64] | None = None
    atomic_energies: NDArray[np.float64] | None = None

    def provenances(self) -> list[Provenance]:
        """Where each structure comes from."""
        return read_provenances(vars(self))

    def labelled(self) -> Iterator[Labelled]:
        """Give each structure with its label."""
        for member, structure in enumerate(group_structures(vars(self))):
            more = {
                name: None if (values := getattr(self, array)) is None else values[member]
                for array, name in _MORE_LABELS.items()
            }
            energy = float(self.energy[member])
            yield structure, Label(energy, self.forces[member], self.dipole[member], **more)


def write_dataset(
    path: str | os.PathLike[str], labelled: Iterable[Labelled], engine: LevelOfTheory
) -> int:
    """
    Write a data set. A file of that name is replaced only when the new one is complete.

    Parameters
    ----------
    path : path
    labelled : iterable of (AtomicSystem, Label)
        Gone through once; memory stays small however many there are.
    engine : LevelOfTheory
        An engine or an `Origin`; its ``settings`` are stored too, if it has any.

    Returns
    -------
    int
        How many were written.

    Raises
    ------
    ValueError
        If a label does not fit its structure, or holds NaN or infinite values: only a whole dipole
        may be NaN, for unknown.
    FileNotFoundError
        If the folder is not there.
    """
    unknown = 0
    with naming_full_disk(path), Rows(Path(path).parent) as rows:
        for structure, label in labelled:
            _check_label(structure, label)
            unknown += bool(np.isnan(label.dipole_e_angstrom).all())
            row = structure_row(structure) | {
                "energy": label.energy_ev,
                "forces": label.forces_ev_per_angstrom,
                "dipole": label.dipole_e_angstrom,
            }
            row |= {array: value for array, value in _more(label).items() if value is not None}
            rows.add(structure.atomic_numbers, row)
        attributes: dict[str, str | int | float] = {
            **UNITS,
            **OPTIONAL_UNITS,
            "level_of_theory": engine.level_of_theory,
            "engine": engine.version,
            "settings": json.dumps(getattr(engine, "settings", {}), sort_keys=True),
            "num_structures": len(rows),
            "num_unknown_dipoles": unknown,
        }
        write_groups(path, rows, attributes)
        return len(rows)


def _check_label(structure: AtomicSystem, label: Label) -> None:
    forces, dipole = np.asarray(label.forces_ev_per_angstrom), np.asarray(label.dipole_e_angstrom)
    shape = structure.positions_angstrom.shape
    if forces.shape != shape or dipole.shape != (3,):
        raise ValueError(
            f"The label of '{structure.source}' has forces of shape {forces.shape} and a dipole of "
            f"shape {dipole.shape}; expected {shape} and (3,)."
        )
    dipole_is_good = np.isfinite(dipole).all() or np.isnan(dipole).all()
    if not (np.isfinite(label.energy_ev) and np.isfinite(forces).all() and dipole_is_good):
        raise ValueError(
            f"The label of '{structure.source}' holds NaN or infinite values; expected finite ones "
            "(or NaN for all of an unknown dipole)."
        )
    for name, value in _more(label).items():
        expected = (3, 3) if name == "virial" else shape[:1]
        if value is not None and (np.shape(value) != expected or not np.isfinite(value).all()):
            raise ValueError(
                f"The label of '{structure.source}' has {name} of shape {np.shape(value)}; "
                f"expected {expected}, without NaN or infinite values."
            )


def _more(label: Label) -> dict[str, NDArray[np.float64] | None]:
    """What may be missing of a label, by the names in files."""
    return {array: getattr(label, name) for array, name in _MORE_LABELS.items()}


def read_dataset(path: str | os.PathLike[str]) -> dict[str, Group]:
    """
    Read a data set: its groups by name.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is damaged or something else.
    """
    return dict(iterate_groups(path))


def iterate_groups(path: str | os.PathLike[str]) -> Iterator[tuple[str, Group]]:
    """
    Read a data set group by group, for those that do not fit into memory.

    Yields
    ------
    str, Group
        Name and group.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_dataset`.
    """
    optional = (*OPTIONAL, *_MORE_LABELS)
    for name, arrays in read_groups(path, _KIND, UNITS, _REQUIRED, optional):
        group = Group(**arrays)
        _check_shapes(f"'{os.fspath(path)}': {name}", group)
        yield name, group


def read_origin(path: str | os.PathLike[str]) -> Origin:
    """
    Read what a data set says about its labels, without reading them.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_dataset`.
    """
    for _ in read_groups(path, _KIND, UNITS, ()):
        break
    with h5py.File(path, "r") as file:
        attributes = dict(file.attrs)
    return Origin(
        str(attributes.get("level_of_theory", "unknown")),
        str(attributes.get("engine", "unknown")),
        json.loads(attributes.get("settings", "{}")),
    )


def _check_shapes(name: str, group: Group) -> None:
    atoms, count = len(group.atomic_numbers), len(group.source)
    shapes: dict[str, tuple[int, ...]] = {
        "atomic_numbers": (atoms,),
        "positions": (count, atoms, 3),
        "forces": (count, atoms, 3),
        "dipole": (count, 3),
        "cell": (count, 3, 3),
        "virial": (count, 3, 3),
        "charges": (count, atoms),
        "atomic_energies": (count, atoms),
    }
    for array, values in vars(group).items():
        expected = shapes.get(array, (count,))
        if values is not None and np.shape(values) != expected:
            raise ValueError(f"{name}/{array} has shape {np.shape(values)}; expected {expected}.")
