# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""From a structure and a choice of forces to a System, and to a run in a folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import openmm

from openmmgems.core.errors import ChoiceError, ResourceError, RunFolderError, StructureError
from openmmgems.core.quantities import format_bytes
from openmmgems.dynamics.checkpoint import read_checkpoint
from openmmgems.dynamics.estimate import (
    available_memory_bytes,
    check_disk,
    check_memory,
    present_memory_bytes,
    trajectory_bytes,
)
from openmmgems.dynamics.model_memory import model_memory
from openmmgems.dynamics.platform_choice import PlatformChoice
from openmmgems.dynamics.protocol import Ensemble, Protocol, add_ensemble_forces
from openmmgems.dynamics.run import Run
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.dynamics.segment_simulation import SegmentSimulation
from openmmgems.models import model_file
from openmmgems.models.electrostatic_forms import (
    DEFAULT,
    LATTICE,
    PLAIN,
    describe_form,
    electrostatic_form,
)
from openmmgems.models.inspect import inspect_model
from openmmgems.systems.chemistry import check_complete, conclude_charge
from openmmgems.systems.classical import create_force_field_system
from openmmgems.systems.domain import domain_violations, require_domain, require_elements
from openmmgems.systems.loaded_structure import LoadedStructure
from openmmgems.systems.system import createSystem

Say = Callable[[str], None]


@dataclass(frozen=True)
class Forces:
    """Where the forces come from: a model, or a classical force field.

    Attributes
    ----------
    model : str, optional
        Name of a bundled model, or a file.
    force_field : str, optional
        See :func:`create_force_field_system`.
    total_charge : int, optional
        e; None: as the file says, else guessed.
    num_unpaired_electrons : int, optional
        None: as the file says, else 0.
    evaluator, attention, electrostatics : str
        See :func:`create_force`.
    long_range_cutoff : float
        nm; 0: the model's own.
    outside_domain : bool
        Run outside the model's domain and with incomplete residues.
    """

    model: str | None = None
    force_field: str | None = None
    total_charge: int | None = None
    num_unpaired_electrons: int | None = None
    evaluator: str = "auto"
    attention: str = "model-default"
    outside_domain: bool = False
    long_range_cutoff: float = 0.0
    electrostatics: str = "default"

    def __post_init__(self) -> None:
        if (self.model is None) == (self.force_field is None):
            raise ValueError("Give either a model or a force field.")
        if not 0 <= self.long_range_cutoff < math.inf:
            raise ValueError(
                f"long_range_cutoff is {self.long_range_cutoff}; expected nm, or 0 for the model's."
            )
        if self.long_range_cutoff and self.model is None:
            raise ValueError("A long-range cutoff is given, which only a model takes.")
        if self.electrostatics != DEFAULT and self.model is None:
            raise ValueError("A form of electrostatics is given, which only a model takes.")

    @property
    def label(self) -> str:
        """Short name for people."""
        return str(self.model or self.force_field)

    def far_cutoff_angstrom(self, description: Mapping[str, Any]) -> float:
        """Long-range cutoff, given the model's gems.json; 0: none."""
        return 10 * self.long_range_cutoff or description.get("long_range_cutoff") or 0.0


def build_system(structure: LoadedStructure, forces: Forces, say: Say = print) -> openmm.System:
    """Create the System of a structure, refusing what the model was not trained for.

    Parameters
    ----------
    structure : LoadedStructure
    forces : Forces
    say : callable
        Told what was read, done to the structure, and guessed.

    Returns
    -------
    openmm.System
    """
    for note in structure.notes:
        say(note)
    if forces.force_field is not None:
        return create_force_field_system(structure, forces.force_field)
    if not forces.outside_domain:
        check_complete(structure)
    charge, unpaired = _electrons(structure, forces, say)
    path = model_file(str(forces.model))
    description = inspect_model(path).description
    _check_domain(structure, forces, charge, unpaired, description)
    form = _form(structure, forces, description)
    if form is not None:
        say(f"Electrostatics: {describe_form(form, forces.far_cutoff_angstrom(description))}")
    if form == LATTICE and charge:
        say(f"The box has a uniform background against the charge {charge:+d} e.")
    return createSystem(
        structure.topology,
        path,
        total_charge=charge,
        num_unpaired_electrons=unpaired,
        evaluator=forces.evaluator,
        attention=forces.attention,
        electrostatics=form or DEFAULT,
        long_range_cutoff=forces.long_range_cutoff,
    )


def _electrons(structure: LoadedStructure, forces: Forces, say: Say) -> tuple[int, int]:
    """Total charge and unpaired electrons: as given, else as the file says, else as bonds tell."""
    charge, unpaired = forces.total_charge, forces.num_unpaired_electrons
    if charge is None:
        charge, how = conclude_charge(structure)
        say(f"Total charge: {charge:+d} e ({how}; give --charge if it is another)")
    elif structure.total_charge not in (None, charge):
        say(f"Total charge: {charge:+d} e as given; the file says {structure.total_charge:+d} e")
    if unpaired is None:
        unpaired = structure.num_unpaired_electrons or 0
        if unpaired:
            say(f"Unpaired electrons: {unpaired} (the file says so)")
    electrons = int(structure.atomic_numbers.sum()) - charge
    if (electrons - unpaired) % 2 or not 0 <= unpaired <= electrons:
        raise ChoiceError(
            f"{electrons} electrons cannot have {unpaired} unpaired ones; check --charge, "
            "--unpaired and whether hydrogens are missing (spin in XYZ files is the number of "
            "unpaired electrons, not the multiplicity)."
        )
    return charge, unpaired


def _check_domain(
    structure: LoadedStructure,
    forces: Forces,
    charge: int,
    unpaired: int,
    description: Mapping[str, Any],
) -> None:
    """Refuse what the model was not trained on."""
    require_elements(
        forces.label, description, structure.topology, has_residues=structure.has_residues
    )
    if forces.outside_domain:
        return
    violations = domain_violations(
        description,
        structure.topology,
        charge,
        unpaired,
        periodic=structure.is_periodic,
        has_residues=structure.has_residues,
    )
    require_domain(forces.label, violations)


def _form(structure: LoadedStructure, forces: Forces, description: Mapping[str, Any]) -> str | None:
    """Form of the model's electrostatics, where structure, forces and model go together."""
    is_periodic = structure.is_periodic
    form = electrostatic_form(description, forces.electrostatics, is_periodic=is_periodic)
    if is_periodic and not forces.far_cutoff_angstrom(description):
        raise StructureError(
            f"The model '{forces.label}' has no long-range cutoff, so it cannot be used in the "
            "periodic box of this structure; give it one (--long-range-cutoff 1.0, in nm), or add "
            "--no-box to simulate in vacuum."
        )
    if form == PLAIN and is_periodic:
        raise StructureError(
            "--electrostatics is plain, which has no images, and the structure has a periodic box; "
            "leave the option out (lattice), or add --no-box to simulate in vacuum."
        )
    if form == LATTICE and not is_periodic:
        raise StructureError(
            "--electrostatics is lattice, which sums over images, and there is no periodic box; "
            "leave the option out (plain), or give a structure with a box."
        )
    return form


def new_simulation(
    folder: RunFolder,
    structure: LoadedStructure,
    system: openmm.System,
    protocol: Protocol,
    choice: PlatformChoice,
    say: Say = print,
) -> SegmentSimulation:
    """Make what a new run computes with; nothing is written.

    Parameters
    ----------
    folder : RunFolder
        Its disk needs space.
    structure : LoadedStructure
    system : openmm.System
        Without barostat; what the ensemble needs is added.
    protocol : Protocol
    choice : PlatformChoice
    say : callable
        Told how much memory a model will take.

    Returns
    -------
    SegmentSimulation
        Without positions.

    Raises
    ------
    ResourceError
        If memory or disk space are too small, or the platform cannot minimise.
    """
    if protocol.minimise and choice.is_pocl:
        raise ResourceError(
            "OpenMM's minimiser crashes on PoCL; add --no-minimise, or use --platform CPU."
        )
    check_disk(folder.path, trajectory_bytes(structure.num_atoms, protocol))
    _check_memory(system, structure.positions, choice, say)
    add_ensemble_forces(system, protocol.segments[0], protocol.seed)
    return SegmentSimulation(structure.topology, system, protocol, choice)


def keep_run(
    folder: RunFolder,
    simulation: SegmentSimulation,
    positions: np.ndarray,
    protocol: Protocol,
    choice: PlatformChoice,
) -> Run:
    """Take a folder for a new run, and keep there what resuming needs.

    Parameters
    ----------
    folder : RunFolder
        Gets a copy of the model as well.
    simulation : SegmentSimulation
    positions : numpy.ndarray
        Of the start, nm, shape ``[num_atoms, 3]``.
    protocol : Protocol
    choice : PlatformChoice

    Returns
    -------
    Run
        Not yet minimised or started.

    Raises
    ------
    RunFolderError
        If the folder holds a run, or somebody runs in it.
    """
    with ExitStack() as held:
        held.enter_context(folder.locked())
        if read_checkpoint(folder) is not None:
            raise RunFolderError(f"'{folder.path}' already holds a run; choose another folder.")
        folder.write_system(simulation.system)
        folder.write_structure("start", simulation.topology, positions)
        return Run(folder, simulation, protocol, choice, held.pop_all())


def kept_simulation(
    folder: RunFolder, protocol: Protocol, choice: PlatformChoice, say: Say = print
) -> SegmentSimulation:
    """Make what a run computes with again, from what its folder keeps.

    Parameters
    ----------
    folder : RunFolder
    protocol : Protocol
    choice : PlatformChoice
        May be another than before; memory is estimated for it.
    say : callable
        Told how much memory a model will take.

    Returns
    -------
    SegmentSimulation
        Without positions.
    """
    system = folder.read_system()
    topology, positions = folder.read_start()
    if topology.getNumAtoms() != system.getNumParticles():
        raise RunFolderError(
            f"'{folder.path}' is inconsistent: {topology.getNumAtoms()} atoms in the "
            f"structure, {system.getNumParticles()} in system.xml."
        )
    _check_memory(system, positions, choice, say)
    return SegmentSimulation(topology, system, protocol, choice)


def _check_memory(
    system: openmm.System, positions: np.ndarray, choice: PlatformChoice, say: Say
) -> None:
    """Tell what the model takes; a device tells by itself that it has too little of its own."""
    expected = model_memory(system, positions, choice)
    if expected is None:
        return
    total = expected.num_bytes + (present_memory_bytes() if expected.is_on_host else 0)
    where = "" if expected.is_on_host else " on the device"
    say(f"Memory: about {format_bytes(total)}{where} ({expected.evaluator} evaluator)")
    if expected.is_on_host:
        check_memory(expected.num_bytes, available_memory_bytes())


def protocol_from(settings: dict[str, Any], **changes: Any) -> Protocol:
    """Make a Protocol from stored settings.

    Parameters
    ----------
    settings : dict
        The entry ``protocol`` of ``settings.json``.
    **changes
        Fields to replace.

    Returns
    -------
    Protocol
    """
    stored = dict(settings)
    stored["ensemble"] = Ensemble(stored["ensemble"])
    return replace(Protocol(**stored), **changes)
