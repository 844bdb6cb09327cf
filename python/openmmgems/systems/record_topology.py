# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""From the records of a PDB or mmCIF file to a topology with standard names and bonds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray
from openmm import app

from openmmgems.core.errors import StructureError

from .atom_record import AtomRecord, CoordinateFile
from .heavy_atoms import add_peptide_bonds
from .residue_names import is_standard, renaming_notes, standard_atom_names, standard_name
from .sentences import counted, listed
from .standard_bonds import add_disulfides, add_standard_bonds, is_metal_contact

_ORDERS = {
    "sing": (app.topology.Single, 1),
    "doub": (app.topology.Double, 2),
    "trip": (app.topology.Triple, 3),
    "arom": (app.topology.Aromatic, None),
}
_CHARMM_ACE = ("CY", "CAY", "OY", "HY1", "HY2", "HY3")
_CHARMM_NME = ("NT", "HNT", "CAT", "HT1", "HT2", "HT3")


@dataclass(frozen=True)
class RecordTopology:
    """
    A topology made of records.

    Attributes
    ----------
    topology : openmm.app.Topology
    positions : array, shape ``[num_atoms, 3]``
        nm.
    states : mapping of int to str
        What the names of residues tell, by their index; see :class:`LoadedStructure`.
    notes : list of str
    """

    topology: app.Topology
    positions: NDArray[np.float64]
    states: Mapping[int, str]
    notes: list[str]


def build_topology(file: CoordinateFile, kept: Sequence[AtomRecord]) -> RecordTopology:
    """
    Make a topology: standard names of residues and atoms, and all bonds that are known.

    Bonds are those of standard residues and between them, disulfides, and what the file names.

    Parameters
    ----------
    file : CoordinateFile
    kept : sequence of AtomRecord
        The atoms without alternate locations.

    Returns
    -------
    RecordTopology

    Raises
    ------
    StructureError
        If a standard residue has two atoms of one name, or only alpha carbons are there.
    """
    notes: list[str] = []
    residues = _split_caps(_residues(_without_doubles(kept, notes), notes), notes)
    _check_residues(residues)
    topology = app.Topology()
    atoms: dict[int, app.topology.Atom] = {}
    states: dict[int, str] = {}
    renamed: Counter[str] = Counter()
    chain, previous = None, None
    for members in residues:
        first = members[0]
        name, state = standard_name(first.residue)
        if chain is None or previous is None or _ends_chain(previous, first):
            chain = topology.addChain(first.chain)
        residue = topology.addResidue(name, chain, first.number, first.insertion)
        if state is not None:
            states[residue.index] = state
        renamed[first.residue] += 1
        for record, atom_name in zip(members, _standard_names(members), strict=True):
            element = None if record.element is None else app.Element.getBySymbol(record.element)
            atoms[record.index] = topology.addAtom(
                atom_name, element, residue, formalCharge=record.charge or None
            )
        previous = members
    notes += renaming_notes(renamed)
    ordered = [record for members in residues for record in members]
    positions = np.array([record.position for record in ordered]).reshape(-1, 3)
    add_standard_bonds(topology, positions, notes)
    add_peptide_bonds(topology, 10 * positions, notes)
    _add_component_bonds(topology, file, residues, atoms)
    _add_links(topology, file, ordered, atoms, notes)
    add_disulfides(topology, positions, states, notes)
    return RecordTopology(topology, positions, states, notes)


def _without_doubles(atoms: Sequence[AtomRecord], notes: list[str]) -> list[AtomRecord]:
    """Leave out records that stand twice: one name, one residue, one position."""
    found: dict[tuple[object, ...], AtomRecord] = {}
    for atom in atoms:
        found.setdefault((atom.place, atom.residue, atom.name, atom.position), atom)
    if len(found) < len(atoms):
        notes.append(
            f"{counted(len(atoms) - len(found), 'atom')} of the file, each of which stands "
            "there twice, read once."
        )
    return list(found.values())


def _residues(atoms: Sequence[AtomRecord], notes: list[str]) -> list[list[AtomRecord]]:
    """
    Put atoms of one residue together.

    Waters and ions of one number are told apart by the names of their atoms. So are residues of
    one number in different places of the file: numbers that begin anew, and atoms that stand apart
    from those of their residue, as hydrogens at the end or the rest of an alternate location.
    """
    found: list[list[AtomRecord]] = []
    newest: dict[tuple[tuple[int, str, str], str], list[AtomRecord]] = {}
    apart: dict[str, None] = {}
    last = None
    for atom in atoms:
        key = (atom.place, atom.residue)
        members = newest.get(key)
        if members is None or _begins_another(atom, members, stands_apart=key != last):
            members = newest[key] = []
            found.append(members)
        elif key != last:
            apart[atom.where] = None
        members.append(atom)
        last = key
    if apart:
        notes.append(
            "Atoms that stand apart in the file were put together, so that their order is another: "
            f"{listed(list(apart))}."
        )
    return found


def _begins_another(atom: AtomRecord, members: Sequence[AtomRecord], *, stands_apart: bool) -> bool:
    """Tell whether an atom belongs to another residue of the same name and number."""
    if stands_apart:
        return any(other.name == atom.name for other in members)
    return _is_next_of_its_kind(atom, members)


def _is_next_of_its_kind(atom: AtomRecord, before: Sequence[AtomRecord]) -> bool:
    """Tell whether an atom begins another water, or is another ion, of the number of the last."""
    if standard_name(atom.residue)[0] == "HOH":
        alike = sum(other.element == atom.element for other in before)
        return alike >= {"O": 1, "H": 2}.get(str(atom.element), len(before) + 1)
    names = {other.name for other in before}
    return names == {atom.name} and atom.element not in ("H", "C", "N", "O", "P", "S")


def _split_caps(residues: Sequence[list[AtomRecord]], notes: list[str]) -> list[list[AtomRecord]]:
    """Make residues of the caps that CHARMM counts to the first and last amino acid."""
    found = []
    caps = []
    for members in residues:
        before, after = _ends(members, _CHARMM_ACE), _ends(members[::-1], _CHARMM_NME)[::-1]
        parts = [members[len(before) : len(members) - len(after)]]
        if before:
            parts.insert(0, [replace(atom, residue="ACE") for atom in before])
        if after:
            kind = "NME" if "CAT" in [atom.name for atom in after] else "NH2"
            parts.append([replace(atom, residue=kind) for atom in after])
        caps += [
            f"{part[0].residue} at {members[0].where}"
            for part in parts
            if part[0].residue != members[0].residue
        ]
        found += parts
    if caps:
        notes.append(f"Caps became residues of their own: {listed(caps)}.")
    return found


def _ends(members: Sequence[AtomRecord], names: Sequence[str]) -> list[AtomRecord]:
    """The atoms of a cap before others of their residue; its first name tells that it is one."""
    found = list(takewhile(lambda atom: atom.name in names, members))
    is_cap = names[0] in [atom.name for atom in found] and len(found) < len(members)
    return found if is_cap and is_standard(members[0].residue) else []


def _check_residues(residues: Sequence[Sequence[AtomRecord]]) -> None:
    sizes = []
    for members in residues:
        first = members[0]
        if not is_standard(first.residue):
            continue
        names = _standard_names(members)
        if "CA" in names:
            sizes.append(len(names))
        name, number = Counter(names).most_common(1)[0]
        if number > 1:
            raise StructureError(
                f"Residue {first.where} has {number} atoms of the name {name}; expected the names "
                "of a standard residue, each once. Give its residues numbers of their own, or give "
                "the residue another name and CONECT records."
            )
    if sizes and max(sizes) == 1:
        raise StructureError(
            f"The file has only the alpha carbons of its amino acids ({len(sizes)}); expected all "
            "heavy atoms."
        )


def _standard_names(members: Sequence[AtomRecord]) -> list[str]:
    return standard_atom_names(
        standard_name(members[0].residue)[0], [atom.name for atom in members]
    )


def _ends_chain(previous: Sequence[AtomRecord], atom: AtomRecord) -> bool:
    """Chains end at TER, at a change of segment, and after the second oxygen of an acid."""
    if previous[0].part != atom.part:
        return True
    return "OXT" in _standard_names(previous)


def _add_component_bonds(
    topology: app.Topology,
    file: CoordinateFile,
    residues: Sequence[Sequence[AtomRecord]],
    atoms: Mapping[int, app.topology.Atom],
) -> None:
    """Add the bonds within residues that an mmCIF file describes."""
    known = _pairs(topology)
    for members in residues:
        names = {record.name: atoms[record.index] for record in members}
        for first, second, order in file.component_bonds.get(members[0].residue, ()):
            pair = frozenset((names.get(first), names.get(second)))
            if None not in pair and len(pair) == 2 and pair not in known:
                known.add(pair)
                topology.addBond(names[first], names[second], *_ORDERS.get(order, (None, None)))


def _add_links(
    topology: app.Topology,
    file: CoordinateFile,
    kept: Sequence[AtomRecord],
    atoms: Mapping[int, app.topology.Atom],
    notes: list[str],
) -> None:
    """Add the bonds between atoms that the file names; their other locations stand for them."""
    sites = {(record.place, record.residue, record.name): atoms[record.index] for record in kept}
    known = _pairs(topology)
    contacts = 0
    for link in file.links:
        first, second = (
            atoms.get(end.index, sites.get((end.place, end.residue, end.name))) for end in link
        )
        if first is None or second is None or first is second:
            continue
        pair = frozenset((first, second))
        if pair in known:
            continue
        known.add(pair)
        if is_metal_contact(first, second):
            contacts += 1
        else:
            topology.addBond(first, second)
    if contacts:
        notes.append(f"Contacts of ions, not bonds: {counted(contacts, 'bond')} of metals.")


def _pairs(topology: app.Topology) -> set[frozenset[app.topology.Atom]]:
    return {frozenset((bond[0], bond[1])) for bond in topology.bonds()}
