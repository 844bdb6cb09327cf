# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Systems with a classical force field, set up like those with a model."""

from __future__ import annotations

from typing import Any

import openmm
from openmm import app, unit

from openmmgems.core.errors import OptionError, StructureError

from .residue_faults import fault_of, unknown_kinds, unknown_sentence
from .residue_names import name_of
from .structure import LoadedStructure

FORCE_FIELDS: dict[str, tuple[str, ...]] = {"amber99sb-ildn": ("amber99sbildn.xml", "tip3p.xml")}
FROM_FILE = "file"


def create_force_field_system(structure: LoadedStructure, name: str) -> openmm.System:
    """Create a System without constraints and with flexible water.

    Long-range electrostatics: particle-mesh Ewald with 1 nm cutoff in a box, all pairs without.

    Parameters
    ----------
    structure : LoadedStructure
    name : str
        A key of ``FORCE_FIELDS``; ``"file"`` for the parameters of a prmtop or top file; or
        OpenMM's own XML files, separated by commas.

    Returns
    -------
    openmm.System

    Raises
    ------
    StructureError
        If the force field does not know a residue, or the box is too small.
    """
    options: dict[str, Any] = {
        "constraints": None,
        "rigidWater": False,
        "removeCMMotion": False,
        "nonbondedMethod": app.PME if structure.is_periodic else app.NoCutoff,
    }
    if structure.is_periodic:
        options["nonbondedCutoff"] = _cutoff(structure)
    if name == FROM_FILE:
        if structure.parameters is None:
            raise StructureError(
                f"'{structure.source.name}' brings no force-field parameters; "
                "--force-field file needs an AMBER prmtop or a GROMACS top file."
            )
        if isinstance(structure.parameters, app.AmberPrmtopFile):
            options["flexibleConstraints"] = True
        return structure.parameters.createSystem(**options)
    try:
        field = app.ForceField(*FORCE_FIELDS.get(name.lower(), tuple(name.split(","))))
    except ValueError as error:
        known = ", ".join((*FORCE_FIELDS, FROM_FILE))
        raise OptionError(
            f"There is no force field '{name}'; known are {known} and OpenMM's XML files."
        ) from error
    unmatched = field.getUnmatchedResidues(structure.topology)
    if unknown := unknown_kinds(field, unmatched):
        raise StructureError(
            f"The force field '{name}' does not know residue {unknown_sentence(unknown)}, or name "
            "OpenMM's XML files that know it."
        )
    if unmatched:
        more = f" ({len(unmatched) - 1} more such residues)" if len(unmatched) > 1 else ""
        raise StructureError(
            f"{fault_of(field, unmatched[0])}{more}, so the force field '{name}' cannot describe "
            "it; if it is an experimental structure, --add-hydrogens completes it, and --remove "
            f"'{name_of(unmatched[0])}' leaves it out."
        )
    return field.createSystem(structure.topology, **options)


def _cutoff(structure: LoadedStructure) -> float:
    """1 nm, or less where the box asks for it (nm)."""
    vectors = structure.topology.getPeriodicBoxVectors().value_in_unit(unit.nanometer)
    shortest = min(vectors[k][k] for k in range(3))
    cutoff = min(1.0, 0.45 * shortest)
    if cutoff < 0.6:
        raise StructureError(
            f"The box is only {shortest:.2f} nm wide; a classical force field needs at least "
            "1.4 nm (for one molecule in vacuum, add --no-box)."
        )
    return cutoff
