# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Data sets of labelled structures: HDF5, one group per composition.

A group holds ``atomic_numbers`` [N], ``positions`` [M, N, 3] (angstrom), ``energy`` [M] (eV),
``forces`` [M, N, 3] (eV/angstrom), ``dipole`` [M, 3] (e angstrom), ``charge`` [M], ``spin`` [M] and
``source`` [M]. Attributes of the file name units, level of theory and engine.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from openmm.app import Element

from .base import Engine, Label, Structure

UNITS = {
    "positions_unit": "angstrom",
    "energy_unit": "eV",
    "forces_unit": "eV/angstrom",
    "dipole_unit": "e angstrom",
}
Labelled = tuple[Structure, Label]


@dataclass(frozen=True)
class Group:
    """All labelled structures of one list of atoms; arrays as described above."""

    atomic_numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    energy: NDArray[np.float64]
    forces: NDArray[np.float64]
    dipole: NDArray[np.float64]
    charge: NDArray[np.int64]
    spin: NDArray[np.int64]
    source: list[str]


def write_dataset(
    path: str | os.PathLike[str], labelled: Iterable[Labelled], engine: Engine
) -> None:
    """Write a data set. A file of that name is replaced only when the new one is complete."""
    groups: dict[tuple[int, ...], list[Labelled]] = defaultdict(list)
    for structure, label in labelled:
        groups[tuple(structure.atomic_numbers.tolist())].append((structure, label))
    temporary = Path(path).with_name(Path(path).name + ".tmp")
    try:
        with h5py.File(temporary, "w") as file:
            file.attrs.update(UNITS)
            file.attrs["level_of_theory"] = engine.level_of_theory
            file.attrs["engine"] = engine.version
            for numbers, members in groups.items():
                name = composition(numbers)
                taken = sum(key.split("_")[0] == name for key in file)
                _write_group(
                    file.create_group(name if not taken else f"{name}_{taken + 1}"), members
                )
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_dataset(path: str | os.PathLike[str]) -> dict[str, Group]:
    """Read a data set: its groups by name."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no data set '{os.fspath(path)}'.")
    try:
        with h5py.File(path, "r") as file:
            groups = {name: _read_group(group) for name, group in file.items()}
    except (OSError, KeyError) as error:
        raise ValueError(f"'{os.fspath(path)}' is damaged or no data set: {error}") from error
    for name, group in groups.items():
        _check_shapes(f"'{os.fspath(path)}': {name}", group)
    return groups


def _check_shapes(name: str, group: Group) -> None:
    atoms, count = len(group.atomic_numbers), len(group.source)
    shapes = {"positions": (count, atoms, 3), "forces": (count, atoms, 3), "dipole": (count, 3)}
    for array in ("positions", "energy", "forces", "dipole", "charge", "spin"):
        expected, found = shapes.get(array, (count,)), getattr(group, array).shape
        if found != expected:
            raise ValueError(f"{name}/{array} has shape {found}; expected {expected}.")


def composition(atomic_numbers: Iterable[int]) -> str:
    """Write a formula in Hill's order: carbon and hydrogen first, then by the alphabet."""
    count = Counter(Element.getByAtomicNumber(int(z)).symbol for z in atomic_numbers)
    first = [s for s in ("C", "H") if s in count] if "C" in count else []
    order = first + sorted(set(count) - set(first))
    return "".join(s + (str(count[s]) if count[s] > 1 else "") for s in order)


def _write_group(group: h5py.Group, members: list[Labelled]) -> None:
    group["atomic_numbers"] = members[0][0].atomic_numbers
    arrays = {
        "positions": [s.positions_angstrom for s, _ in members],
        "energy": [label.energy_ev for _, label in members],
        "forces": [label.forces_ev_per_angstrom for _, label in members],
        "dipole": [label.dipole_e_angstrom for _, label in members],
        "charge": [s.charge for s, _ in members],
        "spin": [s.spin for s, _ in members],
    }
    for name, values in arrays.items():
        group.create_dataset(name, data=np.array(values), compression="gzip", shuffle=True)
    group["source"] = [s.source for s, _ in members]


def _read_group(group: h5py.Group) -> Group:
    arrays = {name: group[name][:] for name in Group.__dataclass_fields__ if name != "source"}
    return Group(**arrays, source=group["source"].asstr()[:].tolist())
