# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Proteins as the PDB has them: what is completed, kept, left out and refused."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.errors import StructureError
from openmmgems.systems.chemical_graph import chemical_graph
from openmmgems.systems.classical import create_force_field_system
from openmmgems.systems.prepare import prepare_structure
from openmmgems.systems.prepare_settings import PrepareSettings
from openmmgems.systems.structure import read_structure
from rdkit import Chem
from rdkit.Chem import rdDistGeom
from support.pdb_lines import (
    AMBER,
    Read,
    atom_name,
    atoms,
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


def test_a_chain_ends_before_its_waters(read: Read) -> None:
    lines = without(crambin(), 46, ["OXT"]) + atoms("HOH", 201, ("O", 30, 30, 30))
    prepared = prepare_structure(read(lines))
    assert "A ASN 46 got its missing OXT" in prepared.notes
    assert prepared.num_atoms == 642 + 3
    assert charge(prepared) == 0


def test_ends_of_chains_of_one_name(read: Read) -> None:
    second = [
        put(put(line, 22, f"{number(line) + 100:4d}"), 30, f"{float(line[30:38]) + 60:8.3f}")
        for line in crambin()
    ]
    prepared = prepare_structure(read(crambin() + second))
    assert prepared.num_atoms == 2 * 642
    assert charge(prepared) == 0


def test_chains_go_on_where_residues_are_bonded(read: Read) -> None:
    lines = crambin()
    middle = next(k for k, line in enumerate(lines) if number(line) == 20)
    jump = [put(line, 22, f"{number(line) + 7:4d}") for line in lines[middle:]]
    prepared = prepare_structure(read([*lines[:middle], "TER\n", *jump]))
    assert "A PRO 19 C and A GLY 27 N are bonded: they are 1.4 angstrom apart" in prepared.notes
    assert [len(list(chain.residues())) for chain in prepared.topology.chains()] == [46]
    assert prepared.num_atoms == 642
    assert charge(prepared) == 0


def test_rings_have_no_ends(read: Read) -> None:
    ring = Chem.AddHs(Chem.MolFromSmiles("N1CC(=O)" + "NCC(=O)" * 4 + "NCC1=O"))
    assert rdDistGeom.EmbedMolecule(ring, randomSeed=1) == 0
    points = ring.GetConformer().GetPositions()
    lines = []
    for k in range(24):
        name = ("N", "CA", "C", "O")[k % 4]
        lines += [put(x, 0, "ATOM  ") for x in atoms("GLY", k // 4 + 1, (name, *points[k]))]
    prepared = prepare_structure(read(lines))
    assert "A GLY 6 C and A GLY 1 N are bonded: they are 1.4 angstrom apart" in prepared.notes
    assert prepared.num_atoms == 6 * 7
    assert charge(prepared) == 0


def test_atoms_that_look_bonded_are_told(read: Read) -> None:
    lines = crambin()
    nitrogen = next(line for line in lines if (number(line), atom_name(line)) == (17, "NH2"))
    x, y, z = (float(nitrogen[k : k + 8]) for k in (30, 38, 46))
    prepared = prepare_structure(read(lines + atoms("HOH", 201, ("O", x + 1.4, y, z))))
    assert "not bonded, but near (angstrom): A ARG 17 NH2 and A HOH 201 O (1.4)" in prepared.notes


def test_cut_side_chains_are_completed(read: Read) -> None:
    backbone = ("N", "CA", "C", "O", "CB", "OXT")
    prepared = prepare_structure(read([line for line in crambin() if atom_name(line) in backbone]))
    assert "A ARG 10 got its missing CG, CD, NE, CZ, NH1, NH2" in prepared.notes
    assert Counter(r.name for r in prepared.topology.residues())["CYS"] == 6
    assert charge(prepared) == 0  # 2 Arg, Asp, Glu


@pytest.mark.parametrize(
    ("name", "standard", "total", "expected"),
    [
        ("HID", "HIS", 0, {"HD1"}),
        ("HIE", "HIS", 0, {"HE2"}),
        ("HIP", "HIS", 1, {"HD1", "HE2"}),
        ("ASH", "ASP", 0, {"HD2"}),
        ("GLH", "GLU", 0, {"HE2"}),
        ("LYN", "LYS", 0, {"HZ1", "HZ2"}),
        ("CYM", "CYS", -1, set()),
        ("LYS", "LYS", 1, {"HZ1", "HZ2", "HZ3"}),
        ("HSP", "HIS", 1, {"HD1", "HE2"}),
    ],
)
def test_the_name_of_a_residue_decides_its_state(
    read: Read, name: str, standard: str, total: int, expected: set[str]
) -> None:
    prepared = prepare_structure(read(called(peptide(f"ACE ALA {standard} ALA NME"), 3, name)))
    polar = {"HD1", "HD2", "HE2", "HZ1", "HZ2", "HZ3", "HG"}
    aliphatic = {"HIS": {"HD2"}, "LYS": {"HD2", "HE2"}}.get(standard, set())
    found = hydrogens_of(residue_of(prepared, "3"))
    assert found & polar - aliphatic == expected
    assert charge(prepared) == total


def test_a_state_that_cannot_be_is_refused(read: Read) -> None:
    lines = called(peptide("ACE ALA CYS ALA NME"), 3, "CYX")
    with pytest.raises(StructureError, match="A CYS 3 is CYX, half of a disulfide bridge, but no"):
        prepare_structure(read(lines))
    lines = called(peptide("ACE ALA TYR ALA NME"), 3, "TYM")
    with pytest.raises(StructureError, match="A TYR 3 in its state TYM are not known"):
        prepare_structure(read(lines))


def test_selenomethionine_becomes_methionine(read: Read) -> None:
    lines = called(peptide("ACE ALA MET ALA NME"), 3, "MSE")
    lines = [
        put(put(line, 12, "SE  "), 76, "SE") if atom_name(line) == "SD" else line for line in lines
    ]
    structure = read(lines)
    prepared = prepare_structure(structure)
    assert "A MSE 3 became MET (SE is SD)" in prepared.notes
    selenium = next(a.index for a in structure.topology.atoms() if a.name == "SE")
    sulfur = next(a for a in residue_of(prepared, "3").atoms() if a.element.symbol == "S")
    np.testing.assert_allclose(
        prepared.positions[sulfur.index], structure.positions[selenium], atol=1e-5
    )
    assert charge(prepared) == 0


@pytest.mark.parametrize(
    ("modified", "standard", "extra"),
    [("SEP", "SER", "P"), ("HYP", "PRO", "OD1"), ("CSD", "CYS", "OD1")],
)
def test_modified_residues_become_what_they_come_from(
    read: Read, modified: str, standard: str, extra: str
) -> None:
    lines = called(peptide(f"ACE ALA {standard} ALA NME"), 3, modified)
    last = next(k for k, line in enumerate(lines) if number(line) == 4)
    beta = next(line for line in lines if number(line) == 3 and atom_name(line) == "CB")
    x, y, z = (float(beta[k : k + 8]) for k in (30, 38, 46))
    lines[last:last] = atoms(modified, 3, (extra, x + 1, y + 1, z + 1))
    prepared = prepare_structure(read(lines))
    assert f"A {modified} 3 became {standard} (without {extra})" in prepared.notes
    assert charge(prepared) == 0


def test_d_amino_acids_stay_what_they_are(read: Read) -> None:
    lines = called(called(peptide("ACE ALA LEU NME"), 2, "DAL"), 3, "DLE")
    lines = [put(line, 30, f"{-float(line[30:38]):8.3f}") for line in lines]
    prepared = prepare_structure(read(lines))
    assert {"A DAL 2 became ALA", "D-amino acids: A ALA 2, A LEU 3"} <= set(prepared.notes)
    place = {
        atom.name: prepared.positions[atom.index] for atom in residue_of(prepared, "2").atoms()
    }
    n, c, beta = (place[name] - place["CA"] for name in ("N", "C", "CB"))
    assert np.dot(np.cross(n, c), beta) < 0
    assert np.dot(place["HA"] - place["CA"], n + c + beta) < 0  # opposite of the three others
    assert charge(prepared) == 0
    with pytest.raises(StructureError, match="A LEU 3 is a D-amino acid and lacks atoms"):
        prepare_structure(read([line for line in lines if atom_name(line) not in ("CD1", "CD2")]))


def test_one_hydrogen_on_a_formyl_group(read: Read) -> None:
    lines = called(without(peptide("ACE ALA NME"), 1, ["CH3"]), 1, "FOR")
    prepared = prepare_structure(read(lines))
    assert chemical_graph(prepared.topology).charges.sum() == 0
    assert hydrogens_of(residue_of(prepared, "1")) == {"H1"}
    with pytest.raises(StructureError, match=r"does not know residue A FOR 1; .*--remove FOR, or"):
        create_force_field_system(prepared, AMBER)


def test_stubs_at_chain_ends_are_left_out(read: Read) -> None:
    stub = [line for line in crambin() if number(line) < 46 or atom_name(line) == "N"]
    prepared = prepare_structure(read(stub))
    assert "A ASN 46 is left out; known is only N" in prepared.notes
    assert "A ALA 45 got its missing OXT" in prepared.notes
    assert charge(prepared) == 0
    first = [line for line in crambin() if number(line) > 1 or atom_name(line) in ("C", "O")]
    prepared = prepare_structure(read(called(first, 2, "THR")))
    assert "A THR 1 is left out; known is only C, O" in prepared.notes


def test_states_are_those_of_their_residues_when_others_go(read: Read) -> None:
    lines = called(peptide("ALA HIS ALA ASP ALA"), 2, "HIP")
    lines = [line for line in called(lines, 4, "ASH") if number(line) > 1 or atom_name(line) == "C"]
    prepared = prepare_structure(read(lines))
    assert "A ALA 1 is left out; known is only C" in prepared.notes
    assert {"HD1", "HE2"} <= hydrogens_of(residue_of(prepared, "2"))
    assert "HD2" in hydrogens_of(residue_of(prepared, "4"))


def test_atoms_that_were_not_seen_are_told(read: Read) -> None:
    lines = [
        put(line, 56, "0.00") if number(line) == 10 and atom_name(line) == "NH1" else line
        for line in crambin()
    ]
    note = "Atoms of occupancy 0, whose places are made up, were read: A ARG 10 NH1."
    assert note in read(lines).notes
    nowhere = [put(line, 56, "0.00") for line in lines]  # programs write this that know of none
    assert not any("occupancy" in note for note in read(nowhere).notes)


def test_too_little_of_a_residue_within_a_chain_is_refused(read: Read) -> None:
    with pytest.raises(StructureError, match="A GLY 20 there is only N, CA, O, which is too litt"):
        prepare_structure(read(without(crambin(), 20, ["C"])))


def test_what_nobody_knows_is_named_all_at_once(read: Read) -> None:
    glycerol = [("C1", 30, 30, 30), ("O1", 31.4, 30, 30), ("C2", 29.5, 31.4, 30)]
    buffer = [
        *atoms("GOL", 101, *glycerol),
        *atoms("SO4", 102, ("S", 40, 30, 30), ("O1", 41.4, 30, 30)),
    ]
    structure = read(crambin() + buffer)
    with pytest.raises(
        StructureError, match=r"residue A GOL 101, A SO4 102; .*: --remove GOL,SO4; or add them"
    ):
        prepare_structure(structure)
    for remove in (("GOL", "SO4"), ("A GOL 101", "SO4")):
        prepared = prepare_structure(structure, PrepareSettings(remove=remove))
        assert "left out: 1 GOL, 1 SO4" in prepared.notes
        assert prepared.num_atoms == 642
    with pytest.raises(StructureError, match=r"remove names EDO, which .* has ALA, .* 'A THR 1'"):
        prepare_structure(structure, PrepareSettings(remove=("EDO",)))
    with pytest.raises(StructureError, match=r"residue A UNK 38; .*breaks the chain of UNK"):
        prepare_structure(read(called(crambin(), 38, "UNK")))


def test_residues_are_named_with_their_insertion_codes(read: Read) -> None:
    lines = renumbered(crambin(), 10)
    first = next(k for k, line in enumerate(lines) if number(crambin()[k]) == 11)
    lines = [
        put(line, 26, "A") if number(crambin()[k]) == 11 else line for k, line in enumerate(lines)
    ]
    lines = [
        line
        for k, line in enumerate(lines)
        if k < first or atom_name(line) != "OG" or line[26] != "A"
    ]
    prepared = prepare_structure(read(lines))
    assert "A SER 10A got its missing OG" in prepared.notes
    assert charge(prepared) == 0


def test_ions_that_amber_knows_and_others(read: Read) -> None:
    known = [*atoms("NA", 201, ("NA", 30, 30, 30)), *atoms("CL", 202, ("CL", 36, 30, 30))]
    known += [*atoms("MG", 203, ("MG", 42, 30, 30)), *atoms("K", 204, ("K", 48, 30, 30))]
    assert charge(prepare_structure(read(crambin() + known))) == 3
    others = [*atoms("CA", 205, ("CA", 54, 30, 30)), *atoms("ZN", 206, ("ZN", 60, 30, 30))]
    prepared = prepare_structure(read(crambin() + known + others))
    assert chemical_graph(prepared.topology).charges.sum() == 3 + 4
    with pytest.raises(
        StructureError, match=r"does not know residue A CA 205, A ZN 206; .*--remove CA,ZN"
    ):
        create_force_field_system(prepared, AMBER)


def test_ions_keep_the_charges_of_the_file(read: Read) -> None:
    iron = [put(line, 78, "3+") for line in atoms("FE", 201, ("FE", 30, 30, 30))]
    peptides = without(peptide("ACE LYS NME"), 2, ["NZ"])
    prepared = prepare_structure(read(peptides + iron))
    assert "A LYS 2 got its missing NZ" in prepared.notes
    assert chemical_graph(prepared.topology).charges.sum() == 1 + 3


def test_nucleic_acids(read: Read) -> None:
    import pdbfixer

    template = Path(pdbfixer.__file__).parent / "templates" / "DA.pdb"
    lines = [
        line
        for line in template.read_text().splitlines(keepends=True)
        if line[:4] in ("ATOM", "HETA")
    ]
    phosphate = ("P", "OP1", "OP2", "OP3")
    nucleoside = prepare_structure(read([x for x in lines if atom_name(x) not in phosphate]))
    create_force_field_system(nucleoside, AMBER)
    with pytest.raises(StructureError, match="A DA 1 begins a chain with a phosphate"):
        prepare_structure(read(lines))


@pytest.mark.parametrize("name", ["1i8nA", "2xcjA"])
def test_single_chains_of_crystal_structures(structures: Path, name: str) -> None:
    prepared = prepare_structure(read_structure(structures / f"{name}.pdb"))
    assert charge(prepared) == {"1i8nA": -8, "2xcjA": 0}[name]


@pytest.mark.slow
def test_all_chains_of_crystal_structures_that_are_at_hand(shared_folder: Path) -> None:
    files = sorted((shared_folder / "data" / "dssp").glob("*.pdb"))
    if not files:
        pytest.skip(f"no structures in {shared_folder}/data/dssp")
    for file in files:
        charge(prepare_structure(read_structure(file)))
