# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Molecules of which bottom-up fragments are made: from SMILES, and capped amino acids."""

from collections.abc import Sequence
from typing import Any

from rdkit import Chem, rdBase

from openmmgems.systems.chains import ONE_LETTER_CODES

BOND_TYPES = (
    Chem.BondType.SINGLE,
    Chem.BondType.DOUBLE,
    Chem.BondType.TRIPLE,
    Chem.BondType.AROMATIC,
)

# Residues as links of a chain, from backbone N to backbone C=O. Names follow AMBER: ASH, GLH,
# LYN neutral; CYM charged; HID, HIE, HIP with hydrogen on delta N, on epsilon N, on both.
_RESIDUES = {
    "ALA": "NC(C)C(=O)",
    "ARG": "NC(CCCNC(N)=[NH2+])C(=O)",
    "ASN": "NC(CC(N)=O)C(=O)",
    "ASP": "NC(CC(=O)[O-])C(=O)",
    "CYS": "NC(CS)C(=O)",
    "GLN": "NC(CCC(N)=O)C(=O)",
    "GLU": "NC(CCC(=O)[O-])C(=O)",
    "GLY": "NCC(=O)",
    "HIE": "NC(Cc1c[nH]cn1)C(=O)",
    "ILE": "NC(C(C)CC)C(=O)",
    "LEU": "NC(CC(C)C)C(=O)",
    "LYS": "NC(CCCC[NH3+])C(=O)",
    "MET": "NC(CCSC)C(=O)",
    "PHE": "NC(Cc1ccccc1)C(=O)",
    "PRO": "N1CCCC1C(=O)",
    "SER": "NC(CO)C(=O)",
    "THR": "NC(C(C)O)C(=O)",
    "TRP": "NC(Cc1c[nH]c2ccccc12)C(=O)",
    "TYR": "NC(Cc1ccc(O)cc1)C(=O)",
    "VAL": "NC(C(C)C)C(=O)",
}
_OTHER_STATES = {
    "ASH": "NC(CC(=O)O)C(=O)",
    "CYM": "NC(C[S-])C(=O)",
    "GLH": "NC(CCC(=O)O)C(=O)",
    "HID": "NC(Cc1cnc[nH]1)C(=O)",
    "HIP": "NC(Cc1c[nH]c[nH+]1)C(=O)",
    "LYN": "NC(CCCCN)C(=O)",
}
_DISULFIDE = "CC(=O)NC(CSSCC(NC(C)=O)C(=O)NC)C(=O)NC"


def heavy_molecule(molecule: Chem.Mol, name: str) -> Chem.Mol:
    """Check a molecule and remove its explicit hydrogens.

    Parameters
    ----------
    molecule : Chem.Mol
        Not changed.
    name : str
        For messages.

    Returns
    -------
    Chem.Mol
        A copy without hydrogen atoms.

    Raises
    ------
    TypeError
        If it is not a molecule.
    ValueError
        If it has no heavy atoms, a radical, a dummy or query atom, a hydrogen that is not on
        exactly one heavy atom, a valence that cannot be, or a bond other than single, double,
        triple or aromatic.

    """
    if not isinstance(molecule, Chem.Mol):
        raise TypeError(f"System {name!r} is {molecule!r}; expected an RDKit molecule.")
    options: Any = Chem.RemoveHsParameters()
    options.removeIsotopes = True
    options.removeDefiningBondStereo = True
    with rdBase.BlockLogs():
        heavy = Chem.RemoveHs(molecule, options, sanitize=False)
        try:
            heavy.UpdatePropertyCache(strict=True)
        except Chem.MolSanitizeException as error:
            raise ValueError(f"System {name!r} has an impossible valence: {error}") from error
    if heavy.GetNumAtoms() == 0:
        raise ValueError(f"System {name!r} has no atoms; expected at least one heavy atom.")
    for atom in heavy.GetAtoms():
        _check_atom(atom, name)
    for bond in heavy.GetBonds():
        if bond.GetBondType() not in BOND_TYPES:
            raise ValueError(
                f"System {name!r} has a bond of type {bond.GetBondType()}; expected single, "
                "double, triple or aromatic. Remove metals and dative bonds."
            )
    return heavy


def _check_atom(atom: Chem.Atom, name: str) -> None:
    """Refuse atoms that no fragment can have."""
    where = f"System {name!r}: atom {atom.GetIdx()} ({atom.GetSymbol()})"
    if atom.GetAtomicNum() == 0 or atom.HasQuery():
        raise ValueError(f"{where} is a dummy or query atom; expected an element.")
    if atom.GetAtomicNum() == 1:
        raise ValueError(
            f"{where} is a hydrogen that is not an ordinary one on a single heavy atom; remove it."
        )
    if atom.GetNumRadicalElectrons() != 0:
        raise ValueError(
            f"{where} has {atom.GetNumRadicalElectrons()} radical electrons; expected a closed "
            "shell. Add the missing hydrogens or charges."
        )


def system_from_smiles(text: str) -> Chem.Mol:
    """Read a molecule for fragments from SMILES.

    Parameters
    ----------
    text : str
        SMILES; components with dots between them are allowed.

    Returns
    -------
    Chem.Mol
        The molecule, hydrogens implicit.

    Raises
    ------
    ValueError
        If it is not SMILES or chemically impossible, or has radicals, dummy atoms, dative bonds
        or hydrogen molecules.

    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(text, sanitize=False)
        if molecule is None:
            raise ValueError(f"{text!r} is not SMILES; check brackets and ring numbers.")
        try:
            Chem.SanitizeMol(molecule)
        except Chem.MolSanitizeException as error:
            raise ValueError(f"{text!r} is not a possible molecule: {error}") from error
    return heavy_molecule(molecule, text)


def amino_acid_systems(
    *, other_states: bool = True, termini: bool = True, disulfide: bool = True
) -> dict[str, Chem.Mol]:
    """Make capped residues of the 20 amino acids, without stereochemistry.

    Parameters
    ----------
    other_states : bool
        Also the other protonation states ASH, GLH, LYN, CYM, HID and HIP; without, only the
        states ASP, GLU, LYS, CYS and HIE.
    termini : bool
        Also each residue with free NH3+ and Nme (name N<residue>), and with Ace and free COO-
        (name C<residue>).
    disulfide : bool
        Also two Ace-Cys-Nme with a disulfide bridge (name CYX-CYX).

    Returns
    -------
    dict[str, Chem.Mol]
        Molecules by AMBER residue name; Ace-X-Nme unless said otherwise.

    """
    names = [*_RESIDUES, *(_OTHER_STATES if other_states else ())]
    systems = {name: capped_chain([name]) for name in names}
    if termini:
        systems |= {f"N{name}": capped_chain([name], free_n_terminus=True) for name in names}
        systems |= {f"C{name}": capped_chain([name], free_c_terminus=True) for name in names}
    if disulfide:
        systems["CYX-CYX"] = system_from_smiles(_DISULFIDE)
    return systems


def capped_peptide(sequence: str) -> Chem.Mol:
    """Make Ace-...-Nme from one-letter codes, for graphs that span residues.

    Parameters
    ----------
    sequence : str
        One-letter codes of the 20 amino acids. D and E are anions, K and R cations, H has its
        hydrogen on the epsilon N, C is not bridged; ``capped_chain`` takes other states.

    Returns
    -------
    Chem.Mol
        The peptide, without stereochemistry.

    Raises
    ------
    ValueError
        If the sequence is empty or has another letter.

    """
    for letter in sequence:
        if letter not in ONE_LETTER_CODES:
            raise ValueError(
                f"sequence {sequence!r} has the letter {letter!r}; "
                f"expected {''.join(ONE_LETTER_CODES)}."
            )
    return capped_chain([ONE_LETTER_CODES[letter] for letter in sequence])


def capped_chain(
    names: Sequence[str], *, free_n_terminus: bool = False, free_c_terminus: bool = False
) -> Chem.Mol:
    """Make a peptide from AMBER residue names.

    Parameters
    ----------
    names : Sequence[str]
        Residues from the N-terminus on, as ``["ASH", "LYS"]``.
    free_n_terminus : bool
        NH3+ (NH2+ for proline) in place of Ace.
    free_c_terminus : bool
        COO- in place of Nme.

    Returns
    -------
    Chem.Mol
        The peptide, without stereochemistry.

    Raises
    ------
    ValueError
        If there are no names or one is unknown.

    """
    known = _RESIDUES | _OTHER_STATES
    if isinstance(names, str) or not names:
        raise ValueError(f"names is {names!r}; expected a list of residue names.")
    for name in names:
        if name not in known:
            raise ValueError(f"Residue {name!r} is unknown; expected one of {', '.join(known)}.")
    chain = "".join(known[name] for name in names)
    if free_n_terminus:
        chain = ("[NH2+]" if names[0] == "PRO" else "[NH3+]") + chain.removeprefix("N")
    else:
        chain = "CC(=O)" + chain
    return system_from_smiles(chain + ("[O-]" if free_c_terminus else "NC"))
