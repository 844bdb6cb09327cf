# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What the names of residues tell: the standard residue, and its protonation state."""

from __future__ import annotations

from collections.abc import Mapping

from openmm import app

app.PDBFile._loadNameReplacementTables()
#: The 20 amino acids.
AMINO_ACIDS = (
    *("ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE"),
    *("LEU", "LYS", "MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL"),
)
_CAPS = "ACE NME NH2"
_WATERS = "DOD TIP3P TIP4 TIP4P TIP5 TIP5P SPCE OPC OPC3 TP4 TP5"
#: Of each state, in AMBER's words: the standard residue, and the names that programs have for it.
_STATES = {
    "HID": ("HIS", "HID HSD HISD HISA"),
    "HIE": ("HIS", "HIE HSE HISE HISB"),
    "HIP": ("HIS", "HIP HSP HISP HISH HIH HSH"),
    "ASH": ("ASP", "ASH ASPH ASPP"),
    "GLH": ("GLU", "GLH GLUH GLUP"),
    "LYN": ("LYS", "LYN LSN"),
    "LYS": ("LYS", "LYSH LYP"),
    "ARN": ("ARG", "ARN ARGN AR0"),
    "TYM": ("TYR", "TYM"),
    "CYM": ("CYS", "CYM"),
    "CYX": ("CYS", "CYX CYS2"),
    "CYS": ("CYS", "CYSH"),
    "MSE": ("MSE", "MSE"),
}
_NAMES = {
    name: (standard, state)
    for state, (standard, names) in _STATES.items()
    for name in names.split()
}
_ENDS = {f"{end}{name}": name for end in "NC" for name in (*AMINO_ACIDS, *_NAMES)}
#: AMBER's ribonucleotides, RA5 and the like, and water that OpenMM does not know.
_OTHERS = {
    **{f"R{base}{end}": base for base in "ACGU" for end in ("", "3", "5", "N")},
    **dict.fromkeys(_WATERS.split(), "HOH"),
}
_STANDARD = {*app.PDBFile._standardResidues, *_CAPS.split(), "MSE"}


def standard_name(name: str) -> tuple[str, str | None]:
    """
    Tell what amino acid a residue's name means.

    Names of AMBER, CHARMM, GROMACS and PDB2PQR are known, also with AMBER's N or C in front for
    the end of a chain.

    Parameters
    ----------
    name : str
        As a file gives it: ``HSE``, ``NHIE``, ``LYSH``, ``ALA``.

    Returns
    -------
    str
        The standard name (``HIS``); other names are returned as they are.
    str or None
        The state that the name tells, in AMBER's words (``HIE``). None where it tells none, as
        ``HIS`` and ``ALA`` do not.
    """
    name = _ENDS.get(name, name) if name not in _NAMES else name
    if name in _NAMES:
        return _NAMES[name]
    name = _OTHERS.get(name, name)
    return app.PDBFile._residueNameReplacements.get(name, name), None


def is_standard(name: str) -> bool:
    """Tell whether a name means an amino acid, a cap, a nucleotide or water."""
    return standard_name(name)[0] in _STANDARD


def is_known(name: str) -> bool:
    """Tell whether a name is that of a standard residue, or any other that programs have for it."""
    return is_standard(name) or standard_name(name)[0] != name


def renaming_notes(names: Mapping[str, int]) -> list[str]:
    """
    Say which names of residues mean other ones, or a state.

    Parameters
    ----------
    names : mapping of str to int
        How many residues of each name a file has.

    Returns
    -------
    list of str
        One sentence, or none.
    """
    told = []
    for name, count in names.items():
        standard, state = standard_name(name)
        if standard != name:
            how = "" if state is None else f" in the state {state}"
            told.append(f"{count} {name} as {standard}{how}")
    return [f"Residues were read by their names: {', '.join(told)}."] if told else []


def standard_atom_names(residue: str, names: list[str]) -> list[str]:
    """
    Translate the names of atoms, as OpenMM's residues have them.

    Parameters
    ----------
    residue : str
        Standard name of the residue.
    names : list of str
        Of all its atoms: ``1HB``, ``HN``, ``OT1``.

    Returns
    -------
    list of str
        Names that would become alike stay as they are.
    """
    letters = [name.lstrip("0123456789")[:1] for name in names]
    if residue == "HOH" and letters == ["O", "H", "H"] and not {"H1", "H2"} & set(names):
        return ["O", "H1", "H2"]
    table = app.PDBFile._atomNameReplacements.get("MET" if residue == "MSE" else residue, {})
    new = [table.get(name, name) for name in names]
    return [
        after if new.count(after) == names.count(before) else before
        for before, after in zip(names, new, strict=True)
    ]


def name_of(residue: app.topology.Residue) -> str:
    """
    Name a residue in sentences: chain, name, number with its insertion code.

    Parameters
    ----------
    residue : openmm.app.topology.Residue

    Returns
    -------
    str
        As ``"A ALA 15"``.
    """
    number = f"{residue.id}{residue.insertionCode.strip()}"
    return f"{residue.chain.id} {residue.name} {number}".strip()
