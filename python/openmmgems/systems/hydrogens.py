# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Relax hydrogens that were added to a structure, with everything else fixed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations

import networkx as nx
import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

#: Lengths of bonds to hydrogen by atomic number: methane, methylamine, water, methanethiol.
HYDROGEN_BOND_LENGTHS_ANGSTROM = {6: 1.09, 7: 1.01, 8: 0.96, 16: 1.34}
#: Angles at an atom, by its number of neighbours.
_ANGLES_DEGREE = {2: 108.5, 3: 120.0, 4: 109.47}
_WATER_DEGREE = 104.5
_BOND_KJ_MOL_NM2 = 300000.0
_ANGLE_KJ_MOL_RAD2 = 400.0
_PLANE = "planarity * 30 * (1 - cos(2 * theta))"
#: Atoms three bonds or more away push hydrogens off, softly, so that they stagger.
_REPULSION = "2 * (0.2 / r)^6"
_CUTOFF_NM = 0.6
_TOLERANCE_KJ_MOL_NM = 10.0


def relax_hydrogens(
    topology: app.Topology, positions_angstrom: NDArray[np.float64], hydrogens: Collection[int]
) -> NDArray[np.float64]:
    """
    Move hydrogens to where standard bond lengths and angles put them.

    Angles follow from the numbers of neighbours: 108.5 degree with two (water: 104.5), 120 with
    three (planar), 109.5 with four. Beside an atom with three neighbours, hydrogens of amides,
    guanidinium and hydroxyl groups lie in its plane. Otherwise they are pushed off by atoms three
    bonds or more away. Hydrogen bonds are not looked for.

    Parameters
    ----------
    topology : openmm.app.Topology
        With bonds.
    positions_angstrom : array, shape ``[num_atoms, 3]``
    hydrogens : collection of int
        The atoms that move.

    Returns
    -------
    array, shape ``[num_atoms, 3]``
        Angstrom. Bonds of the hydrogens have exactly their standard lengths.
    """
    graph = nx.Graph((a.index, b.index) for a, b in topology.bonds())
    lengths = _bond_lengths(topology, graph, hydrogens)
    integrator = openmm.VerletIntegrator(0.001)
    platform = openmm.Platform.getPlatform("CPU")
    context = openmm.Context(_system(graph, lengths, len(positions_angstrom)), integrator, platform)
    context.setPositions(positions_angstrom / 10)
    for planarity in (0.0, 1.0):  # spread first: hydrogens on one side of a plane stay there
        context.setParameter("planarity", planarity)
        openmm.LocalEnergyMinimizer.minimize(context, _TOLERANCE_KJ_MOL_NM)
    state = context.getState(positions=True)
    found = 10 * state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    relaxed = np.array(positions_angstrom, dtype=float)
    for hydrogen, length in lengths.items():
        (heavy,) = graph[hydrogen]
        vector = found[hydrogen] - relaxed[heavy]
        relaxed[hydrogen] = relaxed[heavy] + length * vector / np.linalg.norm(vector)
    return relaxed


def _bond_lengths(
    topology: app.Topology, graph: nx.Graph, hydrogens: Collection[int]
) -> dict[int, float]:
    """Lengths of the hydrogens' bonds in angstrom, where there is a standard."""
    numbers = [atom.element.atomic_number for atom in topology.atoms()]
    heavy = {hydrogen: next(iter(graph[hydrogen])) for hydrogen in hydrogens if hydrogen in graph}
    return {
        hydrogen: HYDROGEN_BOND_LENGTHS_ANGSTROM[numbers[atom]]
        for hydrogen, atom in heavy.items()
        if numbers[atom] in HYDROGEN_BOND_LENGTHS_ANGSTROM
    }


def _system(graph: nx.Graph, lengths: Mapping[int, float], num_atoms: int) -> openmm.System:
    """Make the system in which only the hydrogens of some bonds move."""
    system = openmm.System()
    repulsion = openmm.CustomNonbondedForce(_REPULSION)
    repulsion.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffNonPeriodic)
    repulsion.setCutoffDistance(_CUTOFF_NM)
    bonds, angles = openmm.HarmonicBondForce(), openmm.HarmonicAngleForce()
    planes = openmm.CustomTorsionForce(_PLANE)
    planes.addGlobalParameter("planarity", 1.0)
    for force in (repulsion, bonds, angles, planes):
        system.addForce(force)
    for atom in range(num_atoms):
        system.addParticle(1.0 if atom in lengths else 0.0)
        repulsion.addParticle([])
    for hydrogen, length in lengths.items():
        (heavy,) = graph[hydrogen]
        bonds.addBond(hydrogen, heavy, length / 10, _BOND_KJ_MOL_NM2)
        repulsion.addExclusion(hydrogen, heavy)
        for torsion in _planar_torsions(graph, hydrogen):
            planes.addTorsion(*torsion)
    for first, centre, last in _angles(graph, lengths):
        degree = _angle_degree(graph, lengths, first, centre, last)
        angles.addAngle(first, centre, last, np.radians(degree), _ANGLE_KJ_MOL_RAD2)
        repulsion.addExclusion(first, last)
    return system


def _angles(graph: nx.Graph, hydrogens: Collection[int]) -> Iterator[tuple[int, int, int]]:
    for centre in {next(iter(graph[hydrogen])) for hydrogen in hydrogens}:
        for first, last in combinations(graph[centre], 2):
            if first in hydrogens or last in hydrogens:
                yield first, centre, last


def _angle_degree(
    graph: nx.Graph, hydrogens: Collection[int], first: int, centre: int, last: int
) -> float:
    neighbours = graph.degree[centre]
    if neighbours == 2 and first in hydrogens and last in hydrogens:
        return _WATER_DEGREE
    return _ANGLES_DEGREE[min(neighbours, 4)]  # more are for the check of valences to refuse


def _planar_torsions(graph: nx.Graph, hydrogen: int) -> list[tuple[int, int, int, int]]:
    """Torsions that keep a hydrogen in the plane of the atom beside its own."""
    (heavy,) = graph[hydrogen]
    if graph.degree[heavy] > 3:
        return []
    return [
        (hydrogen, heavy, middle, last)
        for middle in graph[heavy]
        if graph.degree[middle] == 3
        for last in graph[middle]
        if last != heavy
    ]
