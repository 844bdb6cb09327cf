# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Whether a structure is complete, and what its total charge is."""

from __future__ import annotations

from functools import cache
from typing import Any

import openmm
from openmm import app, unit

from openmmgems.core.errors import StructureError

from .residue_faults import fault_of, unknown_kinds
from .residue_names import name_of
from .structure import LoadedStructure

_CHARGES_TO_TRY = (0, 1, -1, 2, -2)
_LARGEST_PERCEIVED_MOLECULE = 300
_MOST_TRIALS = 2000


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


def check_complete(structure: LoadedStructure) -> None:
    """Raise if a standard residue lacks atoms or hydrogens.

    Residues with other names are left to the model's domain or the force field.

    Parameters
    ----------
    structure : LoadedStructure

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
    raise StructureError(
        f"{fault_of(_standard_templates(), broken[0])}{more}; if it is an experimental structure, "
        f"--add-hydrogens completes it, and --remove '{name_of(broken[0])}' leaves it out; if it "
        "is meant to be so, add --force."
    )


def guess_total_charge(topology: app.Topology, *, has_residues: bool = True) -> int:
    """Guess the total charge, in e.

    Standard residues contribute what their protonation says; other molecules are perceived with
    RDKit from their bonds (all hydrogens must be there).

    Parameters
    ----------
    topology : openmm.app.Topology
    has_residues : bool
        False: the names of residues mean nothing (XYZ files).

    Returns
    -------
    int

    Raises
    ------
    StructureError
        If the charge cannot be told.
    """
    if has_residues and not unmatched_residues(topology):
        system = _standard_templates().createSystem(topology, rigidWater=False)
        force = next(f for f in system.getForces() if isinstance(f, openmm.NonbondedForce))
        charges = (force.getParticleParameters(i)[0] for i in range(force.getNumParticles()))
        return round(sum(charge.value_in_unit(unit.elementary_charge) for charge in charges))
    return sum(_perceived_charge(molecule, topology) for molecule in _molecules(topology))


def _molecules(topology: app.Topology) -> list[list[Any]]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    atoms = list(topology.atoms())
    pairs = [(bond[0].index, bond[1].index) for bond in topology.bonds()]
    first, second = zip(*pairs, strict=True) if pairs else ((), ())
    graph = coo_array(([1] * len(pairs), (first, second)), shape=(len(atoms), len(atoms)))
    count, labels = connected_components(graph, directed=False)
    molecules: list[list[Any]] = [[] for _ in range(count)]
    for atom, label in zip(atoms, labels, strict=True):
        molecules[label].append(atom)
    return molecules


def _perceived_charge(atoms: list[Any], topology: app.Topology) -> int:
    """Charge of one molecule for which a Lewis structure exists."""
    from rdkit import Chem, rdBase
    from rdkit.Chem import rdDetermineBonds

    first = atoms[0]
    where = f"the molecule with atom {first.index + 1} ({first.residue.name} {first.name})"
    if len(atoms) <= _LARGEST_PERCEIVED_MOLECULE:
        index_of = {atom.index: k for k, atom in enumerate(atoms)}
        skeleton = Chem.RWMol()
        for atom in atoms:
            skeleton.AddAtom(Chem.Atom(atom.element.atomic_number))
        for bond in topology.bonds():
            if bond[0].index in index_of:
                i, j = index_of[bond[0].index], index_of[bond[1].index]
                skeleton.AddBond(i, j, Chem.BondType.SINGLE)
        with rdBase.BlockLogs():
            for charge in _CHARGES_TO_TRY:
                try:
                    rdDetermineBonds.DetermineBondOrders(
                        Chem.RWMol(skeleton),
                        charge=charge,
                        embedChiral=False,
                        maxIterations=_MOST_TRIALS,
                    )
                except (ValueError, RuntimeError):
                    continue  # no Lewis structure with this charge
                return charge
    raise StructureError(f"The charge of {where} cannot be told; give the total with --charge.")
