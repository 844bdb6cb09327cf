# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A published checkpoint becomes a model file that says what the model is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from openmmgems.models.molecules import molecule_inputs
from openmmgems.models.published_checkpoint import import_checkpoint

from .chemistry import conclude_charge
from .domain import describe_domain
from .structure import read_structure

_DOMAIN = ("elements", "charges", "spins", "residues", "environments")


def import_model(given: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """Do what `gems models import` is asked for.

    Parameters
    ----------
    given : mapping
        Its options by name, with ``_`` for ``-``; those of the domain are lists of words.
    say : callable
        Told what is concluded from the typical structure.

    Raises
    ------
    ValueError
        If the checkpoint, the structure or a word of the domain is not as expected.
    """
    domain = describe_domain(**{name: given[name] for name in _DOMAIN})
    import_checkpoint(
        given["checkpoint"],
        given["out"],
        smooth_reference=_inputs(given, say) if given["smooth_reference"] else None,
        long_range_cutoff=given["long_range_cutoff"],
        reference=given["reference"],
        license=given["license"],
        **domain,
    )


def _inputs(given: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, torch.Tensor]:
    """What the model gets of the typical structure."""
    structure = read_structure(given["smooth_reference"])
    for note in structure.notes:
        say(note)
    charge, unpaired = given["charge"], given["unpaired"]
    if charge is None:
        charge, how = conclude_charge(structure)
        say(f"Total charge: {charge:+d} e ({how}; give --charge if it is another)")
    if unpaired is None:
        unpaired = structure.num_unpaired_electrons or 0
    positions = structure.positions * 10  # angstrom
    return molecule_inputs(structure.atomic_numbers, positions, charge, unpaired)
