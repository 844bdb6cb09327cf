# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One atom of a PDB or mmCIF file, and what such a file says besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class AtomRecord:
    """
    One atom as the file gives it.

    Attributes
    ----------
    index : int
        Place in the file, from 0.
    name, element : str
        `element` is a symbol; None for virtual sites.
    residue, chain, number, insertion : str
        Name of the residue, the file's chain, number and insertion code.
    part : int
        Stretches of a chain that a file keeps apart (TER, segments, entities) have numbers of
        their own.
    location : str
        Alternate location; empty if there is none.
    occupancy : float
    position : tuple of float
        nm.
    charge : int
        Formal charge; 0 if the file has none.
    """

    index: int
    name: str
    element: str | None
    residue: str
    chain: str
    number: str
    insertion: str
    part: int
    location: str
    occupancy: float
    position: tuple[float, float, float]
    charge: int = 0

    @property
    def place(self) -> tuple[int, str, str]:
        """What all atoms of one residue have in common, whatever its name."""
        return self.part, self.number, self.insertion

    @property
    def where(self) -> str:
        """The residue in sentences: ``A ALA 15``."""
        return f"{self.chain} {self.residue} {self.number}{self.insertion}".strip()


@dataclass
class CoordinateFile:
    """
    What a PDB or mmCIF file holds.

    Attributes
    ----------
    atoms : list of AtomRecord
        Of the first model, in order.
    links : list of (AtomRecord, AtomRecord)
        Bonds that the file names.
    component_bonds : mapping of str to sequence of (str, str, str)
        Bonds within residues, by their names: two names of atoms and the order as mmCIF has it.
    cell : tuple of float, optional
        Three edges, angstrom, and three angles, degree.
    notes : list of str
    """

    atoms: list[AtomRecord]
    links: list[tuple[AtomRecord, AtomRecord]]
    component_bonds: Mapping[str, Sequence[tuple[str, str, str]]] = field(default_factory=dict)
    cell: tuple[float, ...] | None = None
    notes: list[str] = field(default_factory=list)
