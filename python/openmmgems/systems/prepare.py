# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Complete experimental structures: missing atoms, hydrogens, metals, sugars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO

import numpy as np
import openmm
from numpy.typing import ArrayLike, NDArray
from openmm import app, unit

from .chains import fixed_random
from .glycans import SUGARS, Variant, add_links, glycan_variants, name_of
from .hydrogens import relax_hydrogens
from .prepare_settings import PrepareSettings

_WATER = ("HOH", "WAT", "H2O", "DOD", "TIP3", "SOL")
#: Metals that bind N and S of residues, as symbols.
_METALS = ("Mg", "Ca", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Cd", "Hg", "Pt")
_HYDROGEN_BOND_ANGSTROM = 3.3
#: PDBFixer can be made from a file only; its topology is then replaced.
_ONE_ATOM = (
    "HETATM    1 NA    NA A   1       0.000   0.000   0.000  1.00  0.00          NA  \nEND\n"
)
_STANDARD = {*app.PDBFile._standardResidues, "ACE", "NME", "NH2"}


@dataclass(frozen=True)
class PreparedStructure:
    """
    A completed structure.

    Attributes
    ----------
    topology : openmm.app.Topology
    positions_angstrom : array, shape ``[num_atoms, 3]``
    notes : tuple of str
        What was done and decided, a line each.
    """

    topology: app.Topology
    positions_angstrom: NDArray[np.float64]
    notes: tuple[str, ...]


def prepare_structure(
    topology: app.Topology, positions_angstrom: ArrayLike, settings: PrepareSettings | None = None
) -> PreparedStructure:
    """
    Complete an experimental structure, so that it has a chemical graph.

    Residues that are not wanted go. Heavy atoms that lack in standard residues, and the second
    oxygen of chain ends, are added by PDBFixer; missing residues are not modelled. Metals become
    ions without bonds; a histidine whose nitrogen binds one has its hydrogen on the other
    nitrogen, a cysteine becomes a thiolate, Asp and Glu stay anions. Sugars are kept, with their
    bond to Asn, Ser or Thr. Hydrogens come from OpenMM's Modeller; chain ends are charged.
    Hydrogens get standard bond lengths and angles; the file's atoms stay where they are.

    Parameters
    ----------
    topology : openmm.app.Topology
        Without alternate locations.
    positions_angstrom : array, shape ``[num_atoms, 3]``
    settings : PrepareSettings, optional

    Returns
    -------
    PreparedStructure
        Hydroxyl groups and waters do not look for hydrogen bonds.

    Raises
    ------
    ValueError
        If nothing is left, a sugar is not complete, or a residue is not known and has no
        hydrogens: named.
    """
    settings = settings or PrepareSettings()
    notes: list[str] = []
    topology, positions = _without(
        topology, np.asarray(positions_angstrom, dtype=float), settings, notes
    )
    topology, positions = _with_heavy_atoms(topology, positions, notes)
    notes += add_links(topology, positions)
    variants: dict[int, Variant | str] = dict(glycan_variants(topology))
    if variants:
        sugars = Counter(r.name for r in topology.residues() if r.name in SUGARS)
        notes.append(f"kept sugars: {_counted(sugars)}")
    variants |= _metal_variants(topology, positions, settings.metal_distance_angstrom, notes)
    topology, positions = _with_hydrogens(topology, positions, variants, settings.ph, notes)
    _check_hydrogens(topology)
    return PreparedStructure(topology, positions, tuple(notes))


def _without(
    topology: app.Topology,
    positions: NDArray[np.float64],
    settings: PrepareSettings,
    notes: list[str],
) -> tuple[app.Topology, NDArray[np.float64]]:
    """Leave out residues and the bonds of metals."""
    unwanted = set(settings.remove) | set(() if settings.keep_water else _WATER)
    names = {residue.name for residue in topology.residues()}
    if unknown := sorted(set(settings.remove) - names):
        raise ValueError(
            f"remove names {', '.join(unknown)}, which the structure does not have; it has "
            f"{', '.join(sorted(names))}."
        )
    gone = Counter(r.name for r in topology.residues() if r.name in unwanted)
    if gone:
        notes.append(f"left out: {_counted(gone)}")
    atoms = [atom for atom in topology.atoms() if atom.residue.name not in unwanted]
    if not atoms:
        raise ValueError("No residue is left; check what is removed.")
    metal_bonds = sum(_is_metal(a) or _is_metal(b) for a, b in topology.bonds())
    if metal_bonds:
        notes.append(f"{metal_bonds} bonds of metals became contacts of ions")
    copied = _copy(topology, atoms)
    return copied, positions[[atom.index for atom in atoms]]


def _copy(topology: app.Topology, atoms: Iterable[app.topology.Atom]) -> app.Topology:
    """Make a topology of some atoms, without the bonds of metals."""
    new = app.Topology()
    new.setPeriodicBoxVectors(topology.getPeriodicBoxVectors())
    chains, residues, copies = {}, {}, {}
    for atom in atoms:
        residue, chain = atom.residue, atom.residue.chain
        if chain not in chains:
            chains[chain] = new.addChain(chain.id)
        if residue not in residues:
            residues[residue] = new.addResidue(
                residue.name, chains[chain], residue.id, residue.insertionCode
            )
        copies[atom] = new.addAtom(atom.name, atom.element, residues[residue], atom.id)
    for bond in topology.bonds():
        first, second = bond
        if first in copies and second in copies and not (_is_metal(first) or _is_metal(second)):
            new.addBond(copies[first], copies[second], bond.type, bond.order)
    return new


def _is_metal(atom: app.topology.Atom) -> bool:
    return atom.element is not None and atom.element.symbol in _METALS


def _with_heavy_atoms(
    topology: app.Topology, positions: NDArray[np.float64], notes: list[str]
) -> tuple[app.Topology, NDArray[np.float64]]:
    """Add what standard residues lack, by PDBFixer."""
    from pdbfixer import PDBFixer

    cpu = openmm.Platform.getPlatform("CPU")
    fixer = PDBFixer(pdbfile=StringIO(_ONE_ATOM), platform=cpu)
    fixer.topology, fixer.positions = topology, positions / 10 * unit.nanometer
    fixer.missingResidues = {}
    fixer.findMissingAtoms()
    added = [
        *((r, [atom.name for atom in atoms]) for r, atoms in fixer.missingAtoms.items()),
        *fixer.missingTerminals.items(),
    ]
    if not added:
        return topology, positions
    for residue, names in added:
        notes.append(f"{name_of(residue)} got its missing {', '.join(names)}")
    fixer.addMissingAtoms(seed=1)
    return fixer.topology, 10 * np.array(fixer.positions.value_in_unit(unit.nanometer))


def _metal_variants(
    topology: app.Topology, positions: NDArray[np.float64], distance: float, notes: list[str]
) -> dict[int, str]:
    """Protonation states of residues that bind metals."""
    found: dict[int, str] = {}
    atoms = list(topology.atoms())
    for metal in filter(_is_metal, atoms):
        near = np.linalg.norm(positions - positions[metal.index], axis=1) < distance
        ligands = []
        for index in np.flatnonzero(near):
            atom = atoms[index]
            residue = atom.residue
            ligand = (residue.name, atom.name)
            if ligand in _METAL_LIGANDS:
                new = _METAL_LIGANDS[ligand]
                both = residue.index in found and found[residue.index] != new
                found[residue.index] = "HIN" if both else new
                ligands.append(f"{name_of(residue)} {atom.name} ({found[residue.index]})")
        notes.append(f"{name_of(metal.residue)} is an ion; bound by {', '.join(ligands) or '-'}")
    return found | _histidines_beside(atoms, positions, found, notes)


def _histidines_beside(
    atoms: list[app.topology.Atom],
    positions: NDArray[np.float64],
    states: dict[int, str],
    notes: list[str],
) -> dict[int, str]:
    """Histidines that accept the hydrogen bond of one at a metal: two hydrogens would clash."""
    nitrogens = [a for a in atoms if a.residue.name == "HIS" and a.name in ("ND1", "NE2")]
    found: dict[int, str] = {}
    for donor in nitrogens:
        if states.get(donor.residue.index) != {"ND1": "HID", "NE2": "HIE"}[donor.name]:
            continue
        for other in nitrogens:
            distance = np.linalg.norm(positions[donor.index] - positions[other.index])
            if other.residue.index not in states and distance < _HYDROGEN_BOND_ANGSTROM:
                state = found[other.residue.index] = _METAL_LIGANDS["HIS", other.name]
                notes.append(
                    f"{name_of(other.residue)} is {state}: {other.name} accepts from "
                    f"{name_of(donor.residue)} {donor.name}"
                )
    return found


#: The variant of a residue whose atom binds a metal, or accepts a hydrogen bond.
_METAL_LIGANDS = {
    **{("HIS", "ND1"): "HIE", ("HIS", "NE2"): "HID", ("CYS", "SG"): "CYX"},
    **{("ASP", "OD1"): "ASP", ("ASP", "OD2"): "ASP"},
    **{("GLU", "OE1"): "GLU", ("GLU", "OE2"): "GLU"},
}


def _with_hydrogens(
    topology: app.Topology,
    positions: NDArray[np.float64],
    variants: dict[int, Variant | str],
    ph: float,
    notes: list[str],
) -> tuple[app.Topology, NDArray[np.float64]]:
    """Add hydrogens, where standard bond lengths and angles put them."""
    modeller = app.Modeller(topology, positions / 10 * unit.nanometer)
    before = topology.getNumAtoms()
    with fixed_random(1):
        states = modeller.addHydrogens(
            pH=ph,
            variants=[variants.get(residue.index) for residue in topology.residues()],
            platform=openmm.Platform.getPlatform("CPU"),
        )
    new = 10 * np.array(modeller.positions.value_in_unit(unit.nanometer))
    notes.append(f"{len(new) - before} hydrogens were added for pH {ph:g}")
    histidines = Counter(state for state in states if state in ("HID", "HIE", "HIP", "HIN"))
    if histidines:
        notes.append(f"histidines: {_counted(histidines)}")
    old = {tuple(row) for row in np.round(positions, 3).tolist()}
    added = [
        atom.index
        for atom in modeller.topology.atoms()
        if atom.element.symbol == "H" and tuple(np.round(new[atom.index], 3).tolist()) not in old
    ]
    return modeller.topology, relax_hydrogens(modeller.topology, new, added)


def _check_hydrogens(topology: app.Topology) -> None:
    """Refuse residues that have got no hydrogens because nobody knows theirs."""
    for residue in topology.residues():
        atoms = list(residue.atoms())
        if residue.name in _STANDARD or len(atoms) == 1:
            continue
        if not any(atom.element.symbol == "H" for atom in atoms):
            raise ValueError(
                f"Residue {name_of(residue)} has no hydrogens, and they are not known for its "
                "kind; add them with another program (and keep its bonds), or leave it out: "
                f"remove {residue.name}."
            )


def _counted(names: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(names.items()))
