# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Whether a system lies within what a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openmm import app

from openmmgems.core.errors import OutsideDomainError

#: Of a system without and with a periodic box.
ENVIRONMENTS = ("gas phase", "condensed phase")


def domain_violations(
    metadata: Mapping[str, Any],
    topology: app.Topology,
    total_charge: int,
    num_unpaired_electrons: int,
    *,
    periodic: bool = False,
    has_residues: bool = True,
) -> list[str]:
    """List what of a system a model was not trained on.

    Parameters
    ----------
    metadata : mapping
        The model's ``gems.json``; entries that are missing or null set no limit.
    topology : openmm.app.Topology
        The atoms the model will see.
    total_charge : int
        e.
    num_unpaired_electrons : int
        Number of unpaired electrons.
    periodic : bool
        Whether the system has a periodic box: then its environment is the condensed phase, else
        the gas phase.
    has_residues : bool
        False: the names of residues mean nothing (XYZ files).

    Returns
    -------
    list of str
        Phrases such as ``"the element Zn"``; empty within the domain.
    """
    found: list[str] = []
    elements = _trained(metadata, "elements")
    if elements is not None:
        known = {_symbol(entry) for entry in elements}
        used = dict.fromkeys(atom.element.symbol for atom in topology.atoms())
        found += [f"the element {symbol}" for symbol in used if symbol not in known]
    residues = _trained(metadata, "residues")
    if residues is not None and has_residues:
        used = dict.fromkeys(residue.name for residue in topology.residues())
        found += [f"the residue {name}" for name in used if name not in residues]
    charges = _trained(metadata, "charges")
    if charges is not None and total_charge not in charges:
        found.append(f"the total charge {total_charge:+d}")
    spins = _trained(metadata, "spins")
    if spins is not None and num_unpaired_electrons not in spins:
        found.append(f"{num_unpaired_electrons} unpaired electrons")
    environments = _trained(metadata, "environments")
    environment = ENVIRONMENTS[periodic]
    if environments is not None and environment not in environments:
        found.append(f"the {environment}")
    return found


def require_domain(model_name: str, violations: list[str]) -> None:
    """Raise :class:`OutsideDomainError` if there are violations.

    Parameters
    ----------
    model_name : str
        How the user called the model.
    violations : list of str
        From :func:`domain_violations`.
    """
    if violations:
        shown = ", ".join(violations[:4]) + (", ..." if len(violations) > 4 else "")
        raise OutsideDomainError(
            f"The model '{model_name}' was not trained on {shown}; its forces may be meaningless "
            "there, so choose another model or add --force to run anyway."
        )


def describe_domain(
    *,
    elements: Sequence[str] = (),
    charges: Sequence[str] = (),
    spins: Sequence[str] = (),
    residues: Sequence[str] = (),
    environments: Sequence[str] = (),
) -> dict[str, list[Any]]:
    """Turn words into the entries of ``gems.json`` that :func:`domain_violations` reads.

    Parameters
    ----------
    elements : sequence of str
        Symbols or atomic numbers.
    charges, spins : sequence of str
        Total charges, e, and numbers of unpaired electrons.
    residues : sequence of str
        Names, as in PDB files.
    environments : sequence of str
        Of ``ENVIRONMENTS``.

    Returns
    -------
    dict
        Without the entries of which nothing is said: they set no limit.

    Raises
    ------
    ValueError
        If a word is none of those expected.
    """
    for word in environments:
        if word not in ENVIRONMENTS:
            raise ValueError(f"environment is '{word}'; expected {' or '.join(ENVIRONMENTS)}.")
    found: dict[str, list[Any]] = {
        "elements": sorted({_atomic_number(word) for word in elements}),
        "charges": sorted({_whole_number("charge", word) for word in charges}),
        "spins": sorted({_whole_number("number of unpaired electrons", word) for word in spins}),
        "residues": list(dict.fromkeys(residues)),
        "environments": list(dict.fromkeys(environments)),
    }
    return {name: values for name, values in found.items() if values}


def _atomic_number(word: str) -> int:
    try:
        if word.isdecimal():
            return int(app.Element.getByAtomicNumber(int(word)).atomic_number)
        return int(app.Element.getBySymbol(word).atomic_number)
    except KeyError:
        raise ValueError(f"element is '{word}'; expected a symbol or an atomic number.") from None


def _whole_number(what: str, word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise ValueError(f"{what} is '{word}'; expected a whole number.") from None


def _trained(metadata: Mapping[str, Any], key: str) -> list[Any] | None:
    value = metadata.get(key)
    return None if value is None else list(value)


def _symbol(entry: int | str) -> str:
    if isinstance(entry, int):
        return str(app.Element.getByAtomicNumber(entry).symbol)
    return entry
