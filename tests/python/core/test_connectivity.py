# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Bonds and charges of bare atoms, against the SMILES that molecules were made of."""

import numpy as np
import pytest
from openmmgems.core.connectivity import charge_of, molecules, perceive_bonds
from openmmgems.core.lewis import lewis_structure
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers


def words(text: str) -> list[str]:
    return text.split()


CHARGED = words("""
[OH-] [OH3+] [NH4+] CC(=O)[O-] NC(=[NH2+])N C[NH3+] C[N+](C)(C)C c1c[nH]c[nH+]1 c1cnc[n-]1
c1cc[nH+]cc1 [O-]c1ccccc1 C[S-] [SH-] C[O-] [O-]O [NH2-] CC(=O)[NH-]
CC(=O)[N-]N
CS(=O)(=O)[O-] [O-]S(=O)(=O)[O-] OS(=O)(=O)[O-] COS(=O)(=O)[O-] CS(=O)(=O)[NH-] CS(=O)[O-]
OS(=O)[O-] [O-]S(=O)[O-] [O-]S(=O)(=O)[S-] NS(=O)(=O)[O-] CC(=O)[N-]S(=O)(=O)c1ccccc1
[C-]#N [N-]=C=O [S-]C#N [N-]=[N+]=[N-] [C-]#C c1ccccc1[N+]#N N#C[CH-]C#N [C-]#[N+][O-]
O=N[O-] [O-][N+](=O)[O-] O=[N+]=O [O-][N+](=O)[N-][N+](=O)[O-] C=[N+]([O-])[O-] O=NO[O-]
[O-]P(=O)([O-])[O-] OP(=O)([O-])[O-] OP(=O)(O)[O-] COP(=O)([O-])OC COP(=O)([O-])OP(=O)([O-])[O-]
S=P(OC)(OC)[S-] OP(=O)[O-] C[P+](C)(C)C C[S+](C)C C[S+](C)(C)=O [O-]Cl(=O)(=O)=O [O-]Cl(=O)=O
[O-]Cl [O-]I(=O)=O c1ccccc1[I+]c1ccccc1 F[B-](F)(F)F C[B-](O)(O)O [O-]C(=O)[O-] OC(=O)[O-]
[O-]C(=O)C(=O)[O-] c1nn[n-]n1 c1nnn[n-]1 Cc1nn[n-]n1 c1nn[n-]c1 CC(=O)C=C([O-])C CC(=O)N[O-]
c1cc[n-]c1 C[n+]1csc(C)c1 CN(C)c1cc[nH+]cc1 CN(C)C=CC=[N+](C)C Nc1[nH+]cnc2[nH]cnc12
O=c1cc[n-]c(=O)[nH]1 C[n+]1ccn(C)n1 c1ccc2[nH]n[nH+]c2c1 CC(=O)[S-] CN(C)C(=S)[S-] C[Se-]
[O-]S(=O)S(=O)[O-] O=[N+]([O-])c1ccc([O-])cc1 O=[N+]([O-])c1ccc([NH3+])cc1
CC(=O)N[C@@H](CCCC[NH3+])C(=O)N[C@@H](CCCC[NH3+])C(=O)NC
CC(=O)N[C@@H](CC(=O)[O-])C(=O)N[C@@H](CCC(=O)[O-])C(=O)N[C@@H](CC(=O)[O-])C(=O)NC
CC(=O)N[C@@H](CCCNC(=[NH2+])N)C(=O)N[C@@H](Cc1c[nH]c[nH+]1)C(=O)N[C@@H](CCCC[NH3+])C(=O)NC
CC(=O)N[C@@H](C[S-])C(=O)N[C@@H](COP(=O)([O-])[O-])C(=O)NC
""")
NEUTRAL = words("""
C[n+]1cccc([O-])c1
O C CC=O CC(=O)O NC(=N)N CO CSSC CS(=O)(=O)O OS(=O)(=O)O CS(=O)(=O)N CS(=O)C CS(=O)(=O)C OS(=O)O
C#N CC#N N=[N+]=[N-] CN=[N+]=[N-] C=[N+]=[N-] N#N N#[N+][O-] O=C=O S=C=O [C-]#[O+] [C-]#[N+]C
O[N+](=O)[O-] C[N+](=O)[O-] O=NO CON=O CO[N+](=O)[O-] C[N+](C)(C)[O-] [O-][n+]1ccccc1
C=[N+](C)[O-] C/N=[N+](\\C)[O-] [O-][O+]=O O=S=O O=S(=O)=O O=O OO C[S+](C)[CH2-] CP(C)(C)=O
CP(C)(C)=C OP(=O)(O)O OCl(=O)(=O)=O FP(F)(F)(F)F O=Ic1ccccc1 C[NH2+]CC(=O)[O-] CB(O)O
[NH3+]CC(=O)[O-] [NH3+][BH3-] c1ccc2ccccc2c1 c1ccsc1 O=C([O-])c1ccc[nH+]c1 CC(=[NH2+])[O-]
C[Si](C)(C)C CN=C=NC C=C=O [H][H] O=S(Cl)Cl CS(=O)(=N)C C[Se]C Nc1cc[nH]c(=O)n1 [C]1N(C)C=CN1C
""")
#: The same bonds belong to molecules of other charges, or nothing is known of such atoms.
OPEN = words("""
C[NH+]=NC C[N-]NC [CH3+] [CH3-] c1cc[cH-]c1 c1ccc[cH+]cc1 [S-]S[S-] I[I-]I Cl[I+]Cl [N+]=O [N-]=O
CN(C)[O-] c1cc[o+]cc1 C=[OH+] FS(F)(F)F [O-][O-] [CH2] C[Hg]C [C-]#[C-] O=P(=O)[O-] [H+] [H-]
""")


def three_dimensional(smiles: str) -> tuple[Chem.Mol, np.ndarray, np.ndarray]:
    with rdBase.BlockLogs():
        molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
        assert rdDistGeom.EmbedMolecule(molecule, randomSeed=7) == 0
        if rdForceFieldHelpers.UFFHasAllMoleculeParams(molecule):
            rdForceFieldHelpers.UFFOptimizeMolecule(molecule)
    numbers = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()])
    return molecule, numbers, molecule.GetConformer().GetPositions()


@pytest.mark.parametrize("smiles", CHARGED + NEUTRAL)
def test_charges_are_those_of_the_smiles(smiles: str) -> None:
    molecule, numbers, positions = three_dimensional(smiles)
    assert charge_of(numbers, positions) == Chem.GetFormalCharge(molecule)


def test_the_kinds_are_charged() -> None:
    charges = [Chem.GetFormalCharge(Chem.MolFromSmiles(text)) for text in CHARGED]
    assert all(charges)
    assert {-3, -2, -1, 1, 2, 3} <= set(charges)
    assert not any(Chem.GetFormalCharge(Chem.MolFromSmiles(text)) for text in NEUTRAL)


@pytest.mark.parametrize("smiles", OPEN)
def test_what_bonds_leave_open_is_not_guessed(smiles: str) -> None:
    _, numbers, positions = three_dimensional(smiles)
    with pytest.raises(ValueError, match=r"several charges open|too few bonds|no bonds|is bonded"):
        charge_of(numbers, positions)


@pytest.mark.parametrize("smiles", ["[O-]S(=O)[O-]", "O=S(=O)=O"])
def test_without_positions_shapes_are_not_guessed(smiles: str) -> None:
    molecule = Chem.MolFromSmiles(smiles)
    bonds = [[bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()] for bond in molecule.GetBonds()]
    numbers = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()])
    with pytest.raises(ValueError, match=r"bonds of atom S.* leave several charges open"):
        lewis_structure(numbers, np.array(bonds), ["O", "S", "O", "O"])


def test_sulfonates_are_written_as_is_usual() -> None:
    molecule, numbers, positions = three_dimensional("CS(=O)(=O)[O-]")
    bonds = perceive_bonds(numbers, positions)
    orders, charges = lewis_structure(numbers, bonds, ["?"] * len(numbers))
    assert sorted(charges.tolist()) == [-1] + [0] * 7
    assert sorted(orders.tolist()) == [1] * 5 + [2, 2]
    expected = {
        tuple(sorted((b.GetBeginAtomIdx(), b.GetEndAtomIdx()))) for b in molecule.GetBonds()
    }
    assert {tuple(pair) for pair in bonds.tolist()} == expected


@pytest.mark.parametrize("symbol", ["Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Zn"])
def test_metals_are_ions_without_bonds(symbol: str) -> None:
    water = np.array([[0, 0, 0], [0.59, 0.76, 0], [0.59, -0.76, 0]])
    number = Chem.GetPeriodicTable().GetAtomicNumber(symbol)
    numbers = np.array([number, 8, 1, 1, 17])
    positions = np.vstack([[0, 0, 0], water + [2.1, 0, 0], [-2.3, 0, 0]])
    assert perceive_bonds(numbers, positions).tolist() == [[1, 2], [1, 3]]
    expected = 2 if symbol in ("Mg", "Ca", "Zn") else 1
    assert charge_of(numbers, positions) == expected - 1


def test_a_metal_within_a_covalent_bond_is_refused() -> None:
    positions = np.array([[0.0, 0, 0], [1.46, 0, 0]])
    with pytest.raises(ValueError, match=r"Atom 2 \(Ca\) stands 1\.46 angstrom from N, too near"):
        perceive_bonds(np.array([7, 20]), positions)


@pytest.mark.parametrize(
    "cell", [np.diag([8.0, 9.0, 10.0]), np.array([[7.0, 0, 0], [2.5, 8, 0], [-3, 2, 7.5]])]
)
def test_bonds_reach_through_the_walls_of_a_box(cell: np.ndarray) -> None:
    molecule, numbers, positions = three_dimensional("CC(=O)NC")
    expected = perceive_bonds(numbers, positions)
    assert len(expected) == molecule.GetNumBonds()
    rng = np.random.default_rng(3)
    for shift in rng.uniform(size=(10, 3)):
        fractions = (positions + shift @ cell) @ np.linalg.inv(cell)
        wrapped = (fractions - np.floor(fractions)) @ cell
        np.testing.assert_array_equal(perceive_bonds(numbers, wrapped, cell), expected)


def test_molecules_are_told_apart() -> None:
    found = molecules(5, np.array([[0, 3], [1, 2]]))
    assert [atoms.tolist() for atoms, _ in found] == [[0, 3], [1, 2], [4]]
    assert [own.tolist() for _, own in found] == [[0], [1], []]
