# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Frames of trajectory files of many formats."""

from pathlib import Path

import mdtraj
import numpy as np
import pytest
from openmm import app
from openmmgems.fragments.trajectories import count_frames, read_frames

pytestmark = pytest.mark.filterwarnings("ignore:Warning. The 'netCDF4' Python package")

#: Formats with the largest rounding of a coordinate in angstrom, and whether they have boxes.
FORMATS = {
    "dcd": (1e-4, True),
    "xtc": (0.0051, True),
    "trr": (1e-4, True),
    "nc": (1e-4, True),
    "ncdf": (1e-4, True),
    "netcdf": (1e-4, True),
    "mdcrd": (0.00051, True),
    "crd": (0.00051, True),
    "lammpstrj": (0.00051, True),
    "gro": (0.0051, True),
    "xyz": (0.00051, False),
    "xyz.gz": (0.00051, False),
    "pdb": (0.00051, True),
    "pdb.gz": (0.00051, True),
    "cif": (0.00051, True),
    "cif.gz": (0.00051, True),
}
BOX_ANGSTROM = (40.0, 50.0, 60.0)


@pytest.fixture(scope="module")
def topology(peptide: Path) -> app.Topology:
    return app.PDBFile(str(peptide)).topology


def trajectory(topology: app.Topology, count: int = 45) -> mdtraj.Trajectory:
    shape = (count, topology.getNumAtoms(), 3)
    positions = np.random.default_rng(5).uniform(0.0, 3.0, shape)
    frames = mdtraj.Trajectory(positions, mdtraj.Topology.from_openmm(topology))
    frames.unitcell_lengths = np.tile(np.array(BOX_ANGSTROM) / 10.0, (count, 1))
    frames.unitcell_angles = np.full((count, 3), 90.0)
    return frames


@pytest.mark.parametrize("ending", FORMATS)
def test_all_formats_that_are_named_are_read(
    topology: app.Topology, tmp_path: Path, ending: str
) -> None:
    rounding, has_box = FORMATS[ending]
    path, frames = tmp_path / f"t.{ending}", trajectory(topology)
    frames.save(str(path))
    assert count_frames(path, topology) == 45
    found = list(read_frames(path, topology, [0, 21, 44]))
    assert [number for _, _, number in found] == [0, 21, 44]
    for positions, cell, number in found:
        np.testing.assert_allclose(positions, 10.0 * frames.xyz[number], atol=rounding)
        assert (cell is not None) == has_box
        if has_box:
            np.testing.assert_allclose(cell, np.diag(BOX_ANGSTROM), atol=1e-3)


@pytest.mark.parametrize("ending", ["rst7", "ncrst"])
def test_restart_files_are_trajectories_of_one_frame(
    topology: app.Topology, tmp_path: Path, ending: str
) -> None:
    path, frames = tmp_path / f"t.{ending}", trajectory(topology, 1)
    frames.save(str(path))
    assert count_frames(path, topology) == 1
    ((positions, cell, number),) = read_frames(path, topology)
    np.testing.assert_allclose(positions, 10.0 * frames.xyz[0], atol=1e-4)
    np.testing.assert_allclose(cell, np.diag(BOX_ANGSTROM), atol=1e-3)
    assert number == 0


@pytest.mark.parametrize("name", ["t.dtr", "t.binpos", "t.cdf.gz", "trajectory"])
def test_other_formats_are_refused_with_those_that_work(
    topology: app.Topology, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"x")
    for use in (lambda p: count_frames(p, topology), lambda p: list(read_frames(p, topology))):
        with pytest.raises(ValueError, match=r"ends in .*; expected one of dcd, xtc, .* Convert"):
            use(tmp_path / name)


# MDTraj leaves some damaged files to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("ending", [*FORMATS, "rst7", "ncrst"])
def test_damaged_files_are_told_in_one_sentence(
    topology: app.Topology, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"t.{ending}"
    path.write_bytes(b"nothing of the kind\n" * 3)
    for use in (lambda: count_frames(path, topology), lambda: list(read_frames(path, topology))):
        with pytest.raises(ValueError, match=rf"t\.{ending}' cannot be read as {ending} for 22"):
            use()


@pytest.mark.parametrize("lost", [1, 9000])
def test_frames_that_a_file_lost_are_told(
    topology: app.Topology, tmp_path: Path, lost: int
) -> None:
    path = tmp_path / "t.dcd"
    trajectory(topology).save(str(path))
    data = path.read_bytes()
    frame = 3 * (4 * topology.getNumAtoms() + 8) + 56
    path.write_bytes(data[: len(data) - lost])
    whole = 45 - -(-lost // frame)
    message = f"ends after {whole} of 45 frames. Copy it again"
    for use in (
        lambda: count_frames(path, topology),
        lambda: next(read_frames(path, topology)),
        lambda: list(read_frames(path, topology, [0])),
    ):
        with pytest.raises(ValueError, match=message):
            use()
    # as of a program that did not go back to its header
    path.write_bytes(data[:8] + bytes(4) + data[12:])
    assert count_frames(path, topology) == 45


def test_hdf5_without_pytables_is_told(
    topology: app.Topology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("No module named 'tables'")

    monkeypatch.setattr(mdtraj, "open", missing)
    monkeypatch.setattr(mdtraj, "iterload", missing)
    (tmp_path / "t.h5").write_bytes(b"x")
    for use in (count_frames, lambda *given: list(read_frames(*given))):
        with pytest.raises(ValueError, match="cannot be read without PyTables"):
            use(tmp_path / "t.h5", topology)
