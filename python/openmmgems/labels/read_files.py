# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures to be labelled, from files of any kind that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from openmm import unit

from openmmgems.core.atomic_system import AtomicSystem

if TYPE_CHECKING:
    from openmmgems.data.import_data import ImportSettings

_WITH_RESIDUES = (".pdb", ".ent", ".cif", ".mmcif")


def read_files(
    files: Iterable[Path],
    settings: ImportSettings | None = None,
    say: Callable[[str], None] | None = None,
) -> Iterator[AtomicSystem]:
    """
    Go through the structures of files of any kind that can be read, one after the other.

    Parameters
    ----------
    files : iterable of Path
    settings : ImportSettings, optional
    say : callable, optional
        Is told what was concluded from a file.

    Raises
    ------
    FileNotFoundError, ValueError
        As `data.import_data.read_structures_any`; of PDB and mmCIF files as
        `systems.structure.read_structure`, and if residues lack atoms.
    """
    from openmmgems.data.import_data import ImportSettings, read_structures_any

    settings = settings or ImportSettings()
    for file in map(Path, files):
        if file.suffix.lower() in _WITH_RESIDUES:
            yield _read_one(file, settings, say or (lambda _: None))
        else:
            yield from read_structures_any(file, settings, say)


def _read_one(file: Path, settings: ImportSettings, say: Callable[[str], None]) -> AtomicSystem:
    """Read a PDB or mmCIF file: one structure, with all its hydrogens."""
    from openmmgems.systems.chemistry import check_complete, conclude_charge
    from openmmgems.systems.structure import read_structure

    structure = read_structure(file)
    check_complete(
        structure,
        f"'{file.name}' is labelled as it is: complete it first, or take fragments of it by "
        "'gems fragment --add-hydrogens'.",
    )
    notes = list(structure.notes)
    cell, vectors = None, structure.topology.getPeriodicBoxVectors()
    if vectors is not None and settings.box:
        cell = np.array(vectors.value_in_unit(unit.angstrom), dtype=np.float64)
    elif vectors is not None:
        notes.append("Its box is not used; it is with --box (in a script: ImportSettings.box).")
    elif settings.box:
        raise ValueError(
            f"'{file.name}' has no box; expected one (CRYST1 or _cell). Leave out --box, or give "
            "it a box."
        )
    charge = settings.charge
    if charge is None:
        charge, how = conclude_charge(structure)
        notes.append(f"Charge {charge:+d} e ({how}).")
    for note in notes:
        say(f"{file.name}: {note}")
    return AtomicSystem(
        structure.atomic_numbers,
        10.0 * structure.positions,
        charge,
        settings.spin or 0,
        f"imported:{file.name}:0",
        cell,
    )
