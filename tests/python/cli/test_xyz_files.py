# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""XYZ files through the commands: one reader for all, and nothing guessed without a word."""

from pathlib import Path

import h5py
import pytest
from rdkit import Chem
from rdkit.Chem import rdDistGeom

WATER = "O 0.0 0.0 0.1173\nH 0.0 0.7572 -0.4692\nH 0.0 -0.7572 -0.4692\n"
SODIUM = (
    "Na 0 0 0\nO 2.35 0 0\nH 2.94 0.76 0\nH 2.94 -0.76 0\n"
    "O -2.35 0 0\nH -2.94 0.76 0\nH -2.94 -0.76 0\n"
)
SULFATE = "S 0 0 0\nO .88 .88 .88\nO -.88 -.88 .88\nO -.88 .88 -.88\nO .88 -.88 -.88\n"
NITRIC_OXIDE = "N 0 0 0\nO 0 0 1.15\n"
LYSINES = "CC(=O)N[C@@H](CCCC[NH3+])C(=O)N[C@@H](CCCC[NH3+])C(=O)NC"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(atoms: str, comment: str = "", name: str = "a.xyz") -> str:
    Path(name).write_text(f"{len(atoms.splitlines())}\n{comment}\n{atoms}")
    return name


def atoms_of(smiles: str) -> str:
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert rdDistGeom.EmbedMolecule(molecule, randomSeed=3) == 0
    return Chem.MolToXYZBlock(molecule).split("\n", 2)[2]


def stored(file: str, name: str) -> list[int]:
    with h5py.File(file) as data:
        found = [group[name][:] for group in data.values() if isinstance(group, h5py.Group)]
    return sorted(int(value) for values in found for value in values)


SIMULATE = ("--model", "ala-gfn2", "--dry-run", "--platform", "CPU")


def test_two_lysines_are_refused_by_a_model_of_neutral_molecules(gems) -> None:
    code, text = gems("simulate", write(atoms_of(LYSINES)), *SIMULATE)
    assert code == 1
    assert "Total charge: +2 e (guessed" in text
    assert "was not trained on the total charge +2" in text


def test_heavy_water_with_a_byte_order_mark_runs(gems) -> None:
    Path("a.xyz").write_bytes(f"\ufeff3\n\n{WATER.replace('H', 'D')}".encode())
    code, text = gems("simulate", "a.xyz", *SIMULATE)
    assert code == 0, text
    assert "D is deuterium, read as hydrogen." in text
    assert "Total charge: +0 e (guessed" in text


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("simulate", *SIMULATE), "give it with --charge"),
        (("label", "-o", "labels", "--dry-run"), "give it with --charge"),
    ],
)
def test_a_charge_that_cannot_be_told_ends_with_code_2(gems, words: tuple, option: str) -> None:
    code, text = gems(words[0], write(NITRIC_OXIDE), *words[1:])
    assert code == 2
    assert option in text
    code, text = gems(words[0], "a.xyz", *words[1:], "--charge", "0")
    assert code == 2
    assert "--unpaired" in text
    code, text = gems(words[0], "a.xyz", *words[1:], "--charge", "0", "--unpaired", "1")
    assert "guessed" not in text
    assert code == 0 or "was not trained" in text


def test_what_the_file_says_counts_and_contradictions_are_told(gems) -> None:
    name = write(SULFATE, "charge=0")
    _, text = gems("simulate", name, *SIMULATE)
    assert "Total charge: +0 e (the file says so, but its bonds say -2 e; give --charge" in text
    _, text = gems("simulate", name, *SIMULATE, "--charge", "-2")
    assert "Total charge: -2 e as given; the file says +0 e" in text
    code, text = gems("fragment", name, "--centres", "all", "-o", "f.h5")
    assert code == 1
    assert "'a.xyz' says the charge +0 e, its bonds say -2 e" in text
    code, text = gems("fragment", write(SULFATE, "spin=2"), "--centres", "all", "-o", "f.h5")
    assert code == 1
    assert "expected closed shells" in text


def test_a_multiplicity_that_is_called_spin_is_refused(gems) -> None:
    for words in (("simulate", *SIMULATE), ("label", "-o", "l", "--dry-run")):
        code, text = gems(words[0], write(WATER, "charge=0 spin=1"), *words[1:])
        assert code != 0
        assert "not the multiplicity" in " ".join(text.split())


def test_sodium_in_water_is_cut_and_sampled(gems) -> None:
    code, text = gems("fragment", write(SODIUM), "--centres", "all", "--radius", "4", "-o", "f.h5")
    assert code == 0, text
    assert "7 atoms, 4 bonds by their distances: water molecules: 2, other residues: 1" in text
    assert "7 atoms, charge +1 e" in text
    assert set(stored("f.h5", "charge")) == {1}
    code, text = gems("sample", "a.xyz", "--number", "2", "-o", "s.h5", "--processes", "1")
    assert code == 0, text
    assert "Total charge: +1 e (guessed" in text
    assert stored("s.h5", "charge") == [1, 1]


def test_a_periodic_file_has_no_conformers(gems) -> None:
    name = write(WATER, 'Lattice="20 0 0 0 20 0 0 0 20"')
    code, text = gems("sample", name, "--number", "2", "-o", "s.h5")
    assert code == 1
    assert "'a.xyz' is periodic; expected a molecule" in text


def test_labels_have_the_charges_that_files_say_or_bonds_tell(
    gems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openmmgems.data.dataset_pictures.draw_dataset", lambda data, picture: None)
    files = (
        write(WATER, "water charge 1 spin 1", "words.xyz"),
        write(SULFATE, "total_charge=-2 total_spin=1", "sulfate.xyz"),
        write("O 0 0 0\nD 0 0 0.97\n", "", "hydroxide.xyz"),
        write(WATER, "charge=1 multiplicity=2", "cation.extxyz"),
    )
    code, text = gems("label", *files, "-o", "labels", "--workers", "1", "--memory", "2")
    assert code == 0, text
    assert "words.xyz: The word 'charge' in the comment is text" in text
    assert "hydroxide.xyz: Charge -1 e by bonds and closed shells" in text
    assert stored("labels/data.h5", "charge") == [-2, -1, 0, 1]
    assert stored("labels/data.h5", "spin") == [0, 0, 0, 1]
