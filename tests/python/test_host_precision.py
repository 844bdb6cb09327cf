# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Single precision, the virial and dynamics of periodic systems, and results out of range."""

from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit
from openmmgems import Evaluator, GemsForce, models
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters
from openmmgems.units import KJ_PER_MOL_PER_EV
from support import systems
from support.random_models import SMOOTH, random_model

SMALL = Hyperparameters(num_features=16, num_basis_functions=8, num_modules=2, lr_cutoff=8.0)


def water(num_atoms: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Elements, positions and lattice vectors in angstrom of a box of water."""
    structure = load_system(f"water:{num_atoms}")
    vectors = structure.topology.getPeriodicBoxVectors().value_in_unit(unit.angstrom)
    return structure.atomic_numbers, 10 * structure.positions, np.array([list(v) for v in vectors])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("precision") / "small.pt"
    save_spookynet(random_model(SMALL, 4), SMALL, file)
    return file


def test_single_precision_equals_double_on_three_thousand_atoms(model: Path) -> None:
    numbers, positions, cell = water(3000)
    single, double = (
        Evaluator(model, "native", dtype).evaluate(numbers, positions, 0, 0, cell)
        for dtype in ("float32", "float64")
    )
    assert len(numbers) == pytest.approx(3000, abs=3)
    assert single["energy_ev"] == pytest.approx(double["energy_ev"], rel=2e-6)
    for name in ("forces_ev_per_angstrom", "virial_ev", "charges"):
        largest = np.abs(double[name]).max()
        error = np.abs(single[name] - double[name]).max()
        assert error < systems.FORCE_TOLERANCE["CPU"] * largest, name


def test_the_slope_by_the_volume_on_the_cpu_platform_is_the_virial(model: Path) -> None:
    """As a barostat sees it: box and molecules grow alike."""
    numbers, positions, cell = water(600)
    virial = Evaluator(model, "native").evaluate(numbers, positions, 0, 0, cell)["virial_ev"]
    force = systems.make_force(model, numbers)
    force.setUsesPeriodicBoundaryConditions(True)
    system = systems.make_system(len(numbers), force, box=cell)
    context = systems.make_context(system, openmm.Platform.getPlatform("CPU"), positions)

    def energy_ev(strain: float) -> float:
        context.setPeriodicBoxVectors(*(cell * (1 + strain) / 10))
        context.setPositions(positions * (1 + strain) / 10)
        return systems.energy_and_forces(context)[0] / KJ_PER_MOL_PER_EV

    step = 1e-3

    def slope(width: float) -> float:
        return (energy_ev(width) - energy_ev(-width)) / (2 * width)

    extrapolated = (4 * slope(step) - slope(2 * step)) / 3  # exact to the fourth power of the step
    assert extrapolated == pytest.approx(np.trace(virial), rel=1e-3)


def total_energies(structure: app.PDBFile, step_fs: float) -> tuple[np.ndarray, float]:
    """Total energy in kJ/mol every 2 fs of a peptide that flies through a box, and how far."""
    force = systems.make_force(
        models.path("ala-gfn2"), [a.element.atomic_number for a in structure.topology.atoms()]
    )
    force.setUsesPeriodicBoundaryConditions(True)
    force.setLongRangeCutoff(0.7)
    system = openmm.System()
    for atom in structure.topology.atoms():
        system.addParticle(atom.element.mass)
    system.addForce(force)
    system.setDefaultPeriodicBoxVectors(*(np.diag([1.6, 1.5, 1.7])))
    integrator = openmm.VerletIntegrator(step_fs / 1000)
    context = openmm.Context(
        system, integrator, openmm.Platform.getPlatform("CPU"), {"Threads": "1"}
    )
    context.setPositions(structure.positions)
    context.setVelocitiesToTemperature(300.0, 1)
    start = context.getState(getVelocities=True, getPositions=True)
    drift = np.array([3.0, -2.0, 4.0])  # nm/ps: out of the lists every 10 fs
    context.setVelocities(start.getVelocities(asNumpy=True)._value + drift)
    energies = []
    for _ in range(60):
        integrator.step(round(2.0 / step_fs))
        state = context.getState(getEnergy=True)
        energies.append((state.getPotentialEnergy() + state.getKineticEnergy())._value)
    end = context.getState(getPositions=True).getPositions(asNumpy=True)._value
    moved = end - start.getPositions(asNumpy=True)._value
    return np.array(energies), float(np.linalg.norm(moved, axis=1).min())


def test_energy_is_conserved_while_lists_are_made_anew(peptide: Path) -> None:
    """Lists that lost or doubled a pair would be jumps that do not fall with the step."""
    structure = app.PDBFile(str(peptide))
    coarse, flown = total_energies(structure, 0.5)
    fine, _ = total_energies(structure, 0.25)
    assert flown > 0.4  # eight times what makes lists anew
    assert coarse.std() < 1.0
    assert 2.5 < coarse.std() / fine.std() < 6.0


@pytest.mark.parametrize("name", ["Reference", "CPU"])
@pytest.mark.parametrize("kind", [GemsForce.TorchScript, GemsForce.Native])
@pytest.mark.parametrize("what", ["weights", "exponentials"])
def test_results_out_of_range_are_reported(name: str, kind: int, what: str, tmp_path: Path) -> None:
    network = random_model(SMALL, 4)
    network.set_attention(SMOOTH)
    if what == "weights":
        network.output.weight.data.mul_(1e300)
    else:
        for module in network.module:
            module.nonlocal_interaction.attention.key_maximum.fill_(-2000.0)
    save_spookynet(network, SMALL, tmp_path / "large.pt")
    force = systems.make_force(tmp_path / "large.pt", [8, 1, 1])
    force.setEvaluator(kind)
    positions = np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
    platform = openmm.Platform.getPlatform(name)
    context = systems.make_context(systems.make_system(3, force), platform, positions)
    for wanted in ({"getEnergy": True}, {"getForces": True}):
        with pytest.raises(openmm.OpenMMException, match=r"is not finite|overflows at atom \d"):
            context.getState(**wanted)
