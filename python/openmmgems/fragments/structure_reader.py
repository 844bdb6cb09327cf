# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structure files as fragments need them: complete, with the charges of their bonds."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openmm import app, unit

from openmmgems.core.files import write_atomically
from openmmgems.systems.chemistry import require_charges_of_bonds
from openmmgems.systems.load import StructureOptions, load
from openmmgems.systems.loaded_structure import LoadedStructure

Say = Callable[[str], None]


@dataclass(frozen=True)
class StructureReader:
    """
    Reads structures in one way.

    Attributes
    ----------
    options : StructureOptions
    allow_gaps : bool
        Go on with bonds that are too long.
    """

    options: StructureOptions = field(default_factory=StructureOptions)
    allow_gaps: bool = False

    def read(self, path: Path, say: Say) -> LoadedStructure:
        """
        Read a structure and prepare it.

        Parameters
        ----------
        path : pathlib.Path
        say : callable
            Told what was concluded, and done to the structure.

        Raises
        ------
        StructureError
            As `load`; or if the file says another charge than its bonds, or unpaired electrons.
        """
        structure = load(path, self.options, allow_gaps=self.allow_gaps)
        for note in structure.notes:
            say(note)
        require_charges_of_bonds(structure)
        return structure

    def inputs(self, path: Path) -> Sequence[Path]:
        """Files that must be there to read a structure."""
        coordinates = self.options.coordinates
        return (path, *([Path(coordinates)] if coordinates else []))


def structure_reader(given: Mapping[str, Any]) -> StructureReader:
    """Make a reader of what a command was given: fields of `StructureOptions`, `allow_gaps`."""
    options = {name: value for name, value in given.items() if name != "allow_gaps"}
    return StructureReader(StructureOptions(**options), given.get("allow_gaps", False))


def write_completed(structure: LoadedStructure, file: Path) -> None:
    """Write a structure as mmCIF, its numbers of residues kept."""
    text = io.StringIO()
    positions = structure.positions * unit.nanometer
    app.PDBxFile.writeFile(structure.topology, positions, text, keepIds=True)
    write_atomically(file, text.getvalue())
