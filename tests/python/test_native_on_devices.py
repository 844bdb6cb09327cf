# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The native evaluator on OpenCL and CUDA devices against those of the CPU.

In double precision, where rounding hides nothing.
"""

from pathlib import Path

import numpy as np
import openmm
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from openmm import app, unit
from openmmgems import Evaluator, GemsForce, models
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters
from openmmgems.units import KJ_PER_MOL_PER_EV
from support import systems
from support.on_device import (
    KJ_PER_MOL_NM,
    NINE,
    NINE_CELL,
    NINE_POSITIONS,
    TENSOR_CASES,
    TWO,
    TWO_POSITIONS,
    OnDevice,
    check_equal,
    save_small,
    share_small,
    share_tensor,
)
from support.random_models import (
    ELEMENTS,
    EXACT,
    SMOOTH,
    options_strategy,
    random_model,
    random_positions,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("devices")


@pytest.fixture(scope="module")
def small(folder: Path) -> Path:
    return save_small(folder / "small.pt")


@settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate])
@given(options=options_strategy, seed=st.integers(0, 1000), mode=st.sampled_from([EXACT, SMOOTH]))
def test_random_models_agree_with_torch(
    device: openmm.Platform, folder: Path, options: Hyperparameters, seed: int, mode: int
) -> None:
    model = random_model(options, seed)
    model.set_attention(mode)
    save_spookynet(model, options, folder / "random.pt")
    positions = random_positions(seed)
    # Shorter than the cutoffs: atoms meet their own images.
    cell = None if options.lr_cutoff is None else 0.4 * systems.TRICLINIC_ANGSTROM
    expected = Evaluator(folder / "random.pt", "torchscript").evaluate(
        ELEMENTS, positions, 1, 1, cell
    )

    # OpenMM keeps forces in fixed point, which has an end; some random models go beyond it.
    assume(np.abs(expected["forces_ev_per_angstrom"]).max() < 1e5)

    def ion(force: GemsForce) -> None:
        force.setTotalCharge(1)
        force.setNumUnpairedElectrons(1)

    found = OnDevice(device, folder / "random.pt", ELEMENTS, cell, change=ion).evaluate(positions)
    check_equal(found, expected)


@share_tensor
@pytest.mark.parametrize("case", TENSOR_CASES)
def test_tensor_cores(
    device: openmm.Platform, folder: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Computed through local memory where there are none; in double precision without rounding."""
    options, mode = TENSOR_CASES[case]
    model = random_model(options, 4)
    model.set_attention(mode)
    save_spookynet(model, options, folder / "tensor.pt")
    numbers, positions, cell = NINE, NINE_POSITIONS, NINE_CELL
    expected = Evaluator(folder / "tensor.pt", "torchscript").evaluate(
        numbers, positions, 0, 0, cell
    )
    monkeypatch.setenv("OPENMMGEMS_TENSOR_CORES", "1")
    found = OnDevice(device, folder / "tensor.pt", numbers, cell).evaluate(positions)
    check_equal(found, expected)
    found = OnDevice(device, folder / "tensor.pt", numbers, cell, "single").evaluate(positions)
    largest = np.abs(expected["forces_ev_per_angstrom"]).max()
    np.testing.assert_allclose(
        found["forces_ev_per_angstrom"],
        expected["forces_ev_per_angstrom"],
        rtol=0,
        atol=1e-5 * largest,
    )
    monkeypatch.setenv("OPENMMGEMS_TENSOR_CORES", "yes")
    with pytest.raises(openmm.OpenMMException, match="is 'yes'; expected 0 or 1"):
        OnDevice(device, folder / "tensor.pt", numbers, cell)


@share_small
def test_lists_stay_right_while_atoms_and_box_change(device: openmm.Platform, small: Path) -> None:
    """Small steps, large steps, jumps to images near and far, and another box."""
    numbers, positions = TWO, TWO_POSITIONS
    generator = np.random.default_rng(8)
    cell = systems.TRICLINIC_ANGSTROM.copy()
    used = OnDevice(device, small, numbers, cell)
    expected = Evaluator(small, "native")
    for step in range(60):
        positions = positions + generator.normal(scale=0.05, size=positions.shape)
        if step % 6 == 3:
            positions, cell = 1.01 * positions, 1.01 * cell
        if step % 8 == 5:
            positions[step % 16] += 3 * cell[0] - 2 * cell[2]
        if step % 20 == 15:
            positions[step % 16] += 300 * cell[0] - 200 * cell[2] + 1000 * cell[1]
        if step % 10 == 7:
            positions[8:] += [1.5, 0.0, 0.0]
        check_equal(
            used.evaluate(positions, cell), expected.evaluate(numbers, positions, 0, 0, cell)
        )


@share_small
def test_a_larger_system_agrees_and_mistakes_are_named(
    device: openmm.Platform, small: Path
) -> None:
    """Many clusters; positions that make no sense, after which it goes on; the same once more."""
    structure = load_system("water:1200")
    cell = 10.0 * np.array([list(v._value) for v in structure.topology.getPeriodicBoxVectors()])
    positions = 10.0 * structure.positions
    used = OnDevice(device, small, structure.atomic_numbers, cell)
    first = used.evaluate(positions)
    check_equal(
        first, Evaluator(small, "native").evaluate(structure.atomic_numbers, positions, 0, 0, cell)
    )
    for change, message in (
        (lambda x: x.__setitem__((7, 1), np.nan), "position of atom 7 is|coordinate is NaN"),
        (lambda x: x.__setitem__((9, 0), 1e17), "so far away"),
        (lambda x: x.__setitem__(5, x[4]), "atoms (4 and 5|5 and 4) are at the same position"),
    ):
        wrong = positions.copy()
        change(wrong)
        used.context.setPositions(wrong / 10)
        with pytest.raises(openmm.OpenMMException, match=message):
            used.context.getState(getForces=True)
    check_equal(used.evaluate(positions), first)
    again = OnDevice(device, small, structure.atomic_numbers, cell).evaluate(positions)
    assert again["energy_ev"] == first["energy_ev"]
    np.testing.assert_array_equal(again["forces_ev_per_angstrom"], first["forces_ev_per_angstrom"])
    alone = used.context.getState(getEnergy=True).getPotentialEnergy()._value / KJ_PER_MOL_PER_EV
    assert alone == pytest.approx(first["energy_ev"], rel=1e-14)


@share_small
def test_scale_and_another_composition(device: openmm.Platform, small: Path) -> None:
    """A scale parameter with its derivative; then other elements and charge in the same Context."""

    def scaled(force: GemsForce) -> None:
        force.setScaleParameter("lambda_gems", 0.25)

    positions = TWO_POSITIONS
    used = OnDevice(device, small, TWO, change=scaled)
    for numbers, charge in ((TWO, 0), (np.where(TWO == 7, 15, TWO), -2)):
        for atom, number in enumerate(numbers):
            used.force.setAtomParameters(atom, atom, int(number))
        used.force.setTotalCharge(charge)
        used.force.updateParametersInContext(used.context)
        found = used.evaluate(positions)
        expected = Evaluator(small, "native").evaluate(numbers, positions, charge, 0)
        derivatives = used.context.getState(getParameterDerivatives=True)
        derivative = derivatives.getEnergyParameterDerivatives()["lambda_gems"]
        assert derivative == pytest.approx(expected["energy_ev"] * KJ_PER_MOL_PER_EV, rel=1e-9)
        found["energy_ev"] *= 4
        found["forces_ev_per_angstrom"] *= 4
        check_equal(found, expected)


def water_around_peptide(peptide: Path) -> tuple[app.Modeller, openmm.System]:
    """AMBER TIP3P water around a peptide, which interacts with it but not with itself."""
    pdb = app.PDBFile(str(peptide))
    field = app.ForceField("amber99sbildn.xml", "tip3p.xml")
    modeller = app.Modeller(pdb.topology, pdb.positions)
    modeller.addSolvent(field, padding=0.6 * unit.nanometer)
    system = field.createSystem(
        modeller.topology, nonbondedMethod=app.PME, nonbondedCutoff=0.6 * unit.nanometer
    )
    system.addForce(openmm.MonteCarloBarostat(1.01325, 300, 5))
    return modeller, system


def test_a_peptide_in_water_under_pressure(device: openmm.Platform, peptide: Path) -> None:
    """OpenMM moves particles in memory and molecules to other images; the box changes."""
    modeller, system = water_around_peptide(peptide)
    atoms = [atom for atom in modeller.topology.atoms() if atom.residue.name != "HOH"]
    force = GemsForce(models.path("ala-gfn2"))
    for atom in atoms:
        force.addAtom(atom.index, atom.element.atomic_number)
    for first, second in modeller.topology.bonds():
        if first.residue.name != "HOH":
            force.addBond(first.index, second.index)
    force.setForceGroup(7)
    system.addForce(force)
    integrator = openmm.LangevinMiddleIntegrator(300, 1, 0.0005)
    integrator.setRandomNumberSeed(3)
    context = openmm.Context(system, integrator, device, {"Precision": "mixed"})
    context.setPositions(modeller.positions)
    context.setVelocitiesToTemperature(300, 3)
    evaluator = Evaluator(models.path("ala-gfn2"), "native")
    volumes = set()
    for _ in range(8):
        integrator.step(50)
        state = context.getState(getPositions=True, getForces=True, getEnergy=True, groups={7})
        volumes.add(state.getPeriodicBoxVolume()._value)
        positions = 10.0 * state.getPositions(asNumpy=True)._value[: len(atoms)]
        expected = evaluator.evaluate([atom.element.atomic_number for atom in atoms], positions)
        energy = state.getPotentialEnergy()._value / KJ_PER_MOL_PER_EV
        assert energy == pytest.approx(expected["energy_ev"], abs=1e-4)
        forces = state.getForces(asNumpy=True)._value / KJ_PER_MOL_NM
        np.testing.assert_allclose(
            forces[: len(atoms)], expected["forces_ev_per_angstrom"], rtol=0, atol=1e-4
        )
        assert not forces[len(atoms) :].any()
    assert len(volumes) > 2


def test_single_precision_and_energy_conservation(device: openmm.Platform, peptide: Path) -> None:
    """Forces in single precision; in mixed precision dynamics keeps the energy."""
    pdb = app.PDBFile(str(peptide))
    numbers = np.array([atom.element.atomic_number for atom in pdb.topology.atoms()])
    positions = 10.0 * pdb.getPositions(asNumpy=True)._value
    model = models.path("ala-gfn2")
    expected = Evaluator(model, "native").evaluate(numbers, positions)
    found = OnDevice(device, model, numbers, precision="single").evaluate(positions)
    assert found["energy_ev"] == pytest.approx(expected["energy_ev"], rel=1e-6)
    largest = np.abs(expected["forces_ev_per_angstrom"]).max()
    np.testing.assert_allclose(
        found["forces_ev_per_angstrom"],
        expected["forces_ev_per_angstrom"],
        rtol=0,
        atol=2e-5 + 1e-6 * largest,
    )
    mixed = OnDevice(device, model, numbers, precision="mixed").context
    mixed.setPositions(pdb.positions)
    mixed.setVelocitiesToTemperature(300, 5)
    energies = []
    for _ in range(20):
        mixed.getIntegrator().step(20)
        state = mixed.getState(getEnergy=True)
        energies.append((state.getPotentialEnergy() + state.getKineticEnergy())._value)
    assert np.ptp(energies) < 0.5  # kJ/mol; particles have the mass of argon
