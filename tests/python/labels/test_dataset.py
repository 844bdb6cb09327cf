# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Data sets of labelled structures in HDF5."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from openmmgems.labels.base import Label, Structure
from openmmgems.labels.dataset import composition, read_dataset, write_dataset


class NamedEngine:
    """Only the names of an engine: what a data set stores of it."""

    level_of_theory = "GFN2-xTB"
    version = "tblite 0.4.0"

    def label(self, structure: Structure) -> Label:
        raise NotImplementedError


class BrokenEngine(NamedEngine):
    """Fails while the file is being written."""

    @property
    def version(self) -> str:
        raise OSError("disk full")


def _labelled(
    numbers: list[int], count: int, seed: int, charge: int = 0, spin: int = 0
) -> list[tuple[Structure, Label]]:
    generator = np.random.default_rng(seed)
    shape = (len(numbers), 3)
    return [
        (
            Structure(
                np.array(numbers), generator.normal(size=shape), charge, spin, f"run {k}, phase Ψ"
            ),
            Label(generator.normal(), generator.normal(size=shape), generator.normal(size=3)),
        )
        for k in range(count)
    ]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    water = _labelled([8, 1, 1], 3, seed=1)
    ions = _labelled([8, 1], 2, seed=2, charge=1, spin=2)
    mixed = [water[0], ions[0], water[1], ions[1], water[2]]
    write_dataset(tmp_path / "data.h5", mixed, NamedEngine())
    groups = read_dataset(tmp_path / "data.h5")
    assert set(groups) == {"H2O", "HO"}
    for name, members in {"H2O": water, "HO": ions}.items():
        group = groups[name]
        structures, labels = zip(*members, strict=True)
        np.testing.assert_array_equal(group.atomic_numbers, structures[0].atomic_numbers)
        np.testing.assert_array_equal(group.positions, [s.positions_angstrom for s in structures])
        np.testing.assert_array_equal(group.charge, [s.charge for s in structures])
        np.testing.assert_array_equal(group.spin, [s.spin for s in structures])
        assert group.source == [s.source for s in structures]
        np.testing.assert_array_equal(group.energy, [label.energy_ev for label in labels])
        np.testing.assert_array_equal(
            group.forces, [label.forces_ev_per_angstrom for label in labels]
        )
        np.testing.assert_array_equal(group.dipole, [label.dipole_e_angstrom for label in labels])


def test_each_order_of_the_same_atoms_is_its_own_group(tmp_path: Path) -> None:
    orders = [[8, 1, 1], [1, 8, 1], [1, 1, 8]]
    labelled = [_labelled(order, 1, seed=k)[0] for k, order in enumerate(orders)]
    write_dataset(tmp_path / "data.h5", labelled, NamedEngine())
    groups = read_dataset(tmp_path / "data.h5")
    assert sorted(groups) == ["H2O", "H2O_2", "H2O_3"]
    assert sorted(g.atomic_numbers.tolist() for g in groups.values()) == sorted(orders)


def test_the_file_tells_its_units_and_level_of_theory(tmp_path: Path) -> None:
    write_dataset(tmp_path / "data.h5", _labelled([8, 1, 1], 1, seed=3), NamedEngine())
    with h5py.File(tmp_path / "data.h5") as file:
        assert dict(file.attrs) == {
            "positions_unit": "angstrom",
            "energy_unit": "eV",
            "forces_unit": "eV/angstrom",
            "dipole_unit": "e angstrom",
            "level_of_theory": "GFN2-xTB",
            "engine": "tblite 0.4.0",
        }


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    write_dataset(path, _labelled([8, 1, 1], 2, seed=4), NamedEngine())
    before = path.read_bytes()
    with pytest.raises(OSError, match="disk full"):
        write_dataset(path, _labelled([8, 1, 1], 5, seed=5), BrokenEngine())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.h5"):
        read_dataset(tmp_path / "absent.h5")


def test_a_file_that_is_no_data_set_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.h5"
    path.write_text("not HDF5")
    with pytest.raises(ValueError, match=r"text\.h5' is damaged or no data set"):
        read_dataset(path)


def test_a_data_set_without_forces_is_named(tmp_path: Path) -> None:
    path = tmp_path / "partial.h5"
    write_dataset(path, _labelled([8, 1, 1], 2, seed=6), NamedEngine())
    with h5py.File(path, "a") as file:
        del file["H2O/forces"]
    with pytest.raises(ValueError, match=r"partial\.h5\' is damaged"):
        read_dataset(path)


def test_arrays_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    write_dataset(path, _labelled([8, 1, 1], 2, seed=7), NamedEngine())
    with h5py.File(path, "a") as file:
        del file["H2O/energy"]
        file["H2O/energy"] = [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match=r"H2O/energy has shape \(3,\); expected \(2,\)"):
        read_dataset(path)


@pytest.mark.parametrize(
    ("numbers", "formula"),
    [
        ([8, 1, 1], "H2O"),
        ([8, 6, 1, 1, 1, 1], "CH4O"),
        ([1, 17], "ClH"),
        ([6] * 6 + [1] * 12 + [7] * 2 + [8] * 2, "C6H12N2O2"),
    ],
)
def test_formulas_are_in_hills_order(numbers: list[int], formula: str) -> None:
    assert composition(numbers) == formula
