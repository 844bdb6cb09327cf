# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What is timed: boxes of water, chains of alanine, or a structure file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from openmm import app, unit

from ..sampling.peptides import build_capped_alanine
from ..simulation.structure import Structure, read_structure

SMALLEST_WATER = 30


def load_system(name: str) -> Structure:
    """Make or read a system.

    Parameters
    ----------
    name : str
        ``water:N`` (a periodic box with about N atoms of water), ``alanine:N`` (Ace-Ala_N-Nme in
        the gas phase), or the path of a structure file with hydrogens.

    Returns
    -------
    Structure

    Raises
    ------
    ValueError
        If the name is none of these.
    """
    kind, _, number = name.partition(":")
    if kind in _MAKERS and number:
        if not number.isdecimal():
            raise ValueError(f"system is '{name}'; expected a number after '{kind}:'.")
        return _MAKERS[kind](int(number))
    if not Path(name).is_file():
        raise ValueError(
            f"system is '{name}'; expected water:ATOMS, alanine:RESIDUES or a structure file."
        )
    return read_structure(Path(name))


def _water(num_atoms: int) -> Structure:
    if num_atoms < SMALLEST_WATER:
        raise ValueError(f"system is 'water:{num_atoms}'; expected {SMALLEST_WATER} atoms or more.")
    modeller = app.Modeller(app.Topology(), [])
    modeller.addSolvent(app.ForceField("tip3p.xml"), numAdded=num_atoms // 3)
    return _structure(modeller, f"water:{num_atoms}")


def _alanine(num_residues: int) -> Structure:
    return _structure(build_capped_alanine(num_residues), f"alanine:{num_residues}")


def _structure(modeller: app.Modeller, name: str) -> Structure:
    positions = np.array(modeller.positions.value_in_unit(unit.nanometer))
    return Structure(modeller.topology, positions, Path(name))


_MAKERS: dict[str, Callable[[int], Structure]] = {"water": _water, "alanine": _alanine}
