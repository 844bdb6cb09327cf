# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Lines of PDB files, changed as crystal structures are."""

import importlib.resources
from collections.abc import Callable, Sequence
from io import StringIO

import pytest
from openmm import app
from openmmgems.systems.chains import build_peptide
from openmmgems.systems.chemical_graph import chemical_graph
from openmmgems.systems.classical import create_force_field_system
from openmmgems.systems.structure import LoadedStructure

Read = Callable[[Sequence[str]], LoadedStructure]
AMBER = "amber99sb-ildn"


def crambin() -> list[str]:
    """ATOM records of crambin: heavy atoms, no box."""
    file = importlib.resources.files("openmmgems") / "data/structures/1crn.pdb"
    return [line for line in file.read_text().splitlines(keepends=True) if line[:4] == "ATOM"]


def peptide(text: str, *, hydrogens: bool = False) -> list[str]:
    """Lines of a peptide that we build."""
    modeller = build_peptide(text)
    if not hydrogens:
        modeller.delete([a for a in modeller.topology.atoms() if a.element.symbol == "H"])
    stream = StringIO()
    app.PDBFile.writeFile(modeller.topology, modeller.positions, stream, keepIds=True)
    lines = stream.getvalue().splitlines(keepends=True)
    return [line for line in lines if line[:6] in ("ATOM  ", "HETATM")]


def number(line: str) -> int:
    return int(line[22:26])


def atom_name(line: str) -> str:
    return line[12:16].strip()


def put(line: str, column: int, text: str) -> str:
    return line[:column] + text + line[column + len(text) :]


def without(lines: Sequence[str], residue: int, names: Sequence[str] = ()) -> list[str]:
    """Lines without a residue, or without some of its atoms."""
    return [
        line
        for line in lines
        if number(line) != residue or (names and atom_name(line) not in names)
    ]


def called(lines: Sequence[str], residue: int, name: str) -> list[str]:
    return [put(line, 17, name) if number(line) == residue else line for line in lines]


def atoms(residue: str, number: int, *given: tuple[str, float, float, float]) -> list[str]:
    """HETATM records; the element is the first letter of the name, or the residue's name."""
    return [
        f"HETATM 9999  {name:<3s} {residue:>3s} A{number:4d}    {x:8.3f}{y:8.3f}{z:8.3f}"
        f"  1.00 10.00          {residue if name == residue else name[0]:>2s}  \n"
        for name, x, y, z in given
    ]


def residue_of(structure: LoadedStructure, number: str) -> app.topology.Residue:
    return next(r for r in structure.topology.residues() if r.id == number)


def hydrogens_of(residue: app.topology.Residue) -> set[str]:
    return {atom.name for atom in residue.atoms() if atom.element.symbol == "H"}


def renumbered(lines: Sequence[str], after: int) -> list[str]:
    """Number the residues as if none were missing."""
    return [
        put(line, 22, f"{number(line) - 1:4d}") if number(line) > after else line for line in lines
    ]


def charge(structure: LoadedStructure) -> int:
    """By AMBER, which must know all of it; by the chemical graph, too."""
    system = create_force_field_system(structure, AMBER)
    force = next(f for f in system.getForces() if f.getName() == "NonbondedForce")
    charges = [force.getParticleParameters(k)[0]._value for k in range(force.getNumParticles())]
    total = round(sum(charges))
    assert sum(charges) == pytest.approx(total, abs=1e-3)
    assert chemical_graph(structure.topology).charges.sum() == total
    return total
