# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Small molecules from files and SMILES."""

from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.errors import ChoiceError
from openmmgems.data.structure_file import write_structures
from openmmgems.sampling.read_molecules import is_file, read_molecules
from rdkit import Chem
from rdkit.Chem import rdDistGeom

HYDROXIDE = "2\n{}\nO 0 0 0\nH 0.96 0 0\n"


def _silent(text: str) -> None:
    del text


def test_endings_tell_files_from_molecules() -> None:
    assert [is_file(text) for text in ("a.h5", "a.XYZ", "b/c.extxyz")] == [True] * 3
    assert [is_file(text) for text in ("CCO", "[Na+]", "C/C=C/C")] == [False] * 3


def test_smiles_get_a_conformation_by_the_seed() -> None:
    first, again, other = (read_molecules("[OH-]", seed, _silent)[0] for seed in (1, 1, 2))
    assert (first.source, first.charge) == ("bottom-up:[OH-]:start", -1)
    assert sorted(first.atomic_numbers) == [1, 8]
    np.testing.assert_array_equal(first.positions_angstrom, again.positions_angstrom)
    assert not np.array_equal(first.positions_angstrom, other.positions_angstrom)


def test_an_xyz_file_tells_its_charge(tmp_path: Path) -> None:
    path = tmp_path / "a.xyz"
    path.write_text(HYDROXIDE.format("charge=-1"))
    said: list[str] = []
    (found,) = read_molecules(str(path), 1, said.append)
    assert (found.charge, found.source) == (-1, "bottom-up:[OH-]:start")
    np.testing.assert_allclose(found.positions_angstrom[1], [0.96, 0.0, 0.0])
    assert "Total charge: -1 e (the file says so)" in said


def test_a_file_of_structures_is_read_as_it_is(tmp_path: Path) -> None:
    found = read_molecules("O", 1, _silent) + read_molecules("N", 1, _silent)
    write_structures(tmp_path / "a.h5", found)
    read = read_molecules(str(tmp_path / "a.h5"), 1, _silent)
    assert [s.source for s in read] == ["bottom-up:O:start", "bottom-up:N:start"]


def test_what_is_no_single_molecule_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xyz"
    path.write_text(HYDROXIDE.format('Lattice="9 0 0 0 9 0 0 0 9" charge=-1'))
    with pytest.raises(ValueError, match="is periodic; expected a molecule"):
        read_molecules(str(path), 1, _silent)
    with pytest.raises(ValueError, match=r"'O\.O' is more than one molecule"):
        read_molecules("O.O", 1, _silent)


def test_a_file_whose_charges_cannot_be_told_is_asked_for_as_smiles(tmp_path: Path) -> None:
    molecule = Chem.AddHs(Chem.MolFromSmiles("C[NH+]=NC"))
    assert rdDistGeom.EmbedMolecule(molecule, randomSeed=1) == 0
    path = tmp_path / "a.xyz"
    path.write_text(Chem.MolToXYZBlock(molecule))
    with pytest.raises(ChoiceError, match="give the molecule as SMILES instead"):
        read_molecules(str(path), 1, _silent)
