# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Systems with a model: whole topologies, and one molecule within a classical force field."""

from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit
from openmmgems import GemsForce, createSystem, models
from openmmgems.core.errors import OutsideDomainError, StructureError
from openmmgems.simulation.workflow import Forces, StructureOptions, build_system, load
from openmmgems.systems.mixed import copy_system, remove_internal_interactions
from openmmgems.systems.structure import LoadedStructure, read_structure


def energy(system: openmm.System, positions: np.ndarray) -> float:
    platform = openmm.Platform.getPlatform("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(positions)
    return context.getState(energy=True).getPotentialEnergy()._value


def far_pair(peptide: Path, distance: float) -> tuple[app.Topology, np.ndarray]:
    """Two peptides, nm apart."""
    one = read_structure(peptide)
    modeller = app.Modeller(one.topology, one.positions * unit.nanometer)
    modeller.add(one.topology, (one.positions + [distance, 0, 0]) * unit.nanometer)
    return modeller.topology, np.array(modeller.positions._value)


def test_a_topology_becomes_a_system(peptide: Path, lennard_jones_file: Path) -> None:
    topology = read_structure(peptide).topology
    system = createSystem(topology, lennard_jones_file)
    assert system.getNumParticles() == 22
    assert system.getNumConstraints() == 0
    assert not system.usesPeriodicBoundaryConditions()
    masses = [system.getParticleMass(i)._value for i in range(22)]
    assert sum(masses) == pytest.approx(144.17, abs=0.01)
    (force,) = [f for f in system.getForces() if GemsForce.isinstance(f)]
    assert GemsForce.cast(force).getNumAtoms() == 22


def test_removed_interactions_are_exactly_those_of_the_molecule(peptide: Path) -> None:
    """E(pair) - E(pair without the first's own) is the energy of the first alone."""
    topology, positions = far_pair(peptide, 0.9)
    field = app.ForceField("amber99sbildn.xml")
    full = field.createSystem(topology, constraints=None, rigidWater=False)
    reduced = copy_system(full)
    remove_internal_interactions(reduced, range(22))
    alone = read_structure(peptide)
    single = field.createSystem(alone.topology, constraints=None)
    difference = energy(full, positions) - energy(reduced, positions)
    assert difference == pytest.approx(energy(single, positions[:22]), abs=1e-6)


def test_a_molecule_within_a_force_field_keeps_its_surroundings(peptide: Path) -> None:
    topology, positions = far_pair(peptide, 0.9)
    field = app.ForceField("amber99sbildn.xml")
    classical = field.createSystem(topology, constraints=None, rigidWater=False)
    reduced = copy_system(classical)
    remove_internal_interactions(reduced, range(22))
    mixed = createSystem(
        topology, "ala-gfn2", ml_atoms=range(22), mm_system=classical, total_charge=0
    )
    alone = createSystem(read_structure(peptide).topology, "ala-gfn2")
    expected = energy(reduced, positions) + energy(alone, positions[:22])
    assert energy(mixed, positions) == pytest.approx(expected, abs=1e-6)


def test_a_cut_bond_is_refused_by_name(peptide: Path, lennard_jones_file: Path) -> None:
    topology = read_structure(peptide).topology
    system = app.ForceField("amber99sbildn.xml").createSystem(topology)
    with pytest.raises(ValueError, match=r"cuts the bond between atoms \d+ \(ACE C\)"):
        createSystem(
            topology, lennard_jones_file, ml_atoms=range(6), mm_system=system, total_charge=0
        )


def test_constrained_atoms_are_refused(peptide: Path, lennard_jones_file: Path) -> None:
    topology = read_structure(peptide).topology
    field = app.ForceField("amber99sbildn.xml")
    system = field.createSystem(topology, constraints=app.HBonds)
    with pytest.raises(ValueError, match="constraints=None"):
        createSystem(
            topology, lennard_jones_file, ml_atoms=range(22), mm_system=system, total_charge=0
        )


def test_wrong_words_and_missing_models_are_refused(peptide: Path) -> None:
    topology = read_structure(peptide).topology
    with pytest.raises(FileNotFoundError, match="neither a file nor a bundled model"):
        createSystem(topology, "no-such-model")
    name = models.names()[0]
    with pytest.raises(ValueError, match="evaluator is 'fast'; expected one of auto"):
        createSystem(topology, name, evaluator="fast")


def test_the_bundled_model_refuses_what_it_was_not_trained_on(
    peptide: Path, tmp_path: Path
) -> None:
    forces = Forces(model="ala-gfn2")
    structure = read_structure(peptide)
    assert build_system(structure, forces).getNumForces() == 1
    water = tmp_path / "water.xyz"
    water.write_text("3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n")
    # nothing but elements, charge and surroundings can be told from XYZ
    assert build_system(load(water), forces).getNumParticles() == 3
    renamed = LoadedStructure(read_structure(peptide).topology, structure.positions, peptide)
    next(iter(renamed.topology.residues())).name = "FOR"
    with pytest.raises(OutsideDomainError, match="the residue FOR"):
        build_system(renamed, forces)
    with pytest.raises(StructureError, match="unpaired"):
        build_system(structure, Forces(model="ala-gfn2", total_charge=1))
    with pytest.raises(OutsideDomainError, match="total charge \\+1"):
        build_system(structure, Forces(model="ala-gfn2", total_charge=1, num_unpaired_electrons=1))


def test_a_box_needs_a_model_with_a_long_range_cutoff(peptide: Path, tmp_path: Path) -> None:
    path = tmp_path / "boxed.pdb"
    cell = "CRYST1   30.000   30.000   30.000  90.00  90.00  90.00 P 1           1\n"
    path.write_text(cell + peptide.read_text())
    assert load(path).is_periodic
    with pytest.raises(StructureError, match="--no-box"):
        build_system(load(path), Forces(model="ala-gfn2", outside_domain=True))
    build_system(load(path, StructureOptions(box=False)), Forces(model="ala-gfn2"))
