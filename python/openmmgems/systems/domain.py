# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Whether a system lies within what a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openmm import app

from openmmgems.core.errors import OutsideDomainError

from .residue_names import name_of
from .sentences import listed

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
        Phrases such as ``"the residue HEM"``; empty within the domain. Elements are for
        :func:`require_elements`.
    """
    found: list[str] = []
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


def require_elements(
    model_name: str,
    metadata: Mapping[str, Any],
    topology: app.Topology,
    *,
    has_residues: bool = True,
) -> None:
    """Refuse elements that a model has no parameters for.

    Parameters
    ----------
    model_name : str
        How the user called the model.
    metadata, topology, has_residues
        As for :func:`domain_violations`.

    Raises
    ------
    OutsideDomainError
        Naming elements and residues.
    """
    elements = _trained(metadata, "elements")
    if elements is None:
        return
    known = {symbol_of(entry) for entry in elements}
    residues: dict[str, dict[app.topology.Residue, None]] = {}
    for atom in topology.atoms():
        if atom.element.symbol not in known:
            residues.setdefault(atom.element.symbol, {})[atom.residue] = None
    if not residues:
        return
    shown = ", ".join(
        f"{symbol} ({listed([name_of(residue) for residue in there])})" if has_residues else symbol
        for symbol, there in residues.items()
    )
    ions = {r.name: None for there in residues.values() for r in there if len(r) == 1}
    what_to_do = "choose another model."
    if ions and has_residues:
        what_to_do = (
            f"leave such ions out (--remove {','.join(ions)}), or keep them under a classical "
            "force field (createMixedSystem of openmm-ml)."
        )
    raise OutsideDomainError(
        f"The model '{model_name}' was not trained on the element {shown}; it knows "
        f"{', '.join(sorted(known))}: {what_to_do}"
    )


def require_domain(model_name: str, violations: Sequence[str]) -> None:
    """Raise :class:`OutsideDomainError` if there are violations.

    Parameters
    ----------
    model_name : str
        How the user called the model.
    violations : sequence of str
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


def symbol_of(entry: int | str) -> str:
    """Symbol of an element that ``gems.json`` names by symbol or atomic number."""
    if isinstance(entry, int):
        return str(app.Element.getByAtomicNumber(entry).symbol)
    return entry
