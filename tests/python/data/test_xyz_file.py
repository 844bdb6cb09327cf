# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""XYZ files as people and programs write them."""

from pathlib import Path

import ase
import ase.io
import numpy as np
import pytest
from openmmgems.data.xyz_file import XyzFrame, read_xyz_frames

WATER = "O 0.0 0.0 0.1173\nH 0.0 0.7572 -0.4692\nH 0.0 -0.7572 -0.4692\n"
LATTICE = 'Lattice="20 0 0 0 21 0 0 0 22"'


def read(folder: Path, text: str | bytes) -> list[XyzFrame]:
    path = folder / "a.xyz"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(read_xyz_frames(path))


def water(folder: Path, comment: str) -> XyzFrame:
    (frame,) = read(folder, f"3\n{comment}\n{WATER}")
    assert frame.atomic_numbers.tolist() == [8, 1, 1]
    assert frame.positions[1].tolist() == [0.0, 0.7572, -0.4692]
    return frame


@pytest.mark.parametrize(
    "text",
    [
        f"3\nM\xfcller, 1.5 \xc5\x85x\n{WATER}".encode("latin-1"),
        f"\ufeff3\nM\xfcller\n{WATER}".encode(),
        f"3\nM\xfcller\n{WATER}".encode("utf-16"),
        f"3\n\n{WATER}\n \n".replace("\n", "\r\n"),
        f" 3 \n\n{WATER.lower()}\n\n",
        f"3\n\n{WATER.replace('O', '8').replace('H', '1')}",
        "3\n\nO 0 0 1.173D-01\nD 0.0 7.572d-1 -0.4692\nT 0.0 -0.7572 -0.4692",
    ],
)
def test_spellings(tmp_path: Path, text: str | bytes) -> None:
    (frame,) = read(tmp_path, text)
    assert frame.atomic_numbers.tolist() == [8, 1, 1]
    np.testing.assert_allclose(frame.positions[:2], [[0, 0, 0.1173], [0, 0.7572, -0.4692]])


def test_isotopes_and_capitals_are_told(tmp_path: Path) -> None:
    (frame,) = read(tmp_path, "4\n\nD 0 0 0\nNA 0 0 3\nCL 0 0 6\nBr 0 0 9\n")
    assert frame.atomic_numbers.tolist() == [1, 11, 17, 35]
    assert frame.notes == (
        "CL is read as chlorine.",
        "D is deuterium, read as hydrogen.",
        "NA is read as sodium.",
    )


@pytest.mark.parametrize(
    ("comment", "charge", "unpaired"),
    [
        ("water charge 0 spin 0", None, None),
        ("water, charge: -1", None, None),
        ('molecule="water "quoted"" E = -5.07', None, None),
        ('name="charge=3 spin=4"', None, None),
        ("charge=-2", -2, None),
        ("it's Charge = +1, spin=0", 1, 0),
        ("(charge=-1)", -1, None),
        ('charge="2" spin={1}', 2, 1),
        ("total_charge=-2 total_spin=1", -2, 0),
        ("tot_charge=1.0 multiplicity=3", 1, 2),
        ("net_charge=0 charge=0 uhf=2", 0, 2),
    ],
)
def test_charge_and_spin(
    tmp_path: Path, comment: str, charge: int | None, unpaired: int | None
) -> None:
    frame = water(tmp_path, comment)
    assert (frame.charge, frame.num_unpaired_electrons) == (charge, unpaired)


@pytest.mark.parametrize(
    ("comment", "note"),
    [
        ("water charge 0", "'charge' in the comment is text; only charge=NUMBER"),
        ("-1 1", "two numbers in the comment are not read as charge and multiplicity"),
        ("0 1 water", "two numbers in the comment"),
        ("q=1", "'q=1' is not read; charges are charge=NUMBER"),
        ("my_charge=1", "'my_charge=1' is not read"),
        ("qtot=1", "'qtot=1' is not read"),
        ("mult=2", "'mult=2' is not read"),
        ("charge: -1", "'charge' in the comment is text"),
        ("total_spin=1", "total_spin=1 is a multiplicity: 0 unpaired electrons"),
        ('cell="9 9 9"', "'cell' is not read; a box is Lattice="),
        (f'{LATTICE} pbc="F F F"', "lattice is not used"),
    ],
)
def test_what_looks_as_if_it_mattered_is_told(tmp_path: Path, comment: str, note: str) -> None:
    (found,) = water(tmp_path, comment).notes
    assert note in found


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("charge=True", "'charge=True' in the comment line: expected an integer"),
        ("spin=T", "'spin=T'"),
        ("charge=0.5", "'charge=0.5'"),
        ("charge=nan", "'charge=nan'"),
        ("charge=inf", "'charge=inf' in the comment line: expected an integer"),
        ("charge=", "'charge=' in the comment line"),
        ('charge="1 2"', "'charge=1 2'"),
        ("charge=1 Charge=2", "charge=1 and Charge=2, which mean the same"),
        ("charge=1 charge=2", "charge=1 and charge=2"),
        ("total_spin=0", "multiplicity 0"),
        ("spin=2 multiplicity=2", "multiplicity 2 and 2 unpaired electrons"),
        (f'{LATTICE} pbc="T T F"', "periodic in three directions or in none"),
        (f"{LATTICE} pbc=yes", "expected three of T and F"),
        ('pbc="T T T"', "has no Lattice"),
        ('Lattice="1 2 3"', "has 3 numbers; expected 9"),
        ('Lattice="20 0 0 0 20', "expected nine numbers"),
        ('Lattice="0 0 0 0 0 0 0 0 0"', "has no volume"),
        ('Lattice="9 0 0 0 9 0 0 0 nan"', "has no volume"),
        ('Lattice="0 20 0 20 0 0 0 0 20"', "left-handed"),
        ("Properties=species:S:1", r"pos:R:3 among them"),
        ("Properties=species:S:1:pos:R:2", r"pos:R:3 among them"),
        ("Properties=species:S:1:pos:X:3", "types S, R, I or L"),
        ("Properties=species:S:1:pos:R:3:forces:R:3", "Line 3 .* is not 'Properties="),
        ("Properties=pos:R:3:species:S:1", "Line 3 .* is not 'Properties="),
    ],
)
def test_comments_that_make_no_sense(tmp_path: Path, comment: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        water(tmp_path, comment)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be the number of atoms"),
        ("two\n\n", "must be the number of atoms, not 'two'"),
        ("0\n\n", "says 0 for the number of atoms"),
        ("3 ala\n\n" + WATER, "must be the number of atoms, not '3 ala'"),
        ("2\n\n" + WATER, r"Line 5 .*'H 0\.0 -0\.7572 -0\.4692'.* more atoms than its first line"),
        ("4\n\n" + WATER, "promises 4 atoms but holds 3"),
        ("1\n\nCA1 0 0 0\n", "Line 3 .* is not 'element x y z'"),
        ("1\n\nX 0 0 0\n", "Line 3"),
        ("1\n\n0 0 0 0\n", "Line 3"),
        ("1\n\nHe 0 0\n", "Line 3"),
        ("1\n\nHe 0 0 a\n", "Line 3"),
        ("1\n\nHe 0 0 0\n1\n\nHe 0 0\n", "Line 6"),
    ],
)
def test_lines_that_make_no_sense(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)


def test_columns_are_those_of_properties(tmp_path: Path) -> None:
    text = (
        "2\nProperties=id:I:1:pos:R:3:Z:I:1:force:R:3:species:S:1\n"
        "7 1 2 3 8 .1 .2 .3 O\n9 4 5 6 1 .4 .5 .6 H\n"
    )
    (frame,) = read(tmp_path, text)
    assert frame.atomic_numbers.tolist() == [8, 1]
    assert frame.positions.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert frame.columns["id"].tolist() == [7, 9]
    assert frame.columns["force"].tolist() == [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
    with pytest.raises(ValueError, match=r"Symbols and atomic numbers .* do not agree"):
        read(tmp_path, text.replace(" H\n", " C\n"))


def test_columns_without_names_are_told(tmp_path: Path) -> None:
    (frame,) = read(tmp_path, "1\n\nHe 0 0 0 0.1\n")
    assert frame.notes == (
        "Columns after the fourth are not read; Properties= would say what they are.",
    )


def test_charges_of_atoms_are_not_read(tmp_path: Path) -> None:
    text = "1\nProperties=species:S:1:pos:R:3:initial_charges:R:1\nNa 0 0 0 1.0\n"
    (frame,) = read(tmp_path, text)
    assert frame.charge is None
    assert "The column 'initial_charges' is not read" in frame.notes[0]


@pytest.mark.parametrize("pbc", [True, False])
def test_frames_are_those_that_ase_writes(tmp_path: Path, pbc: bool) -> None:
    rng = np.random.default_rng(1)
    images = [
        ase.Atoms(
            "OHHNa",
            rng.uniform(0, 9, (4, 3)),
            cell=np.triu(rng.uniform(1, 9, (3, 3))) + 9 * np.eye(3),
            pbc=pbc,
            info={"charge": 1 - k, "spin": k, "energy": -2.5, "note": 'it\'s "quoted" charge=9'},
        )
        for k in range(3)
    ]
    for atoms in images:
        atoms.arrays["forces"] = rng.normal(size=(4, 3))
    ase.io.write(tmp_path / "a.xyz", images, format="extxyz")
    frames = list(read_xyz_frames(tmp_path / "a.xyz"))
    assert len(frames) == 3
    for k, (frame, atoms) in enumerate(zip(frames, images, strict=True)):
        assert frame.atomic_numbers.tolist() == atoms.numbers.tolist()
        np.testing.assert_allclose(frame.positions, atoms.positions, atol=1e-7)
        np.testing.assert_allclose(frame.columns["forces"], atoms.arrays["forces"], atol=1e-7)
        assert (frame.charge, frame.num_unpaired_electrons) == (1 - k, k)
        assert frame.info["energy"] == "-2.5"
        assert (frame.cell is not None) == pbc
        if pbc:
            np.testing.assert_allclose(frame.cell, atoms.cell.array, atol=1e-7)
