# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Labelled data of other programs."""

import builtins
from pathlib import Path
from typing import Any

import ase
import ase.io
import ase.units
import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.errors import ChoiceError
from openmmgems.data.dataset import Origin, write_dataset
from openmmgems.data.import_data import (
    DEBYE_E_ANGSTROM,
    ImportSettings,
    read_labelled,
    read_structures_any,
)
from openmmgems.data.structure_file import write_structures
from rdkit import Chem
from rdkit.Chem import rdDepictor, rdDistGeom

OXYGEN_HYDROGEN = 0.9572


def water_arrays() -> dict[str, Any]:
    """Water, then hydroxide, padded; made-up numbers."""
    positions = np.zeros((2, 3, 3))
    positions[:, 1] = [OXYGEN_HYDROGEN, 0, 0]
    positions[0, 2] = [-0.24, 0.927, 0]
    return {
        "N": np.array([3, 2]),
        "Z": np.array([[8, 1, 1], [8, 1, 0]]),
        "R": positions,
        "E": np.array([1.5, -2.0]),
        "F": np.arange(18.0).reshape(2, 3, 3),
        "D": np.array([[0.1, 0.2, 0.3], [0, 0, 1.0]]),
        "Q": np.array([0.0, -1.0]),
    }


def write_npz(folder: Path, **changed: Any) -> Path:
    arrays = {k: v for k, v in (water_arrays() | changed).items() if v is not None}
    np.savez(folder / "data.npz", **arrays)
    return folder / "data.npz"


def test_padded_arrays(tmp_path: Path) -> None:
    (water, label), (hydroxide, second) = read_labelled(write_npz(tmp_path))
    assert water.atomic_numbers.tolist() == [8, 1, 1]
    assert hydroxide.atomic_numbers.tolist() == [8, 1]
    assert (water.charge, hydroxide.charge) == (0, -1)
    assert hydroxide.source == "imported:data.npz:1"
    assert second.energy_ev == -2.0
    np.testing.assert_array_equal(second.forces_ev_per_angstrom, [[9, 10, 11], [12, 13, 14]])
    np.testing.assert_array_equal(label.dipole_e_angstrom, [0.1, 0.2, 0.3])
    structures = list(read_structures_any(tmp_path / "data.npz"))
    np.testing.assert_array_equal(structures[1].positions_angstrom, hydroxide.positions_angstrom)


def test_units_are_converted_as_ase_does(tmp_path: Path) -> None:
    settings = ImportSettings(
        length_unit="bohr",
        energy_unit="kcal/mol",
        forces_length_unit="bohr",
        dipole_unit="debye",
    )
    structure, label = next(read_labelled(write_npz(tmp_path), settings))
    kcal_mol = ase.units.kcal / ase.units.mol
    assert structure.positions_angstrom[1, 0] == pytest.approx(OXYGEN_HYDROGEN * ase.units.Bohr)
    assert label.energy_ev == pytest.approx(1.5 * kcal_mol)
    assert label.forces_ev_per_angstrom[0, 2] == pytest.approx(2 * kcal_mol / ase.units.Bohr)
    assert label.dipole_e_angstrom[2] == pytest.approx(0.3 * ase.units.Debye)
    # the same constants of 2014 and 2018 differ in the ninth digit
    assert pytest.approx(ase.units.Debye, rel=1e-7) == DEBYE_E_ANGSTROM


def test_unknown_dipoles_are_nan(tmp_path: Path) -> None:
    assert all(
        np.isnan(label.dipole_e_angstrom).all()
        for _, label in read_labelled(write_npz(tmp_path, D=None))
    )


def test_one_list_of_atoms_for_all(tmp_path: Path) -> None:
    path = write_npz(tmp_path, N=None, Z=np.array([8, 1, 1]), Q=None, E=np.array([[1.0], [2.0]]))
    found = list(read_labelled(path))
    assert [label.energy_ev for _, label in found] == [1.0, 2.0]
    assert all(s.atomic_numbers.tolist() == [8, 1, 1] for s, _ in found)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"Q": np.zeros(2)}, r"Entry 1 of .*gives 9 electrons"),
        ({"Q": np.array([0.5, 0])}, r"Entry 0 of .*charge is 0\.5; expected an integer"),
        ({"Z": np.array([[8, 1, 1], [8, 0, 1]])}, "expected zeros only after the last atom"),
        ({"N": np.array([3, 3])}, "Entry 1 .* 3 atoms; expected zeros only after"),
        ({"R": np.full((2, 3, 3), np.nan)}, "Entry 0 .*positions_angstrom holds NaN"),
        ({"E": np.array([0.0, np.nan])}, "Entry 1 .*energy or forces are NaN"),
        ({"F": np.zeros((2, 2, 3))}, r"F has shape \(2, 2, 3\); expected \(2, 3, 3\)"),
        ({"E": np.zeros(3)}, r"E has shape \(3,\); expected \(2,\) or \(2, 1\)"),
        ({"z": np.zeros((2, 3))}, "Z and z, which mean the same"),
        ({"R": None}, r"has the arrays N, Z, .*; expected Z .* and R"),
        ({"F": None}, "Entry 0 .* has no forces; expected energies and forces"),
        ({"Z": np.array([None, "x"])}, "cannot be read as data of NumPy: Object arrays"),
    ],
)
def test_arrays_that_make_no_sense(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(read_labelled(write_npz(tmp_path, **changed)))


def test_qm7x(data_folder: Path) -> None:
    """PBE0+MBD in eV and angstrom: forces on a molecule sum to nothing, bonds have their length."""
    found = list(read_labelled(data_folder / "qm" / "qm7x_20.npz"))
    assert len(found) == 20
    for structure, label in found:
        assert np.abs(label.forces_ev_per_angstrom.sum(axis=0)).max() < 1e-3
        x = structure.positions_angstrom
        distances = np.linalg.norm(x[:, None] - x, axis=-1) + 10 * np.eye(len(x))
        hydrogen = structure.atomic_numbers == 1
        assert 0.8 < distances.min() < distances[hydrogen].min(axis=1).max() < 1.8


def test_extended_xyz_of_ase(tmp_path: Path) -> None:
    arrays = water_arrays()
    atoms = ase.Atoms("OH", positions=arrays["R"][1, :2], info={"charge": -1, "spin": 0})
    forces = arrays["F"][1, :2]
    atoms.calc = SinglePointCalculator(atoms, energy=-2.5, forces=forces, dipole=[0, 0, 1.0])
    ase.io.write(tmp_path / "a.extxyz", [atoms, atoms], format="extxyz")
    found = list(read_labelled(tmp_path / "a.extxyz"))
    assert len(found) == 2
    structure, label = found[1]
    assert (structure.charge, structure.source) == (-1, "imported:a.extxyz:1")
    np.testing.assert_allclose(structure.positions_angstrom, atoms.positions, atol=1e-8)
    assert label.energy_ev == -2.5
    np.testing.assert_allclose(label.forces_ev_per_angstrom, forces)
    np.testing.assert_allclose(label.dipole_e_angstrom, [0, 0, 1])


def test_other_names_in_extended_xyz(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text(
        "2\nProperties=species:S:1:pos:R:3:ref_forces:R:3 ref_energy=-3.0 charge=-1\n"
        "O 0 0 0 1 2 3\nH 0 0 1 4 5 6\n"
    )
    settings = ImportSettings(energy_key="ref_energy", forces_key="ref_forces")
    ((_, label),) = read_labelled(tmp_path / "a.xyz", settings)
    assert label.energy_ev == -3.0
    assert label.forces_ev_per_angstrom.tolist() == [[1, 2, 3], [4, 5, 6]]
    with pytest.raises(ValueError, match=r"Entry 0 .* has no energy"):
        list(read_labelled(tmp_path / "a.xyz"))


def test_plain_xyz_has_structures(structures: Path) -> None:
    (found,) = read_structures_any(structures / "ace-ala-nme.xyz")
    assert len(found.atomic_numbers) == 22


def write_water(folder: Path, comment: str, atoms: str = "O 0 0 0.1173") -> Path:
    hydrogens = "H 0 0.7572 -0.4692\nH 0 -0.7572 -0.4692\n"
    (folder / "a.xyz").write_text(f"3\n{comment}\n{atoms}\n{hydrogens}")
    return folder / "a.xyz"


@pytest.mark.parametrize(
    ("comment", "charge", "spin"),
    [
        ("water charge 0 spin 0", 0, 0),
        ("energy forces dipole", 0, 0),
        ("charge=1 spin=1", 1, 1),
        ("total_charge=-1 multiplicity=2", -1, 1),
    ],
)
def test_charges_and_spins_of_xyz(tmp_path: Path, comment: str, charge: int, spin: int) -> None:
    path = write_water(tmp_path, comment)
    (found,) = read_structures_any(path)
    assert (found.charge, found.spin) == (charge, spin)
    with pytest.raises(ValueError, match="has no energy"):
        list(read_labelled(path))


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("charge=True", "is no XYZ: 'charge=True' in the comment line: expected an integer"),
        ("energy=T", r"has energy=T; expected a number"),
        ('dipole="1 2"', r"has dipole=1 2; expected 3 numbers"),
        ("charge=0 spin=1", "not the multiplicity"),
    ],
)
def test_entries_of_xyz_that_make_no_sense(tmp_path: Path, comment: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"Entry 0 of .*{message}"):
        list(read_structures_any(write_water(tmp_path, comment)))


def test_charges_that_xyz_does_not_say_are_concluded(tmp_path: Path) -> None:
    """Frames: sulfate, ammonium, hydroxide; all have an even number of electrons."""
    bonds = [(0.88, 0.88, 0.88), (-0.88, -0.88, 0.88), (-0.88, 0.88, -0.88), (0.88, -0.88, -0.88)]
    sulfate = "S 0 0 0\n" + "".join(f"O {x} {y} {z}\n" for x, y, z in bonds)
    ammonium = "N 0 0 0\n" + "".join(f"H {0.68 * x} {0.68 * y} {0.68 * z}\n" for x, y, z in bonds)
    text = f"5\n\n{sulfate}5\n\n{ammonium}2\n\nO 0 0 0\nH 0 0 0.97\n"
    (tmp_path / "a.xyz").write_text(text)
    said: list[str] = []
    found = list(read_structures_any(tmp_path / "a.xyz", say=said.append))
    assert [structure.charge for structure in found] == [-2, 1, -1]
    assert said == [
        f"a.xyz: Charge {charge} e by bonds and closed shells, as nothing says it."
        for charge in ("-2", "+1", "-1")
    ]
    (tmp_path / "a.xyz").write_text(text.replace("5\n\nS", "5\ncharge=0\nS"))
    assert next(read_structures_any(tmp_path / "a.xyz", say=said.append)).charge == 0
    assert said[-1] == "a.xyz: Charge +0 e as given, where bonds say -2 e."


def test_a_charge_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("2\n\nN 0 0 0\nO 0 0 1.15\n")
    with pytest.raises(ChoiceError, match=r"charge of entry 0 of .* give it with --charge"):
        list(read_structures_any(tmp_path / "a.xyz"))
    with pytest.raises(ChoiceError, match=r"Entry 0 .* Options: --charge, --unpaired"):
        list(read_structures_any(tmp_path / "a.xyz", ImportSettings(charge=0)))
    (found,) = read_structures_any(tmp_path / "a.xyz", ImportSettings(charge=0, spin=1))
    assert (found.charge, found.spin) == (0, 1)


def test_deuterium_and_any_encoding_are_read(tmp_path: Path) -> None:
    path = write_water(tmp_path, "of M\xfcller")
    path.write_bytes(path.read_text().replace("H", "D").encode("latin-1"))
    (found,) = read_structures_any(path)
    assert found.atomic_numbers.tolist() == [8, 1, 1]


@pytest.mark.parametrize(
    ("names", "unusual"),
    [
        ("nuclear_charges coords energies forces", ""),  # revised MD17
        ("z R E F", ""),  # MD17, MD22
        ("atNUM atXYZ ePBE0 totFOR", "ZREF"),  # QM7-X
        ("atomic_numbers conformations dft_total_energy forces", "RE"),  # as in SPICE
    ],
)
def test_names_of_published_arrays(tmp_path: Path, names: str, unusual: str) -> None:
    arrays = water_arrays() | {"Z": np.array([8, 1, 1])}
    name_of = dict(zip("ZREF", names.split(), strict=True))
    np.savez(tmp_path / "a.npz", **{name: arrays[letter] for letter, name in name_of.items()})
    settings = ImportSettings(arrays={letter: name_of[letter] for letter in unusual})
    said: list[str] = []
    found = list(read_labelled(tmp_path / "a.npz", settings, said.append))
    assert [label.energy_ev for _, label in found] == [1.5, -2.0]
    np.testing.assert_array_equal(found[0][1].forces_ev_per_angstrom, arrays["F"][0])
    assert said == ["a.npz: The file has no charges; 0 is taken for all."]


def test_arrays_of_names_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be read .* has no array xyz"):
        list(read_labelled(write_npz(tmp_path), ImportSettings(arrays={"R": "xyz"})))
    with pytest.raises(ValueError, match=r"other names can be given in the settings"):
        list(read_labelled(write_npz(tmp_path, R=None)))


def test_periodic_xyz_has_a_cell(tmp_path: Path) -> None:
    cell = np.array([[5.0, 0.0, 0.0], [1.0, 6.0, 0.0], [0.5, 0.25, 7.0]])
    ase.io.write(tmp_path / "a.xyz", ase.Atoms("He", cell=cell, pbc=True), format="extxyz")
    ase.io.write(tmp_path / "b.xyz", ase.Atoms("He", cell=cell, pbc=False), format="extxyz")
    (found,) = read_structures_any(tmp_path / "a.xyz")
    np.testing.assert_allclose(found.cell_angstrom, cell)
    (found,) = read_structures_any(tmp_path / "a.xyz", ImportSettings(length_unit="bohr"))
    np.testing.assert_allclose(found.cell_angstrom, 0.529177210544 * cell, rtol=1e-8)
    (found,) = read_structures_any(tmp_path / "b.xyz")
    assert found.cell_angstrom is None


def test_charges_of_molecules_across_the_walls_are_concluded(tmp_path: Path) -> None:
    """Nitrite, whose shape tells its charge, and water, both cut by walls, atoms where they are."""
    positions = np.array(
        [[4.9, 2.0, 2.0], [5.94, 2.0, 2.66], [3.86, 2.0, 2.66], [2, 2, 4.8], [2, 2.76, 5.4]]
    )
    positions = np.vstack([positions, [2.0, 1.24, 5.4]]) % 5.0
    atoms = ase.Atoms("NO2OH2", positions, cell=5 * np.eye(3), pbc=True)
    ase.io.write(tmp_path / "a.xyz", atoms, format="extxyz")
    (found,) = read_structures_any(tmp_path / "a.xyz")
    assert found.charge == -1
    np.testing.assert_allclose(found.positions_angstrom, positions, atol=1e-8)


def test_broken_xyz_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("1\n\nHe 0 0 0\n2\n\nHe 0 0 0\n")
    with pytest.raises(ValueError, match=r"Entry [01] .* is no XYZ"):
        list(read_structures_any(tmp_path / "a.xyz"))


def test_xyz_needs_no_ase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.startswith("ase"):
            raise ImportError(name)
        return imported(name, *more)

    (tmp_path / "a.xyz").write_text("1\n\nHe 0 0 0\n")
    monkeypatch.setattr(builtins, "__import__", without)
    (found,) = read_structures_any(tmp_path / "a.xyz")
    assert found.atomic_numbers.tolist() == [2]


def write_sdf(path: Path, smiles: str, *, hydrogens: bool = True, flat: bool = False) -> None:
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    if flat:
        rdDepictor.Compute2DCoords(molecule)
    else:
        rdDistGeom.EmbedMolecule(molecule, randomSeed=1)
    if not hydrogens:
        molecule = Chem.RemoveHs(molecule)
    with Chem.SDWriter(str(path)) as writer:
        writer.write(molecule)


def test_sdf_has_structures(tmp_path: Path) -> None:
    write_sdf(tmp_path / "a.sdf", "CC(=O)[O-]")
    (found,) = read_structures_any(tmp_path / "a.sdf")
    assert sorted(found.atomic_numbers.tolist()) == [1, 1, 1, 6, 6, 8, 8]
    assert found.charge == -1
    with pytest.raises(ValueError, match="has no energy"):
        list(read_labelled(tmp_path / "a.sdf"))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"hydrogens": False}, "lacks hydrogens"), ({"flat": True}, "is flat; expected 3D")],
)
def test_incomplete_sdf_is_refused(tmp_path: Path, options: dict[str, bool], message: str) -> None:
    write_sdf(tmp_path / "a.sdf", "CCO", **options)
    with pytest.raises(ValueError, match=message):
        list(read_structures_any(tmp_path / "a.sdf"))


def test_a_broken_sdf_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.sdf").write_text("nothing\n$$$$\n")
    with pytest.raises(ValueError, match=r"Entry 0 .* is no molecule"):
        list(read_structures_any(tmp_path / "a.sdf"))


def test_files_of_this_package(tmp_path: Path) -> None:
    structure = AtomicSystem(np.array([2]), np.zeros((1, 3)), source="helium")
    label = Label(-1.0, np.zeros((1, 3)), np.zeros(3))
    write_structures(tmp_path / "s.h5", [structure])
    write_dataset(tmp_path / "d.h5", [(structure, label)], Origin("none", "none"))
    for name in ("s.h5", "d.h5"):
        assert [s.source for s in read_structures_any(tmp_path / name)] == ["helium"]
    ((_, found),) = read_labelled(tmp_path / "d.h5")
    assert found.energy_ev == -1.0
    (tmp_path / "x.h5").write_text("nothing")
    with pytest.raises(ValueError, match="is damaged or no HDF5 file"):
        list(read_structures_any(tmp_path / "x.h5"))


def test_unknown_endings_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "a.mol2").write_text("")
    with pytest.raises(ValueError, match=r"ends in '\.mol2'; expected one of \.npz"):
        list(read_structures_any(tmp_path / "a.mol2"))
    with pytest.raises(FileNotFoundError, match=r"no file '.*absent\.npz'"):
        list(read_labelled(tmp_path / "absent.npz"))
    (tmp_path / "b.npz").write_text("nothing")
    with pytest.raises(ValueError, match=r"b\.npz' cannot be read as data of NumPy"):
        list(read_labelled(tmp_path / "b.npz"))


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match="it is no archive of arrays"):
        list(read_structures_any(path))


def test_atomic_numbers_beyond_the_last_element_are_refused(tmp_path: Path) -> None:
    path = write_npz(tmp_path, N=None, Z=np.array([200, 1, 1]))
    with pytest.raises(ValueError, match="has the atomic number 200; expected 1 to 118"):
        list(read_structures_any(path))


def test_units_that_the_file_names_must_be_those_chosen(tmp_path: Path) -> None:
    path = write_npz(tmp_path, r_unit=b"Ang", e_unit=b"kcal/mol")
    assert len(list(read_structures_any(path))) == 2
    with pytest.raises(ValueError, match="its energy unit is kcal/mol, but it would be read in eV"):
        list(read_labelled(path))
    assert len(list(read_labelled(path, ImportSettings(energy_unit="kcal/mol")))) == 2
    path = write_npz(tmp_path, r_unit="Bohr")
    with pytest.raises(ValueError, match=r"its length unit is bohr, but .* set length_unit"):
        list(read_structures_any(path))
