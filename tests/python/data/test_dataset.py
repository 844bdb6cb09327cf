# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Data sets of labelled structures in HDF5."""

import dataclasses
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Label, Provenance
from openmmgems.data.dataset import (
    Origin,
    composition,
    iterate_groups,
    read_dataset,
    read_origin,
    write_dataset,
)
from openmmgems.data.import_data import read_labelled


class NamedEngine:
    """Only the names of an engine: what a data set stores of it."""

    level_of_theory = "GFN2-xTB"
    version = "tblite 0.4.0"

    def label(self, structure: AtomicSystem) -> Label:
        raise NotImplementedError


class BrokenEngine(NamedEngine):
    """Fails while the file is being written."""

    @property
    def version(self) -> str:
        raise OSError("disk full")


def _labelled(
    numbers: list[int], count: int, seed: int, charge: int = 0, spin: int = 0
) -> list[tuple[AtomicSystem, Label]]:
    generator = np.random.default_rng(seed)
    shape = (len(numbers), 3)
    return [
        (
            AtomicSystem(
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
        single = np.array([label.forces_ev_per_angstrom for label in labels], dtype=np.float32)
        np.testing.assert_array_equal(group.forces, single)
        assert group.forces.dtype == np.float64
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
            "format": 2,
            "positions_unit": "angstrom",
            "cell_unit": "angstrom",
            "virial_unit": "eV",
            "charges_unit": "e",
            "atomic_energies_unit": "eV",
            "energy_unit": "eV",
            "forces_unit": "eV/angstrom",
            "dipole_unit": "e angstrom",
            "level_of_theory": "GFN2-xTB",
            "engine": "tblite 0.4.0",
            "settings": "{}",
            "num_structures": 1,
            "num_unknown_dipoles": 0,
        }


def test_settings_of_the_engine_are_kept(tmp_path: Path) -> None:
    origin = Origin("PBE0/def2-TZVPP", "pyscf 2.14", {"grid_level": 3, "density_fit": True})
    assert write_dataset(tmp_path / "data.h5", _labelled([8, 1, 1], 3, seed=3), origin) == 3
    assert read_origin(tmp_path / "data.h5") == origin


def test_more_structures_than_are_written_at_a_time(tmp_path: Path) -> None:
    count = 9001
    labelled = _labelled([8, 1, 1], count, seed=8)
    others = _labelled([2], 3, seed=9)
    stream = iter([*labelled[:5], *others, *labelled[5:]])
    assert write_dataset(tmp_path / "data.h5", stream, NamedEngine()) == count + 3
    groups = dict(iterate_groups(tmp_path / "data.h5"))
    assert groups["H2O"].source == [s.source for s, _ in labelled]
    np.testing.assert_array_equal(
        groups["H2O"].positions, [s.positions_angstrom for s, _ in labelled]
    )
    np.testing.assert_array_equal(groups["He"].energy, [label.energy_ev for _, label in others])


def test_an_unknown_dipole_is_nan(tmp_path: Path) -> None:
    ((structure, label),) = _labelled([8, 1, 1], 1, seed=3)
    unknown = Label(label.energy_ev, label.forces_ev_per_angstrom, np.full(3, np.nan))
    write_dataset(tmp_path / "data.h5", [(structure, unknown)], NamedEngine())
    assert np.isnan(read_dataset(tmp_path / "data.h5")["H2O"].dipole).all()
    with h5py.File(tmp_path / "data.h5") as file:
        assert file.attrs["num_unknown_dipoles"] == 1


@pytest.mark.parametrize("what", ["energy", "forces", "dipole", "shape"])
def test_labels_that_make_no_sense_are_refused(tmp_path: Path, what: str) -> None:
    structure, label = _labelled([8, 1, 1], 1, seed=3)[0]
    forces, dipole = label.forces_ev_per_angstrom.copy(), label.dipole_e_angstrom.copy()
    if what == "forces":
        forces[1, 2] = np.inf
    if what == "dipole":
        dipole[0] = np.nan
    energy = np.nan if what == "energy" else 0.0
    bad = Label(energy, forces[:2] if what == "shape" else forces, dipole)
    message = r"run 0, phase Ψ' has forces of shape \(2, 3\)" if what == "shape" else "NaN or inf"
    with pytest.raises(ValueError, match=message):
        write_dataset(tmp_path / "data.h5", [(structure, bad)], NamedEngine())
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no folder '.*absent'"):
        write_dataset(tmp_path / "absent" / "data.h5", [], NamedEngine())


def test_a_data_set_is_small(tmp_path: Path) -> None:
    """
    Few bytes besides the numbers, also if every structure has a group of its own.

    An array takes 280 bytes at least; format 2 has four more than format 1 with its 4000.
    """
    labelled = [_labelled([1] * 60 + [6] * k, 1, seed=k)[0] for k in range(2, 300, 2)]
    write_dataset(tmp_path / "data.h5", labelled, NamedEngine())
    numbers = sum(s.positions_angstrom.size for s, _ in labelled)
    assert (tmp_path / "data.h5").stat().st_size < 12 * numbers + (4000 + 4 * 280) * len(labelled)


def test_files_are_of_one_version_of_hdf5_whatever_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What HDF5 2.0 calls its latest version, the h5py of some years ago cannot read."""
    versions = []

    class Watched(h5py.File):
        def close(self) -> None:
            versions.append(self.libver)
            super().close()

    monkeypatch.setattr("openmmgems.data.grouped_file.h5py.File", Watched)
    write_dataset(tmp_path / "data.h5", _labelled([8, 1, 1], 2, seed=4), NamedEngine())
    assert versions == [("v110", "v110")]


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


def test_all_that_may_be_missing_comes_back(tmp_path: Path) -> None:
    """Structures of the same atoms, some with and some without: nothing is lost or made up."""
    generator = np.random.default_rng(10)
    labelled = _labelled([8, 1, 1], 4, seed=11)
    for place in (1, 3):
        structure, label = labelled[place]
        labelled[place] = (
            dataclasses.replace(
                structure,
                cell_angstrom=10 * np.eye(3) + generator.random((3, 3)),
                provenance=Provenance("crystal", "ice Ψ", "300 K", 7 * place),
            ),
            dataclasses.replace(
                label,
                virial_ev=generator.normal(size=(3, 3)),
                charges_e=generator.normal(size=3),
                atomic_energies_ev=generator.normal(size=3),
            ),
        )
    write_dataset(tmp_path / "data.h5", labelled, NamedEngine())
    write_dataset(tmp_path / "again.h5", read_labelled(tmp_path / "data.h5"), NamedEngine())
    for path in (tmp_path / "data.h5", tmp_path / "again.h5"):
        found = {structure.source: (structure, label) for structure, label in read_labelled(path)}
        assert len(found) == len(labelled)
        for structure, label in labelled:
            one, its_label = found[structure.source]
            assert one.provenance == structure.provenance
            for kind, other in ((structure, one), (label, its_label)):
                for name, value in vars(kind).items():
                    if "angstrom" in name or "ev" in name or name == "charges_e":
                        _assert_same(getattr(other, name), value, name)


def _assert_same(found: object, expected: object, name: str) -> None:
    if expected is None or found is None:
        assert found is expected, name
    else:
        rounding = 1e-6 if "forces" in name else 0  # seven digits in the file
        np.testing.assert_allclose(found, expected, rtol=rounding, atol=0, err_msg=name)


def test_arrays_are_named_and_shaped_as_promised(tmp_path: Path) -> None:
    """What another program finds in a file of format 2."""
    ((structure, label),) = _labelled([8, 1, 1], 1, seed=12)
    structure = dataclasses.replace(
        structure, cell_angstrom=np.diag([5.0, 6.0, 7.0]), source="top-down:crambin:12:310:A ALA 15"
    )
    label = dataclasses.replace(
        label, virial_ev=np.eye(3), charges_e=np.zeros(3), atomic_energies_ev=np.ones(3)
    )
    write_dataset(tmp_path / "data.h5", [(structure, label)], NamedEngine())
    with h5py.File(tmp_path / "data.h5") as file:
        group = file["H2O"]
        np.testing.assert_array_equal(group["cell"], [structure.cell_angstrom])
        np.testing.assert_array_equal(group["virial"], [np.eye(3)])
        np.testing.assert_array_equal(group["charges"], [[0, 0, 0]])
        np.testing.assert_array_equal(group["atomic_energies"], [[1, 1, 1]])
        texts = [group[name].asstr()[0] for name in ("kind", "parent", "run")]
        assert texts == ["top-down", "crambin", ""]
        assert group["frame"][:].tolist() == [12]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("virial_ev", np.eye(2), r"virial of shape \(2, 2\); expected \(3, 3\)"),
        ("charges_e", np.zeros((3, 1)), r"charges of shape \(3, 1\); expected \(3,\)"),
        ("atomic_energies_ev", np.array([1, np.nan, 0]), "atomic_energies .* without NaN"),
    ],
)
def test_further_labels_that_make_no_sense_are_refused(
    tmp_path: Path, name: str, value: np.ndarray, message: str
) -> None:
    ((structure, label),) = _labelled([8, 1, 1], 1, seed=13)
    bad = dataclasses.replace(label, **{name: value})
    with pytest.raises(ValueError, match=message):
        write_dataset(tmp_path / "data.h5", [(structure, bad)], NamedEngine())


@pytest.mark.parametrize(
    ("array", "shape"),
    [("cell", (2, 3)), ("charges", (2, 4)), ("frame", (1,)), ("kind", (3,)), ("virial", (2, 9))],
)
def test_further_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, array: str, shape: tuple[int, ...]
) -> None:
    path = tmp_path / "data.h5"
    write_dataset(path, _labelled([8, 1, 1], 2, seed=7), NamedEngine())
    with h5py.File(path, "a") as file:
        group = file["H2O"]
        if array in group:
            del group[array]
        group[array] = ["a", "b", "c"] if array == "kind" else np.zeros(shape)
    with pytest.raises(ValueError, match=rf"H2O/{array} has shape .*; expected \(2"):
        read_dataset(path)


def test_files_of_format_1_open(data_folder: Path, tmp_path: Path) -> None:
    """A file that an older version wrote; where structures come from follows from the source."""
    old = data_folder / "labels" / "proteins-in-water-sample.h5"
    with h5py.File(old) as file:
        assert "format" not in file.attrs
        assert not {"kind", "parent", "run", "frame"} & set(next(iter(file.values())))
    found = {
        source: provenance
        for _, group in iterate_groups(old)
        for source, provenance in zip(group.source, group.provenances(), strict=True)
    }
    kinds = Counter(provenance.kind for provenance in found.values())
    assert kinds == {"bottom-up": 1000, "top-down": 250}
    peptide = found["top-down:peptide-4-water:8:29:A GLY 3"]
    assert peptide == Provenance("top-down", "peptide-4-water", "", 8)
    amide = found["bottom-up:CC(N)=O:md-300K-4"]
    assert (amide.kind, amide.parent) == ("bottom-up", "CC(N)=O")
    write_dataset(tmp_path / "new.h5", read_labelled(old), read_origin(old))
    again = {
        source: provenance
        for _, group in iterate_groups(tmp_path / "new.h5")
        for source, provenance in zip(group.source, group.provenances(), strict=True)
    }
    assert again == found
    assert read_origin(tmp_path / "new.h5") == read_origin(old)


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("format", 3, "version 3 of the format; expected 2 at most. Use a newer openmm-gems"),
        ("cell_unit", "nm", "'cell_unit' is 'nm'; expected 'angstrom'"),
    ],
)
def test_files_that_would_be_misread_are_refused(
    tmp_path: Path, attribute: str, value: object, message: str
) -> None:
    path = tmp_path / "data.h5"
    write_dataset(path, _labelled([8, 1, 1], 2, seed=7), NamedEngine())
    with h5py.File(path, "a") as file:
        file.attrs[attribute] = value
    with pytest.raises(ValueError, match=message):
        read_dataset(path)
