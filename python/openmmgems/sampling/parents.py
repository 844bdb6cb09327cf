# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Parents: the molecules, alone or in water, that run classically and are then cut up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from openmmgems.systems.chains import build_peptide, fixed_random
from openmmgems.systems.force_fields import parent_force_field
from openmmgems.systems.prepare import prepare_structure
from openmmgems.systems.prepare_settings import PrepareSettings
from openmmgems.systems.residue_faults import fault_of, unknown_kinds, unknown_sentence
from openmmgems.systems.residue_names import name_of
from openmmgems.systems.structure import read_structure

from .sampling_settings import ParentSettings

WATER = ("HOH", "WAT", "H2O", "TIP3", "TP3")
IONS = ("NA", "CL", "K", "LI", "MG", "CA", "ZN", "NA+", "CL-", "SOD", "CLA")
# Names of backbone atoms, of caps too.
_BACKBONE = ("N", "CA", "C", "O", "CH3")
# Force below which a structure is relaxed, kJ/mol/nm (section S2 of the paper).
FORCE_TOLERANCE = 1000.0
_SMALLEST_BOX_NM = 2.0
#: AMBER's own; beyond it, electrostatics by PME and a correction for dispersion.
_CUTOFF_NM = 0.8


@dataclass(frozen=True)
class ParentSystem:
    """A molecule ready to run.

    ``topology``, ``system`` (with rigid bonds to hydrogen, without barostat), ``positions_nm``
    [num_atoms, 3], ``notes`` on how the structure was read and completed.
    """

    topology: app.Topology
    system: openmm.System
    positions_nm: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    @property
    def is_periodic(self) -> bool:
        """Whether it is in a box."""
        return bool(self.system.usesPeriodicBoundaryConditions())


def build_parent(settings: ParentSettings, threads: int | None = None) -> ParentSystem:
    """Make the molecule, relax it, add water and ions, and relax it all.

    Parameters
    ----------
    settings : ParentSettings
    threads : int, optional
        Default: all cores.

    Returns
    -------
    ParentSystem

    Raises
    ------
    FileNotFoundError
        If the structure file is not there.
    ValueError
        If it cannot be read or completed, its chains have gaps, AMBER99SB-ILDN does not know a
        residue, or the box is too small.

    """
    properties = cpu_properties(threads)
    modeller, notes = _solute(settings)
    _check_residues(modeller.topology, settings.name)
    if settings.peptide is not None:
        modeller = _relaxed_chain(modeller, settings, properties)
    field = parent_force_field()
    if settings.solvent == "water":
        _solvate(modeller, field, settings)
    else:
        modeller.topology.setPeriodicBoxVectors(None)
    system = _system(modeller.topology, field, settings)
    positions = relax(system, modeller.positions, properties)
    return ParentSystem(modeller.topology, system, positions, notes)


def solute_atoms(topology: app.Topology, which: str = "heavy") -> NDArray[np.int64]:
    """Find the atoms that are neither water nor ions.

    Parameters
    ----------
    topology : openmm.app.Topology
    which : str
        "heavy": all but hydrogens; "backbone": N, CA, C, O and the caps' carbons; "all".

    Returns
    -------
    int array [num_chosen]

    Raises
    ------
    ValueError
        If there are none.

    """
    chosen = [
        atom.index
        for atom in topology.atoms()
        if atom.residue.name.upper() not in (*WATER, *IONS)
        and (which == "all" or atom.element is not app.element.hydrogen)
        and (which != "backbone" or atom.name in _BACKBONE)
    ]
    if not chosen:
        raise ValueError(
            f"There are no {which} atoms besides water and ions; expected a molecule to compare."
        )
    return np.array(chosen)


def cpu_properties(threads: int | None) -> dict[str, str]:
    """Get properties of the CPU platform.

    On one thread the same seeds give the same numbers. On more they do not, in spite of
    `DeterministicForces`: OpenMM 8 then adds up direct space in whatever order threads finish.
    """
    properties = {"DeterministicForces": "true"}
    return properties | ({"Threads": str(threads)} if threads is not None else {})


def relax(
    system: openmm.System, positions: unit.Quantity, properties: dict[str, str]
) -> NDArray[np.float64]:
    """Minimise until forces are below 1000 kJ/mol/nm; positions [num_atoms, 3] in nm.

    Raises
    ------
    RuntimeError
        If energy or positions are not finite.

    """
    integrator = openmm.VerletIntegrator(0.001)
    platform = openmm.Platform.getPlatform("CPU")
    context = openmm.Context(system, integrator, platform, properties)
    context.setPositions(positions)
    openmm.LocalEnergyMinimizer.minimize(context, 0.1 * FORCE_TOLERANCE)
    state = context.getState(positions=True, energy=True)
    relaxed = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    if not (np.isfinite(relaxed).all() and np.isfinite(state.getPotentialEnergy()._value)):
        raise RuntimeError(
            "The minimisation gave a number that is not finite: atoms of the structure may be in "
            "the same place. Check it, or start from another conformation."
        )
    return np.asarray(relaxed)


def _solute(settings: ParentSettings) -> tuple[app.Modeller, tuple[str, ...]]:
    """The molecule with all its hydrogens, and what was done to it."""
    if settings.peptide is not None:
        return build_peptide(settings.peptide, settings.conformation, settings.seed), ()
    structure = read_structure(
        str(settings.structure),
        coordinates=settings.coordinates,
        alternate_location=settings.alternate_location,
        include_folder=settings.gromacs_include,
    )
    unmatched = parent_force_field().getUnmatchedResidues(structure.topology)
    prepared = prepare_structure(
        structure,
        PrepareSettings(
            add_hydrogens=bool({residue.name for residue in unmatched} - set(settings.remove)),
            ph=settings.ph,
            remove=settings.remove,
            allow_gaps=settings.allow_gaps,
        ),
    )
    modeller = app.Modeller(prepared.topology, prepared.positions * unit.nanometer)
    return modeller, prepared.notes


def _check_residues(topology: app.Topology, name: str) -> None:
    field = parent_force_field()
    unmatched = field.getUnmatchedResidues(topology)
    if unknown := unknown_kinds(field, unmatched):
        raise ValueError(
            f"AMBER99SB-ILDN does not know all of parent '{name}': residue "
            f"{unknown_sentence(unknown)}."
        )
    if unmatched:
        raise ValueError(
            f"{fault_of(field, unmatched[0])}, so AMBER99SB-ILDN cannot describe parent '{name}'; "
            f"mend the structure with another program, or leave it out: --remove "
            f"'{name_of(unmatched[0])}'."
        )


def _relaxed_chain(
    modeller: app.Modeller, settings: ParentSettings, properties: dict[str, str]
) -> app.Modeller:
    """Relax a chain made from nothing, and let it run in implicit water if asked for."""
    field = parent_force_field(implicit_water=True)
    system = field.createSystem(modeller.topology, constraints=app.HBonds)
    positions = relax(system, modeller.positions, properties)
    if settings.relaxation_ps > 0:
        integrator = openmm.LangevinMiddleIntegrator(300.0, 5.0, 0.002)
        integrator.setRandomNumberSeed(settings.seed + 1)
        platform = openmm.Platform.getPlatform("CPU")
        context = openmm.Context(system, integrator, platform, properties)
        context.setPositions(positions)
        context.setVelocitiesToTemperature(300.0, settings.seed + 1)
        steps = round(settings.relaxation_ps / 0.002)
        for done in range(0, steps, 500):  # Ctrl-C is heard in between
            integrator.step(min(500, steps - done))
        state = context.getState(positions=True)
        positions = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    return app.Modeller(modeller.topology, positions * unit.nanometer)


def _solvate(modeller: app.Modeller, field: app.ForceField, settings: ParentSettings) -> None:
    """Put it into a rhombic dodecahedron of water: with equal images' distance 0.71 of a cube."""
    points = np.array(modeller.getPositions().value_in_unit(unit.nanometer))
    edge = settings.box_nm or _diameter(points) + 2.0 * settings.padding_nm
    if edge < _SMALLEST_BOX_NM:
        raise ValueError(
            f"The images of parent '{settings.name}' are {edge:.2f} nm apart; expected "
            f"{_SMALLEST_BOX_NM} nm or more: raise box_nm or padding_nm."
        )
    vectors = edge * np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.5, 0.5**0.5]])
    with fixed_random(settings.seed):
        modeller.addSolvent(
            field,
            model="tip3p",
            boxVectors=tuple(openmm.Vec3(*vector) for vector in vectors) * unit.nanometer,
            ionicStrength=settings.salt_molar * unit.molar,
        )


def _diameter(points: NDArray[np.float64]) -> float:
    """Of the sphere about the middle of a molecule that holds it however it turns, nm."""
    middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
    return 2.0 * float(np.linalg.norm(points - middle, axis=1).max())


def _system(
    topology: app.Topology, field: app.ForceField, settings: ParentSettings
) -> openmm.System:
    box = topology.getPeriodicBoxVectors()
    options: dict[str, Any] = {"removeCMMotion": False}
    if box is not None:
        height = min(box[k][k].value_in_unit(unit.nanometer) for k in range(3))
        cutoff = min(_CUTOFF_NM, 0.45 * height)
        options = {"nonbondedMethod": app.PME, "nonbondedCutoff": cutoff}
    if settings.hydrogen_mass_dalton is not None:
        options["hydrogenMass"] = settings.hydrogen_mass_dalton
    return field.createSystem(topology, constraints=app.HBonds, rigidWater=True, **options)
