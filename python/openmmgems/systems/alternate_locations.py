# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Keep one alternate location of every residue, water and ion."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from string import ascii_uppercase

from openmmgems.core.errors import ChoiceError

from .atom_record import AtomRecord
from .sentences import listed


def choose_locations(
    atoms: Sequence[AtomRecord], keep: str | None
) -> tuple[list[AtomRecord], list[str]]:
    """
    Keep one alternate location of every residue.

    A residue that does not offer the chosen location keeps the most occupied of its others. Where
    residues of different names share a position, the chosen location decides the name. Heavy
    atoms that only another location of a residue has are kept from there.

    Parameters
    ----------
    atoms : sequence of AtomRecord
        Those with a location of their own.
    keep : str, optional
        The location to keep. None: no residue may have several.

    Returns
    -------
    list of AtomRecord
        In order; their residues have one name.
    list of str
        What was concluded.

    Raises
    ------
    ChoiceError
        If there are alternate locations and `keep` does not choose among them.
    """
    residues = {(atom.place, atom.residue) for atom in atoms if atom.location}
    places: dict[tuple[int, str, str], list[AtomRecord]] = defaultdict(list)
    for atom in atoms:
        if (atom.place, atom.residue) in residues:
            places[atom.place].append(atom)
    disordered = [_with_all_letters(members) for members in places.values()]
    if not disordered:
        return list(atoms), []
    _check_choice(disordered, keep)
    kept = {atom.index: atom for atom in atoms}
    other: dict[str, str] = {}
    filled: list[str] = []
    for members in disordered:
        location = _location_for(members, keep)
        if location != keep:
            other[_label(members)] = location
        for atom in members:
            del kept[atom.index]
        for atom in _conformer(members, location, filled):
            kept[atom.index] = atom
    notes = []
    if keep is not None:
        notes.append(f"Alternate location {keep} was kept.")
    if other:
        told = [f"{place} ({location})" for place, location in other.items()]
        what = "has" if len(other) == 1 else "have"
        notes.append(f"{listed(told)} {what} no other location and kept that one.")
    if filled:
        notes.append(f"Atoms that only another location has were kept: {listed(filled)}.")
    return [kept[index] for index in sorted(kept)], notes


def _with_all_letters(members: list[AtomRecord]) -> list[AtomRecord]:
    """Give a letter to atoms without one that have an alternative, as some files have it."""
    letters = _letters(members)
    alternatives = {(atom.residue, atom.name) for atom in members if atom.location}
    free = next(letter for letter in (*ascii_uppercase, "?") if letter not in letters)
    return [
        replace(atom, location=free)
        if not atom.location and (atom.residue, atom.name) in alternatives
        else atom
        for atom in members
    ]


def _check_choice(disordered: Sequence[list[AtomRecord]], keep: str | None) -> None:
    several = [members for members in disordered if len(_letters(members)) > 1]
    if keep is None and several:
        names = sorted(_letters(several[0]))
        raise ChoiceError(
            f"Residue {_label(several[0])} has alternate locations {', '.join(names)} "
            f"({len(several)} such in the file); choose one with "
            f"--alternate-location {names[0]}."
        )
    everything = {letter for members in disordered for letter in _letters(members)}
    if keep is not None and keep not in everything:
        members = (several or disordered)[0]
        raise ChoiceError(
            f"Residue {_label(members)} has alternate locations "
            f"{', '.join(sorted(_letters(members)))}, not the chosen {keep}; nor has any other: "
            f"give --alternate-location {' or '.join(sorted(everything))}."
        )


def _letters(members: Iterable[AtomRecord]) -> set[str]:
    return {atom.location for atom in members} - {""}


def _location_for(members: Sequence[AtomRecord], keep: str | None) -> str:
    """The chosen location; where it is not offered, the most occupied one."""
    if keep is not None and keep in _letters(members):
        return keep
    return _most_occupied(atom for atom in members if atom.location)


def _most_occupied(members: Iterable[AtomRecord]) -> str:
    total: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for atom in members:
        total[atom.location] += atom.occupancy  # type: ignore[assignment]
        count[atom.location] += 1
    return min(count, key=lambda letter: (-total[letter] / count[letter], letter))


def _conformer(members: Sequence[AtomRecord], location: str, filled: list[str]) -> list[AtomRecord]:
    """The atoms of one location of a residue, under its name there."""
    name = next(atom.residue for atom in members if atom.location == location)
    kept = [atom for atom in members if atom.location in ("", location)]
    names = {atom.name for atom in kept}
    missing: dict[str, list[AtomRecord]] = defaultdict(list)
    for atom in members:
        if atom.residue == name and atom.name not in names:
            missing[atom.name].append(atom)
    used = set()
    for choices in sorted(missing.values(), key=lambda choices: choices[0].element == "H"):
        letter = _most_occupied(choices)
        if choices[0].element == "H" and letter not in used:
            continue  # the hydrogen of another protonation state
        used.add(letter)
        kept += [atom for atom in choices if atom.location == letter]
        filled.append(f"{choices[0].where} {choices[0].name} ({letter})")
    return [replace(atom, residue=name) for atom in kept]


def _label(members: Sequence[AtomRecord]) -> str:
    """The residue in sentences, with all names that it has: ``A PRO/SER 22``."""
    first = members[0]
    names = "/".join(dict.fromkeys(atom.residue for atom in members))
    return f"{first.chain} {names} {first.number}{first.insertion}".strip()
