# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Which element an atom is, where a file gives a name or a mass only: one rule for all readers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from openmm import app

from openmmgems.core.errors import StructureError

from .residue_names import is_standard

#: CHARMM's and AMBER's names of ions that do not begin with their symbol.
_IONS = {
    **{"SOD": "Na", "POT": "K", "CES": "Cs", "RUB": "Rb", "CAD": "Cd", "CIP": "Na", "CIM": "Cl"},
    **{"IP": "Na", "IM": "Cl"},
}
_IN_STANDARD_RESIDUES = {**{letter: letter for letter in "HCNOSP"}, "D": "H"}
#: Symbols of two letters that are no usual names of atoms of C, N, O, H; some programs do not
#: align them.
_TWO_LETTERS = frozenset(("CL", "BR", "FE", "ZN", "MG", "MN", "SE", "SI", "CU", "AL", "LI"))
#: Names of hydrogens at the left of their columns, rather than helium, hafnium, holmium.
_HYDROGENS = ("HE", "HF", "HO", "HS")
_NOBLE_GASES = frozenset((2, 10, 18, 36, 54))
_TOLERANCE_DA = 0.5
_HYDROGEN_DA, _DEUTERIUM_DA = 1.008, 2.014
_HEAVIEST_HYDROGEN_DA = 5.0


def element_from_name(name: str, residue: str, num_atoms: int, padded: str = "") -> str | None:
    """
    Tell the element of an atom from its name.

    Parameters
    ----------
    name : str
        ``CA``, ``1HB``, ``CL1``, ``NA+``.
    residue : str
        Name of the residue.
    num_atoms : int
        Of the residue: a lone ``CA`` is calcium.
    padded : str
        The name in its four columns of a PDB file, where symbols end in the second column; empty
        where names are not aligned.

    Returns
    -------
    str or None
        The symbol; None for virtual sites and names that tell nothing.
    """
    letters = re.sub(r"[^A-Z]", "", name.upper())
    if is_standard(residue) and (num_atoms > 1 or letters[:1] in _IN_STANDARD_RESIDUES):
        return "Se" if letters == "SE" else _IN_STANDARD_RESIDUES.get(letters[:1])
    if num_atoms == 1:
        return lone_atom(name, residue)
    symbol = padded[:2]
    is_short = len(padded.strip()) < 4 and symbol.isalpha()
    if is_short and _is_symbol(symbol) and symbol.upper() not in _HYDROGENS:
        return symbol.capitalize()
    leading = re.match(r"[^A-Z]*([A-Z]*)", name.upper())
    if leading and leading.group(1) in _TWO_LETTERS:
        return leading.group(1).capitalize()
    return letters[:1] if _is_symbol(letters[:1]) else None


def lone_atom(name: str, residue: str) -> str | None:
    """Tell the element of the only atom of a residue, an ion most often; None if no name helps."""
    for word in (name, residue):
        letters = re.sub(r"[^A-Z]", "", word.upper())
        for symbol in (_IONS.get(letters, ""), letters, letters[:2], letters[:1]):
            if _is_symbol(symbol):
                return symbol.capitalize()
    return None


def elements_from_masses(
    names: Sequence[str],
    masses: Sequence[float],
    numbers: Sequence[int | None],
    bonds: Sequence[tuple[int, int]],
    describe: Callable[[int], str],
) -> list[int | None]:
    """
    Tell the elements of atoms of which a force-field file gives masses.

    An element agrees with a mass within 0.5 Da, for heavy atoms also after what repartitioning
    gave to their hydrogens has been returned. Among elements of one mass the name decides.

    Parameters
    ----------
    names : sequence of str
    masses : sequence of float
        Da; 0 where the file has none.
    numbers : sequence of int or None
        Atomic numbers, where the file gives any.
    bonds : sequence of (int, int)
    describe : callable
        Makes a name for messages of an atom's index.

    Returns
    -------
    list of int or None
        Atomic numbers; None for virtual sites: no mass and no number.

    Raises
    ------
    StructureError
        If an atomic number contradicts the mass, or no element has the mass.
    """
    neighbours: list[set[int]] = [set() for _ in names]
    for i, j in bonds:
        neighbours[i].add(j)
        neighbours[j].add(i)
    hydrogens = {
        i
        for i, mass in enumerate(masses)
        if 0 < mass < _HEAVIEST_HYDROGEN_DA and len(neighbours[i]) == 1
    }
    found: list[int | None] = []
    for i, (name, mass, number) in enumerate(zip(names, masses, numbers, strict=True)):
        if i in hydrogens:
            found.append(_checked(1, number, mass, describe(i)))
            continue
        own = [masses[j] for j in neighbours[i] & hydrogens]
        whole = mass + sum(own) - _HYDROGEN_DA * len(own)
        lone = not neighbours[i]
        found.append(_heavy(name, (mass, whole), number, lone=lone, where=describe(i)))
    return found


def is_deuterium(mass: float) -> bool:
    """Tell whether a mass, Da, is that of deuterium."""
    return abs(mass - _DEUTERIUM_DA) < 0.1


def _heavy(
    name: str, masses: tuple[float, float], number: int | None, *, lone: bool, where: str
) -> int | None:
    """Tell an atom that is no bonded hydrogen, by its mass as it is and without repartitioning."""
    if masses[0] == 0:
        return number or None  # no mass: the number is all that is known
    near = {z for mass in masses for z in _of_mass(mass) if lone or z not in _NOBLE_GASES}
    if number:
        if number not in near:
            raise _contradiction(number, masses[0], where)
        return number
    if not near:
        raise StructureError(
            f"{where} has the mass {masses[0]:g}, which is that of no element; united atoms and "
            "coarse particles are not supported. Give masses of elements (or atomic numbers and "
            "their masses) in the topology file."
        )
    letters = re.sub(r"[^A-Z]", "", name.upper())
    named = (_IONS.get(letters, "").upper(), letters[:2], letters[:1])
    rank = {
        z: (
            next((k for k, word in enumerate(named) if word == _symbol(z).upper()), len(named)),
            z in _NOBLE_GASES,
            min(abs(_mass(z) - mass) for mass in masses),
        )
        for z in near
    }
    return min(rank, key=rank.__getitem__)


def _checked(found: int, number: int | None, mass: float, where: str) -> int:
    if number and number != found:
        raise _contradiction(number, mass, where)
    return found


def _contradiction(number: int, mass: float, where: str) -> StructureError:
    symbol = _symbol(number)
    return StructureError(
        f"{where} has the atomic number {number} ({symbol}) but the mass {mass:g}; expected "
        f"{_mass(number):g}. Mend one of them in the topology file; united atoms are not supported."
    )


def _of_mass(mass: float) -> list[int]:
    standard = [z for z in range(1, 95) if abs(_mass(z) - mass) < _TOLERANCE_DA]
    return [1] if is_deuterium(mass) else standard


def _mass(number: int) -> float:
    return float(app.Element.getByAtomicNumber(number).mass._value)


def _symbol(number: int) -> str:
    return str(app.Element.getByAtomicNumber(number).symbol)


def _is_symbol(text: str) -> bool:
    try:
        app.Element.getBySymbol(text.capitalize())
    except KeyError:
        return False
    return bool(text)
