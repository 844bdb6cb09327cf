# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What the ``source`` of a structure tells.

``bottom-up:<SMILES>:<how>``, such as ``bottom-up:CCO:nm-600K-3``, and
``top-down:<parent>:<frame>:<centre>:<residue>``, such as ``top-down:crambin:12:310:A ALA 15``.
SMILES may hold colons. Anything else counts as imported.
"""

from __future__ import annotations

from dataclasses import dataclass

BOTTOM_UP, TOP_DOWN, IMPORTED = "bottom-up", "top-down", "imported"
KINDS = (BOTTOM_UP, TOP_DOWN, IMPORTED)
_HOW = {"start": "start structure", "nm": "normal modes", "md": "hot dynamics"}


@dataclass(frozen=True)
class SourceParts:
    """
    Parts of a source.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    molecule : str
        SMILES of a bottom-up fragment, parent of a top-down fragment, name of an imported file.
    group : str
        What it is counted under: how a conformer was made, or the name of the centre's residue.
    """

    kind: str
    molecule: str
    group: str


def source_parts(source: str) -> SourceParts:
    """Take a source apart; what is of no known kind counts as imported."""
    kind, _, rest = source.partition(":")
    if kind == BOTTOM_UP:
        smiles, _, how = rest.rpartition(":")
        first = how.partition("-")[0]
        return SourceParts(kind, smiles or how, _HOW.get(first, first) if smiles else "")
    if kind == TOP_DOWN:
        parent, *fields = rest.rsplit(":", 3)
        words = fields[-1].split() if len(fields) == 3 else []
        return SourceParts(kind, parent, words[-2] if len(words) > 1 else "unknown")
    return SourceParts(IMPORTED, rest.rpartition(":")[0] if kind == IMPORTED else source, "")
