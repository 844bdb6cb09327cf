# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""HDF5 files with one group per list of atoms: what structure files and data sets have in common.

A group is named by its formula; another list of the same atoms gets ``_2``, ``_3``, ... A file is
small also if every structure has a group of its own: small arrays lie in the headers, larger ones
are compressed without loss and carry checksums.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from openmm.app import Element

from openmmgems.core.files import replacing

#: Type in the file of every array. Forces have seven digits: less than the noise of any engine.
DISK_TYPES = {
    "atomic_numbers": "u1",
    "positions": "<f8",
    "energy": "<f8",
    "forces": "<f4",
    "dipole": "<f8",
    "charge": "<i2",
    "spin": "<i2",
    "order": "<u4",
    "frame": "<i4",
    "cell": "<f8",
    "virial": "<f8",
    "charges": "<f8",
    "atomic_energies": "<f8",
}
#: Written as text.
TEXTS = ("source", "kind", "parent", "run")
#: Written, one for each structure, as a list of indices.
INDICES = "kept_atoms"
#: Units of arrays that may be missing, named since format 2.
OPTIONAL_UNITS = {
    "cell_unit": "angstrom",
    "virial_unit": "eV",
    "charges_unit": "e",
    "atomic_energies_unit": "eV",
}
#: Version 2 has more arrays, which may be missing: cells, provenance and others.
FORMAT = 2

#: Written as HDF5 1.10 (2016) does, whatever is installed: every h5py in use reads it.
_VERSIONS = ("v110", "v110")
_MEMORY_BYTES = 64 * 2**20
_COMPACT_BYTES = 4096
_CHUNK_BYTES = 2**19
_ROWS = 4096

Row = dict[str, Any]


def composition(atomic_numbers: Iterable[int]) -> str:
    """Write a formula in Hill's order: carbon and hydrogen first, then by the alphabet."""
    count = Counter(Element.getByAtomicNumber(int(z)).symbol for z in atomic_numbers)
    first = [s for s in ("C", "H") if s in count] if "C" in count else []
    order = first + sorted(set(count) - set(first))
    return "".join(s + (str(count[s]) if count[s] > 1 else "") for s in order)


def _reserve(temporary: Path, size: int, path: Path) -> None:
    """
    Take room on the disk: HDF5 crashes the process if it finds none.

    Raises
    ------
    OSError
        If there is not so much.
    """
    with open(temporary, "r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            raise OSError(
                error.errno,
                f"'{path}' needs up to {size / 1e6:.0f} MB while it is written: "
                f"{os.strerror(error.errno or 0)}. Make room and repeat; what was there before is "
                "as it was",
            ) from error


def _give_rest_back(temporary: Path) -> None:
    """Cut off what was reserved but not used: the file's first block says where it ends."""
    with open(temporary, "r+b") as file:
        block = file.read(36)
        if block[:8] != b"\x89HDF\r\n\x1a\n" or block[8] not in (2, 3) or block[9] != 8:
            raise RuntimeError(f"HDF5 wrote '{temporary}' in a version that is not known here.")
        file.truncate(int.from_bytes(block[28:36], "little"))


class Rows:
    """
    Rows sorted by their list of atoms and by what is known of them.

    They are in memory while they are few, then in a temporary file.

    Parameters
    ----------
    folder : path
        Where the temporary file is; it has no name there and goes with the process.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            max_size=_MEMORY_BYTES, dir=os.fspath(folder)
        )
        self._starts: dict[tuple[bytes, tuple[str, ...]], array[int]] = {}
        self._bytes = 0

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return sum(len(starts) for starts in self._starts.values())

    def add(self, atomic_numbers: NDArray[np.int64], row: Row) -> None:
        """
        Put a row down; rows are added before any is read.

        Raises
        ------
        ValueError
            If there are no atoms, or atoms of no element.
        """
        if (
            not len(atomic_numbers)
            or not 1 <= np.min(atomic_numbers) <= np.max(atomic_numbers) <= 118
        ):
            raise ValueError(
                f"atomic_numbers are {np.asarray(atomic_numbers).tolist()}; expected at least one "
                "from 1 to 118."
            )
        key = np.asarray(atomic_numbers, dtype="u1").tobytes(), tuple(row)
        self._starts.setdefault(key, array("q")).append(self._file.tell())
        pickle.dump(row, self._file, protocol=5)
        self._bytes = self._file.tell()  # float64 and names: more than is written of it

    def largest_size(self) -> int:
        """Bytes that a file of all this has at most."""
        return int(1.1 * self._bytes) + 16384 * len(self._starts) + 2**20

    def groups(self) -> Iterator[tuple[NDArray[np.uint8], array[int]]]:
        """Lists of atoms, in the order of their first row, and where their rows start."""
        for (numbers, _), starts in self._starts.items():
            yield np.frombuffer(numbers, dtype="u1"), starts

    def read(self, starts: Iterable[int]) -> list[Row]:
        """Read rows back."""
        found = []
        for start in starts:
            self._file.seek(start)
            found.append(pickle.load(self._file))
        return found


def write_groups(
    path: str | os.PathLike[str], rows: Rows, attributes: Mapping[str, str | int | float]
) -> None:
    """Write rows as one file. A file of that name is replaced only when the new one is complete."""
    taken: Counter[str] = Counter()
    with replacing(path) as temporary:
        with h5py.File(temporary, "w", libver=_VERSIONS) as file:
            _reserve(temporary, rows.largest_size(), Path(path))
            file.attrs.update({"format": FORMAT, **attributes})
            for numbers, starts in rows.groups():
                name = composition(numbers)
                taken[name] += 1
                group = file.create_group(name if taken[name] == 1 else f"{name}_{taken[name]}")
                _create(group, "atomic_numbers", numbers.shape, np.dtype("u1"))[:] = numbers
                _write_group(group, rows, starts)
        _give_rest_back(temporary)


def _write_group(group: h5py.Group, rows: Rows, starts: array[int]) -> None:
    """Write all arrays of a group, some rows at a time."""
    for first in range(0, len(starts), _ROWS):
        members = rows.read(starts[first : first + _ROWS])
        for name in members[0]:
            values = _column(name, [row[name] for row in members])
            if name not in group:
                shape = (len(starts), *values.shape[1:])
                _create(group, name, shape, values.dtype)
            elif values.dtype.itemsize > group[name].dtype.itemsize:  # a longer text
                earlier = group[name][:]
                del group[name]
                _create(group, name, (len(starts),), values.dtype)[:] = earlier
            if name == INDICES:  # h5py takes lists of equal length for one array
                for place, value in enumerate(values, start=first):
                    group[name][place] = value
            else:
                group[name][first : first + len(members)] = values


def _column(name: str, values: list[Any]) -> NDArray[Any]:
    """Make what is written of one array."""
    if name in TEXTS:
        encoded = [value.encode() for value in values]
        longest = max(1, *(len(value) for value in encoded))
        return np.array(encoded, dtype=h5py.string_dtype("utf-8", longest))
    if name == INDICES:
        column = np.empty(len(values), dtype=h5py.vlen_dtype(np.dtype("<i4")))
        for place, value in enumerate(values):  # lists of equal length make no matrix
            column[place] = np.asarray(value, dtype="<i4")
        return column
    return np.array(values, dtype=DISK_TYPES[name])


def _create(
    group: h5py.Group, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> h5py.Dataset:
    """Make an array: within the header if it is small, compressed if it is large."""
    row = dtype.itemsize * int(np.prod(shape[1:]))
    if name == INDICES:
        return group.create_dataset(name, shape, dtype)
    if shape[0] * row < _COMPACT_BYTES:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_layout(h5py.h5d.COMPACT)
        return group.create_dataset(name, shape, dtype, dcpl=properties)
    # A power of two: the rows that are written at a time are whole chunks.
    chunk = min(shape[0], _ROWS, 2 ** int(np.log2(max(1, _CHUNK_BYTES // row))))
    return group.create_dataset(
        name,
        shape,
        dtype,
        chunks=(chunk, *shape[1:]),
        compression="gzip",
        shuffle=True,
        fletcher32=True,
    )


def read_groups(
    path: str | os.PathLike[str],
    kind: str,
    units: Mapping[str, str],
    names: Iterable[str],
    optional: Iterable[str] = (),
) -> Iterator[tuple[str, dict[str, Any]]]:
    """
    Read group by group.

    Parameters
    ----------
    path : path
    kind : str
        What the file should be, for errors: "data set".
    units : mapping
        Attributes it must have.
    names : iterable of str
        The arrays wanted; all groups must have them.
    optional : iterable of str
        Arrays that are read where they are.

    Yields
    ------
    str
        Name of the group.
    dict
        Its arrays by name; integers as int64, floating-point numbers as float64.

    Raises
    ------
    FileNotFoundError, ValueError
    """
    path = Path(path)
    names, optional = list(names), list(optional)
    if not path.is_file():
        raise FileNotFoundError(f"There is no {kind} '{path}'.")
    with _explained(path, kind), h5py.File(path, "r") as file:
        _check_units(dict(file.attrs), units)
        for name, group in file.items():
            yield name, _read_group(group, names, optional)


def _check_units(attributes: Mapping[str, Any], units: Mapping[str, str]) -> None:
    version = int(attributes.get("format", 1))
    if version > FORMAT:
        raise ValueError(
            f"it is of version {version} of the format; expected {FORMAT} at most. Use a newer "
            "openmm-gems."
        )
    for unit, expected in {**units, **OPTIONAL_UNITS}.items():
        found = attributes.get(unit)
        if found != expected and (found is not None or unit in units):
            raise ValueError(f"its attribute '{unit}' is {found!r}; expected '{expected}'.")


@contextlib.contextmanager
def _explained(path: Path, kind: str) -> Iterator[None]:
    """Say what HDF5's errors mean."""
    try:
        yield
    except (OSError, KeyError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"'{path}' is damaged or no {kind}: {error}") from error


def _read_group(group: h5py.Group, names: list[str], optional: list[str]) -> dict[str, Any]:
    if not isinstance(group, h5py.Group):
        raise KeyError(f"'{group.name}' is no group")
    found: dict[str, Any] = {}
    for name in [*names, *(name for name in optional if name in group)]:
        if name in TEXTS:
            found[name] = group[name].asstr()[:].tolist()
        elif name == INDICES:
            found[name] = [np.asarray(value, dtype=np.int64) for value in group[name][:]]
        else:
            values = group[name][:]
            found[name] = values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
    return found
