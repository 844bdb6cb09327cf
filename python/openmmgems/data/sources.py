# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What the ``source`` of a structure tells, and where it comes from.

``bottom-up:<SMILES>:<how>``, such as ``bottom-up:CCO:nm-600K-3``, and
``top-down:<parent>:<frame>:<centre>:<residue>``, such as ``top-down:crambin:12:310:A ALA 15``.
SMILES may hold colons. Anything else counts as imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from openmmgems.core.atomic_system import AtomicSystem, Provenance

BOTTOM_UP, TOP_DOWN, IMPORTED = "bottom-up", "top-down", "imported"
KINDS = (BOTTOM_UP, TOP_DOWN, IMPORTED)
#: Arrays of a file.
PROVENANCE = tuple(field.name for field in fields(Provenance))
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


def provenance_columns(structure: AtomicSystem) -> dict[str, str | int]:
    """Where a structure comes from, as files have it: as it says itself, or as its source tells."""
    return asdict(structure.provenance or told_provenance(structure.source))


def read_provenances(columns: Mapping[str, Any]) -> list[Provenance]:
    """
    Where the structures of a group come from.

    Parameters
    ----------
    columns : mapping
        Arrays of a group: ``source`` and, where the file has them, ``kind``, ``parent``, ``run``,
        ``frame``; what it lacks, as files of format 1, follows from the source.
    """
    given = [name for name in PROVENANCE if columns.get(name) is not None]
    return [
        replace(told_provenance(source), **{name: columns[name][place] for name in given})
        for place, source in enumerate(columns["source"])
    ]


def told_provenance(source: str) -> Provenance:
    """
    Where a structure comes from, as far as its source tells.

    The frames of bottom-up conformers have no order that counts. Of a source of no known kind all
    of it names the parent.
    """
    parts = source_parts(source)
    fields = source.split(":")
    if parts.kind == TOP_DOWN and len(fields) >= 5:
        return Provenance(TOP_DOWN, parts.molecule, frame=_number(fields[-3]))
    if fields[0] == IMPORTED and len(fields) > 2:
        return Provenance(IMPORTED, parts.molecule, frame=_number(fields[-1]))
    return Provenance(parts.kind, parts.molecule or source)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1
