# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""PDB and mmCIF files lose no atoms, elements, bonds and states, however programs write them."""

from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.errors import StructureError
from openmmgems.systems.chemical_graph import chemical_graph
from openmmgems.systems.structure import LoadedStructure, read_structure
from support.pdb_text import read, record


def test_a_lone_carbon_that_is_calcium_by_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StructureError, match=r"A CA 7 CA has the element C, .* those of Ca"):
        read(tmp_path, record("CA", "CA", 7, 0, element="C"))


def test_virtual_sites_are_refused(tmp_path: Path) -> None:
    text = record("O", "HOH", 1, 0) + record("EPW", "HOH", 1, 0.5)
    with pytest.raises(StructureError, match="virtual sites are not supported"):
        read(tmp_path, text)


def test_atoms_of_one_name_are_all_kept(structures: Path) -> None:
    found = read_structure(structures / "nma-same-names.pdb")
    assert found.num_atoms == 12
    assert found.topology.getNumBonds() == 11
    graph = chemical_graph(found.topology)
    assert sorted(graph.orders) == [1] * 10 + [2]


def test_a_standard_residue_with_two_atoms_of_one_name_is_refused(tmp_path: Path) -> None:
    text = record("N", "ALA", 3, 0) + record("CA", "ALA", 3, 1.5) + record("CA", "ALA", 3, 3)
    with pytest.raises(StructureError, match="Residue A ALA 3 has 2 atoms of the name CA"):
        read(tmp_path, text)


def test_records_that_stand_twice_are_read_once(tmp_path: Path) -> None:
    text = record("N", "ALA", 3, 0) + 2 * record("CA", "ALA", 3, 1.5)
    found = read(tmp_path, text)
    assert found.num_atoms == 2
    assert "1 atom of the file, each of which stands there twice, read once." in found.notes


def test_waters_of_one_number_are_several_waters(tmp_path: Path) -> None:
    one = [("O", 0.0, 0.0), ("H1", 0.96, 0.0), ("H2", -0.24, 0.93)]
    text = "".join(record(name, "TIP3", 1, x + 3 * k, y=y) for k in range(3) for name, x, y in one)
    found = read(tmp_path, text)
    assert (found.num_atoms, found.topology.getNumResidues()) == (9, 3)
    assert found.topology.getNumBonds() == 6
    assert any("3 TIP3 as HOH" in note for note in found.notes)


@pytest.mark.parametrize(
    "names", [("O", "H", "H"), ("OW", "HW1", "HW2"), ("H1", "O", "H2"), ("O", "1H", "2H")]
)
def test_waters_are_told_by_their_elements(tmp_path: Path, names: tuple[str, ...]) -> None:
    shape = {"O": [(0.0, 0.0)], "H": [(0.96, 0.0), (-0.24, 0.93)]}
    letters = [name.strip("12")[0] for name in names]
    text = ""
    for number in range(2):
        places = {letter: iter(points) for letter, points in shape.items()}
        for name, letter in zip(names, letters, strict=True):
            x, y = next(places[letter])
            text += record(name, "WAT", 1, x + 3 * number, y=y, element=letter)
    found = read(tmp_path, text)
    assert (found.topology.getNumResidues(), found.topology.getNumBonds()) == (2, 4)
    oxygen = {
        bond[0].index if bond[0].name == "O" else bond[1].index for bond in found.topology.bonds()
    }
    assert len(oxygen) == 2


@pytest.mark.parametrize("numbers", [("99999", "A0000", "A0001"), ("99999", "186a0", "186a1")])
def test_bonds_of_atoms_beyond_99999(tmp_path: Path, numbers: tuple[str, ...]) -> None:
    text = "".join(
        record("XYZ"[k], "LIG", 1, 1.4 * k, serial=number, element="C")
        for k, number in enumerate(numbers)
    )
    first, second, third = (f"{number:>5}" for number in numbers)
    text += f"CONECT{second}{first}{third}\n"
    bonds = [(b[0].index, b[1].index) for b in read(tmp_path, text).topology.bonds()]
    assert bonds == [(1, 0), (1, 2)]


def test_conect_records_of_a_number_that_two_atoms_have_are_refused(tmp_path: Path) -> None:
    text = "".join(record("ABC"[k], "LIG", 1, 1.4 * k, serial="0", element="C") for k in range(3))
    with pytest.raises(StructureError, match="CONECT records name atom 0, which 3 atoms are"):
        read(tmp_path, text + "CONECT    0    0\n")


def test_a_link_record_is_a_bond_and_one_to_a_copy_is_none(tmp_path: Path) -> None:
    atoms = record("C1", "NAG", 9, 0, element="C") + record("ND2", "ASN", 10, 1.4, element="N")
    link = "LINK         C1  NAG A   9                 ND2 ASN A  10     1555   {}  1.40\n"
    assert read(tmp_path, link.format("1555") + atoms).topology.getNumBonds() == 1
    assert read(tmp_path, link.format("2555") + atoms).topology.getNumBonds() == 0


def test_chains_end_at_segments_and_after_the_second_oxygen(tmp_path: Path) -> None:
    def glycine(number: int, segment: str, *names: str) -> str:
        return "".join(
            record(name, "GLY", number, 1.4 * k, y=9 * number, segment=segment, chain=" ")
            for k, name in enumerate(("N", "CA", "C", "O", *names))
        )

    found = read(tmp_path, glycine(1, "PROA") + glycine(2, "PROB"))
    assert (found.topology.getNumChains(), found.topology.getNumBonds()) == (2, 6)
    found = read(tmp_path, glycine(1, "", "OT2") + glycine(2, ""))
    assert (found.topology.getNumChains(), found.topology.getNumBonds()) == (2, 7)


def test_insertion_codes_are_residues_of_their_own(tmp_path: Path) -> None:
    first = record("CA", "GLY", 52, 0) + record("C", "GLY", 52, 1.5)
    inserted = record("N", "GLY", 52, 2.8) + record("CA", "GLY", 52, 4.3)
    inserted = "".join(f"{line[:26]}A{line[27:]}\n" for line in inserted.splitlines())
    residues = list(read(tmp_path, first + inserted).topology.residues())
    assert [(r.id, r.insertionCode) for r in residues] == [("52", ""), ("52", "A")]


def test_alpha_carbons_alone_are_refused(tmp_path: Path) -> None:
    text = "".join(record("CA", "ALA", k, 3.8 * k) for k in range(5))
    with pytest.raises(StructureError, match=r"only the alpha carbons of its amino acids \(5\)"):
        read(tmp_path, text)


def test_the_first_of_several_models_is_read_and_that_is_said(tmp_path: Path) -> None:
    model = "MODEL     {}\n" + record("O", "HOH", 1, 0) + "ENDMDL\n"
    found = read(tmp_path, model.format("   1") + model.format("   2"))
    assert found.num_atoms == 1
    assert "The file has 2 models; the first was read." in found.notes


@pytest.mark.parametrize("name", ["D", "DN"])
def test_deuterium_is_hydrogen(peptide: Path, tmp_path: Path, name: str) -> None:
    text = peptide.read_text().replace(" H   ALA", f" {name:<3} ALA")
    lines = [
        f"{line[:77]}D{line[78:]}" if line[12:16].strip() == name else line
        for line in text.splitlines()
    ]
    found = read(tmp_path, "\n".join(lines))
    assert (found.num_atoms, found.topology.getNumBonds()) == (22, 21)
    assert "Deuterium read as hydrogen: 1 atom." in found.notes
    assert "D" not in {atom.element.symbol for atom in found.topology.atoms()}


def test_deuterium_of_mmcif_is_hydrogen(structures: Path, tmp_path: Path) -> None:
    lines = (structures / "ace-ala-nme.cif").read_text().splitlines()
    header = [line.strip() for line in lines if line.startswith("_atom_site.")]
    symbol = header.index("_atom_site.type_symbol")
    for k, line in enumerate(lines):
        fields = line.split()
        if line.startswith(("ATOM", "HETATM")) and fields[symbol] == "H" and "NME" in line:
            fields[symbol] = "D"
            lines[k] = " ".join(fields)
    found = read(tmp_path, "\n".join(lines), "cif")
    assert (found.num_atoms, found.topology.getNumBonds()) == (22, 21)
    assert "Deuterium read as hydrogen: 4 atoms." in found.notes


def test_heavy_water_is_water(tmp_path: Path) -> None:
    text = (
        record("O", "DOD", 1, 0, element="O")
        + record("D1", "DOD", 1, 0.96, element="D")
        + record("D2", "DOD", 1, -0.24, y=0.93, element="D")
    )
    found = read(tmp_path, text)
    assert next(found.topology.residues()).name == "HOH"
    assert found.topology.getNumBonds() == 2


def test_deuterium_in_place_of_hydrogen_is_one_atom(tmp_path: Path) -> None:
    text = (
        record("N", "ALA", 1, 0, element="N")
        + record("H", "ALA", 1, 1, location="A", element="H")
        + record("D", "ALA", 1, 1, location="B", element="D")
    )
    path = tmp_path / "exchanged.pdb"
    path.write_text(text)
    for letter in "AB":
        found = read_structure(path, alternate_location=letter)
        assert [atom.name for atom in found.topology.atoms()] == ["N", "H"]


def test_ions_of_one_number_are_several_ions(tmp_path: Path) -> None:
    text = "".join(record("SOD", "SOD", 1, 3 * k, element="NA") for k in range(3))
    found = read(tmp_path, text)
    assert (found.num_atoms, found.topology.getNumResidues()) == (3, 3)


def test_hydrogens_of_other_names_are_bonded_to_what_is_near(tmp_path: Path) -> None:
    atoms = [("CG", 0.0, 0.0), ("OD1", 1.2, 0.0), ("OD2", -0.6, 1.1), ("HD1", 2.1, 0.0)]
    text = "".join(record(name, "ASPH", 3, x, y=y) for name, x, y in atoms)
    found = read(tmp_path, text)
    names = {frozenset((b[0].name, b[1].name)) for b in found.topology.bonds()}
    assert frozenset(("OD1", "HD1")) in names
    assert found.states == {0: "ASH"}
    assert any("ASP 3 HD1 to OD1" in note for note in found.notes)


def test_caps_in_charmms_residues_become_residues(peptide: Path, tmp_path: Path) -> None:
    names = {
        "ACE": {"CH3": "CAY", "C": "CY", "O": "OY", "H1": "HY1", "H2": "HY2", "H3": "HY3"},
        "ALA": {"H": "HN"},
        "NME": {"N": "NT", "H": "HNT", "C": "CAT", "H1": "HT1", "H2": "HT2", "H3": "HT3"},
    }
    lines = []
    for line in peptide.read_text().splitlines():
        if line.startswith(("ATOM", "HETATM")):
            residue, name = line[17:20], line[12:16].strip()
            name = names[residue].get(name, name)
            lines.append(f"ATOM  {line[6:12]} {name:<3} ALA A   1{line[26:]}")
    found = read(tmp_path, "\n".join(lines))
    assert [r.name for r in found.topology.residues()] == ["ACE", "ALA", "NME"]
    assert found.topology.getNumBonds() == 21
    assert any("ACE at A ALA 1, NME at A ALA 1" in note for note in found.notes)


def test_disulfides_that_only_lengths_tell_are_told(tmp_path: Path) -> None:
    text = "".join(record("SG", "CYS", number, 2.0 * number) for number in (1, 2))
    found = read(tmp_path, text)
    assert found.topology.getNumBonds() == 1
    assert any("told by their lengths: CYS 1 to 2" in note for note in found.notes)
    ssbond = "SSBOND   1 CYS A    1    CYS A    2                          1555   1555  2.00\n"
    found = read(tmp_path, ssbond + text)
    assert found.topology.getNumBonds() == 1
    assert not any("lengths" in note for note in found.notes)
    found = read(tmp_path, text.replace("CYS ", "CYM "))
    assert found.topology.getNumBonds() == 0
    assert found.states == {0: "CYM", 1: "CYM"}


def test_selenomethionine_is_bonded_and_told(structures: Path) -> None:
    found = read_structure(structures / "mse.pdb")
    assert found.states == {3: "MSE"}
    assert len(chemical_molecules(found)) == 1
    assert sum(atom.element.symbol == "Se" for atom in found.topology.atoms()) == 1


def chemical_molecules(structure: LoadedStructure) -> list[set[int]]:
    import networkx

    graph = networkx.Graph((b[0].index, b[1].index) for b in structure.topology.bonds())
    graph.add_nodes_from(range(structure.num_atoms))
    return list(networkx.connected_components(graph))


@pytest.mark.parametrize("edges", ["    1.000    1.000    1.000", "    0.000    0.000    0.000"])
def test_placeholders_are_no_boxes(peptide: Path, tmp_path: Path, edges: str) -> None:
    text = f"CRYST1{edges}  90.00  90.00  90.00 P 1           1\n" + peptide.read_text()
    found = read(tmp_path, text)
    assert not found.is_periodic
    assert any("is a placeholder: read without a box" in note for note in found.notes)


@pytest.mark.parametrize("edges", ["1.00", "0.0"])
def test_placeholders_of_mmcif_are_no_boxes(structures: Path, tmp_path: Path, edges: str) -> None:
    cell = "".join(f"_cell.length_{axis} {edges}\n" for axis in "abc")
    cell += "".join(f"_cell.angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma"))
    text = (structures / "ace-ala-nme.cif").read_text()
    found = read(tmp_path, text.replace("data_cell\n", "data_cell\n" + cell, 1), "cif")
    assert not found.is_periodic
    assert any("placeholder" in note for note in found.notes)


def test_a_real_box_is_kept(peptide: Path, tmp_path: Path) -> None:
    cryst = "CRYST1   30.000   40.000   50.000  90.00  90.00 120.00 P 1           1\n"
    vectors = read(tmp_path, cryst + peptide.read_text()).topology.getPeriodicBoxVectors()._value
    # the second vector (-2, 3.46, 0), reduced by the first
    expected = [[3, 0, 0], [1, 4 * np.sin(np.radians(120)), 0], [0, 0, 5]]
    assert np.allclose([list(v) for v in vectors], expected)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig"])
def test_remarks_in_any_encoding(peptide: Path, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "remark.pdb"
    path.write_bytes(("REMARK   1 préparé\n" + peptide.read_text()).encode(encoding))
    assert read_structure(path).num_atoms == 22


def test_two_letter_chains_are_no_names(tmp_path: Path) -> None:
    text = "".join(
        record(name, "ALAA", 1, 1.5 * k, chain="B") for k, name in enumerate(("N", "CA", "C"))
    )
    (residue,) = read(tmp_path, text).topology.residues()
    assert (residue.name, residue.chain.id) == ("ALA", "AB")


def test_a_cystine_by_name_without_a_partner_is_told(tmp_path: Path) -> None:
    names = ("N", "CA", "C", "O", "CB", "SG")
    text = "".join(record(name, "CYX", 4, 1.6 * k) for k, name in enumerate(names))
    found = read(tmp_path, text)
    assert found.states == {0: "CYX"}
    assert any("A CYS 4 should be in a disulfide bond" in note for note in found.notes)
