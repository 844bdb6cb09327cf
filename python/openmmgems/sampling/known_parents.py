# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Parents that need no structure file, with lengths for one computer."""

from __future__ import annotations

from .settings import ParentSettings

# The 20 residues in their common protonation states, and the other ones that occur near pH 7.
_RESIDUES = (
    *("ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HID", "HIE", "ILE", "LEU", "LYS"),
    *("MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL", "ASH", "GLH", "HIP", "LYN"),
)
_HOT = (300.0, 500.0, 800.0)


def known_parents() -> dict[str, ParentSettings]:
    """Describe parents by name, for a model of proteins.

    `ala15` and `ala8-lys` are the peptides of the GEMS paper in vacuum, hot and cold; `trp-cage`
    and `chignolin` small proteins in salt water, whose chains first become compact in implicit
    water (they do not fold in that time); `ace-<residue>-nme` each amino acid, capped, in salt
    water. `parent_preset("paper", parent)` makes them long.
    """
    found = [
        _dry("ala15", "ACE ALA*15 NME"),
        _dry("ala8-lys", "ACE ALA*8 LYS+"),
        _wet("trp-cage", "NLYIQWLKDGGPSSGRPPPS").model_copy(update={"conformation": "helix"}),
        _wet("chignolin", "GYDPETGTWG"),
    ]
    for name in _RESIDUES:
        parent = _wet(f"ace-{name.lower()}-nme", f"ACE {name} NME")
        found.append(parent.model_copy(update={"relaxation_ps": 0.0}))
    return {parent.name: parent for parent in found}


def _dry(name: str, peptide: str) -> ParentSettings:
    return ParentSettings(name=name, peptide=peptide, temperatures_kelvin=_HOT, time_step_fs=1.0)


def _wet(name: str, peptide: str) -> ParentSettings:
    return ParentSettings(
        name=name, peptide=peptide, solvent="water", salt_molar=0.15, relaxation_ps=100.0
    )
