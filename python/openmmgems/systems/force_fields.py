# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""AMBER99SB-ILDN, and the charged lysine terminus that it lacks."""

from __future__ import annotations

import functools
import io
from pathlib import Path
from xml.etree import ElementTree

from openmm import app

#: Name, in the text of a peptide, of lysine with NH3+ side chain and neutral COOH terminus.
CHARGED_LYSINE = "LYS+"
_FIELD, _IMPLICIT = "amber99sbildn.xml", "amber99_obc.xml"
# The atoms of the acid group, and those of protonated aspartic acid that stand in for them.
_ACID = {"C": "CG", "O": "OD1", "OXT": "OD2", "HXT": "HD2"}


@functools.cache
def parent_force_field(*, implicit_water: bool = False) -> app.ForceField:
    """Load AMBER99SB-ILDN, TIP3P with ions, and the residue LYS+.

    LYS+ is AMBER's lysine whose C=O is replaced by the acid group of protonated aspartic acid; the
    charge that is missing to +1 is spread over the four atoms of that group.

    Parameters
    ----------
    implicit_water : bool
        With the implicit solvent OBC.

    Returns
    -------
    openmm.app.ForceField

    """
    extra = io.StringIO(_charged_lysine(implicit_water))
    files: list[str | io.StringIO] = [_FIELD, "tip3p.xml"]
    return app.ForceField(*files, *([_IMPLICIT] if implicit_water else []), extra)


def _charged_lysine(implicit_water: bool) -> str:
    """Force-field file of the residue, made from OpenMM's own."""
    source = _read(_FIELD)
    lysine, types = _residue(source, "LYS")
    _, models = _residue(source, "ASH")
    charges = {a.get("type"): float(a.get("charge", "")) for a in source.iterfind("*/Atom[@sigma]")}
    own = [name for name in types if name not in _ACID]
    missing = 1.0 - sum(charges[types[name]] for name in own)
    missing -= sum(charges[models[name]] for name in _ACID.values())
    new = {name: f"{CHARGED_LYSINE}-{name}" for name in _ACID}
    bonds = [(int(b.get("from", "")), int(b.get("to", ""))) for b in lysine.iterfind("Bond")]
    order = list(types)
    named = [(order[i], order[j]) for i, j in bonds] + [("C", "OXT"), ("OXT", "HXT")]

    root = ElementTree.Element("ForceField")
    added = ElementTree.SubElement(root, "AtomTypes")
    root.append(
        _template([(name, new.get(name, types.get(name, ""))) for name in own + [*_ACID]], named)
    )
    forces = {"NonbondedForce": source}
    if implicit_water:
        forces["GBSAOBCForce"] = _read(_IMPLICIT)
    for name, model in _ACID.items():
        _copy(source, "AtomTypes/Type", ("name", models[model]), added, {"name": new[name]})
    for tag, file in forces.items():
        attributes = next(file.iter(tag)).attrib
        force = ElementTree.SubElement(root, tag, attributes)
        for name, model in _ACID.items():
            charge = f"{charges[models[model]] + missing / len(_ACID):.9f}"
            changes = {"type": new[name], "charge": charge}
            _copy(file, f"{tag}/Atom", ("type", models[model]), force, changes)
    return ElementTree.tostring(root, encoding="unicode")


def _residue(source: ElementTree.Element, name: str) -> tuple[ElementTree.Element, dict[str, str]]:
    """A residue of a force-field file, and the types of its atoms by name."""
    residue = next(r for r in source.iterfind("Residues/Residue") if r.get("name") == name)
    return residue, {a.get("name", ""): a.get("type", "") for a in residue.iterfind("Atom")}


def _template(atoms: list[tuple[str, str]], bonds: list[tuple[str, str]]) -> ElementTree.Element:
    """Describe the residue: names and types of atoms, names of bonded ones."""
    residues = ElementTree.Element("Residues")
    residue = ElementTree.SubElement(residues, "Residue", {"name": CHARGED_LYSINE})
    places = {name: str(k) for k, (name, _) in enumerate(atoms)}
    for name, kind in atoms:
        ElementTree.SubElement(residue, "Atom", {"name": name, "type": kind})
    for first, second in bonds:
        ElementTree.SubElement(residue, "Bond", {"from": places[first], "to": places[second]})
    ElementTree.SubElement(residue, "ExternalBond", {"from": places["N"]})
    return residues


def _read(name: str) -> ElementTree.Element:
    return ElementTree.parse(Path(app.__file__).parent / "data" / name).getroot()


def _copy(
    source: ElementTree.Element,
    path: str,
    where: tuple[str, str],
    target: ElementTree.Element,
    changes: dict[str, str],
) -> None:
    """Append a copy of an element, found by one attribute, with other attributes changed."""
    key, value = where
    found = next(e for e in source.iterfind(path) if e.get(key) == value)
    ElementTree.SubElement(target, found.tag, found.attrib | changes)
