# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Systems with a model, and what is refused."""

from pathlib import Path

import pytest
from openmmgems import GemsForce, createSystem, models
from openmmgems.core.errors import OutsideDomainError, StructureError
from openmmgems.simulation.workflow import Forces, build_system
from openmmgems.systems.load import StructureOptions, load
from openmmgems.systems.structure import LoadedStructure, read_structure


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
