# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Arrays of NumPy, ``.npz``, as data for machine-learned force fields are often published."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LAST_ELEMENT = 118
_UNITS = {"r_unit": "length", "e_unit": "energy"}
_SPELLINGS = {
    **{"ang": "angstrom", "a": "angstrom", "a0": "bohr", "ha": "hartree", "ev": "eV"},
    **{"kcal mol-1": "kcal/mol", "kj mol-1": "kJ/mol"},
    **{word.lower(): word for word in ("angstrom", "bohr", "hartree", "kcal/mol", "kJ/mol")},
}
_NAMES = {
    "N": ("n", "num_atoms"),
    "Z": ("z", "atomic_numbers", "nuclear_charges"),
    "R": ("r", "positions", "coordinates", "coords"),
    "E": ("e", "energy", "energies"),
    "F": ("f", "forces"),
    "D": ("d", "dipole", "dipoles"),
    "Q": ("q", "charge", "total_charge"),
    "S": ("s", "spin", "num_unpaired_electrons"),
}


def read_npz(path: Path, given: Mapping[Any, str]) -> Iterator[dict[str, NDArray[Any]]]:
    """
    Read structures, one after the other, without padding.

    Parameters
    ----------
    path : pathlib.Path
    given : mapping of str to str
        Names of arrays, by letter, that are other than the usual ones.

    Yields
    ------
    dict of str to array
        By letter: Z atomic numbers ``[num_atoms]``, R positions and F forces ``[num_atoms, 3]``,
        D dipole ``[3]``, E energy, Q charge, S unpaired electrons; Z and R always.

    Raises
    ------
    ValueError
        If arrays lack, or their shapes or padding make no sense.
    """
    arrays = _npz_arrays(path, given)
    count = len(arrays["R"])
    for k in range(count):
        numbers = arrays["Z"] if arrays["Z"].ndim == 1 else arrays["Z"][k]
        size = int(np.count_nonzero(numbers))
        has = int(arrays["N"].reshape(count)[k]) if "N" in arrays else size
        if not numbers[:size].all() or has != size:
            raise ValueError(
                f"Entry {k} of '{path}' has the atomic numbers {numbers.tolist()} and {has} "
                "atoms; expected zeros only after the last atom."
            )
        found = {name: arrays[name][k, :size] for name in "RF" if name in arrays}
        found |= {name: arrays[name].reshape(count)[k] for name in "EQS" if name in arrays}
        found |= {name: arrays[name][k] for name in "D" if name in arrays}
        yield {"Z": numbers[:size], **found}


def npz_units(path: Path) -> dict[str, str]:
    """
    Read the units that an archive of sGDML names.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    dict of str to str
        ``length`` and ``energy``, as far as they are there, in the words of the settings.
    """
    with np.load(_archive(path), allow_pickle=False) as file:
        named = {key: file[key].item() for key in ("r_unit", "e_unit") if key in file.files}
    words = {key: w.decode() if isinstance(w, bytes) else str(w) for key, w in named.items()}
    return {_UNITS[key]: _SPELLINGS.get(w.lower(), w) for key, w in words.items()}


def _archive(path: Path) -> Path:
    """The file itself, if it is an archive: NumPy also takes a single array by its content."""
    if not zipfile.is_zipfile(path):
        raise ValueError("it is no archive of arrays (numpy.savez)")
    return path


def _npz_arrays(path: Path, given: Mapping[Any, str]) -> dict[str, NDArray[Any]]:
    """Arrays by their letter, of the right types and shapes."""
    found: dict[str, NDArray[Any]] = {}
    try:
        with np.load(_archive(path), allow_pickle=False) as file:
            for letter, names in _NAMES.items():
                if letter in given and given[letter] not in file.files:
                    raise ValueError(f"it has no array {given[letter]}")
                chosen = (given[letter],) if letter in given else names
                here = [key for key in file.files if key.lower() in chosen or key in chosen]
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
            "[structures, atoms, 3]) among them; other names can be given in the settings (arrays)."
        )
    _check_npz_shapes(path, found)
    strange = found["Z"][(found["Z"] < 0) | (found["Z"] > _LAST_ELEMENT)]
    if strange.size:
        raise ValueError(
            f"'{path}' has the atomic number {strange[0]}; expected 1 to {_LAST_ELEMENT}."
        )
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
