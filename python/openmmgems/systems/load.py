# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A structure file as commands want it: read, and prepared as far as is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .loaded_structure import LoadedStructure
from .prepare import prepare_structure
from .prepare_settings import PrepareSettings
from .structure import read_structure


@dataclass(frozen=True)
class StructureOptions:
    """How to read the structure; see :func:`read_structure`."""

    coordinates: str | None = None
    alternate_location: str | None = None
    include_folder: str | None = None
    hydrogens: bool = False
    ph: float = 7.0
    box: bool = True
    remove: Sequence[str] = ()


def load(
    path: str | Path, options: StructureOptions | None = None, *, allow_gaps: bool = False
) -> LoadedStructure:
    """Read a structure and prepare it.

    Parameters
    ----------
    path : path
    options : StructureOptions, optional
    allow_gaps : bool
        Go on with bonds that are too long.

    Returns
    -------
    LoadedStructure
    """
    options = options or StructureOptions()
    structure = read_structure(
        path,
        coordinates=options.coordinates,
        alternate_location=options.alternate_location,
        include_folder=options.include_folder,
    )
    if not options.box:
        structure.topology.setPeriodicBoxVectors(None)
    settings = PrepareSettings(
        add_hydrogens=options.hydrogens,
        ph=options.ph,
        remove=tuple(options.remove),
        allow_gaps=allow_gaps,
    )
    return prepare_structure(structure, settings)
