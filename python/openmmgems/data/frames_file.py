# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Files that grow by whole segments and are cut back to the last one after a crash."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from openmm import app, unit

from openmmgems.core.errors import RunFolderError
from openmmgems.core.files import naming_full_disk
from openmmgems.core.locks import take_lock

Floats = NDArray[np.float64]
# Bytes before the first frame.
_HEADER = 276


@dataclass(frozen=True)
class Frame:
    """Positions [num_atoms, 3] and box vectors [3, 3] (None in vacuum) in nm, and a log line."""

    positions_nm: Floats
    box_nm: Floats | None
    log_line: str


def append_frames(path: Path, topology: app.Topology, frames: list[Frame], kept: int) -> int:
    """Append frames to a DCD file that is first cut back to so many.

    Parameters
    ----------
    path : pathlib.Path
        Made anew if `kept` is 0.
    topology : openmm.app.Topology
    frames : list of Frame
        One at least.
    kept : int
        Frames of the file that count.

    Returns
    -------
    int
        Frames in the file now.

    Raises
    ------
    OSError
        If the file has fewer frames, or the disk is full.
    RunFolderError
        If another writer has the file.

    """
    size = 3 * (4 * topology.getNumAtoms() + 8) + (0 if frames[0].box_nm is None else 56)
    with _appending(path, _HEADER + kept * size if kept else 0) as file:
        if kept:
            _set_frames(file, kept)
        writer = app.DCDFile(file, topology, 0.001, kept + 1, 1, bool(kept))
        for frame in frames:
            writer.writeModel(frame.positions_nm, periodicBoxVectors=_vectors(frame.box_nm))
    return kept + len(frames)


def append_text(path: Path, text: str, kept_bytes: int) -> int:
    """Append text to a file that is first cut back to so many bytes; give its size then.

    Raises
    ------
    OSError
        If the file is shorter, or the disk is full.
    RunFolderError
        If another writer has the file.

    """
    with _appending(path, kept_bytes) as file:
        file.seek(0, os.SEEK_END)
        file.write(text.encode())
    return path.stat().st_size


def read_frames(
    path: Path, atoms: NDArray[np.int64] | None = None, chosen: list[int] | None = None
) -> Iterator[tuple[int, Floats, Floats | None]]:
    """Yield number, positions [num_atoms, 3] and box vectors [3, 3] (or None) in angstrom.

    Parameters
    ----------
    path : pathlib.Path
        A DCD file that `append_frames` wrote.
    atoms : int array, optional
        Only these.
    chosen : list of int, optional
        Only these frames, in this order.

    Raises
    ------
    ValueError
        If a frame is not in the file, or it is no such file.

    """
    data = _map(path)
    number = len(data)
    wrong = [k for k in chosen or () if not 0 <= k < number]
    if wrong:
        raise ValueError(f"'{path}' has {number} frames; expected one with number {wrong[0]}.")
    for k in range(number) if chosen is None else chosen:
        columns = [data[k][axis] if atoms is None else data[k][axis][atoms] for axis in "xyz"]
        cell = _cell(data[k]["cell"]) if "cell" in (data.dtype.names or ()) else None
        yield k, np.stack(columns, axis=1).astype(np.float64), cell


def _cell(stored: Floats) -> Floats:
    """Box vectors of a, cos(gamma), b, cos(beta), cos(alpha), c; lengths in angstrom."""
    from mdtraj.utils import lengths_and_angles_to_box_vectors

    a, b, c = stored[[0, 2, 5]]
    alpha, beta, gamma = np.degrees(np.arccos(stored[[4, 3, 1]]))
    return np.array(lengths_and_angles_to_box_vectors(a, b, c, alpha, beta, gamma))


def _map(path: Path) -> NDArray[np.void]:
    """Map a file as `append_frames` writes it."""
    with open(path, "rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or header[4:8] != b"CORD":
        raise ValueError(f"'{path}' is no DCD file of a parent; it is damaged or something else.")
    (frames,), (boxed,) = struct.unpack_from("<i", header, 8), struct.unpack_from("<i", header, 48)
    (num_atoms,) = struct.unpack_from("<i", header, 268)
    fields = [("_", "<i4"), ("cell", "<f8", 6), ("__", "<i4")] if boxed else []
    for axis in "xyz":
        fields += [(f"{axis}_", "<i4"), (axis, "<f4", num_atoms), (f"_{axis}", "<i4")]
    if path.stat().st_size < _HEADER + frames * np.dtype(fields).itemsize:
        raise ValueError(f"'{path}' is shorter than the {frames} frames it should have.")
    return np.memmap(path, np.dtype(fields), "r", _HEADER, (frames,))


def _vectors(box: Floats | None) -> unit.Quantity | None:
    return None if box is None else box * unit.nanometer


@contextmanager
def _appending(path: Path, kept_bytes: int) -> Iterator[BinaryIO]:
    """Open a file for this writer alone, cut back; what is written is on disk at the end."""
    present = path.stat().st_size if path.is_file() else 0
    if present < kept_bytes:
        raise OSError(
            f"'{path}' has {present} bytes; expected {kept_bytes} or more, as at the last "
            "checkpoint. It was changed; begin again in another folder."
        )
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    with naming_full_disk(path), open(descriptor, "r+b") as file:
        if not take_lock(file, path):
            raise RunFolderError(
                f"Another process is writing to '{path}'. Wait for it, or choose another folder."
            )
        file.truncate(kept_bytes)
        yield file
        file.flush()
        os.fsync(file.fileno())


def _set_frames(file: BinaryIO, kept: int) -> None:
    """Say in the header how many frames there are (DCD as CHARMM and OpenMM write it)."""
    for place in (8, 20):
        file.seek(place)
        file.write(struct.pack("<i", kept))
    file.seek(0)
