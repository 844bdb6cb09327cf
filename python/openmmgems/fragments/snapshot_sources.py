# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A system and its frames: what `gems sample` has selected, or a structure with a trajectory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from openmm import unit

from openmmgems.data.selected_frames import read_selected, selected_frames
from openmmgems.systems.loaded_structure import LoadedStructure
from openmmgems.systems.structure import read_structure

from .frame_fragmenter import Frame
from .structure_reader import Say, StructureReader, structure_reader
from .trajectories import count_frames, read_frames, read_selection


@dataclass(frozen=True)
class Snapshots:
    """
    A system and its frames.

    Attributes
    ----------
    structure : LoadedStructure
    frames : callable
        Gives the frames from the first on, each time it is called.
    num_frames : int
    is_completed : bool
        Whether the structure has more than its file.
    """

    structure: LoadedStructure
    frames: Callable[[], Iterator[Frame]]
    num_frames: int
    is_completed: bool = False


class Source(Protocol):
    """Files of snapshots."""

    @property
    def name(self) -> str:
        """What the system is called, unless it is given another name."""

    @property
    def inputs(self) -> Sequence[Path]:
        """Files that must be there."""

    def read(self, say: Say) -> Snapshots:
        """Read the system, and tell what was concluded; frames are read later."""


@dataclass(frozen=True)
class SampledFolder:
    """The selected frames in a folder that `gems sample` wrote."""

    folder: Path

    @property
    def name(self) -> str:
        """That of the folder."""
        return self.folder.name

    @property
    def inputs(self) -> Sequence[Path]:
        """System, frames, and which of them are selected."""
        return tuple(self.folder / name for name in ("system.pdb", "frames.dcd", "selected.csv"))

    def read(self, say: Say) -> Snapshots:
        """Read the system, which is complete."""
        del say  # the file is our own

        def frames() -> Iterator[Frame]:
            for number, positions, cell in selected_frames(self.folder):
                yield positions, cell, number

        structure = read_structure(self.folder / "system.pdb")
        return Snapshots(structure, frames, len(read_selected(self.folder)))


@dataclass(frozen=True)
class StructureFile:
    """
    A structure, or the frames of its trajectory.

    Attributes
    ----------
    path : pathlib.Path
    reader : StructureReader
    trajectory : pathlib.Path, optional
    selection : pathlib.Path, optional
        CSV file whose column ``frame`` chooses frames of the trajectory.
    """

    path: Path
    reader: StructureReader = field(default_factory=StructureReader)
    trajectory: Path | None = None
    selection: Path | None = None

    @property
    def name(self) -> str:
        """That of the file."""
        return self.path.stem

    @property
    def inputs(self) -> Sequence[Path]:
        """All that are given."""
        others = (path for path in (self.trajectory, self.selection) if path is not None)
        return (*self.reader.inputs(self.path), *others)

    def read(self, say: Say) -> Snapshots:
        """Read and prepare the structure, and count the frames."""
        structure = self.reader.read(self.path, say)
        is_completed = self.reader.options.hydrogens
        if self.trajectory is None:
            frame = _frame_of(structure)
            return Snapshots(structure, lambda: iter([frame]), 1, is_completed)
        topology, trajectory = structure.topology, self.trajectory
        chosen = None if self.selection is None else read_selection(self.selection)
        use_box = self.reader.options.box
        return Snapshots(
            structure,
            lambda: read_frames(trajectory, topology, chosen, use_box=use_box),
            count_frames(trajectory, topology) if chosen is None else len(chosen),
            is_completed,
        )


def _frame_of(structure: LoadedStructure) -> Frame:
    vectors = structure.topology.getPeriodicBoxVectors()
    cell = None if vectors is None else np.array(vectors.value_in_unit(unit.angstrom))
    return 10.0 * structure.positions, cell, 0


def snapshot_source(
    path: Path, reading: Mapping[str, Any], trajectory: Path | None, selection: Path | None
) -> Source:
    """
    Find out what a path holds: a folder of `gems sample`, which needs no more, or a structure.

    Parameters
    ----------
    path : pathlib.Path
    reading : mapping
        See `structure_reader`.
    trajectory, selection : pathlib.Path, optional
        See `StructureFile`.
    """
    if path.is_dir():
        return SampledFolder(path)
    return StructureFile(path, structure_reader(reading), trajectory, selection)
