# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""PDB and mmCIF files lose no atoms, elements, bonds and states, however programs write them."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from openmm import app, unit
from openmmgems.core.errors import StructureError
from openmmgems.systems.chains import build_peptide
from openmmgems.systems.chemical_graph import chemical_graph
from openmmgems.systems.structure import LoadedStructure, read_structure

#: All amino acids, both ends charged, in the standard names of OpenMM.
PEPTIDE = build_peptide(
    "ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL ALA"
)
Names = Callable[[app.topology.Atom], str]


def record(
    name: str,
    residue: str,
    number: int,
    x: float,
    *,
    y: float = 0.0,
    z: float = 0.0,
    serial: str = "1",
    chain: str = "A",
    element: str = "",
    location: str = " ",
    kind: str = "ATOM",
    segment: str = "",
) -> str:
    """One line; `name` fills its four columns, or is placed by its length."""
    padded = name if len(name) == 4 else f" {name:<3}"
    return (
        f"{kind:<6}{serial:>5} {padded}{location}{residue:<4}{chain}{number:4d}    "
        f"{x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00      {segment:<4}{element:>2}\n"
    )


def read(folder: Path, text: str, ending: str = "pdb") -> LoadedStructure:
    path = folder / f"file.{ending}"
    path.write_text(text)
    return read_structure(path)


def peptide_text(atom_name: Names, residue_name: Callable[[str], str], **options: str) -> str:
    positions = np.array(PEPTIDE.positions.value_in_unit(unit.angstrom))
    lines = []
    for atom, (x, y, z) in zip(PEPTIDE.topology.atoms(), positions, strict=True):
        residue, number = residue_name(atom.residue.name), atom.residue.index + 1
        lines.append(record(atom_name(atom), residue, number, x, y=y, z=z, **options))
    return "".join(lines)


def charmm(atom: app.topology.Atom) -> str:
    """CHARMM's names: HN, HT1 to HT3, OT1, OT2, CD of Ile, HB1 and HB2 of CH2 groups."""
    name, residue = atom.name, atom.residue
    if residue.index == 0 and name in ("H", "H2", "H3"):
        return {"H": "HT1", "H2": "HT2", "H3": "HT3"}[name]
    special = {
        **{("ILE", "CD1"): "CD", ("SER", "HG"): "HG1", ("CYS", "HG"): "HG1"},
        **{("ILE", f"HD1{k}"): f"HD{k}" for k in "123"},
    }
    if residue.index == 19 and name in ("O", "OXT"):
        return {"O": "OT1", "OXT": "OT2"}[name]
    if (residue.name, name) in special:
        return special[residue.name, name]
    return "HN" if name == "H" else methylene(atom)


def methylene(atom: app.topology.Atom) -> str:
    """Hydrogens of CH2 counted from 1, not from 2."""
    names = {other.name for other in atom.residue.atoms()}
    found = re.fullmatch(r"(H[ABGDE]1?)([23])", atom.name)
    if found is None or (atom.residue.name in ("TRP", "HIS") and found[1] != "HB"):
        return atom.name
    stem = found[1]
    counted = {f"{stem}2", f"{stem}3"} <= names and f"{stem}1" not in names
    return f"{stem}{int(found[2]) - 1}" if counted else atom.name


def old_pdb(atom: app.topology.Atom) -> str:
    """Names before 2007: 1HB, 2HG1, 1H."""
    if atom.residue.index == 0 and atom.name in ("H", "H2", "H3"):
        return {"H": "1H", "H2": "2H", "H3": "3H"}[atom.name]
    name = methylene(atom)
    counted = re.fullmatch(r"(H[A-Z]\d?)(\d)", name)
    aromatic = atom.residue.name in ("HIS", "TRP", "PHE", "TYR") and not name.startswith("HB")
    if counted is None or aromatic or (atom.residue.name, name) == ("THR", "HG1"):
        return name
    return f"{counted[2]}{counted[1]}"


def gromacs_end(name: str) -> str:
    return {"HIS": "HISE", "LYS": "LYSH", "ARG": "NARG", "ALA": "CALA", "CYS": "CYSH"}.get(
        name, name
    )


@pytest.mark.parametrize("elements", ["with elements", "without"])
@pytest.mark.parametrize(
    ("names", "residues", "states"),
    [
        (lambda atom: atom.name, str, {}),
        (charmm, lambda name: {"HIS": "HSE"}.get(name, name), {7: "HIE"}),
        (old_pdb, str, {}),
        (methylene, gromacs_end, {3: "CYS", 7: "HIE", 10: "LYS"}),
    ],
    ids=["standard", "charmm", "old", "gromacs"],
)
def test_all_amino_acids_are_read_in_the_names_of_every_program(
    tmp_path: Path, names: Names, residues: Callable[[str], str], states: dict, elements: str
) -> None:
    lines = peptide_text(names, residues).splitlines()
    symbols = [atom.element.symbol for atom in PEPTIDE.topology.atoms()]
    if elements == "with elements":
        lines = [f"{line[:76]}{symbol:>2}" for line, symbol in zip(lines, symbols, strict=True)]
    found = read(tmp_path, "\n".join(lines))
    assert [atom.element.symbol for atom in found.topology.atoms()] == symbols
    expected = {frozenset((bond[0].index, bond[1].index)) for bond in PEPTIDE.topology.bonds()}
    assert {frozenset((b[0].index, b[1].index)) for b in found.topology.bonds()} == expected
    assert [r.name for r in found.topology.residues()] == [
        r.name for r in PEPTIDE.topology.residues()
    ]
    assert found.states == states
    assert int(chemical_graph(found.topology).charges.sum()) == 0  # as built


def test_names_pushed_to_the_left_are_no_metals(tmp_path: Path) -> None:
    text = peptide_text(lambda atom: f"{atom.name:<4}", str)
    found = read(tmp_path, text)
    expected = [atom.element.symbol for atom in PEPTIDE.topology.atoms()]
    assert [atom.element.symbol for atom in found.topology.atoms()] == expected
    assert "told by their names" in found.notes[0]


@pytest.mark.parametrize(
    ("name", "residue", "symbol"),
    [
        ("NA  ", "NA", "Na"),
        ("NA  ", "NA+", "Na"),
        ("SOD ", "SOD", "Na"),
        (" SOD", "SOD", "Na"),
        ("CLA ", "CLA", "Cl"),
        ("POT ", "POT", "K"),
        (" K  ", "K", "K"),
        ("CAL ", "CAL", "Ca"),
        ("CA  ", "CA", "Ca"),
        ("CD  ", "CD", "Cd"),
        ("CES ", "CES", "Cs"),
        ("ZN  ", "ZN2", "Zn"),
        ("MG  ", "MG", "Mg"),
        ("FE  ", "FE2", "Fe"),
        ("BR  ", "BR", "Br"),
        ("HG  ", "HG", "Hg"),
        (" I  ", "IOD", "I"),
        ("MN  ", "MN", "Mn"),
    ],
)
def test_ions_without_element_columns(tmp_path: Path, name: str, residue: str, symbol: str) -> None:
    found = read(tmp_path, record(name, residue, 1, 0, kind="HETATM"))
    assert [atom.element.symbol for atom in found.topology.atoms()] == [symbol]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [("BR1 ", "Br"), ("CL1 ", "Cl"), ("FE  ", "Fe"), (" NA ", "N"), (" CA1", "C"), ("SE  ", "Se")],
)
def test_ligands_without_element_columns(tmp_path: Path, name: str, symbol: str) -> None:
    text = record(name, "LIG", 1, 0) + record(" C1 ", "LIG", 1, 1.9)
    assert next(read(tmp_path, text).topology.atoms()).element.symbol == symbol


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
    assert "1 atoms that stand twice in the file were read once." in found.notes


def test_waters_of_one_number_are_several_waters(tmp_path: Path) -> None:
    one = [("O", 0.0, 0.0), ("H1", 0.96, 0.0), ("H2", -0.24, 0.93)]
    text = "".join(record(name, "TIP3", 1, x + 3 * k, y=y) for k in range(3) for name, x, y in one)
    found = read(tmp_path, text)
    assert (found.num_atoms, found.topology.getNumResidues()) == (9, 3)
    assert found.topology.getNumBonds() == 6
    assert any("3 TIP3 as HOH" in note for note in found.notes)


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
    with pytest.raises(StructureError, match="only alpha carbons of 5 residues"):
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
    assert "1 deuterium atoms were read as hydrogen." in found.notes
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
    assert "4 deuterium atoms were read as hydrogen." in found.notes


def test_heavy_water_is_water(tmp_path: Path) -> None:
    text = (
        record("O", "DOD", 1, 0, element="O")
        + record("D1", "DOD", 1, 0.96, element="D")
        + record("D2", "DOD", 1, -0.24, y=0.93, element="D")
    )
    found = read(tmp_path, text)
    assert next(found.topology.residues()).name == "HOH"
    assert found.topology.getNumBonds() == 2


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
