# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A molecular-mechanics force field by OpenMM: for comparison, and to try a pipeline out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.systems.force_field_scripts import refuse_scripts
from openmmgems.units import ANGSTROM_PER_NM, KJ_PER_MOL_PER_EV

from .engine import Cost
from .engine_checks import check_distances, checked, file_sha256, name_of

_FORCE_UNIT = unit.kilojoule_per_mole / unit.nanometer


@dataclass(frozen=True)
class AmberEngine:
    """AMBER99SB-ILDN, or another force field in OpenMM's form, of one molecule in the gas phase.

    No cutoff, no constraints, water is flexible. The dipole is that of the force field's charges.

    Parameters
    ----------
    topology : str
        PDB file of the molecule; structures must have its atoms in its order.
    force_field : sequence of str, or str
        Files in OpenMM's form, in one text with commas between them. Only OpenMM's own may hold
        scripts: OpenMM would run them.

    Raises
    ------
    FileNotFoundError
        If there is no such PDB file.
    ValueError
        If the file is empty, or the force field has no parameters for it.
    """

    topology: str
    force_field: str | Sequence[str] = ("amber99sbildn.xml", "tip3p.xml")

    def __post_init__(self) -> None:
        object.__setattr__(self, "topology", str(self.topology))
        given = self.force_field
        files = given.split(",") if isinstance(given, str) else given
        object.__setattr__(self, "force_field", tuple(file.strip() for file in files))
        if not Path(self.topology).is_file():
            raise FileNotFoundError(f"The engine 'amber': there is no PDB file '{self.topology}'.")
        self._prepared()

    @property
    def level_of_theory(self) -> str:
        """Name of the force field."""
        name = Path(self.force_field[0]).stem
        return "AMBER99SB-ILDN" if name == "amber99sbildn" else name

    @property
    def version(self) -> str:
        """Name and version of OpenMM."""
        return f"OpenMM {openmm.Platform.getOpenMMVersion()}"

    @property
    def settings(self) -> dict[str, Setting]:
        """All that decides the numbers."""
        return {
            "force_field": ",".join(self.force_field),
            "topology": Path(self.topology).name,
            "topology_sha256": file_sha256(self.topology),
            "dipole": "of partial charges",
        }

    def label(self, structure: AtomicSystem) -> Label:
        """Calculate a structure; see ``base.Engine``."""
        prepared = self._prepared()
        structure.require_molecule(self.level_of_theory)
        self._check(structure, prepared)
        check_distances(structure, self.level_of_theory)
        positions = structure.positions_angstrom
        prepared.context.setPositions(positions / ANGSTROM_PER_NM)
        state = prepared.context.getState(energy=True, forces=True)
        energy = state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
        forces = np.asarray(state.getForces(asNumpy=True).value_in_unit(_FORCE_UNIT))
        label = Label(
            energy_ev=energy / KJ_PER_MOL_PER_EV,
            forces_ev_per_angstrom=forces / (KJ_PER_MOL_PER_EV * ANGSTROM_PER_NM),
            dipole_e_angstrom=prepared.charges @ positions,
        )
        return checked(label, structure, self.level_of_theory)

    def cost(self, num_atoms: int) -> Cost:
        """Estimate: all pairs on one core."""
        return Cost(seconds=0.001 + 2e-7 * num_atoms**2, memory_mb=200.0 + 0.1 * num_atoms)

    def _check(self, structure: AtomicSystem, prepared: "_Prepared") -> None:
        given, expected = structure.atomic_numbers, prepared.atomic_numbers
        if not np.array_equal(given, expected):
            raise ValueError(
                f"{self.level_of_theory}: {name_of(structure)} has {len(given)} atoms of elements "
                f"{given.tolist()[:12]}...; expected the {len(expected)} atoms of "
                f"'{self.topology}' in their order, {expected.tolist()[:12]}..."
            )
        charge = round(float(prepared.charges.sum()))
        if structure.charge != charge or structure.spin:
            raise ValueError(
                f"{self.level_of_theory}: {name_of(structure)} has charge {structure.charge} and "
                f"{structure.spin} unpaired electrons; expected charge {charge}, as the force "
                "field gives it, and none."
            )

    def _prepared(self) -> "_Prepared":
        return _prepare(self.topology, file_sha256(self.topology), tuple(self.force_field))


@dataclass(frozen=True)
class _Prepared:
    """``charges`` [num_atoms] in e, ``atomic_numbers`` [num_atoms], and OpenMM's context."""

    context: Any
    charges: NDArray[np.float64]
    atomic_numbers: NDArray[np.int64]


@lru_cache(maxsize=4)
def _prepare(topology_file: str, _content: str, force_field: tuple[str, ...]) -> _Prepared:
    """Build the system; once a process for each content of the PDB file."""
    topology = _read_topology(topology_file)
    refuse_scripts(force_field)
    try:
        system = app.ForceField(*force_field).createSystem(
            topology, nonbondedMethod=app.NoCutoff, constraints=None, rigidWater=False
        )
    except ValueError as error:
        raise ValueError(
            f"The engine 'amber': {', '.join(force_field)} cannot describe '{topology_file}': "
            f"{error}"
        ) from error
    (nonbonded,) = [f for f in system.getForces() if isinstance(f, openmm.NonbondedForce)]
    charges = [
        nonbonded.getParticleParameters(k)[0].value_in_unit(unit.elementary_charge)
        for k in range(system.getNumParticles())
    ]
    context = openmm.Context(
        system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatform("Reference")
    )
    numbers = [atom.element.atomic_number for atom in topology.atoms()]
    return _Prepared(context, np.array(charges), np.array(numbers))


def _read_topology(file: str) -> app.Topology:
    try:
        with open(file, encoding="utf-8") as lines:
            topology = app.PDBFile(lines).topology
    except (ValueError, IndexError, KeyError, AttributeError) as error:  # as the parser fails
        raise ValueError(
            f"The engine 'amber': '{file}' is empty, damaged or no PDB file: {error}"
        ) from error
    unknown = [atom for atom in topology.atoms() if atom.element is None]
    if topology.getNumAtoms() == 0 or unknown:
        found = f"atom {unknown[0].name} of unknown element" if unknown else "no atoms"
        raise ValueError(f"The engine 'amber': the PDB file '{file}' has {found}.")
    topology.setPeriodicBoxVectors(None)
    return topology
