# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures that a run writes have all atoms for those who read them."""

from pathlib import Path

import mdtraj
import numpy as np
import pytest
from openmm import app
from openmmgems.dynamics.run_folder import RunFolder

HYDROGEN, CARBON, CHLORINE = (app.Element.getBySymbol(symbol) for symbol in ("H", "C", "Cl"))


def topology_of(*residues: tuple[str, str, list[tuple[str, app.Element | None]]]) -> app.Topology:
    """A chain of residues: name, number, and names and elements of the atoms."""
    topology = app.Topology()
    chain = topology.addChain("A")
    for name, number, atoms in residues:
        residue = topology.addResidue(name, chain, number)
        for atom, element in atoms:
            topology.addAtom(atom, element, residue)
    return topology


def many(count: int, element: app.Element = HYDROGEN) -> list[tuple[str, app.Element | None]]:
    """Names that differ only beyond the fourth column."""
    return [(f"{element.symbol}{1000 + k}", element) for k in range(count)]


CASES = {
    "long names": topology_of(("MOL", "1", many(20))),
    "equal names": topology_of(("MOL", "1", [("H", HYDROGEN)] * 30 + [("C", CARBON)] * 3)),
    "equal names and numbered ones": topology_of(
        ("MOL", "1", [("H2", HYDROGEN), ("H", HYDROGEN), ("H", HYDROGEN), ("H", HYDROGEN)])
    ),
    "two letters, more than PDB has names for": topology_of(("MOL", "1", many(150, CHLORINE))),
    "more than PDB has names for": topology_of(("MOL", "1", many(1500))),
    "residues of one number": topology_of(*[("HOH", "1", [("H1", HYDROGEN)])] * 5),
    "residues without number": topology_of(*[("HOH", "", [("H1", HYDROGEN)])] * 5),
    "large numbers": topology_of(*[("HOH", f"{99998 + k}", [("H", HYDROGEN)]) for k in range(5)]),
    "spaces and quotes": topology_of(
        ("A B", "1", [("H 1", HYDROGEN), ("H 2", HYDROGEN), ("'H'", HYDROGEN), ("", CARBON)])
    ),
    "sugars": topology_of(("DA", "1", [("O5'", CARBON), ("H5''", HYDROGEN), ("H5'", HYDROGEN)])),
}


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_openmm_and_mdtraj_read_all_atoms(tmp_path: Path, name: str, far: bool) -> None:
    topology = CASES[name]
    count = topology.getNumAtoms()
    positions = 0.1 * np.arange(3.0 * count).reshape(count, 3) + (2000.0 if far else 0.0)
    folder = RunFolder(tmp_path)
    path = folder.write_structure("start", topology, positions)
    assert path == folder.structure_file("start")
    assert path.suffix == (".cif" if far or "PDB" in name else ".pdb")
    elements = [atom.element for atom in topology.atoms()]
    read, found = folder.read_start()
    assert [atom.element for atom in read.atoms()] == elements
    assert np.allclose(found, positions, atol=1e-4)
    other = mdtraj.load(str(path))
    assert [atom.element.symbol for atom in other.topology.atoms] == [e.symbol for e in elements]
    assert np.allclose(other.xyz[0], positions, atol=2e-4)


def test_names_and_numbers_that_fit_stay(tmp_path: Path) -> None:
    topology = topology_of(
        ("ALA", "17", [("N", CARBON), ("CA", CARBON)]), ("GLY", "19", [("N", CARBON)])
    )
    folder = RunFolder(tmp_path)
    folder.write_structure("start", topology, np.arange(9.0).reshape(3, 3))
    read = folder.read_start()[0]
    assert [(r.name, r.id) for r in read.residues()] == [("ALA", "17"), ("GLY", "19")]
    assert [atom.name for atom in read.atoms()] == ["N", "CA", "N"]


def test_only_names_that_do_not_fit_change(tmp_path: Path) -> None:
    topology = topology_of(("MOL", "1", [("H1", HYDROGEN), ("CA", CARBON), ("H1", HYDROGEN)]))
    folder = RunFolder(tmp_path)
    folder.write_structure("start", topology, np.arange(9.0).reshape(3, 3))
    assert [atom.name for atom in folder.read_start()[0].atoms()] == ["H1", "CA", "H2"]


def test_bonds_are_written(tmp_path: Path) -> None:
    topology = topology_of(("MOL", "1", many(3)))
    atoms = list(topology.atoms())
    topology.addBond(atoms[0], atoms[2])
    folder = RunFolder(tmp_path)
    folder.write_structure("start", topology, np.arange(9.0).reshape(3, 3))
    assert [(a.index, b.index) for a, b in folder.read_start()[0].bonds()] == [(0, 2)]
