# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers by classical dynamics, driven over the whole Ramachandran plane."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import openmm
import openmm.app as app
from numpy.typing import NDArray
from openmm import unit

from openmmgems.systems.peptides import amber_force_field

#: Force constant of the restraints on backbone dihedrals in kJ/mol.
RESTRAINT = 60.0


@dataclass(frozen=True)
class SamplingSettings:
    """How many conformers to draw, and where.

    ``num_windows`` runs are restrained near backbone dihedrals spread evenly over their plane,
    and ``num_free_runs`` start there and run free; each gives ``frames_per_run`` conformers,
    ``spacing_ps`` apart after ``equilibration_ps``. Runs take the temperatures in turn.
    """

    num_windows: int = 200
    num_free_runs: int = 100
    frames_per_run: int = 10
    spacing_ps: float = 0.5
    equilibration_ps: float = 1.0
    temperatures: tuple[float, ...] = (300.0, 450.0, 600.0)
    seed: int = 2026


@dataclass(frozen=True)
class Conformer:
    """Positions [num_atoms, 3] in angstrom and the run they came from."""

    positions_angstrom: NDArray[np.float64]
    source: str


def backbone_dihedrals(topology: app.Topology) -> list[tuple[int, int, int, int]]:
    """Atoms of phi and psi of every residue that has both, phi first."""
    residues = [{atom.name: atom.index for atom in r.atoms()} for r in topology.residues()]
    dihedrals = []
    for before, here, after in zip(residues, residues[1:], residues[2:], strict=False):
        dihedrals.append((before["C"], here["N"], here["CA"], here["C"]))
        dihedrals.append((here["N"], here["CA"], here["C"], after["N"]))
    return dihedrals


def sample_peptide(
    name: str, modeller: app.Modeller, settings: SamplingSettings
) -> Iterator[Conformer]:
    """Draw conformers of a capped peptide in the gas phase with AMBER99SB-ILDN.

    Parameters
    ----------
    name : str
        Name of the molecule, for the source of each conformer.
    modeller : openmm.app.Modeller
        Topology and starting positions.
    settings : SamplingSettings
        How many conformers, and where.

    Yields
    ------
    Conformer
        One after the other; the same settings give the same conformers.

    """
    dihedrals = backbone_dihedrals(modeller.topology)
    context, restraint = _make_context(modeller.topology, dihedrals, settings.seed)
    targets = _spread_targets(settings.num_windows, len(dihedrals), settings.seed)
    free = targets[:: max(1, settings.num_windows // max(1, settings.num_free_runs))]
    runs = [(t, True) for t in targets] + [(t, False) for t in free[: settings.num_free_runs]]
    for number, (target, restrained) in enumerate(runs):
        temperature = settings.temperatures[number % len(settings.temperatures)]
        context.setPositions(modeller.positions)
        for k, (atoms, angle) in enumerate(zip(dihedrals, target, strict=True)):
            restraint.setTorsionParameters(k, *atoms, [angle])
        restraint.updateParametersInContext(context)
        _start_run(context, temperature, settings, seed=settings.seed + number)
        context.setParameter("restraint", RESTRAINT if restrained else 0.0)
        kind = "restrained" if restrained else "free"
        for _ in range(settings.frames_per_run):
            context.getIntegrator().step(_steps(context, settings.spacing_ps))
            positions = context.getState(getPositions=True).getPositions(asNumpy=True)
            yield Conformer(
                positions.value_in_unit(unit.angstrom),
                f"{name} {temperature:g} K {kind} run {number + 1}",
            )


def _make_context(
    topology: app.Topology, dihedrals: list[tuple[int, int, int, int]], seed: int
) -> tuple[openmm.Context, openmm.CustomTorsionForce]:
    system = amber_force_field().createSystem(topology, constraints=None)
    restraint = openmm.CustomTorsionForce("restraint*(1-cos(theta-target))")
    restraint.addGlobalParameter("restraint", RESTRAINT)
    restraint.addPerTorsionParameter("target")
    for atoms in dihedrals:
        restraint.addTorsion(*atoms, [0.0])
    system.addForce(restraint)
    integrator = openmm.LangevinMiddleIntegrator(300.0, 5.0, 0.0005)
    # Only here: a Context that is reinitialized keeps the state of its random numbers.
    integrator.setRandomNumberSeed(seed)
    platform = openmm.Platform.getPlatform("CPU")
    context = openmm.Context(system, integrator, platform, {"Threads": "1"})
    return context, restraint


def _spread_targets(number: int, dimension: int, seed: int) -> NDArray[np.float64]:
    """Points [number, dimension] spread evenly over all angles, in radian."""
    from scipy.stats import qmc

    points = qmc.Halton(dimension, rng=np.random.default_rng(seed)).random(number)
    return (2.0 * points - 1.0) * np.pi


def _start_run(
    context: openmm.Context, temperature: float, settings: SamplingSettings, seed: int
) -> None:
    # Relaxed first: pulled out of a strained structure, an angle can become straight, where the
    # force of a dihedral through it is singular and the minimiser stays.
    for restraint in (0.0, 10 * RESTRAINT):
        context.setParameter("restraint", restraint)
        openmm.LocalEnergyMinimizer.minimize(context, tolerance=50.0, maxIterations=500)
    context.setParameter("restraint", RESTRAINT)
    integrator = context.getIntegrator()
    integrator.setTemperature(temperature)
    context.setVelocitiesToTemperature(temperature, seed)
    integrator.step(_steps(context, settings.equilibration_ps))


def _steps(context: openmm.Context, duration_ps: float) -> int:
    return max(1, round(duration_ps / context.getIntegrator().getStepSize()._value))
