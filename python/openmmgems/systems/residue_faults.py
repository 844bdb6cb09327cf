# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Say what is wrong with residues that a force field does not match."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from openmm import app

from .residue_names import name_of, standard_name

_SHOWN = 6


def unknown_kinds(
    field: app.ForceField, residues: Iterable[app.topology.Residue]
) -> dict[str, list[app.topology.Residue]]:
    """
    Find the kinds of residues that a force field has nothing for.

    Parameters
    ----------
    field : openmm.app.ForceField
    residues : iterable of openmm.app.topology.Residue
        Those that it does not match.

    Returns
    -------
    dict of str to list of openmm.app.topology.Residue
        By name.
    """
    known = {_residue_name(template) for template in field._templates}
    found: dict[str, list[app.topology.Residue]] = {}
    for residue in residues:
        if residue.name not in known:
            found.setdefault(residue.name, []).append(residue)
    return found


def unknown_sentence(found: dict[str, list[app.topology.Residue]]) -> str:
    """
    Name residues of unknown kinds, and how to leave them out.

    Parameters
    ----------
    found : dict of str to list of openmm.app.topology.Residue
        By name.

    Returns
    -------
    str
        The end of a sentence: ``"A GOL 301 and 2 more, A ZN 401; leave them out with --remove
        GOL,ZN"``.
    """
    told = [
        name_of(residues[0]) + (f" and {len(residues) - 1} more" if len(residues) > 1 else "")
        for residues in found.values()
    ]
    inside = [name for name, residues in found.items() if any(map(_is_in_chain, residues))]
    advice = f"leave out what is not wanted: --remove {','.join(found)}"
    if inside:
        advice += f" (which breaks the chain of {', '.join(inside)})"
    return f"{', '.join(told)}; {advice}"


def fault_of(field: app.ForceField, residue: app.topology.Residue) -> str:
    """
    Say in which atoms a residue differs from what a force field has for its kind.

    Parameters
    ----------
    field : openmm.app.ForceField
    residue : openmm.app.topology.Residue
        Of a kind that it knows, and that it does not match.

    Returns
    -------
    str
        A sentence without its full stop.
    """
    names = {atom.name: atom.element for atom in residue.atoms()}
    outside = {
        atom.name for bond in residue.external_bonds() for atom in bond if atom.residue is residue
    }
    candidates = [t for t in field._templates.values() if _residue_name(t.name) == residue.name]
    best = min(candidates, key=lambda template: _difference(template, names, outside))
    there = {atom.name: atom.element for atom in best.atoms}
    heavy = [n for n, e in there.items() if n not in names and e is not app.element.hydrogen]
    missing = heavy or [name for name in there if name not in names]
    surplus = [name for name in names if name not in there]
    if Counter(names.values()) == Counter(there.values()):
        bonded = "has all of its atoms, but other bonds than expected"
        return f"Residue {name_of(residue)} {bonded} ({len(outside)} to other residues)"
    problems = []
    if missing:
        kind = "atoms" if heavy else "hydrogens"
        problems.append(f"lacks the {kind} {_listed(missing)}")
    if surplus:
        problems.append(f"has {_listed(surplus)}, which no form of it there has")
    return f"Residue {name_of(residue)} {' and '.join(problems)}"


def _difference(template: Any, names: dict[str, Any], outside: set[str]) -> tuple[int, int]:
    """How far a template is from a residue: atoms bonded to other residues first, then atoms."""
    joined = {template.atoms[index].name for index in template.externalBonds}
    return len(joined ^ outside), len({atom.name for atom in template.atoms} ^ names.keys())


def _residue_name(template: str) -> str:
    """The name that residues of a template have in structures."""
    nucleotide = re.fullmatch(r"R([ACGU])[35N]?|(D[ACGT])[35N]?", template)
    if nucleotide:
        return nucleotide[1] or nucleotide[2]
    return "NH2" if template == "NHE" else standard_name(template)[0]


def _is_in_chain(residue: app.topology.Residue) -> bool:
    return any(
        "C" in (a.name, b.name) and "N" in (a.name, b.name) for a, b in residue.external_bonds()
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
