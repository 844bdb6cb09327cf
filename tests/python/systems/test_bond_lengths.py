# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Chains with missing residues, and other bonds that are too long, are refused."""

import numpy as np
import pytest
from openmmgems.core.errors import StructureError
from openmmgems.systems.bond_lengths import long_bonds, longest_bond
from openmmgems.systems.prepare import prepare_structure
from openmmgems.systems.prepare_settings import PrepareSettings
from support.pdb_lines import (
    Read,
    atom_name,
    called,
    charge,
    crambin,
    hydrogens_of,
    number,
    peptide,
    put,
    renumbered,
    residue_of,
    without,
)

FORCED = PrepareSettings(allow_gaps=True)


def test_gaps_are_refused(read: Read) -> None:
    wide = [line for line in crambin() if not 18 <= number(line) <= 24]
    cases = {
        "between A ARG 17 C and A ILE 25 N is 10.6 angstrom": wide,
        "between A M[ES][TE] 17 C and A ILE 25 N is 10.6 angstrom": called(wide, 17, "MSE"),
        "between A TYR 29 C and A GLY 31 N is 3.8 angstrom": without(crambin(), 30),
        "between A ALA 9 C and A SER 10 N is 3.3 angstrom": renumbered(without(crambin(), 10), 10),
    }
    for message, lines in cases.items():
        for complete in (True, False):
            settings = PrepareSettings(add_hydrogens=complete)
            with pytest.raises(StructureError, match=f"{message}.*residues are missing;.*--force"):
                prepare_structure(read(lines), settings)


def test_gaps_that_are_allowed_are_chain_ends(read: Read) -> None:
    lines = [line for line in crambin() if not 18 <= number(line) <= 24]
    prepared = prepare_structure(read(lines), FORCED)
    gap = "A ARG 17 C and A ILE 25 N, 10.6 angstrom apart, are not bonded: both end chains"
    assert gap in prepared.notes
    assert "OXT" in {atom.name for atom in residue_of(prepared, "17").atoms()}
    assert {"H2", "H3"} <= hydrogens_of(residue_of(prepared, "25"))
    assert charge(prepared) == 1  # Glu 23 is missing
    kept = prepare_structure(read(lines), PrepareSettings(add_hydrogens=False, allow_gaps=True))
    assert "A ARG 17 C and A ILE 25 N, 10.6 angstrom apart, stay bonded" in kept.notes
    assert len(long_bonds(kept.topology, 10 * kept.positions)) == 1


@pytest.mark.parametrize("remove", [("A TYR 29",), ("A TYR 29", "A THR 30")])
def test_a_residue_that_is_left_out_leaves_a_gap(read: Read, remove: tuple[str, ...]) -> None:
    structure = read(crambin())
    after = "GLY 31" if len(remove) == 2 else "THR 30"
    with pytest.raises(StructureError, match=f"between A THR 28 C and A {after} N"):
        prepare_structure(structure, PrepareSettings(remove=remove))
    settings = PrepareSettings(remove=(*remove, "A ASN 46"), allow_gaps=True)
    assert charge(prepare_structure(structure, settings)) == 0
    assert charge(prepare_structure(structure, PrepareSettings(remove=("A THR 1",)))) == 0


def test_any_bond_may_be_too_long(read: Read) -> None:
    lines = [
        put(line, 30, f"{float(line[30:38]) + 3:8.3f}")
        if (number(line), atom_name(line)) == (13, "CZ")
        else line
        for line in crambin()
    ]
    with pytest.raises(StructureError, match=r"A PHE 13 CE1 and A PHE 13 CZ .*misplaced"):
        prepare_structure(read(lines))


def test_molecules_cut_by_the_walls_of_a_box(read: Read) -> None:
    box = "CRYST1   30.000   30.000   30.000  90.00  90.00  90.00 P 1           1\n"
    lines = peptide("ACE ALA NME", hydrogens=True)
    middle = np.mean([float(line[30:38]) for line in lines])
    wrapped = [put(line, 30, f"{(float(line[30:38]) - middle) % 30.0:8.3f}") for line in lines]
    structure = read([box, *wrapped])
    settings = PrepareSettings(add_hydrogens=False)
    assert prepare_structure(structure, settings).notes == ()
    structure.topology.setPeriodicBoxVectors(None)
    with pytest.raises(StructureError, match=r"2\d.\d angstrom long"):
        prepare_structure(structure, settings)


def test_longest_bonds() -> None:
    # covalent radii of Cordero et al., doi:10.1039/b801115j: H 0.31, C 0.76, N 0.71, S 1.05
    assert longest_bond(6, 7) == pytest.approx(1.75 * 1.47)
    assert longest_bond(1, 6) == longest_bond(6, 1) == pytest.approx(1.75 * 1.07)
    assert longest_bond(16, 16) == pytest.approx(1.75 * 2.10)
