# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What the names of residues tell: the standard residue, and its protonation state."""

from __future__ import annotations

from openmm import app

#: The 20 amino acids.
AMINO_ACIDS = frozenset(
    "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split()
)
#: Of each state, in AMBER's words: the standard residue, and the names that programs have for it.
_STATES = {
    "HID": ("HIS", "HID HSD HISD HISA"),
    "HIE": ("HIS", "HIE HSE HISE HISB"),
    "HIP": ("HIS", "HIP HSP HISH HIH HSH"),
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
    if len(name) == 4 and name[0] in "NC" and name not in _NAMES:
        inner = name[1:]
        if inner in AMINO_ACIDS or inner in _NAMES:
            name = inner
    return _NAMES.get(name, (name, None))


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
    return f"{residue.chain.id} {residue.name} {residue.id}{residue.insertionCode.strip()}"
