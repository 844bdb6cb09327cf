# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Files of frames that are cut back and continued."""

import fcntl
import resource
from contextlib import closing
from pathlib import Path

import mdtraj
import numpy as np
import pytest
from openmm import app
from openmmgems.core.errors import RunFolderError
from openmmgems.data.frames_file import FramesFile, open_cut_back, read_frames


@pytest.fixture
def topology() -> app.Topology:
    topology = app.Topology()
    residue = topology.addResidue("HOH", topology.addChain())
    for symbol in ("O", "H", "H"):
        topology.addAtom(symbol, app.Element.getBySymbol(symbol), residue)
    topology.setUnitCellDimensions((2.0, 2.1, 2.2))
    return topology


Frame = tuple[np.ndarray, np.ndarray | None]


def _frames(number: int, boxed: bool = True) -> list[Frame]:
    generator = np.random.default_rng(number)
    skewed = np.array([[2.0, 0.0, 0.0], [0.3, 2.1, 0.0], [-0.4, 0.5, 2.2]])
    boxes = [skewed + np.diag([0.1 * k, 0.0, 0.0]) if boxed else None for k in range(number)]
    return [(generator.normal(size=(3, 3)), box) for box in boxes]


def _append(path: Path, topology: app.Topology, frames: list[Frame], kept: int = 0) -> int:
    with closing(FramesFile(path, topology, kept)) as file:
        for frame in frames:
            file.write(*frame)
            assert path.stat().st_size == file.num_bytes
        return file.num_frames


def test_mdtraj_reads_what_is_written(topology: app.Topology, tmp_path: Path) -> None:
    path, frames = tmp_path / "frames.dcd", _frames(4)
    assert _append(path, topology, frames) == 4
    read = mdtraj.load_dcd(str(path), top=mdtraj.Topology.from_openmm(topology))
    np.testing.assert_allclose(read.xyz, [positions for positions, _ in frames], atol=1e-6)
    np.testing.assert_allclose(read.unitcell_vectors, [box for _, box in frames], atol=1e-6)


@pytest.mark.parametrize("boxed", [True, False])
def test_frames_after_the_kept_ones_are_replaced(
    topology: app.Topology, tmp_path: Path, boxed: bool
) -> None:
    path, frames = tmp_path / "frames.dcd", _frames(5, boxed)
    if not boxed:
        topology.setPeriodicBoxVectors(None)
    _append(path, topology, frames[:3])
    assert _append(path, topology, frames[3:], 2) == 4
    found = list(read_frames(path))
    assert [number for number, _, _ in found] == [0, 1, 2, 3]
    for (_, positions, cell), (there, box) in zip(found, frames[:2] + frames[3:], strict=True):
        np.testing.assert_allclose(positions, there * 10.0, atol=1e-5)
        assert (cell is None) == (box is None)
        if boxed:
            np.testing.assert_allclose(cell, box * 10.0, atol=1e-6)


def test_chosen_frames_and_atoms_are_read(topology: app.Topology, tmp_path: Path) -> None:
    path, frames = tmp_path / "frames.dcd", _frames(4)
    _append(path, topology, frames)
    found = list(read_frames(path, np.array([2, 0]), [3, 1]))
    assert [number for number, _, _ in found] == [3, 1]
    np.testing.assert_allclose(found[0][1], frames[3][0][[2, 0]] * 10.0, atol=1e-5)


def test_a_frame_that_is_not_there_is_refused(topology: app.Topology, tmp_path: Path) -> None:
    _append(tmp_path / "frames.dcd", topology, _frames(2))
    with pytest.raises(ValueError, match="has 2 frames; expected one with number 2"):
        list(read_frames(tmp_path / "frames.dcd", chosen=[2]))


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frames.dcd").write_bytes(b"nothing" * 100)
    with pytest.raises(ValueError, match="is no DCD file of a parent"):
        list(read_frames(tmp_path / "frames.dcd"))


def test_a_file_without_frames_yet_is_told(topology: app.Topology, tmp_path: Path) -> None:
    _append(tmp_path / "frames.dcd", topology, [])
    with pytest.raises(ValueError, match="has no frames yet; run this parent first"):
        list(read_frames(tmp_path / "frames.dcd"))


def test_a_file_that_lost_frames_is_refused(topology: app.Topology, tmp_path: Path) -> None:
    path = tmp_path / "frames.dcd"
    _append(path, topology, _frames(2))
    with pytest.raises(OSError, match=r"was changed since\. Begin again in another folder"):
        _append(path, topology, _frames(1), 3)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="is shorter than the 2 frames"):
        list(read_frames(path))


def test_text_is_cut_and_continued(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    for text, kept in ((b"one\ntwo\n", 0), (b"three\n", 4)):
        with open_cut_back(path, kept) as file:
            file.write(text)
    assert path.read_text() == "one\nthree\n"


def test_two_writers_of_one_file_are_refused(topology: app.Topology, tmp_path: Path) -> None:
    path = tmp_path / "frames.dcd"
    _append(path, topology, _frames(2))
    before = path.read_bytes()
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for kept in (0, 2):
            with pytest.raises(RunFolderError, match=r"Another process is writing to '.*frames"):
                FramesFile(path, topology, kept)
    assert path.read_bytes() == before
    with open_cut_back(path, 0), pytest.raises(RunFolderError, match="Another process is writing"):
        open_cut_back(path, 0)


def test_a_full_disk_is_told_with_the_file(topology: app.Topology, tmp_path: Path) -> None:
    """A limit of file sizes in place of a full disk."""
    path = tmp_path / "frames.dcd"
    _append(path, topology, _frames(2))
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50, old[1]))
    try:
        with pytest.raises(OSError, match=r"frames\.dcd' cannot be written: File too large"):
            _append(path, topology, _frames(3), 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert _append(path, topology, _frames(3), 2) == 5
