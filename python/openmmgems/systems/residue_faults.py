# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Say what is wrong with residues that a force field does not match."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from openmm import app

from .modified_residues import parent_residue
from .residue_names import name_of, standard_name
from .sentences import listed


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
    made = [f"{name} {new}" for name in found if (new := parent_residue(name))]
    inside = [name for name, residues in found.items() if _is_in_chain(residues[0])]
    advice = f"leave out what is not wanted: --remove {','.join(found)}"
    if inside:
        advice += f" (which breaks the chain of {', '.join(inside)})"
    if made:
        advice = f"--add-hydrogens makes {', '.join(made)}; {advice}"
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
    names = [atom.name for atom in residue.atoms() if not _is_hydrogen(atom)]
    ends = {atom.name for bond in residue.external_bonds() for atom in bond} & {
        atom.name for atom in residue.atoms()
    }
    carried = _hydrogens(residue.bonds(), names)
    candidates = [t for t in field._templates.values() if _residue_name(t.name) == residue.name]
    forms = [_form(template) for template in candidates]
    best = min(forms, key=lambda form: form.difference(carried, ends))
    missing = [name for name in best.hydrogens if name not in carried]
    surplus = [name for name in names if name not in best.hydrogens]
    both = [name for name in names if name in best.hydrogens]
    few = [name for name in both if carried[name] < best.hydrogens[name]]
    many = [name for name in both if carried[name] > best.hydrogens[name]]
    problems = [
        f"{what} {listed(found)}"
        for what, found in (
            ("lacks the atoms", missing),
            ("has atoms that are not known there,", surplus),
            ("lacks hydrogens on", few),
            ("has more hydrogens than are known on", many),
        )
        if found
    ]
    if not problems:
        problems = [f"has its atoms, but is bonded to other residues by {listed(sorted(ends))}"]
    return f"Residue {name_of(residue)} {' and '.join(problems[:2])}"


@dataclass(frozen=True)
class _Form:
    """One form of a residue: hydrogens on each heavy atom, atoms bonded to other residues."""

    hydrogens: dict[str, int]
    ends: set[str]

    def difference(self, hydrogens: dict[str, int], ends: set[str]) -> tuple[int, int, int]:
        """How far a residue is from it: bonds to others first, then heavy atoms, then hydrogens."""
        return (
            len(self.ends ^ ends),
            len(self.hydrogens.keys() ^ hydrogens.keys()),
            sum(abs(count - hydrogens.get(name, 0)) for name, count in self.hydrogens.items()),
        )


def _form(template: Any) -> _Form:
    bonds = [[template.atoms[index] for index in bond] for bond in template.bonds]
    names = [atom.name for atom in template.atoms if not _is_hydrogen(atom)]
    ends = {template.atoms[index].name for index in template.externalBonds}
    return _Form(_hydrogens(bonds, names), ends)


def _hydrogens(bonds: Iterable[Any], names: Iterable[str]) -> dict[str, int]:
    """Count the hydrogens on heavy atoms; their own names are not the same everywhere."""
    found = dict.fromkeys(names, 0)
    for bond in bonds:
        for atom, other in ((bond[0], bond[1]), (bond[1], bond[0])):
            if _is_hydrogen(other) and atom.name in found:
                found[atom.name] += 1
    return found


def _is_hydrogen(atom: Any) -> bool:
    return atom.element is app.element.hydrogen


def _residue_name(template: str) -> str:
    """The name that residues of a template have in structures."""
    nucleotide = re.fullmatch(r"R([ACGU])[35N]?|(D[ACGT])[35N]?", template)
    if nucleotide:
        return nucleotide[1] or nucleotide[2]
    return "NH2" if template == "NHE" else standard_name(template)[0]


def _is_in_chain(residue: app.topology.Residue) -> bool:
    """Whether it joins two residues."""
    joined = {atom.residue for bond in residue.external_bonds() for atom in bond}
    return len(joined) > 2
