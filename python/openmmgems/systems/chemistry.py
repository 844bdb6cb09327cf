# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Whether a structure is complete, and what its total charge is."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from openmmgems.core.errors import ChoiceError, StructureError

from .chemical_graph import lewis_structures
from .residue_faults import fault_of, unknown_kinds
from .residue_names import name_of
from .structure import LoadedStructure


@cache
def _standard_templates() -> app.ForceField:
    """Templates of amino acids, caps, water and ions, with their hydrogens."""
    return app.ForceField("amber99sbildn.xml", "tip3p.xml")


def unmatched_residues(topology: app.Topology) -> list[Any]:
    """List the residues that are no complete standard amino acid, cap, water or ion.

    Parameters
    ----------
    topology : openmm.app.Topology

    Returns
    -------
    list of openmm.app.topology.Residue
    """
    return list(_standard_templates().getUnmatchedResidues(topology))


def check_complete(structure: LoadedStructure, advice: str | None = None) -> None:
    """Raise if a standard residue lacks atoms or hydrogens.

    Residues with other names are left to the model's domain or the force field.

    Parameters
    ----------
    structure : LoadedStructure
    advice : str, optional
        What to do; default: options of commands that prepare structures.

    Raises
    ------
    StructureError
        Naming the first such residue and what to do.
    """
    if not structure.has_residues:
        return
    unmatched = unmatched_residues(structure.topology)
    unknown = unknown_kinds(_standard_templates(), unmatched)
    broken = [residue for residue in unmatched if residue.name not in unknown]
    if not broken:
        return
    more = f" ({len(broken) - 1} more such residues)" if len(broken) > 1 else ""
    advice = advice or (
        f"if it is an experimental structure, --add-hydrogens completes it, and --remove "
        f"'{name_of(broken[0])}' leaves it out; if it is meant to be so, add --force."
    )
    raise StructureError(f"{fault_of(_standard_templates(), broken[0])}{more}; {advice}")


def guess_total_charge(
    topology: app.Topology,
    *,
    has_residues: bool = True,
    positions: NDArray[np.float64] | None = None,
) -> int:
    """Guess the total charge, in e.

    Standard residues contribute what their protonation says; of other molecules it is the sum of
    the formal charges of a Lewis structure with closed shells (all hydrogens must be there).

    Parameters
    ----------
    topology : openmm.app.Topology
    has_residues : bool
        False: the names of residues mean nothing (XYZ files).
    positions : numpy.ndarray, optional
        nm, shape ``[num_atoms, 3]``; they tell nitrite from nitronium and the like.

    Returns
    -------
    int

    Raises
    ------
    ChoiceError
        If the charge cannot be told.
    """
    if has_residues and not unmatched_residues(topology):
        system = _standard_templates().createSystem(topology, rigidWater=False)
        force = next(f for f in system.getForces() if isinstance(f, openmm.NonbondedForce))
        charges = (force.getParticleParameters(i)[0] for i in range(force.getNumParticles()))
        return round(sum(charge.value_in_unit(unit.elementary_charge) for charge in charges))
    try:
        return int(lewis_structures(topology, positions)[1].sum())
    except ValueError as error:
        raise ChoiceError(
            f"The total charge cannot be told; give it with --charge. {error}"
        ) from error


def conclude_charge(structure: LoadedStructure) -> tuple[int, str]:
    """Conclude the total charge: what the file says, else what bonds and residues say.

    Parameters
    ----------
    structure : LoadedStructure

    Returns
    -------
    charge : int
        e.
    how : str
        Where it is from, for people, and whether the file contradicts the bonds.

    Raises
    ------
    ChoiceError
        If the file says nothing and the charge cannot be told.
    """
    said = structure.total_charge
    try:
        guessed = guess_total_charge(
            structure.topology,
            has_residues=structure.has_residues,
            positions=None if structure.has_residues else structure.positions,
        )
    except ChoiceError:
        if said is None:
            raise
        return said, "the file says so"
    if said is None:
        return guessed, "guessed from bonds and closed shells"
    if said != guessed:
        return said, f"the file says so, but its bonds say {guessed:+d} e"
    return said, "the file says so"


def require_charges_of_bonds(structure: LoadedStructure) -> None:
    """Refuse a structure whose file says another charge than its bonds, or unpaired electrons.

    For fragments, whose charges are those of their bonds.

    Parameters
    ----------
    structure : LoadedStructure

    Raises
    ------
    StructureError
        Saying both.
    """
    if structure.num_unpaired_electrons:
        raise StructureError(
            f"'{structure.source.name}' says that {structure.num_unpaired_electrons} electrons are "
            "unpaired; expected closed shells, as it is not known which fragment has them."
        )
    if structure.total_charge is None:
        return
    found = int(lewis_structures(structure.topology, structure.positions)[1].sum())
    if found != structure.total_charge:
        raise StructureError(
            f"'{structure.source.name}' says the charge {structure.total_charge:+d} e, its bonds "
            f"say {found:+d} e; expected the same, as it is not known which fragment has the rest."
        )
