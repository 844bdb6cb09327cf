# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Bottom-up fragments: all of them, each once, and chemically whole."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openmmgems.fragments.bottom_up import (
    BottomUpFragment,
    bottom_up_fragments,
    three_dimensional,
)
from openmmgems.fragments.residues import (
    amino_acid_systems,
    capped_chain,
    capped_peptide,
    system_from_smiles,
)
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

SINGLE = Chem.BondType.SINGLE
PIECES = (
    *("C", "N", "O", "S", "C(C)", "C(O)", "N(C)", "C(=O)", "C=C", "C#C", "C1CC1", "[NH2+]"),
    *("C(C(=O)[O-])", "c1ccccc1", "c1nc[nH]c1", "C(F)(F)", "S(=O)(=O)", "[N+](C)(C)"),
)


def fragments_of(*smiles: str, size: int = 8) -> list[BottomUpFragment]:
    return bottom_up_fragments({text: system_from_smiles(text) for text in smiles}, size)


def smiles_of(*smiles: str, size: int = 8) -> list[str]:
    return [fragment.smiles for fragment in fragments_of(*smiles, size=size)]


def canonical(smiles: str) -> str:
    return Chem.MolToSmiles(Chem.MolFromSmiles(smiles))


def by_combinations(molecule: Chem.Mol, size: int) -> Counter[str]:
    """Count the graphs from all combinations of atoms; RDKit cuts and saturates the molecule."""
    num_atoms = molecule.GetNumAtoms()
    counts: Counter[str] = Counter()
    for num_chosen in range(1, min(size, num_atoms) + 1):
        for chosen in map(set, combinations(range(num_atoms), num_chosen)):
            cut = [
                bond
                for bond in molecule.GetBonds()
                if (bond.GetBeginAtomIdx() in chosen) != (bond.GetEndAtomIdx() in chosen)
            ]
            if any(bond.GetBondType() != SINGLE or _is_alike(bond) for bond in cut):
                continue
            whole = molecule
            if cut:
                whole = Chem.FragmentOnBonds(molecule, [bond.GetIdx() for bond in cut])
            for part in Chem.GetMolFrags(whole):
                if {atom for atom in part if atom < num_atoms} == chosen:
                    counts[_with_hydrogen_for_dummies(whole, part)] += 1
    return counts


def _is_alike(bond: Chem.Bond) -> bool:
    """Whether it is the single bond of a carboxylate or one of a guanidinium group."""
    molecule, ends = bond.GetOwningMol(), {bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()}
    patterns = (Chem.MolFromSmarts("[O-]C=O"), Chem.MolFromSmarts("NC=[NH2+]"))
    matches = [m for pattern in patterns for m in molecule.GetSubstructMatches(pattern)]
    return any(ends == set(match[:2]) for match in matches)


def _with_hydrogen_for_dummies(whole: Chem.Mol, part: tuple[int, ...]) -> str:
    copy = Chem.RWMol(whole)
    for index in sorted(set(range(whole.GetNumAtoms())) - set(part), reverse=True):
        copy.RemoveAtom(index)
    for atom in copy.GetAtoms():
        if atom.GetAtomicNum() == 0:
            atom.SetAtomicNum(1)
            atom.SetIsotope(0)
    Chem.SanitizeMol(copy)
    return canonical(Chem.MolToSmiles(Chem.RemoveHs(copy)))


@pytest.fixture(scope="module")
def systems() -> dict[str, Chem.Mol]:
    return amino_acid_systems()


@pytest.fixture(scope="module")
def protein_fragments(systems: dict[str, Chem.Mol]) -> list[BottomUpFragment]:
    return bottom_up_fragments(systems)


def test_ethanol_gives_its_five_parts() -> None:
    found = fragments_of("CCO")
    assert [f.smiles for f in found] == ["C", "O", "CC", "CO", "CCO"]
    assert [f.occurrences for f in found] == [2, 1, 1, 1, 1]
    assert [f.num_heavy_atoms for f in found] == [1, 1, 2, 2, 3]


def test_an_amide_is_never_cut_at_its_double_bond() -> None:
    found = {f.smiles: f.occurrences for f in fragments_of("CC(=O)NC")}
    amide = {"C": 2, "N": 1, "C=O": 1, "CN": 1, "CC=O": 1, "NC=O": 1}
    assert found == amide | {"CC(N)=O": 1, "CNC=O": 1, "CNC(C)=O": 1}


def test_a_ring_is_opened_at_its_single_bonds() -> None:
    found = {f.smiles: f.occurrences for f in fragments_of("C1CCC1")}
    assert found == {"C": 4, "CC": 4, "CCC": 4, "C1CCC1": 1}


def test_triple_bonds_stay_whole() -> None:
    assert smiles_of("CC#N") == ["C", "C#N", "CC#N"]


def test_an_aromatic_ring_appears_only_whole() -> None:
    found = bottom_up_fragments({"PHE": amino_acid_systems()["PHE"]})
    rings = [f.smiles for f in found if "c" in f.smiles]
    assert rings == ["c1ccccc1", "Cc1ccccc1", "CCc1ccccc1"]
    assert all("C=C" not in f.smiles for f in found)


def test_a_group_above_the_limit_gives_no_fragment_until_the_limit_is_raised() -> None:
    indole = canonical("c1ccc2[nH]ccc2c1")
    assert smiles_of("Cc1c[nH]c2ccccc12", size=8) == ["C"]
    assert smiles_of("Cc1c[nH]c2ccccc12", size=9) == ["C", indole]


def test_a_kekule_structure_is_cut_at_its_single_bonds() -> None:
    benzene = Chem.RWMol(system_from_smiles("c1ccccc1"))
    Chem.Kekulize(benzene, clearAromaticFlags=True)
    found = bottom_up_fragments({"benzene": benzene})
    assert [f.smiles for f in found] == ["C=C", "C=CC=C", "c1ccccc1"]
    assert [f.occurrences for f in found] == [3, 3, 1]


@pytest.mark.parametrize(
    "smiles",
    [
        "CC(C)(C)CO",
        "C1CC2CC1CC2",
        "C12C3C4C1C5C2C3C45",
        "CC(=O)NC(CS)C(=O)NC",
        "C[N+](C)(C)CC([O-])=O",
        "NC(CCC(=O)[O-])C=O",
        "CSSCc1c[nH]c[nH+]1",
        "CNC(N)=[NH2+]",
        "OS(=O)(=O)CC#CC=CF",
        "CCO.O.C[NH3+]",
    ],
)
@pytest.mark.parametrize("size", [3, 8])
def test_fragments_agree_with_all_combinations_of_atoms(smiles: str, size: int) -> None:
    found = {f.smiles: f.occurrences for f in fragments_of(smiles, size=size)}
    assert found == by_combinations(system_from_smiles(smiles), size)


@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), size=st.integers(1, 7))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_fragments_of_random_molecules_agree_with_all_combinations(
    pieces: list[str], size: int
) -> None:
    molecule = Chem.MolFromSmiles("".join(["C", *pieces, "C"]))
    assume(molecule.GetNumAtoms() <= 10)
    found = bottom_up_fragments({"random": molecule}, size)
    assert {f.smiles: f.occurrences for f in found} == by_combinations(molecule, size)
    assert all(Chem.GetFormalCharge(Chem.MolFromSmiles(f.smiles)) == f.charge for f in found)


def test_explicit_hydrogens_and_the_order_of_atoms_change_nothing() -> None:
    heavy = amino_acid_systems()["HIP"]
    backwards = Chem.RenumberAtoms(heavy, list(range(heavy.GetNumAtoms()))[::-1])
    expected = bottom_up_fragments({"x": heavy})
    assert bottom_up_fragments({"x": Chem.AddHs(heavy)}) == expected
    assert bottom_up_fragments({"x": backwards}) == expected


def test_stereochemistry_isotopes_and_atom_maps_are_dropped() -> None:
    plain = [(f.smiles, f.occurrences) for f in fragments_of("CC(N)C=CC")]
    marked = fragments_of("[2H]C[C@@H](N)/C=C/[13CH2:7][H]")
    assert [(f.smiles, f.occurrences) for f in marked] == plain


def test_components_are_enumerated_by_themselves() -> None:
    assert smiles_of("CC.CO") == smiles_of("CC", "CO") == ["C", "O", "CC", "CO"]


def test_parents_are_the_sorted_names_of_the_systems() -> None:
    systems = {"b": Chem.MolFromSmiles("CO"), "a": Chem.MolFromSmiles("CCN")}
    parents = {f.smiles: f.parents for f in bottom_up_fragments(systems)}
    assert parents["C"] == ("a", "b")
    assert parents["CO"] == ("b",)
    assert {f.smiles: f.occurrences for f in bottom_up_fragments(systems)}["C"] == 3


def test_progress_counts_systems() -> None:
    calls: list[tuple[int, int]] = []
    systems = {"a": Chem.MolFromSmiles("C"), "b": Chem.MolFromSmiles("O")}
    bottom_up_fragments(systems, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("name", "smiles", "charge"),
    [
        ("LYS", "CCCC[NH3+]", 1),
        ("LYN", "CCCCN", 0),
        ("ARG", "CNC(N)=[NH2+]", 1),
        ("ASP", "CC(=O)[O-]", -1),
        ("ASH", "CC(=O)O", 0),
        ("GLU", "CCC(=O)[O-]", -1),
        ("GLH", "CCC(=O)O", 0),
        ("HID", "Cc1cnc[nH]1", 0),
        ("HIE", "Cc1c[nH]cn1", 0),
        ("HIP", "Cc1c[nH]c[nH+]1", 1),
        ("CYM", "C[S-]", -1),
        ("CYX-CYX", "CSSC", 0),
        ("TYR", "Cc1ccc(O)cc1", 0),
        ("NALA", "CC([NH3+])C=O", 1),
        ("NPRO", "O=CC1CCC[NH2+]1", 1),
        ("CALA", "CC(N)C(=O)[O-]", -1),
    ],
)
def test_charged_groups_keep_their_charge(
    protein_fragments: list[BottomUpFragment], name: str, smiles: str, charge: int
) -> None:
    found = {f.smiles: f for f in protein_fragments}[canonical(smiles)]
    assert found.charge == charge
    assert name in found.parents


def test_protein_fragments_are_closed_shell_molecules_of_eight_heavy_atoms(
    protein_fragments: list[BottomUpFragment],
) -> None:
    assert len({f.smiles for f in protein_fragments}) == len(protein_fragments)
    for fragment in protein_fragments:
        molecule = Chem.AddHs(Chem.MolFromSmiles(fragment.smiles))
        electrons = sum(a.GetAtomicNum() - a.GetFormalCharge() for a in molecule.GetAtoms())
        assert canonical(fragment.smiles) == fragment.smiles
        assert "." not in fragment.smiles
        assert electrons % 2 == 0
        assert sum(a.GetNumRadicalElectrons() for a in molecule.GetAtoms()) == 0
        assert molecule.GetNumHeavyAtoms() == fragment.num_heavy_atoms <= 8
        assert Chem.GetFormalCharge(molecule) == fragment.charge


def test_protein_fragments_are_sorted_and_the_same_every_time(
    protein_fragments: list[BottomUpFragment],
) -> None:
    keys = [(f.num_heavy_atoms, f.smiles) for f in protein_fragments]
    assert keys == sorted(keys)
    backwards = dict(reversed(amino_acid_systems().items()))
    assert bottom_up_fragments(backwards) == protein_fragments


def test_a_dipeptide_has_graphs_that_span_its_residues() -> None:
    names = ("ALA", "SER", "GLY")
    single = bottom_up_fragments({name: capped_chain([name]) for name in names})
    both = bottom_up_fragments({"AS": capped_peptide("AS")})
    spanning = {f.smiles for f in both} - {f.smiles for f in single}
    assert canonical("CCC(=O)NCCO") in spanning


# Counted by hand: amino acid less H2O plus Ace-Nme (C3H7NO), or as written for free termini.
FORMULAS = {
    **{"ALA": "C6H12N2O2", "ARG": "C9H20N5O2+", "ASN": "C7H13N3O3", "ASP": "C7H11N2O4-"},
    **{"CYS": "C6H12N2O2S", "GLN": "C8H15N3O3", "GLU": "C8H13N2O4-", "GLY": "C5H10N2O2"},
    **{"HIE": "C9H14N4O2", "ILE": "C9H18N2O2", "LEU": "C9H18N2O2", "LYS": "C9H20N3O2+"},
    **{"MET": "C8H16N2O2S", "PHE": "C12H16N2O2", "PRO": "C8H14N2O2", "SER": "C6H12N2O3"},
    **{"THR": "C7H14N2O3", "TRP": "C14H17N3O2", "TYR": "C12H16N2O3", "VAL": "C8H16N2O2"},
    **{"ASH": "C7H12N2O4", "GLH": "C8H14N2O4", "LYN": "C9H19N3O2", "CYM": "C6H11N2O2S-"},
    **{"HID": "C9H14N4O2", "HIP": "C9H15N4O2+", "CYX-CYX": "C12H22N4O4S2"},
    **{"NALA": "C4H11N2O+", "CALA": "C5H8NO3-", "NPRO": "C6H13N2O+", "NGLY": "C3H9N2O+"},
}


@pytest.mark.parametrize("name", FORMULAS)
def test_residues_have_the_formulas_of_their_amino_acids(
    systems: dict[str, Chem.Mol], name: str
) -> None:
    assert rdMolDescriptors.CalcMolFormula(systems[name]) == FORMULAS[name]


def test_there_are_twenty_amino_acids_with_six_other_states() -> None:
    plain = amino_acid_systems(other_states=False, termini=False, disulfide=False)
    assert len(plain) == 20
    assert len(amino_acid_systems()) == 3 * 26 + 1
    assert set(FORMULAS) <= set(amino_acid_systems())


def test_every_letter_is_one_of_the_residues() -> None:
    plain = amino_acid_systems(other_states=False, termini=False, disulfide=False)
    peptides = {Chem.MolToSmiles(capped_peptide(letter)) for letter in "ACDEFGHIKLMNPQRSTVWY"}
    assert peptides == {Chem.MolToSmiles(molecule) for molecule in plain.values()}


@pytest.mark.parametrize(
    ("smiles", "message"),
    [
        ("CC(", "is not SMILES"),
        ("C(C)(C)(C)(C)C", "not a possible molecule"),
        ("c1cccc1", "not a possible molecule"),
        ("C[CH2]", "1 radical electrons; expected a closed shell"),
        ("C*", "dummy or query atom"),
        ("[H][H].C", "hydrogen that is not an ordinary one"),
        ("[NH3]->[Fe+2]", "bond of type DATIVE"),
        ("", "no atoms"),
    ],
)
def test_unsuitable_smiles_are_refused(smiles: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        system_from_smiles(smiles)


def test_what_is_not_a_molecule_is_refused() -> None:
    with pytest.raises(TypeError, match="System 'x' is None; expected an RDKit molecule"):
        bottom_up_fragments({"x": None})


@pytest.mark.parametrize(
    ("size", "systems", "message"),
    [(0, {"x": Chem.MolFromSmiles("C")}, "max_heavy_atoms is 0"), (8, {}, "systems is empty")],
)
def test_bad_arguments_are_refused(size: int, systems: dict[str, Chem.Mol], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bottom_up_fragments(systems, size)


def test_an_unsanitised_radical_is_named_by_its_fragment() -> None:
    radical = Chem.MolFromSmiles("C[CH2]", sanitize=False)
    with pytest.raises(ValueError, match=r"Fragment .* of 'ethyl' has .* a closed shell"):
        bottom_up_fragments({"ethyl": radical})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: capped_peptide("AXA"), "has the letter 'X'"),
        (lambda: capped_peptide(""), "expected a list of residue names"),
        (lambda: capped_chain("ALA"), "expected a list of residue names"),
        (lambda: capped_chain(["HIS"]), "Residue 'HIS' is unknown"),
    ],
)
def test_unknown_residues_are_refused(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_structures_keep_the_graph_and_the_charge(
    protein_fragments: list[BottomUpFragment],
) -> None:
    for fragment in [f for f in protein_fragments if f.num_heavy_atoms <= 4]:
        structure = three_dimensional(fragment, seed=1)
        molecule = Chem.AddHs(Chem.MolFromSmiles(fragment.smiles))
        numbers = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
        assert structure.atomic_numbers.tolist() == numbers
        assert (structure.charge, structure.spin) == (fragment.charge, 0)
        assert structure.source == f"bottom-up:{fragment.smiles}:start"
        assert _closest_pair(structure.positions_angstrom) > 0.7


@pytest.mark.parametrize("smiles", ["CSSCC(C)N", "NCCc1c[nH]c[nH+]1", "CCNC(N)=[NH2+]", "C[S-]"])
def test_larger_structures_have_no_clashes_and_follow_the_seed(smiles: str) -> None:
    fragment = fragments_of(smiles)[-1]
    first, again = (three_dimensional(fragment, seed=3).positions_angstrom for _ in range(2))
    other = three_dimensional(fragment, seed=4).positions_angstrom
    assert _closest_pair(first) > 0.7
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def _closest_pair(positions: np.ndarray) -> float:
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    return float(distances[np.triu_indices(len(positions), 1)].min())


@pytest.mark.parametrize(
    ("fragment", "seed", "message"),
    [
        (BottomUpFragment("CO", 2, 0, 1, ()), -1, "seed is -1; expected 0 or more"),
        (BottomUpFragment("CO", 3, 0, 1, ()), 0, "3 heavy atoms and charge 0"),
        (BottomUpFragment("CO", 2, 1, 1, ()), 0, "2 heavy atoms and charge 1"),
        (BottomUpFragment("C(", 1, 0, 1, ()), 0, "is not valid SMILES"),
    ],
)
def test_a_fragment_that_contradicts_itself_is_refused(
    fragment: BottomUpFragment, seed: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        three_dimensional(fragment, seed)


def test_what_has_no_conformation_or_no_parameters_is_reported() -> None:
    with pytest.raises(RuntimeError, match="no conformation was found with seeds 0 to 9"):
        three_dimensional(BottomUpFragment("F[C@]12C[C@]1(F)C2", 6, 0, 1, ()), 0)
    with pytest.raises(RuntimeError, match="neither MMFF94 nor UFF"):
        three_dimensional(BottomUpFragment("[Xe]", 1, 0, 1, ()), 0)
