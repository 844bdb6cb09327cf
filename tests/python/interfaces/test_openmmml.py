# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The potential of openmm-ml, also for part of a system; and other features of OpenMM around it."""

from importlib.resources import files

import numpy as np
import openmm
import openmm.app as app
import openmmgems
import pytest
from openmm import unit
from openmmgems import models
from openmmgems.units import KJ_PER_MOL_PER_EV
from openmmml import MLPotential

PEPTIDE = files("openmmgems") / "data/structures/ace-ala-nme.pdb"
MODEL = models.path("ala-gfn2")
CPU = openmm.Platform.getPlatform("CPU")
THREADS = {"Threads": "1"}


@pytest.fixture(scope="module")
def peptide() -> app.PDBFile:
    return app.PDBFile(str(PEPTIDE))


@pytest.fixture(scope="module")
def solvated(peptide: app.PDBFile) -> tuple[app.Modeller, openmm.System]:
    """The peptide in a small box of TIP3P water, and its AMBER System."""
    field = app.ForceField("amber99sbildn.xml", "tip3p.xml")
    modeller = app.Modeller(peptide.topology, peptide.positions)
    modeller.addSolvent(field, boxSize=openmm.Vec3(2.2, 2.2, 2.2))
    system = field.createSystem(
        modeller.topology,
        nonbondedMethod=app.PME,
        nonbondedCutoff=0.9,
        constraints=None,
        rigidWater=True,
    )
    return modeller, system


def peptide_system(peptide: app.PDBFile) -> openmm.System:
    return MLPotential("gems", modelPath=MODEL).createSystem(peptide.topology)


def energy(system: openmm.System, positions, platform: openmm.Platform = CPU) -> float:
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(positions)
    return context.getState(getEnergy=True).getPotentialEnergy()._value


def test_a_system_has_the_energy_of_the_force(peptide: app.PDBFile) -> None:
    expected = energy(openmmgems.createSystem(peptide.topology, MODEL), peptide.positions)
    assert energy(peptide_system(peptide), peptide.positions) == pytest.approx(expected, rel=1e-9)


def test_a_model_path_is_needed() -> None:
    with pytest.raises(ValueError, match="needs modelPath"):
        MLPotential("gems").createSystem(app.Topology())


def test_charge_and_multiplicity_reach_the_force(peptide: app.PDBFile) -> None:
    potential = MLPotential("gems", modelPath=MODEL)
    system = potential.createSystem(peptide.topology, charge=1, multiplicity=2)
    force = next(
        openmmgems.GemsForce.cast(f)
        for f in system.getForces()
        if openmmgems.GemsForce.isinstance(f)
    )
    assert (force.getTotalCharge(), force.getNumUnpairedElectrons()) == (1, 1)


def test_one_molecule_in_water_runs_at_constant_pressure(
    peptide: app.PDBFile, solvated: tuple[app.Modeller, openmm.System]
) -> None:
    modeller, amber = solvated
    atoms = range(peptide.topology.getNumAtoms())
    potential = MLPotential("gems", modelPath=MODEL)
    system = potential.createMixedSystem(modeller.topology, amber, atoms)
    barostat = openmm.MonteCarloBarostat(1.01325, 300.0, 5)
    barostat.setRandomNumberSeed(1)
    system.addForce(barostat)
    integrator = openmm.LangevinMiddleIntegrator(300.0, 1.0, 0.0005)
    integrator.setRandomNumberSeed(1)
    context = openmm.Context(system, integrator, CPU, THREADS)
    context.setPositions(modeller.positions)
    openmm.LocalEnergyMinimizer.minimize(context, 100.0, 20)
    context.setVelocitiesToTemperature(300.0, 1)
    volumes = []
    for _ in range(20):
        integrator.step(5)
        volumes.append(context.getState().getPeriodicBoxVolume()._value)
    assert 0 < np.count_nonzero(np.diff(volumes)) < 20
    state = context.getState(getPositions=True, enforcePeriodicBox=True)
    positions = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    for first, second in modeller.topology.bonds():
        assert np.linalg.norm(positions[first.index] - positions[second.index]) < 0.2


def test_one_residue_is_cut_out_with_link_atoms() -> None:
    pdb = app.PDBFile(str(files("openmmgems") / "data/structures/ace-ala2-nme.pdb"))
    amber = app.ForceField("amber99sbildn.xml").createSystem(pdb.topology, constraints=None)
    residue = [atom.index for atom in list(pdb.topology.residues())[1].atoms()]
    mixed = MLPotential("gems", modelPath=MODEL).createMixedSystem(
        pdb.topology, amber, residue, forceGroup=1, returnInfo=True
    )
    system, atoms = mixed["system"], list(mixed["topology"].atoms())
    assert system.getNumParticles() == pdb.topology.getNumAtoms() + 2
    reference = openmm.Platform.getPlatform("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.0005), reference)
    positions = np.zeros((system.getNumParticles(), 3))
    positions[mixed["oldToNew"]] = pdb.positions.value_in_unit(unit.nanometer)

    def state_at(moved: np.ndarray, groups: int = -1) -> openmm.State:
        context.setPositions(moved)
        context.computeVirtualSites()
        return context.getState(getEnergy=True, getForces=True, getPositions=True, groups=groups)

    part = state_at(positions, groups={1})
    force = next(
        openmmgems.GemsForce.cast(f)
        for f in system.getForces()
        if openmmgems.GemsForce.isinstance(f)
    )
    members = [force.getAtomParameters(k)[0] for k in range(force.getNumAtoms())]
    assert len(members) == len(residue) + 2
    expected = openmmgems.Evaluator(MODEL).evaluate(
        [atoms[member].element.atomic_number for member in members],
        part.getPositions(asNumpy=True).value_in_unit(unit.angstrom)[members],
    )
    energy_ev = part.getPotentialEnergy()._value / KJ_PER_MOL_PER_EV
    assert energy_ev == pytest.approx(expected["energy_ev"], rel=1e-10)

    carrier = mixed["oldToNew"][residue[0]]  # the nitrogen, which carries a link atom
    forces = state_at(positions).getForces(asNumpy=True)._value
    step = np.zeros_like(positions)
    step[carrier, 0] = 1e-5
    higher, lower = (state_at(positions + s).getPotentialEnergy()._value for s in (step, -step))
    assert forces[carrier, 0] == pytest.approx((lower - higher) / 2e-5, rel=1e-4)
    context.setPositions(positions)
    context.computeVirtualSites()
    context.getIntegrator().step(5)
    assert np.isfinite(context.getState(getEnergy=True).getPotentialEnergy()._value)


def test_path_integral_dynamics_runs(peptide: app.PDBFile) -> None:
    integrator = openmm.RPMDIntegrator(8, 300.0, 1.0, 0.0005)
    integrator.setRandomNumberSeed(1)
    reference = openmm.Platform.getPlatform("Reference")
    context = openmm.Context(peptide_system(peptide), integrator, reference)
    context.setPositions(peptide.positions)
    for copy in range(8):
        integrator.setPositions(copy, peptide.positions)
    integrator.step(3)
    energies = [
        integrator.getState(copy, getEnergy=True).getPotentialEnergy()._value for copy in range(8)
    ]
    assert np.isfinite(energies).all()
    assert len(set(energies)) == 8


def test_a_custom_cv_force_takes_the_energy(peptide: app.PDBFile) -> None:
    inner = openmmgems.createSystem(peptide.topology, MODEL)
    expected = energy(inner, peptide.positions)
    variable = openmm.CustomCVForce("0.5 * gems")
    force = next(f for f in inner.getForces() if openmmgems.GemsForce.isinstance(f))
    variable.addCollectiveVariable("gems", openmmgems.GemsForce.cast(force)._clone())
    system = openmm.System()
    for atom in peptide.topology.atoms():
        system.addParticle(atom.element.mass)
    system.addForce(variable)
    assert energy(system, peptide.positions) == pytest.approx(0.5 * expected, rel=1e-6)
