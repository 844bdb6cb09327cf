# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Files of structures."""

import dataclasses
import resource
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Provenance
from openmmgems.data.structure_file import read_kept_atoms, read_structures, write_structures


def random_structures(seed: int = 1) -> list[AtomicSystem]:
    rng = np.random.default_rng(seed)
    kinds = [([8, 1, 1], 0, 0), ([8, 1], -1, 0), ([7], 0, 3), ([1, 8, 1], 0, 0)]
    return [
        AtomicSystem(np.array(z), rng.normal(size=(len(z), 3)), charge, spin, f"top-down:x:{k}:Ψ")
        for k, (z, charge, spin) in enumerate(kinds * 3)
    ]


def assert_same(found: list[AtomicSystem], expected: list[AtomicSystem]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.atomic_numbers, other.atomic_numbers)
        np.testing.assert_array_equal(one.positions_angstrom, other.positions_angstrom)
        assert (one.charge, one.spin, one.source) == (other.charge, other.spin, other.source)


def test_structures_come_back_in_their_order(tmp_path: Path) -> None:
    structures = random_structures()
    assert write_structures(tmp_path / "a.h5", iter(structures)) == 12
    assert_same(read_structures(tmp_path / "a.h5"), structures)


def test_the_layout_is_that_of_data_sets(tmp_path: Path) -> None:
    write_structures(tmp_path / "a.h5", random_structures())
    with h5py.File(tmp_path / "a.h5") as file:
        assert set(file) == {"H2O", "H2O_2", "HO", "N"}
        assert dict(file.attrs) == {
            "format": 2,
            "positions_unit": "angstrom",
            "cell_unit": "angstrom",
            "num_structures": 12,
        }
        assert file["HO/positions"].shape == (3, 2, 3)
        assert file["HO/charge"][:].tolist() == [-1, -1, -1]
    # an array takes 280 bytes at least; each of the four groups has four more than in format 1
    assert (tmp_path / "a.h5").stat().st_size < 20000 + 4 * 4 * 280


def test_kept_atoms_come_back(tmp_path: Path) -> None:
    structures = random_structures()
    kept = [np.arange(k) * 70000 for k in range(12)]
    write_structures(tmp_path / "a.h5", structures, kept_atoms=kept)
    found = read_kept_atoms(tmp_path / "a.h5")
    for one, other in zip(found, kept, strict=True):
        np.testing.assert_array_equal(one, other)
    assert_same(read_structures(tmp_path / "a.h5"), structures)


def test_no_structures_are_a_file_too(tmp_path: Path) -> None:
    write_structures(tmp_path / "a.h5", [])
    assert read_structures(tmp_path / "a.h5") == []


def test_kept_atoms_that_were_not_written_are_missed(tmp_path: Path) -> None:
    write_structures(tmp_path / "a.h5", random_structures())
    with pytest.raises(ValueError, match="no file of structures with kept atoms"):
        read_kept_atoms(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        ([[1]] * 11, "fewer kept_atoms"),
        ([[1]] * 13, "more kept_atoms"),
        ([[-1]] * 12, "expected a list of indices"),
        ([[0.5]] * 12, "expected a list of indices"),
    ],
)
def test_kept_atoms_that_make_no_sense_are_refused(
    tmp_path: Path, kept: list[list[int]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_structures(tmp_path / "a.h5", random_structures(), kept_atoms=kept)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    def interrupted() -> Iterator[AtomicSystem]:
        yield from random_structures(2)[:3]
        raise KeyboardInterrupt

    write_structures(tmp_path / "a.h5", random_structures())
    before = (tmp_path / "a.h5").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        write_structures(tmp_path / "a.h5", interrupted())
    assert (tmp_path / "a.h5").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A limit of file sizes in place of a full disk."""
    rng = np.random.default_rng(4)
    many = [AtomicSystem(np.full(30, 2), rng.normal(size=(30, 3))) for _ in range(4000)]
    write_structures(tmp_path / "a.h5", many[:10])
    before = (tmp_path / "a.h5").read_bytes()
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, old[1]))
    try:
        with pytest.raises(OSError, match=r"a\.h5' needs up to . MB while .*: File too large"):
            write_structures(tmp_path / "a.h5", many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert (tmp_path / "a.h5").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_disk_that_is_full_before_the_file_is_begun_is_told_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows wait in a file without a name."""
    monkeypatch.setattr("openmmgems.data.grouped_file._MEMORY_BYTES", 1000)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, old[1]))
    try:
        with pytest.raises(OSError, match=r"a\.h5' cannot be written: File too large. Make room"):
            write_structures(tmp_path / "a.h5", 20 * random_structures())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert not list(tmp_path.iterdir())


def test_a_null_character_in_a_source_is_refused(tmp_path: Path) -> None:
    structure = AtomicSystem(np.array([2]), np.zeros((1, 3)), source="a\0")
    with pytest.raises(ValueError, match="without null characters"):
        write_structures(tmp_path / "a.h5", [structure])


@pytest.mark.parametrize("numbers", [[], [0, 2], [256 + 8]])
def test_atoms_of_no_element_are_refused(tmp_path: Path, numbers: list[int]) -> None:
    structure = AtomicSystem(np.array(numbers, dtype=int), np.zeros((len(numbers), 3)))
    with pytest.raises(ValueError, match="expected at least one from 1 to 118"):
        write_structures(tmp_path / "a.h5", [structure])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file of structures '.*absent\.h5'"):
        read_structures(tmp_path / "absent.h5")


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    write_structures(path, random_structures())
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"a\.h5' is damaged or no file of structures"):
            read_structures(path)


def test_a_changed_byte_in_large_arrays_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    rng = np.random.default_rng(3)
    many = [AtomicSystem(np.array([2]), rng.normal(size=(1, 3))) for _ in range(1000)]
    write_structures(path, many)
    with h5py.File(path) as file:
        place = file["He/positions"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[place + 1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged"):
        read_structures(path)


def test_another_hdf5_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["x"] = [1.0]
    with pytest.raises(ValueError, match=r"'positions_unit' is None; expected 'angstrom'"):
        read_structures(path)
    with h5py.File(path, "a") as file:
        file.attrs["positions_unit"] = "angstrom"
    with pytest.raises(ValueError, match="'/x' is no group"):
        read_structures(path)


def test_missing_places_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    write_structures(path, random_structures())
    with h5py.File(path, "a") as file:
        del file["H2O_2"]
    with pytest.raises(ValueError, match="has 9 structures, but their places go up to 10"):
        read_structures(path)


def test_arrays_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    write_structures(path, random_structures())
    with h5py.File(path, "a") as file:
        del file["N/charge"]
        file["N/charge"] = [0]
    with pytest.raises(ValueError, match=r"N/charge has shape \(1,\); expected \(3,\)"):
        read_structures(path)


def test_cells_and_provenance_come_back(tmp_path: Path) -> None:
    """Also of structures of the same atoms, with and without a cell, in their order."""
    structures = random_structures()
    for place in (0, 8):
        structures[place] = dataclasses.replace(
            structures[place],
            cell_angstrom=np.array([[9.0, 0, 0], [1, 8, 0], [0, 2, 7]]),
            provenance=Provenance("crystal", "ice", "run Ψ", place),
        )
    write_structures(tmp_path / "a.h5", structures)
    found = read_structures(tmp_path / "a.h5")
    assert_same(found, structures)
    for one, other in zip(found, structures, strict=True):
        assert one.provenance == other.provenance
        assert (one.cell_angstrom is None) == (other.cell_angstrom is None)
        if other.cell_angstrom is not None:
            np.testing.assert_array_equal(one.cell_angstrom, other.cell_angstrom)


def test_files_of_format_1_open(tmp_path: Path) -> None:
    """What version 1 did not write is taken from the source."""
    path = tmp_path / "a.h5"
    structures = random_structures()
    write_structures(path, structures)
    with h5py.File(path, "a") as file:
        for name in ("format", "cell_unit"):
            del file.attrs[name]
        for group in file.values():
            for name in ("kind", "parent", "run", "frame"):
                del group[name]
    assert_same(read_structures(path), structures)
