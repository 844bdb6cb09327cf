# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The second line of XYZ files: free text, or ``key=value`` of extended XYZ.

ASE's parser is not used: it takes a bare word for ``True`` (``charge 0``), the last of two entries
of one name, and whatever follows an apostrophe for one word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openmmgems.core.errors import StructureError

_ENTRY = re.compile(
    r"""(?P<key>"[^"]*"|[A-Za-z_][\w.:-]*)\s*=\s*
        (?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]|\S*)
      | (?P<word>[A-Za-z_][\w.:-]*) | "[^"]*" | .""",
    re.VERBOSE,
)
_CHARGE = ("charge", "total_charge", "totalcharge", "tot_charge", "net_charge", "molecular_charge")
_UNPAIRED = ("spin", "num_unpaired_electrons", "unpaired_electrons", "unpaired", "uhf")
#: MACE's total_spin is a multiplicity.
_MULTIPLICITY = ("multiplicity", "spin_multiplicity", "total_spin")
LIKE_A_CHARGE = re.compile(r"charge|chrg|spin|^mult|elec|^q(_?(tot|total|net|mol))?$")
#: As in input of Psi4 and Gaussian: "-1 1".
_TWO_NUMBERS = re.compile(r"\s*[+-]?\d+\s+\d+(\s+[^\d\s]|\s*$)")
_LIKE_A_CELL = re.compile(r"lattice|cell|^box")
_LOGICAL = {
    **dict.fromkeys(("t", "true", "1"), True),
    **dict.fromkeys(("f", "false", "0"), False),
}


@dataclass(frozen=True)
class XyzComment:
    """
    What the second line says.

    Attributes
    ----------
    info : mapping of str to str
        All entries ``key=value``, without quotes.
    properties : str or None
        Names, types and numbers of columns.
    cell : array, shape ``[3, 3]``, or None
        Box vectors as rows, right-handed; None: not periodic.
    charge : int or None
        In elementary charges; None: it is not said.
    num_unpaired_electrons : int or None
    notes : tuple of str
        What was concluded, and what looks as if it mattered and is not read.
    """

    info: Mapping[str, str]
    properties: str | None
    cell: NDArray[np.float64] | None
    charge: int | None
    num_unpaired_electrons: int | None
    notes: tuple[str, ...]


def read_comment(line: str) -> XyzComment:
    """
    Read the second line of an XYZ file.

    Raises
    ------
    StructureError
        Naming the entry that makes no sense.
    """
    info: dict[str, str] = {}
    words = set()
    for entry in _ENTRY.finditer(line):
        if entry["word"]:
            words.add(entry["word"].lower().rstrip(":"))
        if entry["key"]:
            key, value = entry["key"].strip('"'), _unquoted(entry["value"])
            if info.get(key, value) != value:
                raise StructureError(f"The comment line has {key}={info[key]} and {key}={value}.")
            info[key] = value
    notes: list[str] = []
    charge = _integer(info, _CHARGE)
    unpaired = _unpaired(info, notes)
    cell = _cell(info, notes)
    used = {"lattice", "pbc", "properties", *_CHARGE, *_UNPAIRED, *_MULTIPLICITY}
    notes += [
        f"'{key}={value}' is not read; charges are charge=NUMBER, unpaired electrons spin=NUMBER."
        for key, value in info.items()
        if key.lower() not in used and LIKE_A_CHARGE.search(key.lower())
    ]
    notes += [
        f"'{key}' is not read; a box is Lattice=\"nine numbers\"."
        for key in info
        if key.lower() not in used and _LIKE_A_CELL.search(key.lower())
    ]
    if charge is None and _TWO_NUMBERS.match(line):
        notes.append(
            "The two numbers in the comment are not read as charge and multiplicity; write "
            "charge=NUMBER multiplicity=NUMBER."
        )
    if charge is None and "charge" in words:
        notes.append("The word 'charge' in the comment is text; only charge=NUMBER is read.")
    properties = _entry(info, ("properties",))
    return XyzComment(info, properties and properties[1], cell, charge, unpaired, tuple(notes))


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] + text[-1] in ('""', "''", "{}", "[]"):
        return text[1:-1].replace('\\"', '"')
    return text.rstrip(",;)") or text


def _entry(info: Mapping[str, str], names: Sequence[str]) -> tuple[str, str] | None:
    """The one entry of any of these names, in capitals or not: its name and value."""
    found = [(key, value) for key, value in info.items() if key.lower() in names]
    if len({value for _, value in found}) > 1:
        which = " and ".join(f"{key}={value}" for key, value in found)
        raise StructureError(f"The comment line has {which}, which mean the same; give one.")
    return found[0] if found else None


def _integer(info: Mapping[str, str], names: Sequence[str]) -> int | None:
    entry = _entry(info, names)
    if entry is None:
        return None
    try:
        value = float(entry[1])
    except ValueError:
        value = float("nan")
    if not value.is_integer():
        raise StructureError(f"'{entry[0]}={entry[1]}' in the comment line: expected an integer.")
    return int(value)


def _unpaired(info: Mapping[str, str], notes: list[str]) -> int | None:
    """Number of unpaired electrons, be it said or by the multiplicity."""
    unpaired, multiplicity = _integer(info, _UNPAIRED), _integer(info, _MULTIPLICITY)
    if multiplicity is None:
        return unpaired
    if multiplicity < 1 or unpaired not in (None, multiplicity - 1):
        raise StructureError(
            f"The comment line says the multiplicity {multiplicity}"
            + (f" and {unpaired} unpaired electrons" if unpaired is not None else "")
            + "; expected one more than the number of unpaired electrons (spin), at least 1."
        )
    key, value = _entry(info, _MULTIPLICITY) or ("", "")
    notes.append(f"{key}={value} is a multiplicity: {multiplicity - 1} unpaired electrons.")
    return multiplicity - 1


def _cell(info: Mapping[str, str], notes: list[str]) -> NDArray[np.float64] | None:
    """Box vectors if the system is periodic."""
    lattice, periodic = _entry(info, ("lattice",)), _periodic(info)
    if periodic is False:
        if lattice is not None:
            notes.append("The lattice is not used, as pbc says that nothing is periodic.")
        return None
    if lattice is None:
        if periodic:
            raise StructureError('The comment line says pbc="T T T", but has no Lattice.')
        return None
    try:
        cell = np.array([float(word) for word in re.split(r"[\s,]+", lattice[1].strip())])
    except ValueError:
        raise StructureError(f'Lattice="{lattice[1]}": expected nine numbers.') from None
    if cell.size != 9:
        raise StructureError(f"The lattice has {cell.size} numbers; expected 9.")
    cell = cell.reshape(3, 3)
    volume = np.linalg.det(cell) if np.isfinite(cell).all() else 0.0
    lengths = np.linalg.norm(cell, axis=1)
    if not abs(volume) > 1e-6 * lengths.prod():
        raise StructureError(
            f'Lattice="{lattice[1]}" has no volume; expected three vectors, or pbc="F F F" for a '
            "system without a box."
        )
    if volume < 0:
        raise StructureError(
            f'Lattice="{lattice[1]}" is left-handed; expected a right-handed box: exchange two '
            "of its vectors."
        )
    return cell


def _periodic(info: Mapping[str, str]) -> bool | None:
    """Whether pbc says that all directions or that none are periodic; None: it says nothing."""
    entry = _entry(info, ("pbc",))
    if entry is None:
        return None
    found = [_LOGICAL.get(word.lower()) for word in re.split(r"[\s,]+", entry[1].strip())]
    if len(found) not in (1, 3) or None in found:
        raise StructureError(f'pbc="{entry[1]}": expected three of T and F.')
    if len(set(found)) > 1:
        raise StructureError(
            f'pbc="{entry[1]}": expected a system that is periodic in three directions or in '
            'none; write "T T T" or "F F F".'
        )
    return found[0]
