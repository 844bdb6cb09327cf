# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""SO3LR by its name: in openmm-ml, whole and as part of a system, and in ASE."""

from importlib.resources import files

import ase
import numpy as np
import openmm
import openmmgems
import pytest
from openmm import app, unit
from openmmgems import GemsForce
from openmmgems.units import KJ_PER_MOL_PER_EV
from openmmml import MLPotential

CPU = openmm.Platform.getPlatform("CPU")
REFERENCE = openmm.Platform.getPlatform("Reference")
WATER = ase.Atoms("OH2", [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
BOXED = ase.Atoms(WATER.symbols, WATER.positions, cell=[9.0, 10.0, 11.0], pbc=True)


@pytest.fixture(scope="module")
def peptide() -> app.PDBFile:
    return app.PDBFile(str(files("openmmgems") / "data/structures/ace-ala-nme.pdb"))


@pytest.fixture(scope="module")
def solvated(peptide: app.PDBFile) -> tuple[app.Modeller, openmm.System]:
    field = app.ForceField("amber99sbildn.xml", "tip3p.xml")
    modeller = app.Modeller(peptide.topology, peptide.positions)
    modeller.addSolvent(field, boxSize=openmm.Vec3(2.2, 2.2, 2.2))
    return modeller, field.createSystem(
        modeller.topology, nonbondedMethod=app.PME, nonbondedCutoff=0.9
    )


def force_of(system: openmm.System) -> GemsForce:
    return next(GemsForce.cast(f) for f in system.getForces() if GemsForce.isinstance(f))


def test_two_names_are_one_potential(peptide: app.PDBFile) -> None:
    energies = []
    for potential in (MLPotential("so3lr"), MLPotential("gems", modelPath="so3lr")):
        system = potential.createSystem(peptide.topology)
        context = openmm.Context(system, openmm.VerletIntegrator(0.0005), CPU)
        context.setPositions(peptide.positions)
        energies.append(context.getState(energy=True).getPotentialEnergy()._value)
    assert energies[0] == pytest.approx(energies[1], rel=1e-6)


def test_a_molecule_in_amber_water_has_its_energy_of_all_pairs(
    peptide: app.PDBFile, solvated: tuple[app.Modeller, openmm.System]
) -> None:
    modeller, amber = solvated
    atoms = range(peptide.topology.getNumAtoms())
    system = MLPotential("so3lr").createMixedSystem(modeller.topology, amber, atoms, forceGroup=7)
    assert not force_of(system).usesPeriodicBoundaryConditions()
    context = openmm.Context(system, openmm.VerletIntegrator(0.0005), REFERENCE)
    context.setPositions(modeller.positions)
    found = context.getState(energy=True, groups={7}).getPotentialEnergy()._value
    positions = np.array(modeller.positions.value_in_unit(unit.angstrom))[: len(atoms)]
    numbers = [atom.element.atomic_number for atom in peptide.topology.atoms()]
    expected = openmmgems.Evaluator("so3lr", electrostatics="plain").evaluate(numbers, positions)
    assert found / KJ_PER_MOL_PER_EV == pytest.approx(expected["energy_ev"], rel=1e-9)


def test_a_molecule_in_amber_water_runs_at_constant_pressure(
    peptide: app.PDBFile, solvated: tuple[app.Modeller, openmm.System]
) -> None:
    modeller, amber = solvated
    atoms = range(peptide.topology.getNumAtoms())
    system = MLPotential("so3lr").createMixedSystem(modeller.topology, amber, atoms)
    system.addForce(openmm.MonteCarloBarostat(1.01325, 300.0, 5))
    integrator = openmm.LangevinMiddleIntegrator(300.0, 1.0, 0.0005)
    context = openmm.Context(system, integrator, CPU)
    context.setPositions(modeller.positions)
    openmm.LocalEnergyMinimizer.minimize(context, 100.0, 20)
    context.setVelocitiesToTemperature(300.0, 1)
    integrator.step(40)
    state = context.getState(positions=True, energy=True, enforcePeriodicBox=True)
    assert np.isfinite(state.getPotentialEnergy()._value)
    positions = state.getPositions(asNumpy=True)._value
    for first, second in peptide.topology.bonds():
        assert np.linalg.norm(positions[first.index] - positions[second.index]) < 0.2


def test_a_whole_box_is_periodic_and_charges_come_from_residues() -> None:
    pdb = app.PDBFile(str(files("openmmgems") / "data/structures/trp-cage.pdb"))
    system = MLPotential("so3lr").createSystem(pdb.topology)
    assert force_of(system).getTotalCharge() == -1
    pdb.topology.setUnitCellDimensions(openmm.Vec3(4, 4, 4))
    system = MLPotential("so3lr").createSystem(pdb.topology)
    assert force_of(system).usesPeriodicBoundaryConditions()
    system = MLPotential("so3lr", electrostatics="cutoff").createSystem(pdb.topology)
    assert force_of(system).getElectrostatics() == GemsForce.Cutoff


@pytest.mark.parametrize(
    ("atoms", "form", "level"),
    [
        (WATER, "plain", "SO3LR"),
        (BOXED, "lattice", "SO3LR"),
        (BOXED, "cutoff", "SO3LR, cutoff 12 A"),
    ],
)
def test_ase_tells_the_form_and_its_level(atoms: ase.Atoms, form: str, level: str) -> None:
    asked = form if form == "cutoff" else "default"
    atoms = atoms.copy()
    atoms.calc = openmmgems.GemsCalculator("so3lr", electrostatics=asked)
    cell = np.asarray(atoms.cell) if atoms.pbc.all() else None
    explicit = openmmgems.Evaluator("so3lr", electrostatics=form)
    expected = explicit.evaluate(atoms.numbers, atoms.positions, 0, 0, cell)
    assert atoms.get_potential_energy() == pytest.approx(expected["energy_ev"], rel=1e-12)
    assert atoms.calc.parameters["electrostatics"] == form
    assert atoms.calc.parameters["level_of_theory"] == level
    if cell is not None:
        stress = expected["virial_ev"] / atoms.get_volume()
        np.testing.assert_allclose(atoms.get_stress(voigt=False), stress, rtol=0, atol=1e-12)
