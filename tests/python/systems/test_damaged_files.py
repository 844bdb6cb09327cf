# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What is no number in a PDB or mmCIF file is refused, never read as 0 or as no box."""

from pathlib import Path

import gemmi
import pytest
from openmmgems.core.errors import StructureError
from openmmgems.systems.structure import read_structure
from support.pdb_lines import Read, peptide, put
from support.pdb_text import read as read_text
from support.pdb_text import record


@pytest.mark.parametrize("word", ["  xx.xxx", "********", "  11,104", "  1.2.34"])
def test_positions_that_are_no_numbers_are_refused(read: Read, word: str) -> None:
    lines = peptide("ACE GLY NME")
    lines[4] = put(lines[4], 30, word)
    with pytest.raises(StructureError, match=r"position of atom 5 .*GLY A   2 is '.*three numbers"):
        read(lines)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("CRYST1", "The box of the file is 'CRYST1'"),
        ("CRYST1 xx", "expected three edges"),
        ("CRYST1   30.000   30.000   30.000  90.00  90.00", "expected three edges"),
        ("CRYST1   30.000   30.000      nan  90.00  90.00  90.00", "expected three edges"),
        ("CRYST1   30.000   30.000   30.000   0.00   0.00   0.00", "angles 0, 0, 0 degree"),
    ],
)
def test_a_box_that_is_none_is_refused(read: Read, line: str, message: str) -> None:
    with pytest.raises(StructureError, match=message):
        read([line + "\n", *peptide("ACE GLY NME")])


@pytest.mark.parametrize(
    "line",
    [
        "CRYST1 1000.00010000.000 1000.000  90.00  90.00  90.00 P 1           1",
        "CRYST1 1000.00 10000.00 1000.00 90.00 90.00 90.00",
    ],
)
def test_columns_of_a_box(read: Read, line: str) -> None:
    vectors = read([line + "\n", *peptide("ACE GLY NME")]).topology.getPeriodicBoxVectors()
    assert [vectors[k][k]._value for k in range(3)] == pytest.approx([100, 1000, 100])


def mmcif(**cell: str) -> str:
    """Ace-Gly-Nme in a box of 30 angstrom, but for what is given."""
    structure = gemmi.read_pdb_string("".join(peptide("ACE GLY NME")))
    structure.cell.set(30, 30, 30, 90, 90, 90)
    block = structure.make_mmcif_block()
    for tag, value in cell.items():
        block.set_pair(f"_cell.{tag}", value)
    return block.as_string()


def test_a_box_of_mmcif_without_an_edge_is_refused(tmp_path: Path) -> None:
    assert read_text(tmp_path, mmcif(), "cif").is_periodic
    with pytest.raises(StructureError, match=r"_cell 30 \? 30 90 90 90'; expected three edges"):
        read_text(tmp_path, mmcif(length_b="?"), "cif")


def test_the_first_of_several_blocks_is_read_and_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "two.cif"
    file.write_text(mmcif() + mmcif().replace("data_", "data_other"))
    found = read_structure(file)
    assert "The file has 2 data blocks with atoms; the first was read." in found.notes


@pytest.mark.parametrize(("symbol", "wrong"), [("HG", "H"), ("PB", "P"), ("BR", "B"), ("YB", "Y")])
def test_the_first_letter_is_not_the_element_of_an_ion(
    tmp_path: Path, symbol: str, wrong: str
) -> None:
    text = record(f"{symbol}  ", symbol, 7, 0, element=wrong)
    with pytest.raises(StructureError, match=f"has the element {wrong}, .* those of"):
        read_text(tmp_path, text)


def test_a_hydroxyl_at_the_left_of_its_columns_is_no_holmium(tmp_path: Path) -> None:
    text = record("C1", "LIG", 1, 0) + record("O1", "LIG", 1, 1.4) + record("HO1 ", "LIG", 1, 2.3)
    elements = [atom.element.symbol for atom in read_text(tmp_path, text).topology.atoms()]
    assert elements == ["C", "O", "H"]
