# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Alternate locations in mmCIF files (``_atom_site.label_alt_id``)."""

from __future__ import annotations

import shlex
from io import StringIO

from .pdb_records import check_choices


def select_mmcif_alternate_locations(text: str, keep: str | None) -> StringIO:
    """Keep one alternate location of every atom.

    Atom rows that span several lines are not understood and are passed on as they are; the
    wwPDB writes one line per atom.

    Parameters
    ----------
    text : str
        An mmCIF file.
    keep : str, optional
        The location to keep. None: the file must have none.

    Returns
    -------
    io.StringIO
        The file with the other locations left out.
    """
    kept: list[str] = []
    columns: list[str] = []
    choices: dict[str, set[str]] = {}
    for line in text.splitlines(keepends=True):
        word = line.strip()
        if word.startswith("_atom_site."):
            columns.append(word.split()[0].removeprefix("_atom_site."))
        elif word.startswith(("ATOM", "HETATM")) and "label_alt_id" in columns:
            fields = _fields(word)
            if len(fields) == len(columns):
                row = dict(zip(columns, fields, strict=True))
                location = row["label_alt_id"]
                if location not in (".", "?"):
                    residue = f"{row.get('label_comp_id')} {row.get('label_asym_id')}" + str(
                        row.get("auth_seq_id", row.get("label_seq_id"))
                    )
                    choices.setdefault(residue, set()).add(location)
                    if location != keep:
                        continue
        kept.append(line)
    check_choices(choices, keep)
    return StringIO("".join(kept))


def _fields(line: str) -> list[str]:
    """Split one row; quoted words (``"O5'"``) stay together."""
    if '"' in line:
        return shlex.split(line.replace("'", "\\'")) if "'" in line else shlex.split(line)
    return line.split()
