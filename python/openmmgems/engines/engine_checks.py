# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What engines check before and after a calculation, and how they name a structure in errors."""

import importlib.util
import os
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import numpy as np
from openmm.app import Element
from scipy.spatial import cKDTree

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.files import file_digest

CLOSEST_ANGSTROM = 0.3  # H2 at 0.74 is the shortest bond; below this no engine gives sense.


def name_of(structure: AtomicSystem) -> str:
    """Name a structure in an error: its source, or how many atoms it has."""
    return structure.source or f"a structure of {len(structure.atomic_numbers)} atoms"


def check_elements(
    structure: AtomicSystem, level: str, known: Collection[int], *, cells: bool = False
) -> None:
    """
    Refuse what a level of theory cannot do: no atoms, unknown elements, a periodic cell.

    Parameters
    ----------
    structure : AtomicSystem
    level : str
    known : collection of int
        Atomic numbers.
    cells : bool
        Whether it can do periodic cells.

    Raises
    ------
    ValueError
        With the elements' names and what is known.
    """
    if len(structure.atomic_numbers) == 0:
        raise ValueError(f"{level}: the structure '{structure.source}' has no atoms.")
    if not cells:
        structure.require_molecule(level)
    unknown = sorted(set(structure.atomic_numbers.tolist()) - set(known))
    if unknown:
        names = ", ".join(_symbol(number) for number in unknown)
        raise ValueError(
            f"{level} has no parameters for {names} of {name_of(structure)}; "
            f"it knows {_ranges(known)}."
        )


def check_distances(structure: AtomicSystem, level: str) -> None:
    """Refuse atoms that (almost) coincide, with a ValueError."""
    if len(structure.atomic_numbers) < 2:
        return
    tree = cKDTree(structure.positions_angstrom)
    closest = float(tree.query(structure.positions_angstrom, k=2)[0][:, 1].min())
    if closest < CLOSEST_ANGSTROM:
        raise ValueError(
            f"{level}: two atoms of {name_of(structure)} are {closest:.3f} angstrom apart; "
            f"expected at least {CLOSEST_ANGSTROM}."
        )


def checked(label: Label, structure: AtomicSystem, level: str) -> Label:
    """Give a label back if all of it is finite, otherwise raise RuntimeError."""
    arrays = [label.energy_ev, label.forces_ev_per_angstrom, label.virial_ev, label.charges_e]
    if structure.cell_angstrom is None:  # in a cell there is no dipole
        arrays.append(label.dipole_e_angstrom)
    if not all(np.isfinite(array).all() for array in arrays if array is not None):
        raise RuntimeError(f"{level} gave NaN or infinite values for {name_of(structure)}.")
    return label


def need_package(module: str, engine: str, command: str) -> None:
    """Raise ImportError, with the command that installs it, if a package is not there."""
    if importlib.util.find_spec(module) is None:
        raise ImportError(
            f"The engine '{engine}' needs the package '{module}', which is not installed. "
            f"Install it: {command}"
        )


def threads_of_environment() -> int:
    """How many threads libraries should use here: OMP_NUM_THREADS, or 1."""
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return max(int(first), 1) if first.isdigit() else 1


def file_sha256(file: str) -> str:
    """Checksum of a file's content; reads it again only when the file was changed."""
    status = Path(file).stat()
    return _sha256(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=32)
def _sha256(file: str, _modified_ns: int, _size: int) -> str:
    return file_digest(Path(file))


def _symbol(number: int) -> str:
    try:
        return str(Element.getByAtomicNumber(number).symbol)
    except KeyError:
        return f"element {number}"


def _ranges(numbers: Collection[int]) -> str:
    ordered = sorted(numbers)
    if ordered == list(range(1, len(ordered) + 1)):
        return f"{_symbol(1)} to {_symbol(len(ordered))}"
    return ", ".join(_symbol(number) for number in ordered)
