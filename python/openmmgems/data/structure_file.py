# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Files of structures that wait for labels: HDF5, one group per list of atoms.

A group holds ``atomic_numbers`` [N], ``positions`` [M, N, 3] (angstrom), ``charge`` [M],
``spin`` [M], ``source`` [M], ``order`` [M] (place of each structure in the file) and, if known,
``kept_atoms`` [M]: of fragments, indices of the atoms in the snapshot they were cut from. Format 2
adds ``kind``, ``parent``, ``run``, ``frame`` [M] and, of periodic structures, ``cell`` [M, 3, 3]
(angstrom, box vectors as rows). It is the layout of ``dataset``, without labels; positions are
stored without loss. Files of format 1 open; where structures come from is taken from ``source``.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.files import naming_full_disk

from .grouped_file import INDICES, OPTIONAL_UNITS, Rows, read_groups, write_groups
from .sources import PROVENANCE, provenance_columns, read_provenances, told_provenance

_UNITS = {"positions_unit": "angstrom"}
_CELL_UNIT = {"cell_unit": OPTIONAL_UNITS["cell_unit"]}
#: What files of format 1, or some structures, do not have.
OPTIONAL = (*PROVENANCE, "cell")
_NAMES = ("atomic_numbers", "positions", "charge", "spin", "source", "order")
_KIND = "file of structures"
_MISSING: Any = object()


def write_structures(
    path: str | os.PathLike[str],
    structures: Iterable[AtomicSystem],
    *,
    kept_atoms: Iterable[ArrayLike] | None = None,
) -> int:
    """
    Write structures. A file of that name is replaced only when the new one is complete.

    Parameters
    ----------
    path : path
    structures : iterable of AtomicSystem
        Gone through once; memory stays small however many there are.
    kept_atoms : iterable of arrays, optional
        For each structure indices of atoms, such as ``TopDownFragment.atoms``; may be empty.

    Returns
    -------
    int
        How many were written.

    Raises
    ------
    ValueError
        If there is not one of ``kept_atoms`` for each structure, or indices make no sense.
    FileNotFoundError
        If the folder is not there.
    """
    with naming_full_disk(path), Rows(Path(path).parent) as rows:
        for number, (structure, kept) in enumerate(_paired(structures, kept_atoms)):
            row = structure_row(structure) | {"order": number}
            if kept is not None:
                row[INDICES] = _indices(structure, kept)
            rows.add(structure.atomic_numbers, row)
        write_groups(path, rows, _UNITS | _CELL_UNIT | {"num_structures": len(rows)})
        return len(rows)


def read_structures(path: str | os.PathLike[str]) -> list[AtomicSystem]:
    """
    Read structures in the order in which they were written.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is damaged or something else.
    """
    found: dict[int, AtomicSystem] = {}
    for name, group in read_groups(path, _KIND, _UNITS, _NAMES, OPTIONAL):
        _check_shapes(f"'{os.fspath(path)}': {name}", group)
        found.update(zip(group["order"].tolist(), group_structures(group), strict=True))
    return [found[place] for place in _places(path, found)]


def read_kept_atoms(path: str | os.PathLike[str]) -> list[NDArray[np.int64]]:
    """
    Read the ``kept_atoms`` of each structure, in the order of `read_structures`.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_structures`; ValueError also if the file was written without them.
    """
    found: dict[int, NDArray[np.int64]] = {}
    for _, group in read_groups(path, _KIND + " with kept atoms", _UNITS, ("order", INDICES)):
        found.update(zip(group["order"].tolist(), group[INDICES], strict=True))
    return [found[place] for place in _places(path, found)]


def structure_row(structure: AtomicSystem) -> dict[str, object]:
    """What is written of a structure besides its atoms."""
    row: dict[str, object] = {
        "positions": structure.positions_angstrom,
        "charge": structure.charge,
        "spin": structure.spin,
        "source": structure.source,
        **provenance_columns(structure),
    }
    for name, value in row.items():
        if isinstance(value, str) and "\0" in value:
            raise ValueError(f"{name} is {value!r}; expected text without null characters.")
    if structure.cell_angstrom is not None:
        row["cell"] = structure.cell_angstrom
    return row


def group_structures(group: Mapping[str, Any]) -> Iterator[AtomicSystem]:
    """Make the structures of a group's arrays: those of `structure_row`, by their names."""
    cells = group.get("cell")
    for member, (source, provenance) in enumerate(
        zip(group["source"], read_provenances(group), strict=True)
    ):
        yield AtomicSystem(
            group["atomic_numbers"],
            group["positions"][member],
            int(group["charge"][member]),
            int(group["spin"][member]),
            source,
            None if cells is None else cells[member],
            None if provenance == told_provenance(source) else provenance,
        )


def _paired(
    structures: Iterable[AtomicSystem], kept_atoms: Iterable[ArrayLike] | None
) -> Iterator[tuple[AtomicSystem, ArrayLike | None]]:
    """Structures with their kept atoms; ValueError if one has none."""
    if kept_atoms is None:
        yield from ((structure, None) for structure in structures)
        return
    for structure, kept in itertools.zip_longest(structures, kept_atoms, fillvalue=_MISSING):
        if structure is _MISSING or kept is _MISSING:
            raise ValueError(
                f"There are {'more' if structure is _MISSING else 'fewer'} kept_atoms than "
                "structures; expected one array for each."
            )
        yield structure, kept


def _indices(structure: AtomicSystem, kept: ArrayLike) -> NDArray[np.int64]:
    indices = np.asarray(kept)
    if not indices.size:
        return np.zeros(0, dtype=np.int64)
    if indices.ndim != 1 or indices.dtype.kind not in "iu" or indices.min() < 0:
        raise ValueError(
            f"kept_atoms of '{structure.source}' has shape {indices.shape} and type "
            f"{indices.dtype}; expected a list of indices from 0 on."
        )
    return indices.astype(np.int64)


def _check_shapes(name: str, group: Mapping[str, Any]) -> None:
    atoms, count = len(group["atomic_numbers"]), len(group["source"])
    expected = {
        "atomic_numbers": (atoms,),
        "positions": (count, atoms, 3),
        "cell": (count, 3, 3),
    }
    for array, values in group.items():
        shape = expected.get(array, (count,))
        if np.shape(values) != shape:
            raise ValueError(
                f"{name}/{array} has shape {np.shape(values)}; expected {shape}. The file is "
                "damaged."
            )


def _places(path: str | os.PathLike[str], found: Mapping[int, object]) -> Sequence[int]:
    """All places in order; ValueError if one is missing."""
    if found and max(found) != len(found) - 1:
        raise ValueError(
            f"'{os.fspath(path)}' is damaged: it has {len(found)} structures, but their places go "
            f"up to {max(found)}."
        )
    return range(len(found))
