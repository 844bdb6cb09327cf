# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Experimental structures completed: hydrogens, metals, sugars; what is refused."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from openmm import app
from openmmgems.core.errors import StructureError
from openmmgems.fragments.fragment_settings import TopDownSettings
from openmmgems.fragments.frame_fragmenter import fragment_frames
from openmmgems.fragments.kinds import all_residues
from openmmgems.fragments.top_down import top_down_fragment
from openmmgems.systems.chemical_graph import ChemicalGraph, chemical_graph
from openmmgems.systems.prepare import prepare_structure
from openmmgems.systems.prepare_settings import PrepareSettings
from openmmgems.systems.structure import LoadedStructure, read_structure
from scipy.spatial import cKDTree


def lines_of(structures: Path) -> list[str]:
    return (structures / "6m0j-cut.pdb").read_text().splitlines(keepends=True)


def read(folder: Path, lines: list[str]) -> LoadedStructure:
    """The structure of some lines."""
    file = folder / "structure.pdb"
    file.write_text("".join(lines))
    return read_structure(file)


@pytest.fixture(scope="module")
def prepared(structures: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadedStructure:
    return prepare_structure(read(tmp_path_factory.mktemp("cut"), lines_of(structures)))


@pytest.fixture(scope="module")
def graph(prepared: LoadedStructure) -> ChemicalGraph:
    return chemical_graph(prepared.topology)


def test_an_interface_with_zinc_and_sugar(prepared: LoadedStructure, graph: ChemicalGraph) -> None:
    # 5 charged chain ends of each kind; Glu 375, Glu 402, Asp 355; Lys 353, Arg 357; Zn
    assert graph.charges.sum() == -3 + 2 + 2
    kinds = Counter(residue.kind for residue in all_residues(graph, prepared.topology))
    assert kinds["NLN"] == kinds["NAG"] == kinds["Zn2+"] == kinds["water"] == 1
    assert kinds["NHID"] + kinds["HID"] + kinds["HIE"] + kinds["NHIE"] == 4
    text = "\n".join(prepared.notes)
    assert "G ZN 901 is an ion; bound by A HIS 374 NE2 (HID), A HIS 378 NE2 (HID)" in text
    assert "B GLU 402 OE1 (GLU)" in text
    assert "B HIS 401 is HIE: ND1 accepts from A HIS 378 ND1" in text
    assert "A ILE 379 got its missing OXT" in text
    assert "kept sugars: 1 NAG" in text
    # N-acetylglucosamine is C8H15NO6; bonded to Asn it has lost OH
    sugar = next(r for r in prepared.topology.residues() if r.name == "NAG")
    assert Counter(a.element.symbol for a in sugar.atoms()) == {"C": 8, "H": 14, "N": 1, "O": 5}


def test_no_atoms_clash(prepared: LoadedStructure) -> None:
    bonded = {frozenset((a.index, b.index)) for a, b in prepared.topology.bonds()}
    near = cKDTree(10 * prepared.positions).query_pairs(1.5)
    assert {frozenset(pair) for pair in near} <= bonded


def test_the_files_atoms_stay_and_hydrogens_have_their_distance(
    prepared: LoadedStructure, structures: Path, tmp_path: Path
) -> None:
    structure = read(tmp_path, lines_of(structures))
    topology, positions = structure.topology, 10 * structure.positions
    names = {(a.residue.chain.id, a.residue.id, a.name): a.index for a in prepared.topology.atoms()}
    new = [names[a.residue.chain.id, a.residue.id, a.name] for a in topology.atoms()]
    np.testing.assert_allclose(10 * prepared.positions[new], positions, atol=2e-5)
    lengths = {"C": 1.09, "N": 1.01, "O": 0.96, "S": 1.34}
    bonds = [b for b in prepared.topology.bonds() if b[1].element.symbol == "H"]
    assert len(bonds) == 226 + len([b for b in topology.bonds() if b[1].element.symbol == "H"])
    for heavy, hydrogen in bonds:
        distance = np.linalg.norm(
            np.diff(10 * prepared.positions[[heavy.index, hydrogen.index]], axis=0)
        )
        assert distance == pytest.approx(lengths[heavy.element.symbol], abs=1e-6)


def test_fragments_of_it(prepared: LoadedStructure, graph: ChemicalGraph) -> None:
    settings = TopDownSettings(centres=("all",), spacing_angstrom=4.0, radius_angstrom=5.0)
    frame = [(10 * prepared.positions, None, 0)]
    found = list(fragment_frames(graph, prepared.topology, frame, settings, "cut"))
    assert len(found) > 20
    zinc = next(k for k, name in enumerate(graph.residues) if name == "G ZN 901")
    site = top_down_fragment(graph, 10 * prepared.positions, zinc, radius_angstrom=2.5)
    # two imidazoles, acetate or formate of Glu, zinc: no more within 2.5 angstrom
    assert site.structure.charge == 2 - 1
    assert sorted(Counter(site.structure.atomic_numbers.tolist()).items()) == [
        (1, 4 + 4 + 1), (6, 3 + 3 + 1), (7, 4), (8, 2), (30, 1)
    ]  # fmt: skip


def test_a_link_that_the_file_does_not_name_is_found(
    prepared: LoadedStructure, structures: Path, tmp_path: Path
) -> None:
    lines = [line for line in lines_of(structures) if not line.startswith("CONECT  110")]
    lines = [line.replace("CONECT  227  110", "CONECT  227") for line in lines]
    found = prepare_structure(read(tmp_path, lines))
    assert "F NAG 904 is bonded to C ASN 90 ND2" in found.notes
    assert found.topology.getNumAtoms() == prepared.topology.getNumAtoms()
    assert found.topology.getNumBonds() == prepared.topology.getNumBonds()


def test_what_is_left_out(structures: Path, tmp_path: Path) -> None:
    settings = PrepareSettings(remove=("NAG", "ZN"), keep_water=False)
    found = prepare_structure(read(tmp_path, lines_of(structures)), settings)
    assert "left out: 1 HOH, 1 NAG, 1 ZN" in found.notes
    names = {residue.name for residue in found.topology.residues()}
    assert not names & {"NAG", "ZN", "HOH"}
    asparagine = next(r for r in found.topology.residues() if r.id == "90")
    assert sum(atom.element.symbol == "H" for atom in asparagine.atoms()) == 6


def test_missing_side_chains_are_completed(structures: Path, tmp_path: Path) -> None:
    lines = [line for line in lines_of(structures) if "NZ  LYS" not in line]
    lines = [line for line in lines if not line.startswith("CONECT")]
    lines = [line for line in lines if " NAG F" not in line]
    found = prepare_structure(read(tmp_path, lines))
    assert "D LYS 353 got its missing NZ" in found.notes
    assert chemical_graph(found.topology).charges.sum() == 1


def test_bonds_of_metals_become_contacts(structures: Path, tmp_path: Path) -> None:
    structure = read(tmp_path, lines_of(structures))
    atoms = list(structure.topology.atoms())
    zinc = next(a for a in atoms if a.name == "ZN")
    ligand = next(a for a in atoms if (a.residue.id, a.name) == ("374", "NE2"))
    structure.topology.addBond(zinc, ligand)
    found = prepare_structure(structure)
    assert "1 bonds of metals became contacts of ions" in found.notes
    assert chemical_graph(found.topology).charges.sum() == 1


def ligand(name: str, symbols: str, folder: Path) -> LoadedStructure:
    """A chain of heavy atoms."""
    topology = app.Topology()
    residue = topology.addResidue(name, topology.addChain("L"), "7")
    atoms = [
        topology.addAtom(f"{symbol}{k}", app.Element.getBySymbol(symbol), residue)
        for k, symbol in enumerate(symbols.split())
    ]
    for first, second in pairwise(atoms):
        topology.addBond(first, second)
    positions = 0.15 * np.arange(len(atoms))[:, None] * np.ones(3) / np.sqrt(3)
    return LoadedStructure(topology, positions, folder / "ligand.pdb")


def test_what_cannot_be_completed(structures: Path, tmp_path: Path) -> None:
    lines = lines_of(structures)
    cases = {
        "Sugar F NAG 904 lacks the atoms O6": [line for line in lines if " O6  NAG" not in line],
        "of sugar F NAG 904 has no bonds; the file needs CONECT": [
            line for line in lines if not line.startswith("CONECT")
        ],
        "Sugar F NAG 904 is linked to 0 atoms": [
            line.replace("CONECT  227  110", "CONECT  227")
            for line in lines
            if " C " not in line[20:23] and not line.startswith("CONECT  110")
        ],
    }
    for message, kept in cases.items():
        with pytest.raises(ValueError, match=message):
            prepare_structure(read(tmp_path, kept))
    with pytest.raises(
        StructureError, match=r"not known for residue L LIG 7; leave .*: --remove LIG; or add"
    ):
        prepare_structure(ligand("LIG", "C C O", tmp_path))
    with pytest.raises(ValueError, match="remove names SO4, which the structure does not have"):
        prepare_structure(read(tmp_path, lines), PrepareSettings(remove=("SO4",)))
    with pytest.raises(ValueError, match="No residue is left"):
        prepare_structure(ligand("LIG", "C C O", tmp_path), PrepareSettings(remove=("LIG",)))


def test_elements_that_are_not_covered_are_named(tmp_path: Path) -> None:
    topology = ligand("SIL", "Si C", tmp_path).topology
    with pytest.raises(
        ValueError, match=r"L SIL 7 Si0 has atomic number 14.*Leave its residue out"
    ):
        chemical_graph(topology)
    topology = ligand("FE", "Fe", tmp_path).topology
    with pytest.raises(
        ValueError, match=r"L FE 7 Fe0 \(atomic number 26\) has no bonds and is no ion"
    ):
        chemical_graph(topology)
