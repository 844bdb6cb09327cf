# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Copies of topologies, with fewer atoms and bonds, and other chains."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from openmm import app


def copy_topology(
    topology: app.Topology,
    atoms: Iterable[app.topology.Atom],
    bonds: Iterable[app.topology.Bond],
    starts: Collection[app.topology.Residue] = (),
    continued: Collection[app.topology.Residue] = (),
) -> app.Topology:
    """
    Make a topology of some atoms and bonds.

    Parameters
    ----------
    topology : openmm.app.Topology
    atoms : iterable of openmm.app.topology.Atom
        Those that are kept, in the order of the topology.
    bonds : iterable of openmm.app.topology.Bond
        Those that are kept, if both atoms are.
    starts : collection of openmm.app.topology.Residue
        Residues that begin a chain, besides the first of each; it has the same name.
    continued : collection of openmm.app.topology.Residue
        First residues of chains that belong to the chain before.

    Returns
    -------
    openmm.app.Topology
    """
    new = app.Topology()
    new.setPeriodicBoxVectors(topology.getPeriodicBoxVectors())
    chains: set[app.topology.Chain] = set()
    residues: dict[app.topology.Residue, app.topology.Residue] = {}
    copies: dict[app.topology.Atom, app.topology.Atom] = {}
    for atom in atoms:
        residue, chain = atom.residue, atom.residue.chain
        if residue not in residues:
            if residue in starts or (chain not in chains and residue not in continued):
                last = new.addChain(chain.id)
            chains.add(chain)
            residues[residue] = new.addResidue(
                residue.name, last, residue.id, residue.insertionCode
            )
        copies[atom] = new.addAtom(
            atom.name, atom.element, residues[residue], atom.id, atom.formalCharge
        )
    for bond in bonds:
        if bond[0] in copies and bond[1] in copies:
            new.addBond(copies[bond[0]], copies[bond[1]], bond.type, bond.order)
    return new
