# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Write the fragments of many frames into one file, going on where an earlier attempt ended."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from itertools import chain, takewhile
from pathlib import Path

import numpy as np

from openmmgems.core.files import write_atomically
from openmmgems.core.locks import locked_folder
from openmmgems.data.structure_file import read_kept_atoms, read_structures, write_structures

from .frame_fragmenter import Frame, FrameFragmenter
from .top_down import TopDownFragment

#: A part ends with the frame that brings its centres to this number.
BLOCK_CENTRES = 100


@dataclass(frozen=True)
class FragmentRow:
    """One line of the table of fragments; ``kind`` as in :class:`CentreResidue`."""

    parent: str
    frame: int
    centre: int
    residue: str
    kind: str
    atoms: int
    caps: int
    charge: int


def collect_fragments(
    fragmenter: FrameFragmenter,
    frames: Iterable[Frame],
    out: str | os.PathLike[str],
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[FragmentRow] | None:
    """
    Cut fragments out of frames and write them.

    Finished fragments are kept, a hundred or so at a time, in a folder beside ``out``, named
    ``<out>.parts``, until all are done: repeated after an interruption, only the rest is cut. The
    result is the same.

    Parameters
    ----------
    fragmenter : FrameFragmenter
        Freshly made.
    frames : iterable of (positions_angstrom, cell_angstrom, number)
    out : path
        File of structures (``openmmgems.data.structure_file``), with ``kept_atoms``. Beside it
        a table of the same name with the ending ``.csv`` is written.
    progress : callable, optional
        Called after each such part with the number of frames and of fragments so far.
    stop : callable, optional
        Asked before each fragment.

    Returns
    -------
    list of FragmentRow or None
        None: it was stopped, and only the finished parts are there.

    Raises
    ------
    ValueError
        If there are no frames, or the folder holds parts of something else.
    RunFolderError
        If another process writes the same fragments.
    """
    parts = Path(f"{os.fspath(out)}.parts")
    with locked_folder(parts):
        _check_identity(parts, _identity(fragmenter))
        rows = _collect(fragmenter, frames, Path(out), parts, progress, stop)
        if rows is not None:
            shutil.rmtree(parts)
    return rows


def _collect(
    fragmenter: FrameFragmenter,
    frames: Iterable[Frame],
    out: Path,
    parts: Path,
    progress: Callable[[int, int], None] | None,
    stop: Callable[[], bool],
) -> list[FragmentRow] | None:
    """Cut what is not in the parts yet, and put all together."""
    rows: list[FragmentRow] = []
    files: list[Path] = []
    num_frames = 0
    for block in _blocks(fragmenter, frames):
        file = parts / f"{num_frames:06d}-{_digest(block)}.h5"
        if not file.is_file():
            cut = chain.from_iterable(fragmenter.cut(*picked) for picked in block)
            fragments = list(takewhile(lambda _: not stop(), cut))
            if stop():
                return None
            _write_part(file, fragmenter, fragments)
        files.append(file)
        rows += read_rows(file.with_suffix(".csv"))
        num_frames += len(block)
        if progress is not None:
            progress(num_frames, len(rows))
    if not files:
        raise ValueError("There are no frames to cut fragments from.")
    write_structures(
        out,
        chain.from_iterable(map(read_structures, files)),
        kept_atoms=chain.from_iterable(map(read_kept_atoms, files)),
    )
    write_rows(out.with_suffix(".csv"), rows)
    return rows


def read_rows(path: str | os.PathLike[str]) -> list[FragmentRow]:
    """Read a table of fragments."""
    with open(path, newline="") as stream:
        return [
            FragmentRow(
                line["parent"],
                int(line["frame"]),
                int(line["centre"]),
                line["residue"],
                line["kind"],
                int(line["atoms"]),
                int(line["caps"]),
                int(line["charge"]),
            )
            for line in csv.DictReader(stream)
        ]


def write_rows(path: str | os.PathLike[str], rows: Iterable[FragmentRow]) -> None:
    """Write a table of fragments; an older one is replaced when the new one is complete."""
    write_table(path, [field.name for field in fields(FragmentRow)], map(asdict, rows))


def write_table(
    path: str | os.PathLike[str], columns: list[str], rows: Iterable[dict[str, object]]
) -> None:
    """Write a CSV file; an older one is replaced when the new one is complete."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(Path(path), text.getvalue())


def _check_identity(parts: Path, identity: str) -> None:
    """Say in a new folder of parts what they are of, or check that an older one is of the same."""
    name = parts / "identity"
    known = name.read_text() if name.is_file() else None
    if known is None and not any(parts.glob("*.h5")):  # new, or killed before its name was written
        write_atomically(name, identity)
    elif known != identity:
        raise ValueError(
            f"'{parts}' holds parts of other fragments (other settings or another system); delete "
            "it, or choose another output file."
        )


def _identity(fragmenter: FrameFragmenter) -> str:
    """Tell settings and system apart from others."""
    digest = hashlib.sha256(fragmenter.settings.model_dump_json().encode())
    digest.update(fragmenter.parent.encode() + b"\0")
    graph = fragmenter.graph
    for array in (graph.atomic_numbers, graph.bonds, graph.orders, graph.charges):
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update("\n".join(graph.residues).encode())
    return digest.hexdigest()


def _blocks(
    fragmenter: FrameFragmenter, frames: Iterable[Frame]
) -> Iterator[list[tuple[Frame, list[int]]]]:
    """Frames with their centres, several at a time: files of a few fragments cost much time."""
    block: list[tuple[Frame, list[int]]] = []
    for frame in frames:
        block.append((frame, fragmenter.picker.pick(*frame)))
        if sum(len(centres) for _, centres in block) >= BLOCK_CENTRES:
            yield block
            block = []
    if block:
        yield block


def _digest(block: list[tuple[Frame, list[int]]]) -> str:
    digest = hashlib.sha256()
    for (positions, cell, number), centres in block:
        digest.update(np.asarray(positions, dtype=float).tobytes())
        if cell is not None:
            digest.update(np.asarray(cell, dtype=float).tobytes())
        digest.update(repr((int(number), centres)).encode())
    return digest.hexdigest()[:16]


def _write_part(file: Path, fragmenter: FrameFragmenter, fragments: list[TopDownFragment]) -> None:
    """Write the table first: a structure file that is there means that both are complete."""
    write_rows(file.with_suffix(".csv"), _rows(fragmenter, fragments))
    write_structures(
        file, [f.structure for f in fragments], kept_atoms=[f.atoms for f in fragments]
    )


def _rows(fragmenter: FrameFragmenter, fragments: list[TopDownFragment]) -> Iterator[FragmentRow]:
    for fragment in fragments:
        yield FragmentRow(
            fragment.parent,
            fragment.frame,
            fragment.centre,
            fragment.residue,
            fragmenter.kind_of(fragment.centre),
            len(fragment.structure.atomic_numbers),
            len(fragment.caps),
            fragment.structure.charge,
        )
