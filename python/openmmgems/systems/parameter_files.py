# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Read AMBER and GROMACS files: topology, coordinates, and force-field parameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openmm import app, unit

from openmmgems.core.errors import ChoiceError

from .boxes import box_or_none
from .elements import elements_from_masses, is_deuterium
from .loaded_structure import LoadedStructure
from .residue_names import renaming_notes, standard_atom_names, standard_name
from .sentences import counted, listed
from .text_files import cannot_be_read, in_utf8, read_text

#: AMBER's unit of charge: the square root of kcal/mol angstrom in e.
_AMBER_CHARGE = 18.2223
#: Charges of thousands of atoms, each rounded.
_CHARGE_TOLERANCE = 0.1


def read_amber(path: Path, coordinates: Path) -> LoadedStructure:
    """
    Read a prmtop and its coordinates.

    Parameters
    ----------
    path : pathlib.Path
        The prmtop file.
    coordinates : pathlib.Path
        An inpcrd or rst7 file.

    Returns
    -------
    LoadedStructure

    Raises
    ------
    StructureError
        If an atomic number contradicts its mass.
    """
    with cannot_be_read(coordinates), in_utf8(coordinates) as file:
        inpcrd = app.AmberInpcrdFile(str(file))
    with in_utf8(path) as file:
        prmtop = app.AmberPrmtopFile(str(file), periodicBoxVectors=inpcrd.boxVectors)
    box, dropped = box_or_none(prmtop.topology.getPeriodicBoxVectors())
    prmtop.topology.setPeriodicBoxVectors(box)
    raw = prmtop._prmtop._raw_data
    numbers = [int(word) for word in raw.get("ATOMIC_NUMBER", ())]
    masses = [float(word) for word in raw["MASS"]]
    labels = [word.strip() for word in raw["RESIDUE_LABEL"]]
    told = _set_elements(prmtop.topology, masses, [n if n > 0 else None for n in numbers])
    _drop_water_triangles(prmtop.topology)
    states, notes = _rename(prmtop.topology, labels)
    prmtop.elements[:] = [atom.element for atom in prmtop.topology.atoms()]
    charges = [float(word) / _AMBER_CHARGE for word in raw["CHARGE"]]
    return LoadedStructure(
        prmtop.topology,
        _nanometers(inpcrd.positions),
        coordinates,
        parameters=prmtop,
        states=states,
        total_charge=_total_charge(charges, notes),
        notes=(*told, *notes, *dropped),
    )


def read_gromacs(
    path: Path, coordinates: Path, include_folder: str | Path | None = None
) -> LoadedStructure:
    """
    Read a GROMACS topology and its coordinates.

    Waters of ``[ settles ]`` and constraints that exclude neighbours (type 1) have bonds.

    Parameters
    ----------
    path : pathlib.Path
        The top file.
    coordinates : pathlib.Path
        The gro file.
    include_folder : path, optional
        Where the files are that it includes.

    Returns
    -------
    LoadedStructure

    Raises
    ------
    ChoiceError
        If a file that is included is not found.
    StructureError
        If an atomic number contradicts its mass.
    """
    with cannot_be_read(coordinates), in_utf8(coordinates) as file:
        gro = app.GromacsGroFile(str(file))
    box, dropped = box_or_none(gro.getPeriodicBoxVectors())
    options = {} if include_folder is None else {"includeDir": str(include_folder)}
    try:
        top = _GromacsTopFile(str(path), periodicBoxVectors=box, **options)
    except ValueError as error:
        if "#include" not in str(error):
            raise
        raise ChoiceError(
            f"'{path.name}' cannot be read: {error}. Give the folder of GROMACS' force fields "
            "with --gromacs-include, or set GMXDATA."
        ) from error
    records = [
        record
        for name, count in top._molecules
        for _ in range(count)
        for record in top._moleculeTypes[name].atoms
    ]
    types = [top._atomTypes[record[1]] for record in records]
    masses = [float(r[7] if len(r) > 7 else t[3]) for r, t in zip(records, types, strict=True)]
    numbers = [int(t[2]) if t[2] and t[2] != "0" else None for t in types]
    _add_constrained_bonds(top)
    told = _set_elements(top.topology, masses, numbers)
    firsts = [next(iter(residue.atoms())).index for residue in top.topology.residues()]
    states, notes = _rename(top.topology, [records[first][3] for first in firsts])
    other = [
        f"{ours[4]} ({theirs})"
        for ours, theirs in zip(records, gro.atomNames, strict=False)
        if ours[4] != theirs
    ]
    if other:
        notes.append(
            f"Names of '{path.name}' were followed where '{coordinates.name}' has others: "
            f"{listed(other)}."
        )
    charges = [float(r[6] if len(r) > 6 else t[4]) for r, t in zip(records, types, strict=True)]
    return LoadedStructure(
        top.topology,
        _nanometers(gro.positions),
        coordinates,
        parameters=top,
        states=states,
        total_charge=_total_charge(charges, notes),
        notes=(*told, *notes, *dropped),
    )


class _GromacsTopFile(app.GromacsTopFile):
    """Read files in any encoding, also those that are included, and close them."""

    def _processFile(self, file: str) -> None:
        text = re.sub(r"\\[ \t]*\n", " ", read_text(Path(file)))  # lines that go on
        for line in text.split("\n"):
            self._processLine(line, file)


def _set_elements(
    topology: app.Topology, masses: Sequence[float], numbers: Sequence[int | None]
) -> list[str]:
    """Give each atom the element of its mass; OpenMM guesses by the first letter of its name."""
    atoms = list(topology.atoms())
    names = [atom.name for atom in atoms]
    bonds = [(bond[0].index, bond[1].index) for bond in topology.bonds()]

    def describe(index: int) -> str:
        residue = atoms[index].residue
        return f"Atom {names[index]} of residue {residue.name} {residue.id}"

    numbers = numbers or [None] * len(atoms)
    for atom, number in zip(
        atoms, elements_from_masses(names, masses, numbers, bonds, describe), strict=True
    ):
        atom.element = None if number is None else app.Element.getByAtomicNumber(number)
    heavy = sum(map(is_deuterium, masses))
    return [f"Of the mass of deuterium, read as hydrogen: {counted(heavy, 'atom')}."] * bool(heavy)


def _drop_water_triangles(topology: app.Topology) -> None:
    """Leave out the third bond of rigid water, between its hydrogens, under any of its names."""

    def is_bond(bond: app.topology.Bond) -> bool:
        hydrogens = all(a.element is not None and a.element.atomic_number == 1 for a in bond)
        return not hydrogens or len(list(bond[0].residue.atoms())) == 2

    topology._bonds[:] = [bond for bond in topology.bonds() if is_bond(bond)]


def _add_constrained_bonds(top: app.GromacsTopFile) -> None:
    """Add the bonds that GROMACS writes as constraints, also those of its settles."""
    atoms = list(top.topology.atoms())
    known = {frozenset((bond[0].index, bond[1].index)) for bond in top.topology.bonds()}
    start = 0
    for name, count in top._molecules:
        kind = top._moleculeTypes[name]
        pairs = [
            (int(fields[0]) - 1, int(fields[1]) - 1)
            for fields in kind.constraints
            if fields[2] == "1" and not _both_hydrogen(kind.atoms, fields, top._atomTypes)
        ]
        for _ in range(count):
            for i, j in pairs:
                pair = frozenset((start + i, start + j))
                if pair not in known:
                    known.add(pair)
                    top.topology.addBond(atoms[start + i], atoms[start + j])
            start += len(kind.atoms)


def _both_hydrogen(atoms: Sequence[Any], fields: Sequence[str], types: Any) -> bool:
    """Tell whether a constraint holds two hydrogens apart, as in water."""

    def is_hydrogen(atom: Any) -> bool:
        return str(atom[4]).lstrip("0123456789").upper().startswith(("H", "D")) or (
            types[atom[1]][2] == "1"
        )

    return all(is_hydrogen(atoms[int(word) - 1]) for word in fields[:2])


def _rename(topology: app.Topology, labels: Sequence[str]) -> tuple[dict[int, str], list[str]]:
    """Give residues and atoms their standard names; tell the states in the names."""
    states: dict[int, str] = {}
    for residue, label in zip(topology.residues(), labels, strict=True):
        name, state = standard_name(label)
        if name != residue.name:
            residue.name = name
            atoms = list(residue.atoms())
            for atom, new in zip(
                atoms, standard_atom_names(name, [atom.name for atom in atoms]), strict=True
            ):
                atom.name = new
        if state is not None:
            states[residue.index] = state
    return states, renaming_notes(Counter(labels))


def _total_charge(charges: Sequence[float], notes: list[str]) -> int | None:
    """The sum of the atoms' charges, if it is a whole number but for rounding."""
    total = sum(charges)
    if abs(total - round(total)) < _CHARGE_TOLERANCE:
        return round(total)
    notes.append(
        f"The charges of the file add up to {total:.2f} e, no whole number, and were not followed."
    )
    return None


def _nanometers(positions: unit.Quantity) -> NDArray[np.float64]:
    return np.array(positions.value_in_unit(unit.nanometer), dtype=np.float64).reshape(-1, 3)
