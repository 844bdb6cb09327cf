# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Atoms keep the order of the file, also where numbers of residues begin anew."""

from pathlib import Path

import pytest
from openmmgems.core.errors import StructureError
from openmmgems.systems.prepare import prepare_structure
from support.pdb_lines import Read, number, peptide, put
from support.pdb_text import read, record


def water(number: int, x: float) -> str:
    """A water whose oxygen is at x."""
    first = record("O", "HOH", number, x, element="O") + record("H1", "HOH", number, x + 0.96)
    return first + record("H2", "HOH", number, x - 0.24, y=0.93)


@pytest.mark.parametrize("ending", ["pdb", "cif"])
def test_waters_whose_numbers_begin_anew_keep_their_order(tmp_path: Path, ending: str) -> None:
    """As in files of programs that count to 9999; a trajectory has the order of the file."""
    numbers = (5, 6, 5, 6)
    text = "".join(water(number, 5.0 * k) for k, number in enumerate(numbers))
    if ending == "cif":
        text = as_mmcif(text)
    found = read(tmp_path, text, ending)
    assert [round(10 * x, 2) for x in found.positions[::3, 0]] == [0, 5, 10, 15]
    assert [residue.id for residue in found.topology.residues()] == ["5", "6", "5", "6"]
    assert found.topology.getNumBonds() == 8


def as_mmcif(text: str) -> str:
    """The same atoms as mmCIF."""
    tags = "group_PDB id type_symbol label_atom_id label_comp_id label_asym_id auth_asym_id "
    tags += "auth_seq_id Cartn_x Cartn_y Cartn_z"
    rows = [
        f"ATOM {k + 1} {line[12:16].strip()[0]} {line[12:16]} HOH A A {line[22:26]} {line[30:54]}"
        for k, line in enumerate(text.splitlines())
    ]
    head = "".join(f"_atom_site.{tag}\n" for tag in tags.split())
    return "data_water\nloop_\n" + head + "\n".join(rows) + "\n"


def test_conect_records_count_as_the_file_does(tmp_path: Path) -> None:
    ligand = record("C1", "LIG", 9, 30, serial="50", element="C")
    ligand += record("O1", "LIG", 9, 31.2, serial="51", element="O")
    text = water(5, 0) + ligand + water(6, 5) + water(5, 10) + "CONECT   50   51\n"
    bonds = read(tmp_path, text).topology.bonds()
    first, second = next(bond for bond in bonds if bond[0].residue.name == "LIG")
    assert (first.residue.name, first.name, second.name) == ("LIG", "C1", "O1")


def test_atoms_that_stand_apart_join_their_residue(tmp_path: Path) -> None:
    """As from programs that write all hydrogens at the end."""
    lines = sorted(peptide("ACE GLY NME", hydrogens=True), key=lambda line: line[76:78] == " H")
    found = read(tmp_path, "".join(lines))
    assert [residue.name for residue in found.topology.residues()] == ["ACE", "GLY", "NME"]
    assert found.topology.getNumBonds() == found.num_atoms - 1
    assert any("stand apart in the file were put together" in note for note in found.notes)


def moved(lines: list[str]) -> list[str]:
    return [put(line, 30, f"{float(line[30:38]) + 30:8.3f}") for line in lines]


def test_two_chains_of_one_letter_and_the_same_numbers(read: Read) -> None:
    lines = peptide("ALA GLY SER", hydrogens=True)
    found = read(lines + moved(lines))
    assert found.topology.getNumResidues() == 6
    assert found.topology.getNumBonds() == 2 * (len(lines) - 1)


def test_two_chains_of_one_letter_without_their_ends_are_a_gap(read: Read) -> None:
    lines = [line for line in peptide("ALA GLY SER") if line[12:16].strip() != "OXT"]
    with pytest.raises(StructureError, match=r"A SER 3 C and A ALA 1 N is .* angstrom long"):
        prepare_structure(read(lines + moved(lines)))


def test_residues_of_other_chains_that_are_bonded_are_bonded(read: Read) -> None:
    """HIS1 is no known name: its fourth letter may be the first one of a chain."""
    lines = peptide("ACE ALA HIS ALA NME", hydrogens=True)
    named = [put(line, 17, "HIS1") if number(line) == 3 else line for line in lines]
    found = read(named)
    assert found.topology.getNumBonds() == len(list(read(lines).topology.bonds()))
    assert any("A ALA 2 C and 1A HIS 3 N are bonded" in note for note in found.notes)


def test_ions_of_one_number_without_elements(tmp_path: Path) -> None:
    text = record("NA  ", "NA", 7, 0) + record("O", "HOH", 8, 5) + record("NA  ", "NA", 7, 9)
    elements = [atom.element.symbol for atom in read(tmp_path, text).topology.atoms()]
    assert elements == ["Na", "O", "Na"]


def test_an_atom_that_stands_twice_stands_where_it_was_first(read: Read) -> None:
    lines = peptide("ACE GLY NME")
    found = read([*lines, lines[0]])
    assert [atom.name for atom in found.topology.atoms()][:3] == ["CH3", "C", "O"]
    assert not any("put together" in note for note in found.notes)
