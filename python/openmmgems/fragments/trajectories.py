# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Frames of trajectory files."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from openmm import app

from .frame_fragmenter import Frame

_CHUNK = 20


def read_frames(
    path: str | os.PathLike[str],
    topology: app.Topology,
    chosen: Collection[int] | None = None,
    *,
    use_box: bool = True,
) -> Iterator[Frame]:
    """
    Read frames of a trajectory, a few at a time.

    Parameters
    ----------
    path : path
        Any format of MDTraj: DCD, XTC, HDF5, ...
    topology : openmm.app.Topology
    chosen : collection of int, optional
        Only these frames, counted from 0.
    use_box : bool
        False: boxes of the file are not used.

    Yields
    ------
    positions, cell, number
        Positions, shape ``[num_atoms, 3]``, angstrom; box vectors as rows, angstrom, or None; the
        frame's number.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it cannot be read, has other atoms, or lacks a chosen frame.
    """
    import mdtraj

    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no trajectory '{os.fspath(path)}'.")
    left = None if chosen is None else set(chosen)
    number = 0
    try:
        for part in mdtraj.iterload(
            os.fspath(path), top=mdtraj.Topology.from_openmm(topology), chunk=_CHUNK
        ):
            if part.n_atoms != topology.getNumAtoms():
                raise ValueError(f"it has {part.n_atoms} atoms")
            for k in range(len(part)):
                if left is None or number in left:
                    cells = part.unitcell_vectors if use_box else None
                    cell = None if cells is None else 10.0 * cells[k].astype(float)
                    yield 10.0 * part.xyz[k].astype(float), cell, number
                if left is not None:
                    left.discard(number)
                number += 1
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ValueError(
            f"Trajectory '{os.fspath(path)}' cannot be read for {topology.getNumAtoms()} atoms: "
            f"{error}"
        ) from error
    if left:
        raise ValueError(
            f"Trajectory '{os.fspath(path)}' has {number} frames; expected also frame {min(left)}."
        )


def count_frames(path: str | os.PathLike[str]) -> int:
    """
    Tell the number of frames of a trajectory without reading it all.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it cannot be read.
    """
    import mdtraj

    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no trajectory '{os.fspath(path)}'.")
    try:
        with mdtraj.open(os.fspath(path)) as file:
            return len(file)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ValueError(f"Trajectory '{os.fspath(path)}' cannot be read: {error}") from error


def read_selection(path: str | os.PathLike[str]) -> list[int]:
    """
    Read numbers of frames: the column ``frame`` of a CSV file.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file or column, or it holds something else.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no selection '{os.fspath(path)}'.")
    with open(path, newline="") as stream:
        lines = list(csv.DictReader(stream))
    try:
        frames = [int(line["frame"]) for line in lines]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"'{os.fspath(path)}' is no selection of frames; expected a CSV file with a column "
            "'frame' of integers."
        ) from error
    if not frames or min(frames) < 0:
        raise ValueError(f"'{os.fspath(path)}' selects no frames, or negative ones.")
    return sorted(set(frames))
