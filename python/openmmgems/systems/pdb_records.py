# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Alternate locations in PDB files (column 17 of ATOM and HETATM records)."""

from __future__ import annotations

from io import StringIO

from openmmgems.core.errors import StructureError


def select_alternate_locations(text: str, keep: str | None) -> StringIO:
    """Keep one alternate location of every atom.

    Parameters
    ----------
    text : str
        A PDB file.
    keep : str, optional
        The location to keep. None: the file must have none.

    Returns
    -------
    io.StringIO
        The file with the other locations left out.

    Raises
    ------
    StructureError
        If there are alternate locations and `keep` does not choose among them.
    """
    kept = []
    choices: dict[str, set[str]] = {}
    for line in text.splitlines(keepends=True):
        location = line[16:17].strip() if line.startswith(("ATOM", "HETATM")) else ""
        if location:
            residue = f"{line[17:20].strip()} {line[21:22].strip()}{line[22:27].strip()}"
            choices.setdefault(residue, set()).add(location)
            if location != keep:
                continue
            line = f"{line[:16]} {line[17:]}"
        kept.append(line)
    check_choices(choices, keep)
    return StringIO("".join(kept))


def check_choices(choices: dict[str, set[str]], keep: str | None) -> None:
    """Raise unless `keep` names a location that every residue with several offers.

    Parameters
    ----------
    choices : dict of str to set of str
        The locations of each residue that has any.
    keep : str, optional
        The location to keep.
    """
    for residue, locations in choices.items():
        names = ", ".join(sorted(locations))
        if keep is None:
            raise StructureError(
                f"Residue {residue} has alternate locations {names} ({len(choices)} such "
                f"residues); choose one with --alternate-location {sorted(locations)[0]}."
            )
        if keep not in locations:
            raise StructureError(
                f"Residue {residue} has alternate locations {names}, not the chosen {keep}."
            )
