# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Residues, atoms and elements are told from names, as programs write them."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from openmm import app, unit
from openmmgems.systems.chains import build_peptide
from openmmgems.systems.chemical_graph import chemical_graph
from support.pdb_text import read, record

#: All amino acids, both ends charged, in the standard names of OpenMM.
PEPTIDE = build_peptide(
    "ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL ALA"
)
Names = Callable[[app.topology.Atom], str]


def peptide_text(atom_name: Names, residue_name: Callable[[str], str], **options: str) -> str:
    positions = np.array(PEPTIDE.positions.value_in_unit(unit.angstrom))
    lines = []
    for atom, (x, y, z) in zip(PEPTIDE.topology.atoms(), positions, strict=True):
        residue, number = residue_name(atom.residue.name), atom.residue.index + 1
        lines.append(record(atom_name(atom), residue, number, x, y=y, z=z, **options))
    return "".join(lines)


def charmm(atom: app.topology.Atom) -> str:
    """CHARMM's names: HN, HT1 to HT3, OT1, OT2, CD of Ile, HB1 and HB2 of CH2 groups."""
    name, residue = atom.name, atom.residue
    if residue.index == 0 and name in ("H", "H2", "H3"):
        return {"H": "HT1", "H2": "HT2", "H3": "HT3"}[name]
    special = {
        **{("ILE", "CD1"): "CD", ("SER", "HG"): "HG1", ("CYS", "HG"): "HG1"},
        **{("ILE", f"HD1{k}"): f"HD{k}" for k in "123"},
    }
    if residue.index == 19 and name in ("O", "OXT"):
        return {"O": "OT1", "OXT": "OT2"}[name]
    if (residue.name, name) in special:
        return special[residue.name, name]
    return "HN" if name == "H" else methylene(atom)


def methylene(atom: app.topology.Atom) -> str:
    """Hydrogens of CH2 counted from 1, not from 2."""
    names = {other.name for other in atom.residue.atoms()}
    found = re.fullmatch(r"(H[ABGDE]1?)([23])", atom.name)
    if found is None or (atom.residue.name in ("TRP", "HIS") and found[1] != "HB"):
        return atom.name
    stem = found[1]
    counted = {f"{stem}2", f"{stem}3"} <= names and f"{stem}1" not in names
    return f"{stem}{int(found[2]) - 1}" if counted else atom.name


def old_pdb(atom: app.topology.Atom) -> str:
    """Names before 2007: 1HB, 2HG1, 1H."""
    if atom.residue.index == 0 and atom.name in ("H", "H2", "H3"):
        return {"H": "1H", "H2": "2H", "H3": "3H"}[atom.name]
    name = methylene(atom)
    counted = re.fullmatch(r"(H[A-Z]\d?)(\d)", name)
    aromatic = atom.residue.name in ("HIS", "TRP", "PHE", "TYR") and not name.startswith("HB")
    if counted is None or aromatic or (atom.residue.name, name) == ("THR", "HG1"):
        return name
    return f"{counted[2]}{counted[1]}"


def gromacs_end(name: str) -> str:
    return {"HIS": "HISE", "LYS": "LYSH", "ARG": "NARG", "ALA": "CALA", "CYS": "CYSH"}.get(
        name, name
    )


@pytest.mark.parametrize("elements", ["with elements", "without"])
@pytest.mark.parametrize(
    ("names", "residues", "states"),
    [
        (lambda atom: atom.name, str, {}),
        (charmm, lambda name: {"HIS": "HSE"}.get(name, name), {7: "HIE"}),
        (old_pdb, str, {}),
        (methylene, gromacs_end, {3: "CYS", 7: "HIE", 10: "LYS"}),
    ],
    ids=["standard", "charmm", "old", "gromacs"],
)
def test_all_amino_acids_are_read_in_the_names_of_every_program(
    tmp_path: Path, names: Names, residues: Callable[[str], str], states: dict, elements: str
) -> None:
    lines = peptide_text(names, residues).splitlines()
    symbols = [atom.element.symbol for atom in PEPTIDE.topology.atoms()]
    if elements == "with elements":
        lines = [f"{line[:76]}{symbol:>2}" for line, symbol in zip(lines, symbols, strict=True)]
    found = read(tmp_path, "\n".join(lines))
    assert [atom.element.symbol for atom in found.topology.atoms()] == symbols
    expected = {frozenset((bond[0].index, bond[1].index)) for bond in PEPTIDE.topology.bonds()}
    assert {frozenset((b[0].index, b[1].index)) for b in found.topology.bonds()} == expected
    assert [r.name for r in found.topology.residues()] == [
        r.name for r in PEPTIDE.topology.residues()
    ]
    assert found.states == states
    assert int(chemical_graph(found.topology).charges.sum()) == 0  # as built


def test_names_pushed_to_the_left_are_no_metals(tmp_path: Path) -> None:
    text = peptide_text(lambda atom: f"{atom.name:<4}", str)
    found = read(tmp_path, text)
    expected = [atom.element.symbol for atom in PEPTIDE.topology.atoms()]
    assert [atom.element.symbol for atom in found.topology.atoms()] == expected
    assert "Elements told by names" in found.notes[0]


@pytest.mark.parametrize(
    ("name", "residue", "symbol"),
    [
        ("NA  ", "NA", "Na"),
        ("NA  ", "NA+", "Na"),
        ("SOD ", "SOD", "Na"),
        (" SOD", "SOD", "Na"),
        ("CLA ", "CLA", "Cl"),
        ("POT ", "POT", "K"),
        (" K  ", "K", "K"),
        ("CAL ", "CAL", "Ca"),
        ("CA  ", "CA", "Ca"),
        ("CD  ", "CD", "Cd"),
        ("CES ", "CES", "Cs"),
        ("ZN  ", "ZN2", "Zn"),
        ("MG  ", "MG", "Mg"),
        ("FE  ", "FE2", "Fe"),
        ("BR  ", "BR", "Br"),
        ("HG  ", "HG", "Hg"),
        (" I  ", "IOD", "I"),
        ("MN  ", "MN", "Mn"),
    ],
)
def test_ions_without_element_columns(tmp_path: Path, name: str, residue: str, symbol: str) -> None:
    found = read(tmp_path, record(name, residue, 1, 0, kind="HETATM"))
    assert [atom.element.symbol for atom in found.topology.atoms()] == [symbol]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        (" BR1", "Br"),
        (" FE ", "Fe"),
        ("BR1 ", "Br"),
        ("CL1 ", "Cl"),
        ("FE  ", "Fe"),
        (" NA ", "N"),
        (" CA1", "C"),
        ("SE  ", "Se"),
    ],
)
def test_ligands_without_element_columns(tmp_path: Path, name: str, symbol: str) -> None:
    text = record(name, "LIG", 1, 0) + record(" C1 ", "LIG", 1, 1.9)
    assert next(read(tmp_path, text).topology.atoms()).element.symbol == symbol
