# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Frames of trajectory files."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from openmm import app

from openmmgems.data.frames_file import require_whole_dcd

from .frame_fragmenter import Frame

#: Formats that are read a few frames at a time, and those that are read as a whole.
_STREAMED = (
    *("dcd", "xtc", "trr", "nc", "ncdf", "netcdf", "mdcrd", "crd", "lammpstrj", "gro"),
    *("xyz", "xyz.gz", "pdb", "pdb.gz", "h5"),
)
_WHOLE = ("cif", "cif.gz", "rst7", "ncrst")
#: Formats that tell how many frames there are without being read.
_COUNTED = ("dcd", "xtc", "trr", "nc", "ncdf", "netcdf", "h5")
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
        Its ending tells the format: dcd, xtc, trr, nc, mdcrd, lammpstrj, gro, xyz, pdb, cif, rst7,
        and others of MDTraj; h5 needs PyTables.
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
        If it is of another format, cannot be read, has other atoms, or lacks a chosen frame.
    """
    left = None if chosen is None else set(chosen)
    number = 0
    with _explained(path, topology):
        if _format(path) == "dcd":
            require_whole_dcd(path)
        for part in _parts(path, topology):
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
    if left:
        raise ValueError(
            f"Trajectory '{os.fspath(path)}' has {number} frames; expected also frame {min(left)}."
        )


def _parts(path: str | os.PathLike[str], topology: app.Topology) -> Iterator[Any]:
    """Trajectories of MDTraj, one after the other, that together are the file."""
    import mdtraj

    name, known = os.fspath(path), mdtraj.Topology.from_openmm(topology)
    if _format(path) in _WHOLE:
        yield mdtraj.load(name, top=known)
    else:
        yield from mdtraj.iterload(name, top=known, chunk=_CHUNK)


def _format(path: str | os.PathLike[str]) -> str:
    """The file's format by its ending; FileNotFoundError or ValueError if it cannot be read."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no trajectory '{os.fspath(path)}'.")
    words = Path(path).name.split(".")
    ending = ".".join(words[-2:] if words[-1] == "gz" else words[-1:])
    if ending not in _STREAMED + _WHOLE:
        raise ValueError(
            f"Trajectory '{os.fspath(path)}' ends in '.{ending}'; expected one of "
            f"{', '.join(_STREAMED + _WHOLE)}. Convert it, as with 'mdconvert' of MDTraj."
        )
    return ending


@contextlib.contextmanager
def _explained(path: str | os.PathLike[str], topology: app.Topology) -> Iterator[None]:
    """Say which file cannot be read, in one sentence."""
    ending = _format(path)
    try:
        yield
    except ImportError as error:
        raise ValueError(
            f"Trajectory '{os.fspath(path)}' cannot be read without PyTables. Install it (pip "
            "install tables), or convert the file to dcd or xtc."
        ) from error
    except (OSError, ValueError, TypeError, RuntimeError, LookupError, EOFError) as error:
        raise ValueError(
            f"Trajectory '{os.fspath(path)}' cannot be read as {ending} for "
            f"{topology.getNumAtoms()} atoms: {error}"
        ) from error


def count_frames(path: str | os.PathLike[str], topology: app.Topology) -> int:
    """
    Tell the number of frames of a trajectory, if its format lets without reading it all.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it cannot be read.
    """
    import mdtraj

    with _explained(path, topology):
        if _format(path) not in _COUNTED:
            return sum(len(part) for part in _parts(path, topology))
        if _format(path) == "dcd":
            require_whole_dcd(path)
        with mdtraj.open(os.fspath(path)) as file:
            return len(file)


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
