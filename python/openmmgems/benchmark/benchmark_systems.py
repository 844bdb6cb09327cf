# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What is timed: boxes of water, chains of alanine, crambin, or a structure file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import openmm
from openmm import app, unit

from openmmgems.systems.peptides import build_capped_alanine
from openmmgems.systems.structure import LoadedStructure, read_structure

SMALLEST_WATER = 30
#: Crambin and its water fill a cube of this edge, nm.
CRAMBIN_BOX = 6.4


def load_system(name: str) -> LoadedStructure:
    """Make or read a system.

    Parameters
    ----------
    name : str
        ``water:N`` (a periodic box with about N atoms of water), ``alanine:N`` (Ace-Ala_N-Nme in
        the gas phase), ``crambin`` (in the gas phase), ``crambin-in-water`` (25,130 atoms or so,
        periodic), or the path of a structure file with hydrogens.

    Returns
    -------
    LoadedStructure

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
    if name in _CRAMBIN:
        return _crambin(name)
    if not Path(name).is_file():
        raise ValueError(
            f"system is '{name}'; expected water:ATOMS, alanine:RESIDUES, {', '.join(_CRAMBIN)} "
            "or a structure file."
        )
    return read_structure(Path(name))


def _water(num_atoms: int) -> LoadedStructure:
    if num_atoms < SMALLEST_WATER:
        raise ValueError(f"system is 'water:{num_atoms}'; expected {SMALLEST_WATER} atoms or more.")
    modeller = app.Modeller(app.Topology(), [])
    modeller.addSolvent(app.ForceField("tip3p.xml"), numAdded=num_atoms // 3)
    return _structure(modeller, f"water:{num_atoms}")


def _alanine(num_residues: int) -> LoadedStructure:
    return _structure(build_capped_alanine(num_residues), f"alanine:{num_residues}")


def _crambin(name: str) -> LoadedStructure:
    file = resources.files("openmmgems") / "data" / "structures" / "1crn.pdb"
    with file.open() as stream:
        pdb = app.PDBFile(stream)
    force_field = app.ForceField("amber99sbildn.xml", "tip3p.xml")
    modeller = app.Modeller(pdb.topology, pdb.positions)
    # Left to itself OpenMM may take OpenCL on the CPU, which crashes in its minimiser.
    modeller.addHydrogens(force_field, platform=openmm.Platform.getPlatformByName("CPU"))
    modeller.topology.setPeriodicBoxVectors(None)  # of the crystal
    if name == "crambin-in-water":
        box = openmm.Vec3(1, 1, 1) * CRAMBIN_BOX * unit.nanometer
        modeller.addSolvent(force_field, boxSize=box)
    return _structure(modeller, name)


def _structure(modeller: app.Modeller, name: str) -> LoadedStructure:
    positions = np.array(modeller.positions.value_in_unit(unit.nanometer))
    return LoadedStructure(modeller.topology, positions, Path(name))


_CRAMBIN = ("crambin", "crambin-in-water")
_MAKERS: dict[str, Callable[[int], LoadedStructure]] = {"water": _water, "alanine": _alanine}
