# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""XYZ files as structures: ions, boxes, charges."""

import itertools
from pathlib import Path

import numpy as np
import openmm
import pytest
from openmmgems.core.errors import ChoiceError, StructureError
from openmmgems.systems.chemical_graph import chemical_graph
from openmmgems.systems.chemistry import conclude_charge, guess_total_charge
from openmmgems.systems.structure import LoadedStructure, read_structure
from rdkit import Chem
from rdkit.Chem import rdDistGeom

WATER = "O 0.0 0.0 0.1173\nH 0.0 0.7572 -0.4692\nH 0.0 -0.7572 -0.4692\n"
SODIUM = (
    "Na 0 0 0\nO 2.35 0 0\nH 2.94 0.76 0\nH 2.94 -0.76 0\n"
    "O -2.35 0 0\nH -2.94 0.76 0\nH -2.94 -0.76 0\n"
)
SULFATE = "S 0 0 0\nO .88 .88 .88\nO -.88 -.88 .88\nO -.88 .88 -.88\nO .88 -.88 -.88\n"


def read(folder: Path, atoms: str, comment: str = "", ending: str = "xyz") -> LoadedStructure:
    path = folder / f"a.{ending}"
    path.write_text(f"{len(atoms.splitlines())}\n{comment}\n{atoms}")
    return read_structure(path)


def of_smiles(folder: Path, smiles: str, comment: str = "") -> LoadedStructure:
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert rdDistGeom.EmbedMolecule(molecule, randomSeed=3) == 0
    block = Chem.MolToXYZBlock(molecule).split("\n", 2)[2]
    return read(folder, block, comment)


@pytest.mark.parametrize("metal", ["Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Zn"])
def test_ions_have_residues_of_their_own_and_no_bonds(tmp_path: Path, metal: str) -> None:
    structure = read(tmp_path, SODIUM.replace("Na", metal), ending="extxyz")
    residues = [[a.element.symbol for a in r.atoms()] for r in structure.topology.residues()]
    assert residues == [[metal], ["O", "H", "H"], ["O", "H", "H"]]
    assert structure.topology.getNumBonds() == 4
    charge = 2 if metal in ("Mg", "Ca", "Zn") else 1
    assert guess_total_charge(structure.topology, has_residues=False) == charge
    assert chemical_graph(structure.topology).charges.sum() == charge


def test_alpha_carbons_are_no_calcium(tmp_path: Path) -> None:
    with pytest.raises(StructureError, match=r"'a\.xyz': Atom 2 \(Ca\) stands 1\.46 angstrom"):
        read(tmp_path, "N 0 0 0\nCA 1.46 0 0\nH -0.5 0.87 0\nH -0.5 -0.87 0\n")


def test_heavy_water_is_water(tmp_path: Path) -> None:
    structure = read(tmp_path, WATER.replace("H", "D"))
    assert structure.atomic_numbers.tolist() == [8, 1, 1]
    assert [a.element.symbol for a in structure.topology.atoms()] == ["O", "H", "H"]
    assert [r.name for r in structure.topology.residues()] == ["HOH"]
    assert "D is deuterium, read as hydrogen." in structure.notes


def test_sorted_by_element_no_piece_is_called_water(tmp_path: Path) -> None:
    lines = WATER.splitlines()
    other = [line.replace(" 0.0 ", " 4.0 ", 1) for line in lines]
    structure = read(tmp_path, "\n".join([lines[0], other[0], *lines[1:], *other[1:]]) + "\n")
    assert "HOH" not in [r.name for r in structure.topology.residues()]
    assert structure.topology.getNumBonds() == 4


def test_the_first_of_several_frames_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text(f"3\n\n{WATER}3\n\n{WATER}")
    structure = read_structure(tmp_path / "a.xyz")
    assert structure.num_atoms == 3
    assert "The file has several frames; the first is used." in structure.notes


CELLS = {
    "face-centred": [[0, 15, 15], [15, 0, 15], [15, 15, 0]],
    "turned": [[0, 20, 0], [-20, 0, 0], [0, 0, 20]],
    "sheared": [[20, 0, 0], [15, 20, 0], [0, 0, 20]],
    "skewed": [[9, 1, -2], [-6, 8, 3], [5, -4, 7]],
    "upside down": [[-20, 0, 0], [0, -18, 0], [0, 0, 16]],
}


def distances(positions: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Of all pairs to all images within a few cells, those below 9 angstrom, in order."""
    shifts = np.array(list(itertools.product(range(-4, 5), repeat=3))) @ cell
    vectors = positions[:, None, None] - positions[None, :, None] + shifts
    found = np.linalg.norm(vectors, axis=-1).ravel()
    return np.sort(found[found < 9])


@pytest.mark.parametrize("name", CELLS)
def test_boxes_are_brought_to_reduced_form(tmp_path: Path, name: str) -> None:
    given = np.array(CELLS[name], float)
    rng = np.random.default_rng(2)
    atoms = np.vstack(
        [np.array([line.split()[1:] for line in WATER.splitlines()], float), [[2, 4.5, 3]]]
    )
    atoms += rng.uniform(0, 5, 3)
    text = "".join(f"{s} {x} {y} {z}\n" for s, (x, y, z) in zip("OHHF", atoms, strict=True))
    lattice = " ".join(map(str, given.ravel()))
    structure = read(tmp_path, text, f'Lattice="{lattice}" pbc="T T T"')
    box = structure.topology.getPeriodicBoxVectors()
    openmm.System().setDefaultPeriodicBoxVectors(*box)  # refuses what is not in reduced form
    cell = 10 * np.array([list(vector) for vector in box._value])
    expected = distances(atoms, given)
    assert len(expected) > 16 or name != "skewed"  # with images, that is
    np.testing.assert_allclose(distances(10 * structure.positions, cell), expected, atol=1e-6)
    assert any("box" in note for note in structure.notes)
    assert structure.topology.getNumBonds() == 2


def test_molecules_in_walls_are_made_whole(tmp_path: Path) -> None:
    atoms = np.array([line.split()[1:] for line in WATER.splitlines()], float) + [5, 8.3, 0.1]
    wrapped = atoms % [8.0, 9.0, 10.0]
    assert np.abs(wrapped - atoms).max() > 1
    text = "".join(f"{s} {x} {y} {z}\n" for s, (x, y, z) in zip("OHH", wrapped, strict=True))
    structure = read(tmp_path, text, 'Lattice="8 0 0 0 9 0 0 0 10"')
    assert [r.name for r in structure.topology.residues()] == ["HOH"]
    found = 10 * (structure.positions - structure.positions[0])
    np.testing.assert_allclose(found, atoms - atoms[0], atol=1e-9)
    assert "Molecules that the walls of the box cut were made whole." in structure.notes
    assert guess_total_charge(structure.topology) == 0


def test_a_lattice_that_is_not_periodic_is_no_box(tmp_path: Path) -> None:
    for numbers in ("20 0 0 0 20 0 0 0 20", "0 0 0 0 0 0 0 0 0"):
        assert not read(tmp_path, WATER, f'Lattice="{numbers}" pbc="F F F"').is_periodic
    placeholder = read(tmp_path, WATER, 'Lattice="1.0 0 0 0 1.0 0 0 0 1.0" pbc="T T T"')
    assert not placeholder.is_periodic
    assert "The box of 1 x 1 x 1 angstrom is a placeholder: read without a box." in (
        placeholder.notes
    )
    with pytest.raises(StructureError, match=r"'a\.xyz': pbc=\"T T F\""):
        read(tmp_path, WATER, 'Lattice="20 0 0 0 20 0 0 0 20" pbc="T T F"')


@pytest.mark.parametrize(
    "smiles",
    [
        "CC(=O)N[C@@H](CCCC[NH3+])C(=O)N[C@@H](CCCC[NH3+])C(=O)NC",
        "CC(=O)N[C@@H](CC(=O)[O-])C(=O)N[C@@H](CCC(=O)[O-])C(=O)NC",
        "[NH3+][C@@H](CCCNC(=[NH2+])N)C(=O)N[C@@H](CC(=O)[O-])C(=O)[O-]",
        "COS(=O)(=O)[O-]",
        "[O-]S(=O)[O-]",
        "[C-]#N",
    ],
)
def test_charges_are_concluded(tmp_path: Path, smiles: str) -> None:
    expected = Chem.GetFormalCharge(Chem.MolFromSmiles(smiles))
    charge, how = conclude_charge(of_smiles(tmp_path, smiles))
    assert charge == expected
    assert "guessed" in how


def test_what_the_file_says_counts_and_contradictions_are_told(tmp_path: Path) -> None:
    assert conclude_charge(read(tmp_path, SULFATE, "total_charge=-2 total_spin=1")) == (
        -2,
        "the file says so",
    )
    charge, how = conclude_charge(read(tmp_path, SULFATE, "charge=0"))
    assert (charge, how) == (0, "the file says so, but its bonds say -2 e")
    charge, how = conclude_charge(of_smiles(tmp_path, "C[NH+]=NC", "charge=1"))
    assert (charge, how) == (1, "the file says so")


def test_a_charge_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ChoiceError, match=r"give it with --charge\. .* leave several charges open"):
        conclude_charge(of_smiles(tmp_path, "C[NH+]=NC"))


def test_bonds_of_charged_groups_are_not_cut(tmp_path: Path) -> None:
    for smiles, uncut in (("CCS(=O)(=O)[O-]", "SO"), ("CC[N+](=O)[O-]", "NO")):
        graph = chemical_graph(of_smiles(tmp_path, smiles).topology)
        table = Chem.GetPeriodicTable()
        kinds = {
            "".join(sorted(table.GetElementSymbol(int(graph.atomic_numbers[k])) for k in bond))
            for bond in graph.bonds[graph.may_be_cut]
        }
        assert "CC" in kinds
        assert "".join(sorted(uncut)) not in kinds
