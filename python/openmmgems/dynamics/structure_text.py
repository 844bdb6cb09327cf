# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures as PDB or mmCIF from which every reader gets all atoms back.

Readers of PDB files drop atoms whose names, cut to four columns, occur twice in a residue, and join
neighbouring residues of one number; so names are made to fit, and numbers to differ.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import pairwise

import numpy as np
from openmm import app, unit

_LARGEST_PDB = 99_999
_LOW_PDB, _HIGH_PDB = -99.0, 999.0  # nm; eight columns, three decimals of an angstrom
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9*'\"+-]*")
_PDB_NAME_WIDTH = 4
_CHAIN = re.compile(r"[A-Za-z0-9]+")


def structure_text(topology: app.Topology, positions: np.ndarray) -> tuple[str, str]:
    """Write a structure as PDB, or as mmCIF where PDB has too few columns.

    Parameters
    ----------
    topology : openmm.app.Topology
        What names of atoms do not fit or occur twice in a residue are replaced by element and
        number; numbers of residues, where neighbours have the same.
    positions : numpy.ndarray
        nm, shape ``[num_atoms, 3]``; rounded to 0.001 angstrom.

    Returns
    -------
    text : str
    ending : str
        ``"pdb"`` or ``"cif"``.
    """
    written = _with_names_that_fit(topology)
    fits = (
        topology.getNumAtoms() <= _LARGEST_PDB
        and bool(((positions > _LOW_PDB) & (positions < _HIGH_PDB)).all())
        and all(len(atom.name) <= _PDB_NAME_WIDTH for atom in written.atoms())
    )
    text = StringIO()
    writer = app.PDBFile if fits else app.PDBxFile
    writer.writeFile(written, positions * unit.nanometer, text, keepIds=True)
    return text.getvalue(), "pdb" if fits else "cif"


def _with_names_that_fit(topology: app.Topology) -> app.Topology:
    """Copy a topology; all of it that fits stays as it is."""
    written = app.Topology()
    written.setPeriodicBoxVectors(topology.getPeriodicBoxVectors())
    atoms = []
    for chain in topology.chains():
        letter = chr(ord("A") + chain.index % 26)
        of_chain = written.addChain(chain.id if _CHAIN.fullmatch(chain.id) else letter)
        for residue, number in zip(chain.residues(), _residue_numbers(chain), strict=True):
            name = residue.name if _NAME.fullmatch(residue.name) else "UNK"
            of_residue = written.addResidue(name, of_chain, number, residue.insertionCode)
            for atom, atom_name in zip(residue.atoms(), _atom_names(residue), strict=True):
                added = written.addAtom(
                    atom_name, atom.element, of_residue, formalCharge=atom.formalCharge
                )
                atoms.append(added)
    for first, second in topology.bonds():
        written.addBond(atoms[first.index], atoms[second.index])
    return written


def _residue_numbers(chain: app.topology.Chain) -> list[str]:
    """The chain's own numbers, or counted ones if neighbours have the same or one is no number."""
    given = [(residue.id, residue.insertionCode) for residue in chain.residues()]
    are_numbers = all(re.fullmatch(r"-?\d+", number) for number, _ in given)
    differ = all(one != next_ for one, next_ in pairwise(given))
    if are_numbers and differ:
        return [number for number, _ in given]
    return [str(k) for k in range(1, len(given) + 1)]


def _atom_names(residue: app.topology.Residue) -> Iterator[str]:
    """The residue's own names as far as they fit; each once."""
    names = [atom.name for atom in residue.atoms()]
    fitting = {n for n in names if _NAME.fullmatch(n) and len(n) <= _PDB_NAME_WIDTH}
    used: set[str] = set()
    counts: Counter[str] = Counter()
    for atom, name in zip(residue.atoms(), names, strict=True):
        if name in fitting and name not in used:
            used.add(name)
            yield name
            continue
        symbol = "EP" if atom.element is None else atom.element.symbol
        while True:
            counts[symbol] += 1
            made = f"{symbol}{counts[symbol]}"
            if made not in fitting and made not in used:
                break
        used.add(made)
        yield made
