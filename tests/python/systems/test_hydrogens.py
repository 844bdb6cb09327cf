# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Hydrogens that were added: geometry, from any start, with everything else fixed."""

from importlib import resources
from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np
import openmm
import pytest
from openmm import app, unit
from openmmgems.systems.hydrogens import relax_hydrogens
from openmmgems.systems.structure import read_structure

IDEAL_DEGREE = {2: 108.5, 3: 120.0, 4: 109.47}
#: Hydrogens of these must lie in the plane of the second atom's neighbours.
PLANAR = {("ARG", "NH1", "CZ"), ("ARG", "NH2", "CZ"), ("ASN", "ND2", "CG"), ("TYR", "OH", "CZ")}


@pytest.fixture(scope="module")
def crambin() -> tuple[app.Topology, np.ndarray]:
    """A protein with hydrogens; angstrom."""
    file = resources.files("openmmgems") / "data" / "structures" / "1crn.pdb"
    structure = read_structure(Path(str(file)))
    modeller = app.Modeller(structure.topology, structure.positions * unit.nanometer)
    modeller.addHydrogens(platform=openmm.Platform.getPlatform("CPU"))
    return modeller.topology, 10 * np.array(modeller.positions.value_in_unit(unit.nanometer))


def angle_degree(first: np.ndarray, centre: np.ndarray, last: np.ndarray) -> float:
    u, v = first - centre, last - centre
    return float(np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v))))


@pytest.mark.parametrize("seed", range(5))
def test_clumps_of_hydrogens_spread(crambin: tuple[app.Topology, np.ndarray], seed: int) -> None:
    topology, positions = crambin
    atoms = list(topology.atoms())
    graph = nx.Graph((a.index, b.index) for a, b in topology.bonds())
    hydrogens = [atom.index for atom in atoms if atom.element.symbol == "H"]
    heavy = {hydrogen: next(iter(graph[hydrogen])) for hydrogen in hydrogens}
    rng = np.random.default_rng(seed)
    start = positions.copy()
    start[hydrogens] = positions[list(heavy.values())]
    for hydrogen, atom in heavy.items():  # all of an atom's hydrogens nearly at one place
        away = sum(positions[atom] - positions[x] for x in graph[atom] if x not in heavy)
        start[hydrogen] += away / np.linalg.norm(away) + 0.02 * rng.normal(size=3)

    relaxed = relax_hydrogens(topology, start, hydrogens)

    others = [atom.index for atom in atoms if atom.element.symbol != "H"]
    np.testing.assert_array_equal(relaxed[others], positions[others])
    lengths = [np.linalg.norm(relaxed[h] - relaxed[x]) for h, x in heavy.items()]
    standard = {"C": 1.09, "N": 1.01, "O": 0.96, "S": 1.34}
    np.testing.assert_allclose(lengths, [standard[atoms[x].element.symbol] for x in heavy.values()])
    for centre in set(heavy.values()):
        for first, last in combinations(graph[centre], 2):
            if first in heavy or last in heavy:
                degree = angle_degree(*relaxed[[first, centre, last]])
                assert degree == pytest.approx(IDEAL_DEGREE[graph.degree[centre]], abs=12.0)
    planar = 0
    for hydrogen, atom in heavy.items():
        for middle in graph[atom]:
            residue = atoms[atom].residue.name
            if (residue, atoms[atom].name, atoms[middle].name) in PLANAR:
                normal = np.cross(*(relaxed[list(graph[middle])[1:]] - relaxed[middle]))
                height = (relaxed[hydrogen] - relaxed[atom]) @ normal / np.linalg.norm(normal)
                assert abs(height) < 0.3
                planar += 1
    assert planar == 2 * 2 * 2 + 3 * 2 + 2  # 2 Arg, 3 Asn, 2 Tyr


def test_only_the_hydrogens_named_move(crambin: tuple[app.Topology, np.ndarray]) -> None:
    topology, positions = crambin
    named = [atom.index for atom in topology.atoms() if atom.name == "HA"][:3]
    relaxed = relax_hydrogens(topology, positions, named)
    moved = np.flatnonzero((relaxed != positions).any(axis=1))
    assert set(moved) == set(named)


def test_water() -> None:
    topology = app.Topology()
    residue = topology.addResidue("HOH", topology.addChain())
    elements = (app.element.oxygen, app.element.hydrogen, app.element.hydrogen)
    oxygen, *hydrogens = [topology.addAtom(e.symbol, e, residue) for e in elements]
    for hydrogen in hydrogens:
        topology.addBond(oxygen, hydrogen)
    relaxed = relax_hydrogens(topology, np.array([[0, 0, 0], [1, 0, 0], [1, 0.1, 0.0]]), (1, 2))
    assert angle_degree(*relaxed[[1, 0, 2]]) == pytest.approx(104.5, abs=0.5)
