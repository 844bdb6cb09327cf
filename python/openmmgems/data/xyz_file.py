# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""XYZ and extended XYZ files, frame by frame: the one reader of all commands."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray
from openmm import app

from openmmgems.core.errors import StructureError

from .xyz_comment import read_comment

_SYMBOLS = ("species", "symbols", "symbol", "element", "elements")
_NUMBERS = ("z", "numbers", "atomic_numbers")
_POSITIONS = ("pos", "positions")
_HYDROGEN_ISOTOPES = {"D": "deuterium", "T": "tritium"}


@dataclass(frozen=True)
class XyzFrame:
    """
    One frame of an XYZ file.

    Attributes
    ----------
    atomic_numbers : array, shape ``[num_atoms]``
    positions : array, shape ``[num_atoms, 3]``
        In the unit of the file, angstrom as a rule.
    cell : array, shape ``[3, 3]``, or None
        Box vectors as rows, right-handed; None: not periodic.
    charge, num_unpaired_electrons : int or None
        None: the file does not say.
    info : mapping of str to str
        Entries ``key=value`` of the comment line.
    columns : mapping of str to array, shape ``[num_atoms]`` or ``[num_atoms, columns]``
        What ``Properties=`` names beside elements and positions.
    notes : tuple of str
        What was concluded, a sentence each.
    """

    atomic_numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    cell: NDArray[np.float64] | None
    charge: int | None
    num_unpaired_electrons: int | None
    info: Mapping[str, str]
    columns: Mapping[str, NDArray[Any]]
    notes: tuple[str, ...]


def read_xyz_frames(path: str | os.PathLike[str]) -> Iterator[XyzFrame]:
    """
    Read the frames of an XYZ file, one after the other.

    The comment line is free text, or ``key=value`` of extended XYZ; then columns follow
    ``Properties=``, the box ``Lattice=`` and ``pbc=``. D and T are hydrogen. A byte order mark and
    comments in any encoding do not matter.

    Parameters
    ----------
    path : path

    Yields
    ------
    XyzFrame

    Raises
    ------
    StructureError
        Naming the line that makes no sense, or a number of atoms that is not that of the lines.
    """
    with open(path, encoding=_encoding(path), errors="replace") as file:
        lines = _Lines(file)
        while (count := _count(lines)) is not None:
            comment = lines.next()
            yield _frame(lines, count, "" if comment is None else comment)
        if not lines.frames:
            raise StructureError("The first line of an XYZ file must be the number of atoms.")


def _encoding(path: str | os.PathLike[str]) -> str:
    with open(path, "rb") as file:
        is_utf16 = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return "utf-16" if is_utf16 else "utf-8-sig"


class _Lines:
    """Lines of a file with the number of the last one read; ``frames`` counts frames begun."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.number = 0
        self.frames = 0

    def next(self) -> str | None:
        """The next line, None at the end."""
        line = self._file.readline()
        self.number += 1
        return line.rstrip("\n") if line else None


def _count(lines: _Lines) -> int | None:
    """Read the number of atoms of the next frame; None at the end of the file."""
    line = lines.next()
    while line is not None and not line.strip() and lines.frames:
        line = lines.next()
    if line is None:
        return None
    try:
        count = int(line)
    except ValueError:
        if lines.frames:
            raise StructureError(
                f"Line {lines.number} of the XYZ file is '{line.strip()}'; expected the number of "
                "atoms of another frame. Does the file hold more atoms than its first line says?"
            ) from None
        raise StructureError(
            f"The first line of an XYZ file must be the number of atoms, not '{line.strip()[:40]}'."
        ) from None
    if count < 1:
        raise StructureError(
            f"Line {lines.number} of the XYZ file says {count} for the number of atoms."
        )
    lines.frames += 1
    return count


def _frame(lines: _Lines, count: int, comment_line: str) -> XyzFrame:
    comment = read_comment(comment_line)
    columns = _columns(comment.properties)
    width = columns[-1].last
    expected = f"Properties={comment.properties}" if comment.properties else "element x y z"
    values: list[list[list[Any]]] = [[] for _ in columns]
    has_more = False
    for held in range(count):
        line = lines.next()
        if line is None:
            raise StructureError(f"The XYZ file promises {count} atoms but holds {held}.")
        words = line.split()
        try:
            if len(words) < width or (comment.properties and len(words) > width):
                raise ValueError
            for column, found in zip(columns, values, strict=True):
                found.append([column.kind(word) for word in words[column.first : column.last]])
        except (ValueError, KeyError):
            raise StructureError(
                f"Line {lines.number} of the XYZ file is not '{expected}': '{line.strip()}'."
            ) from None
        has_more = has_more or len(words) > width
    arrays = {
        column.name: np.array(found).reshape((count,) if column.width == 1 else (count, -1))
        for column, found in zip(columns, values, strict=True)
    }
    notes = list(comment.notes)
    if has_more:
        notes.append("Columns after the fourth are not read; Properties= would say what they are.")
    return XyzFrame(
        _elements(arrays, notes),
        next(arrays.pop(name) for name in list(arrays) if name.lower() in _POSITIONS),
        comment.cell,
        comment.charge,
        comment.num_unpaired_electrons,
        comment.info,
        arrays,
        tuple(notes),
    )


class _Column(NamedTuple):
    """One property of the atoms: words from ``first`` to before ``last`` of a line."""

    name: str
    kind: Callable[[str], Any]
    first: int
    last: int

    @property
    def width(self) -> int:
        return self.last - self.first


def _columns(properties: str | None) -> list[_Column]:
    """Follow ``name:type:number of columns:...``."""
    fields = (properties or "species:S:1:pos:R:3").split(":")
    columns: list[_Column] = []
    for name, kind, width in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        if kind not in _TYPES or not width.isdigit() or int(width) < 1:
            break
        first = columns[-1].last if columns else 0
        is_element = name.lower() in _SYMBOLS + _NUMBERS
        read = _checked_element if is_element else _TYPES[kind]
        columns.append(_Column(name, read, first, first + int(width)))
    names = [column.name.lower() for column in columns]
    elements = [column for column in columns if column.name.lower() in _SYMBOLS + _NUMBERS]
    positions = [column for column in columns if column.name.lower() in _POSITIONS]
    if (
        3 * len(columns) != len(fields)
        or len(set(names)) != len(names)
        or not elements
        or any(column.width != 1 for column in elements)
        or [column.width for column in positions] != [3]
    ):
        raise StructureError(
            f"Properties={properties}: expected name:type:number for each property, types S, R, I "
            "or L, with species:S:1 (or Z:I:1) and pos:R:3 among them, each once."
        )
    return columns


def _real(word: str) -> float:
    return float(word.upper().replace("D", "E"))  # Fortran writes 1.0D+00


_TYPES: dict[str, Callable[[str], Any]] = {"S": str, "R": _real, "I": int, "L": str}


def _checked_element(word: str) -> str:
    _atomic_number(word)
    return word


@lru_cache
def _atomic_number(word: str) -> int:
    """Atomic number of a symbol or number; KeyError where it is neither."""
    if word.isdigit():
        return int(app.Element.getByAtomicNumber(int(word)).atomic_number)
    if word.upper() in _HYDROGEN_ISOTOPES:
        return 1
    return int(app.Element.getBySymbol(word.capitalize()).atomic_number)


def _elements(arrays: dict[str, NDArray[Any]], notes: list[str]) -> NDArray[np.int64]:
    """Atomic numbers by the columns that tell them, which must agree; they are taken out."""
    found = [arrays.pop(name) for name in list(arrays) if name.lower() in _SYMBOLS + _NUMBERS]
    numbers = [np.array([_atomic_number(word) for word in words]) for words in found]
    if any((other != numbers[0]).any() for other in numbers[1:]):
        raise StructureError("Symbols and atomic numbers of the XYZ file do not agree.")
    for word in sorted({str(word) for words in found for word in words}):
        if word.upper() in _HYDROGEN_ISOTOPES:
            notes.append(f"{word} is {_HYDROGEN_ISOTOPES[word.upper()]}, read as hydrogen.")
        elif word.isalpha() and word.isupper() and len(word) > 1:
            name = app.Element.getByAtomicNumber(_atomic_number(word)).name
            notes.append(f"{word} is read as {name}.")
    return numbers[0]
