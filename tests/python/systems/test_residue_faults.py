# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Sentences about residues that a force field does not match."""

import pytest
from openmmgems.core.errors import StructureError
from openmmgems.systems.classical import create_force_field_system
from openmmgems.systems.prepare import prepare_structure
from openmmgems.systems.prepare_settings import PrepareSettings
from support.pdb_lines import AMBER, Read, atom_name, called, charge, crambin, number, peptide, put


def test_sentences_about_residues_that_amber_does_not_match(read: Read) -> None:
    whole = peptide("ACE ALA LYS NME", hydrogens=True)
    glycine = [
        put(put(line, 22, " 300"), 30, f"{float(line[30:38]) + 60:8.3f}")
        for line in crambin()
        if number(line) == 20
    ]
    cases = {
        r"A LYS 3 lacks hydrogens on CB, .*--add-hydrogens completes": [
            line for line in whole if atom_name(line) not in ("HB2", "HE2") or number(line) != 3
        ],
        r"A THR 1 lacks hydrogens on N, CA, .*45 more such residues": crambin(),
        r"A LYS 3 lacks the atoms NZ": [
            line for line in whole if "NZ" not in line and "HZ" not in line
        ],
    }
    for message, lines in cases.items():
        with pytest.raises(StructureError, match=message):
            create_force_field_system(read(lines), AMBER)
    free = prepare_structure(read(crambin() + glycine))
    with pytest.raises(
        StructureError, match=r"A GLY 300 has more hydrogens than are known on N.*'A GLY 300'"
    ):
        create_force_field_system(free, AMBER)
    settings = PrepareSettings(remove=("A GLY 300",), add_hydrogens=False)
    assert charge(prepare_structure(free, settings)) == 0


def test_what_preparation_would_do_with_a_modified_residue(read: Read) -> None:
    lines = called(peptide("ACE ALA MET ALA NME"), 3, "MSE")
    lines = [
        put(put(line, 12, "SE  "), 76, "SE") if atom_name(line) == "SD" else line for line in lines
    ]
    with pytest.raises(
        StructureError, match=r"know residue A MSE 3; --add-hydrogens makes MSE MET; leave out"
    ):
        create_force_field_system(read(lines), AMBER)
