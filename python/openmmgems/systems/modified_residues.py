# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Modified residues, and the standard ones that they come from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from openmm import app

from .chains import residue_template
from .copy_topology import copy_topology
from .residue_names import name_of

#: Where PDBFixer's table of modified residues is not what a name means here: AMBER's protonation
#: states, residues whose hydrogens are known; what it
#: gets wrong or does not know.
_KEPT = {"HIP", "CYM", "NLN", "AIB", "PCA"}
_REPLACED = {"CSD": "CYS", "DSG": "ASN", "MED": "MET"}
#: Atoms of modified residues that take the place of others: (residue, atom): (atom, element).
_RENAMED = {("MSE", "SE"): ("SD", app.element.sulfur)}


def with_standard_residues(
    topology: app.Topology, positions: NDArray[np.float64], notes: list[str]
) -> tuple[app.Topology, NDArray[np.float64]]:
    """
    Make modified residues the standard ones they come from, as PDBFixer's table has them.

    Atoms that the standard residue does not have go; selenium becomes sulfur. D-amino acids get
    the name of their mirror images, and stay what they are.

    Parameters
    ----------
    topology : openmm.app.Topology
        Its residues of these kinds are renamed.
    positions : array, shape ``[num_atoms, 3]``
        Angstrom.
    notes : list of str
        Gets a line for each such residue.

    Returns
    -------
    openmm.app.Topology, array
        Without the atoms that go; with the bonds of standard residues.
    """
    gone: set[app.topology.Atom] = set()
    replaced = False
    for residue in topology.residues():
        new = parent_residue(residue.name)
        if new is None:
            continue
        replaced = True
        old, lost, called = name_of(residue), [], []
        known = {"OXT", *residue_template(new)}
        for atom in residue.atoms():
            if renamed := _RENAMED.get((residue.name, atom.name)):
                called.append(f"{atom.name} is {renamed[0]}")
                atom.name, atom.element = renamed
            if atom.name not in known or atom.element is app.element.hydrogen:
                gone.add(atom)
                lost.append(atom.name)
        called += [f"without {', '.join(lost)}"] * bool(lost)
        notes.append(f"{old} became {new}" + (f" ({'; '.join(called)})" if called else ""))
        residue.name = new
    if not replaced:
        return topology, positions
    atoms = [atom for atom in topology.atoms() if atom not in gone]
    new_topology = copy_topology(topology, atoms, topology.bonds())
    new_topology.createStandardBonds()
    return new_topology, positions[[atom.index for atom in atoms]]


def parent_residue(name: str) -> str | None:
    """
    Tell what standard residue a modified one is made.

    Parameters
    ----------
    name : str
        ``"MSE"``.

    Returns
    -------
    str or None
        ``"MET"``; None if it is no modified residue.
    """
    from pdbfixer.pdbfixer import substitutions

    if name in _KEPT:
        return None
    return _REPLACED.get(name) or substitutions.get(name)
