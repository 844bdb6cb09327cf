# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What holds for PDB files holds for mmCIF."""

from pathlib import Path

import gemmi
import pytest
from openmmgems.core.errors import StructureError
from openmmgems.systems.chemical_graph import chemical_graph
from openmmgems.systems.chemistry import guess_total_charge
from openmmgems.systems.structure import LoadedStructure, read_structure
from support.pdb_text import record

BONDS = """loop_
_chem_comp_bond.comp_id
_chem_comp_bond.atom_id_1
_chem_comp_bond.atom_id_2
_chem_comp_bond.value_order
L1GND C1 C2 DOUB
L1GND C2 O1 SING
"""


def read(
    folder: Path, pdb: str, extra: str = "", change: tuple[str, str] = ("", "")
) -> LoadedStructure:
    """Read a PDB file's text after gemmi wrote it as mmCIF."""
    text = gemmi.read_pdb_string(pdb).make_mmcif_document().as_string()
    path = folder / "file.cif"
    path.write_text(text.replace(*change) + extra if change[0] else text + extra)
    return read_structure(path)


@pytest.mark.parametrize(
    ("name", "standard", "state"),
    [("HSE", "HIS", "HIE"), ("HIP", "HIS", "HIP"), ("LYN", "LYS", "LYN"), ("MSE", "MSE", "MSE")],
)
def test_names_tell_states(
    peptide: Path, tmp_path: Path, name: str, standard: str, state: str
) -> None:
    found = read(tmp_path, peptide.read_text().replace("ALA", name))
    assert [residue.name for residue in found.topology.residues()] == ["ACE", standard, "NME"]
    assert found.states == {1: state}
    assert found.topology.getNumBonds() >= 20


def test_atoms_of_one_name_are_all_kept(structures: Path, tmp_path: Path) -> None:
    found = read(tmp_path, (structures / "nma-same-names.pdb").read_text())
    assert found.num_atoms == 12


def test_bonds_and_orders_of_components(tmp_path: Path) -> None:
    pdb = "".join(
        record(name, "LIG", 1, 1.4 * k, element=name[0])
        for k, name in enumerate(("C1", "C2", "O1"))
    )
    found = read(tmp_path, pdb, BONDS, ("LIG", "L1GND"))
    (residue,) = found.topology.residues()
    assert residue.name == "L1GND"
    assert [(b[0].name, b[1].name, b.order) for b in found.topology.bonds()] == [
        ("C1", "C2", 2),
        ("C2", "O1", 1),
    ]


@pytest.mark.parametrize(("name", "charge"), [("FE", 3), ("FE", 2), ("CU", 1), ("ZN", 2)])
def test_ions_have_the_charges_that_the_file_gives(tmp_path: Path, name: str, charge: int) -> None:
    line = record(f"{name:<4}", name, 1, 0, element=name).rstrip("\n") + f"{charge}+\n"
    found = read(tmp_path, line)
    assert next(found.topology.atoms()).formalCharge == charge
    assert guess_total_charge(found.topology) == charge
    assert chemical_graph(found.topology).charges.tolist() == [charge]


def test_elements_are_told_by_names_where_the_file_has_none(peptide: Path, tmp_path: Path) -> None:
    pdb = peptide.read_text().replace("END\n", "") + record(
        "NA  ", "NA", 9, 30, kind="HETATM", element="NA"
    )
    path = tmp_path / "file.cif"
    document = gemmi.read_pdb_string(pdb).make_mmcif_document()
    table = document[0].find("_atom_site.", ["type_symbol"])
    expected = [gemmi.cif.as_string(row[0]).capitalize() for row in table]
    for row in table:
        row[0] = "?"
    document.write_file(str(path))
    found = read_structure(path)
    assert [atom.element.symbol for atom in found.topology.atoms()] == expected
    assert expected[-1] == "Na"
    assert any("Elements told by names" in note for note in found.notes)


def test_links_are_bonds_but_those_of_metals(tmp_path: Path) -> None:
    pdb = (
        "LINK         C1  NAG A   9                 ND2 ASN A  10     1555   1555  1.40\n"
        "LINK         ND2 ASN A  10                ZN    ZN A  11     1555   1555  2.00\n"
        + record("C1", "NAG", 9, 0, element="C")
        + record("ND2", "ASN", 10, 1.4, element="N")
        + record("ZN", "ZN", 11, 3.4, element="ZN", kind="HETATM")
    )
    bonds = [(b[0].name, b[1].name) for b in read(tmp_path, pdb).topology.bonds()]
    assert bonds == [("C1", "ND2")]


def test_chains_have_the_names_that_authors_gave(tmp_path: Path) -> None:
    pdb = record("O", "HOH", 301, 0, chain="E", element="O")
    found = read(tmp_path, pdb)
    (residue,) = found.topology.residues()
    assert (residue.chain.id, residue.id) == ("E", "301")


def test_a_file_without_atoms_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.cif"
    path.write_text("data_empty\n_cell.length_a 10\n")
    with pytest.raises(StructureError, match="no _atom_site records"):
        read_structure(path)
