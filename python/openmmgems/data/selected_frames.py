# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Frames of a parent that were selected: `selected.csv` beside its `frames.dcd`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from openmmgems.core.files import write_atomically

from .frames_file import Floats, read_frames

_FILE = "selected.csv"


@dataclass(frozen=True)
class Selected:
    """A frame that is kept, by its number in `frames.dcd`, and why."""

    frame: int
    reason: str


def write_selected(folder: Path, chosen: Iterable[Selected]) -> None:
    """Write `selected.csv` into the folder of a parent."""
    lines = [f"{selected.frame},{selected.reason}\n" for selected in chosen]
    write_atomically(Path(folder) / _FILE, "frame,reason\n" + "".join(lines))


def read_selected(folder: Path) -> list[Selected]:
    """Read `selected.csv`.

    Raises
    ------
    FileNotFoundError
        If nothing has been selected.
    ValueError
        If it is not such a file.

    """
    path = Path(folder) / _FILE
    if not path.is_file():
        raise FileNotFoundError(f"There is no '{path}'; select frames of this parent first.")
    try:
        with open(path, newline="") as file:
            return [Selected(int(row["frame"]), row["reason"]) for row in csv.DictReader(file)]
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(
            f"'{path}' cannot be read ({error}); expected lines of a frame number and a reason "
            "below 'frame,reason'."
        ) from error


def selected_frames(folder: Path) -> Iterator[tuple[int, Floats, Floats | None]]:
    """Yield the frames that were selected.

    Parameters
    ----------
    folder : pathlib.Path
        Of a parent.

    Yields
    ------
    tuple
        Frame number, positions [num_atoms, 3] and box vectors as rows [3, 3] (None in vacuum), in
        angstrom; positions are those of `system.pdb`'s atoms, molecules whole.

    Raises
    ------
    FileNotFoundError
        If nothing has been selected.

    """
    folder = Path(folder)
    chosen = [selected.frame for selected in read_selected(folder)]
    yield from read_frames(folder / "frames.dcd", chosen=chosen)
