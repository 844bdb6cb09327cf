# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures to be labelled from PDB files, with and without their box."""

from pathlib import Path

import numpy as np
import pytest
from openmmgems.data.import_data import ImportSettings
from openmmgems.labels.read_files import read_files

WATER = """\
CRYST1   12.000   13.000   14.000  90.00  90.00  90.00 P 1           1
HETATM    1  O   HOH A   1       0.000   0.000   0.117  1.00  0.00           O
HETATM    2  H1  HOH A   1       0.000   0.757  -0.470  1.00  0.00           H
HETATM    3  H2  HOH A   1       0.000  -0.757  -0.470  1.00  0.00           H
END
"""


def write(folder: Path, text: str = WATER) -> Path:
    path = folder / "water.pdb"
    path.write_text(text)
    return path


def test_a_box_is_used_only_if_it_is_asked_for(tmp_path: Path) -> None:
    said: list[str] = []
    (found,) = read_files([write(tmp_path)], say=said.append)
    assert found.cell_angstrom is None
    assert (found.charge, found.spin, found.source) == (0, 0, "imported:water.pdb:0")
    assert found.atomic_numbers.tolist() == [8, 1, 1]
    np.testing.assert_allclose(found.positions_angstrom[1], [0.0, 0.757, -0.470], atol=1e-9)
    assert any("Its box is not used; it is with --box" in line for line in said)
    (found,) = read_files([write(tmp_path)], ImportSettings(box=True, charge=-1, spin=1))
    np.testing.assert_allclose(found.cell_angstrom, np.diag([12.0, 13.0, 14.0]), atol=1e-9)
    assert (found.charge, found.spin) == (-1, 1)


def test_what_cannot_be_labelled_as_it_is_is_refused(tmp_path: Path) -> None:
    without_box = "".join(WATER.splitlines(keepends=True)[1:])
    with pytest.raises(ValueError, match=r"'water.pdb' has no box; expected one"):
        list(read_files([write(tmp_path, without_box)], ImportSettings(box=True)))
    (found,) = read_files([write(tmp_path, without_box)])
    assert found.cell_angstrom is None
    cut = "".join(line for line in WATER.splitlines(keepends=True) if " H2 " not in line)
    with pytest.raises(ValueError, match=r"'water.pdb' is labelled as it is: complete it first"):
        list(read_files([write(tmp_path, cut)]))
