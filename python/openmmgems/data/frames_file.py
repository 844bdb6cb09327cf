# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Files that grow, cut back to a checkpoint before they go on: frames as DCD, and any other.

One writer at a time, of this process or another.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from openmm import app, unit

from openmmgems.core.errors import RunFolderError
from openmmgems.core.files import DISK_FULL, naming_full_disk
from openmmgems.core.locks import take_lock

Floats = NDArray[np.float64]
# Bytes before the first frame.
_HEADER = 276


def open_cut_back(path: Path, kept_bytes: int, *, buffering: int = -1) -> BinaryIO:
    """Open a file for this writer alone, cut back to so many bytes, at its end.

    Parameters
    ----------
    path : pathlib.Path
        Made if it is not there.
    kept_bytes : int
    buffering : int
        As of `open`.

    Raises
    ------
    OSError
        If the file is shorter.
    RunFolderError
        If another writer has the file; nothing is changed then.

    """
    present = path.stat().st_size if path.is_file() else 0
    if present < kept_bytes:
        raise OSError(
            f"'{path}' has {present} bytes, but had {kept_bytes} at the last checkpoint; it was "
            "changed since. Begin again in another folder."
        )
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    file: BinaryIO = open(descriptor, "r+b", buffering=buffering)  # noqa: SIM115
    try:
        if not take_lock(file, path):
            raise RunFolderError(
                f"Another process is writing to '{path}'. Wait for it, or choose another folder."
            )
        file.truncate(kept_bytes)
        file.seek(0, os.SEEK_END)
    except BaseException:
        file.close()
        raise
    return file


class FramesFile:
    """A DCD file that frames are added to; each is in the file when `write` returns.

    Parameters
    ----------
    path : pathlib.Path
        Made anew if no frames are kept.
    topology : openmm.app.Topology
        With a box if frames have one.
    kept_frames : int
        The file is first cut back to so many.
    step_ps : float
        ps, time step that the header tells.
    interval : int
        Steps between frames that the header tells.

    Raises
    ------
    OSError, RunFolderError
        As :func:`open_cut_back`.

    """

    def __init__(
        self,
        path: Path,
        topology: app.Topology,
        kept_frames: int = 0,
        *,
        step_ps: float = 0.001,
        interval: int = 1,
    ) -> None:
        self.path, self.num_frames = path, kept_frames
        box = topology.getPeriodicBoxVectors()
        self._frame_bytes = 3 * (4 * topology.getNumAtoms() + 8) + (0 if box is None else 56)
        self._file = open_cut_back(path, self.num_bytes if kept_frames else 0)
        if kept_frames:
            _set_frames(self._file, kept_frames)
        self._writer = app.DCDFile(
            self._file, topology, step_ps, interval, interval, kept_frames > 0
        )

    @property
    def num_bytes(self) -> int:
        """Size of the file."""
        return _HEADER + self.num_frames * self._frame_bytes

    def write(self, positions_nm: Floats, box_nm: Floats | unit.Quantity | None = None) -> None:
        """Add a frame.

        Parameters
        ----------
        positions_nm : float array [num_atoms, 3]
        box_nm : float array [3, 3] or Quantity, optional
            Default: that of the topology.

        Raises
        ------
        OSError
            If the disk is full.

        """
        box = box_nm * unit.nanometer if isinstance(box_nm, np.ndarray) else box_nm
        with naming_full_disk(self.path):
            self._writer.writeModel(positions_nm, periodicBoxVectors=box)
            self.num_frames += 1
            if self.path.stat().st_size < self.num_bytes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def flush(self) -> None:
        """Bring all frames to disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; what could not be written was reported before."""
        try:
            self._file.close()
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise


def read_frames(
    path: Path, atoms: NDArray[np.int64] | None = None, chosen: list[int] | None = None
) -> Iterator[tuple[int, Floats, Floats | None]]:
    """Yield number, positions [num_atoms, 3] and box vectors [3, 3] (or None) in angstrom.

    Parameters
    ----------
    path : pathlib.Path
        A DCD file that `FramesFile` wrote.
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


def require_whole_dcd(path: str | os.PathLike[str]) -> None:
    """Refuse a DCD file of any program that lacks frames; readers stop there without an error.

    Raises
    ------
    ValueError
        If its header tells of more frames than it has. It may tell of fewer: not every program goes
        back to it.
    """
    import mdtraj

    with open(path, "rb") as file:
        header = file.read(16)
    place = header.find(b"CORD") + 4  # behind a record's length, of 4 or 8 bytes
    if place < 8 or len(header) < place + 4:
        return  # no DCD file, as readers will tell
    order = "<" if header[0] else ">"  # of the length 84
    (told,) = struct.unpack_from(f"{order}i", header, place)
    with mdtraj.open(os.fspath(path)) as frames:
        found = len(frames)
    if found < told:
        raise ValueError(
            f"the file ends after {found} of {told} frames. Copy it again, or keep what is there "
            f"(mdconvert -o whole.dcd {os.fspath(path)})."
        )


def _cell(stored: Floats) -> Floats:
    """Box vectors of a, cos(gamma), b, cos(beta), cos(alpha), c; lengths in angstrom."""
    from mdtraj.utils import lengths_and_angles_to_box_vectors

    a, b, c = stored[[0, 2, 5]]
    alpha, beta, gamma = np.degrees(np.arccos(stored[[4, 3, 1]]))
    return np.array(lengths_and_angles_to_box_vectors(a, b, c, alpha, beta, gamma))


def _map(path: Path) -> NDArray[np.void]:
    """Map a file as `FramesFile` writes it."""
    with open(path, "rb") as file:
        header = file.read(_HEADER)
    if not header or header[8:12] == bytes(4):
        raise ValueError(f"'{path}' has no frames yet; run this parent first.")
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


def _set_frames(file: BinaryIO, kept: int) -> None:
    """Set the number of frames in the header (as CHARMM and OpenMM write it), and the last step."""
    file.seek(12)
    first, interval = struct.unpack("<2i", file.read(8))
    for place, number in ((8, kept), (20, first + (kept - 1) * interval)):
        file.seek(place)
        file.write(struct.pack("<i", number))
    file.seek(0)
