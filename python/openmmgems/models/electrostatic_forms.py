# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Forms of the electrostatics of models that declare theirs in gems.json, and their names."""

from collections.abc import Mapping
from typing import Any

from openmmgems.core.errors import OptionError

DEFAULT, PLAIN, LATTICE, CUTOFF = "default", "plain", "lattice", "cutoff"
#: What users may ask for; the index of each is its number in GemsForce.setElectrostatics.
FORMS = (DEFAULT, PLAIN, LATTICE, CUTOFF)


def electrostatic_form(
    description: Mapping[str, Any], asked: str, *, is_periodic: bool
) -> str | None:
    """Tell which form a model's electrostatics takes.

    Parameters
    ----------
    description : mapping
        The model's gems.json.
    asked : str
        One of ``FORMS``.
    is_periodic : bool

    Returns
    -------
    str or None
        ``"plain"``, ``"lattice"`` or ``"cutoff"``; None: the model declares no electrostatics.

    Raises
    ------
    OptionError
        If there is no such form, or a form is asked for of a model that declares none.

    """
    if asked not in FORMS:
        raise OptionError(f"electrostatics is '{asked}'; expected one of {', '.join(FORMS)}.")
    if description.get("electrostatics") is None:
        if asked != DEFAULT:
            raise OptionError(
                f"electrostatics is '{asked}', but the model declares none of its own; expected "
                f"'{DEFAULT}'."
            )
        return None
    if asked != DEFAULT:
        return asked
    return LATTICE if is_periodic else PLAIN


def describe_form(form: str, cutoff_angstrom: float) -> str:
    """Say what a form is, for people.

    Parameters
    ----------
    form : str
        From :func:`electrostatic_form`.
    cutoff_angstrom : float
        Long-range cutoff.

    Returns
    -------
    str

    """
    meaning = {
        PLAIN: "all pairs",
        LATTICE: "summed over all images",
        CUTOFF: f"to {cutoff_angstrom:g} angstrom",
    }
    return f"{form}, {meaning[form]}"


def level_of_theory(name: str, form: str | None, cutoff_angstrom: float) -> str:
    """Name the level of theory of a model's energies.

    Plain and lattice are one function; each cutoff makes another.

    Parameters
    ----------
    name : str
        What the model is called, or its gems.json's ``reference``, of which details in parentheses
        are left out.
    form : str, optional
        From :func:`electrostatic_form`.
    cutoff_angstrom : float
        Long-range cutoff.

    Returns
    -------
    str
        As ``"SO3LR"`` or ``"SO3LR, cutoff 12 A"``.

    """
    short = name.partition(" (")[0]
    return f"{short}, cutoff {cutoff_angstrom:g} A" if form == CUTOFF else short
