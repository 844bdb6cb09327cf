# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The one preparation of structures: residues left out, chains checked, everything completed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app, unit

from openmmgems.core.errors import StructureError

from .bond_lengths import LongBond, contact_notes, long_bonds, require_bonds
from .chains import fixed_random
from .copy_topology import copy_topology
from .glycans import SUGARS, Variant, add_links, glycan_variants
from .heavy_atoms import (
    add_peptide_bonds,
    heavy_names,
    is_mirrored,
    joined_atoms,
    stubs,
    with_chain_ends,
    with_heavy_atoms,
)
from .hydrogens import relax_hydrogens
from .metals import is_metal, metal_variants
from .modified_residues import with_standard_residues
from .prepare_settings import PrepareSettings
from .residue_faults import unknown_sentence
from .residue_names import name_of
from .structure import LoadedStructure

_WATER = ("HOH", "WAT", "H2O", "DOD", "TIP3", "SOL")
#: Residues whose hydrogens OpenMM's Modeller knows.
_KNOWN = {*app.PDBFile._standardResidues, "ACE", "FOR", "NME", "NH2", "AIB", "PCA"} - {
    *("I", "DI"),
}
#: States that a residue's name tells, as Modeller's variants; a CYX without a bridge is a thiolate.
_VARIANTS = {
    **{state: state for state in ("HID", "HIE", "HIP", "ASH", "GLH", "LYN", "LYS", "CYS", "CYX")},
    "CYM": "CYX",
}


def prepare_structure(
    structure: LoadedStructure, settings: PrepareSettings | None = None
) -> LoadedStructure:
    """
    Complete an experimental structure, so that it has a chemical graph and a force field.

    Residues that are not wanted go. Modified residues become the standard ones they come from.
    Chains end where residues are not bonded. Heavy atoms that lack in standard residues, and the
    second oxygen of chain ends, are added by PDBFixer; missing residues are not modelled. Metals
    become ions without bonds; residues that bind them get the protonation that goes with it. A
    state that a residue's name tells is kept. Sugars are kept, with their bond to Asn, Ser or Thr.
    Hydrogens come from OpenMM's Modeller; chain ends are charged. Hydrogens get standard bond
    lengths and angles; the file's atoms stay where they are.

    Without ``add_hydrogens`` residues that are not wanted go, and bonds are checked.

    Parameters
    ----------
    structure : LoadedStructure
        Without alternate locations.
    settings : PrepareSettings, optional

    Returns
    -------
    LoadedStructure
        What was done and decided is in its notes. Force-field parameters of a prmtop or top file
        are dropped if anything changed. Hydroxyl groups and waters do not look for hydrogen bonds.

    Raises
    ------
    StructureError
        Naming a residue: if a bond is too long to be one, as where residues are missing; if a
        residue is not known and has no hydrogens, or there is too little of it; if a sugar is not
        complete; if nothing is left.
    """
    settings = settings or PrepareSettings()
    structure = _without(structure, settings)
    topology, positions = structure.topology, 10 * structure.positions
    notes: list[str] = []
    if settings.add_hydrogens:
        if not structure.has_residues:
            raise StructureError("Hydrogens can be added only where the file names residues.")
        structure = _without_stubs(structure)
        topology, positions = _completed(structure, settings, notes)
        _keep_charges(structure.topology, topology)
        structure = replace(
            structure,
            states={},
            parameters=None,
            total_charge=None,
            num_unpaired_electrons=None,
        )
    else:
        _gaps(topology, positions, settings, notes)
    return replace(
        structure,
        topology=topology,
        positions=positions / 10,
        notes=(*structure.notes, *notes),
    )


def _without(structure: LoadedStructure, settings: PrepareSettings) -> LoadedStructure:
    """Leave out residues."""
    residues = list(structure.topology.residues())
    unwanted = set(settings.remove) | set(() if settings.keep_water else _WATER)
    names = {residue.name for residue in residues}
    if unknown := sorted(set(settings.remove) - names - set(map(name_of, residues))):
        raise StructureError(
            f"remove names {', '.join(unknown)}, which the structure does not have; it has "
            f"{', '.join(sorted(names))}, or single ones as in '{name_of(residues[0])}'."
        )
    kept = [r for r in residues if not {r.name, name_of(r)} & unwanted]
    if len(kept) == len(residues):
        return structure
    if not kept:
        raise StructureError("No residue is left; check what is removed.")
    gone = Counter(residue.name for residue in set(residues) - set(kept))
    removed = _of_residues(structure, kept, (f"left out: {_counted(gone)}",))
    _bond_across(structure.topology, removed.topology, kept)
    return removed


def _of_residues(
    structure: LoadedStructure, kept: Sequence[app.topology.Residue], notes: Iterable[str]
) -> LoadedStructure:
    """Keep some residues, and say so."""
    atoms = [atom for residue in kept for atom in residue.atoms()]
    states = structure.states
    return replace(
        structure,
        topology=copy_topology(structure.topology, atoms, structure.topology.bonds()),
        positions=structure.positions[[atom.index for atom in atoms]],
        parameters=None,
        states={k: states[r.index] for k, r in enumerate(kept) if r.index in states},
        notes=(*structure.notes, *notes),
        total_charge=None,
        num_unpaired_electrons=None,
    )


def _bond_across(
    old: app.Topology, new: app.Topology, kept: Sequence[app.topology.Residue]
) -> None:
    """Bond what a residue that is left out had joined: a gap like any other, to be refused."""
    copies = dict(zip(kept, new.residues(), strict=True))
    inside = {atom.residue for atom in joined_atoms(old) if atom.name in ("C", "N")}
    for chain in old.chains():
        before, is_cut = None, False
        for residue in chain.residues():
            if residue not in copies:
                is_cut |= residue in inside
                continue
            if before is not None and is_cut:
                acid = [atom for atom in copies[before].atoms() if atom.name == "C"]
                amine = [atom for atom in copies[residue].atoms() if atom.name == "N"]
                if acid and amine:
                    new.addBond(acid[0], amine[0])
            before, is_cut = residue, False


def _without_stubs(structure: LoadedStructure) -> LoadedStructure:
    """Leave out the ends of chains that cannot be completed."""
    gone = stubs(structure.topology)
    if not gone:
        return structure
    notes = [f"{name_of(r)} is left out; known is only {heavy_names(r)}" for r in gone]
    kept = [residue for residue in structure.topology.residues() if residue not in gone]
    return _of_residues(structure, kept, notes)


def _completed(
    structure: LoadedStructure, settings: PrepareSettings, notes: list[str]
) -> tuple[app.Topology, NDArray[np.float64]]:
    """Add whatever lacks; positions in angstrom."""
    topology = _without_metal_bonds(structure.topology, notes)
    positions = 10 * structure.positions
    topology, positions = with_standard_residues(topology, positions, notes)
    _require_known_hydrogens(topology)
    add_peptide_bonds(topology, positions, notes)
    topology = with_chain_ends(topology, _gaps(topology, positions, settings, notes))
    topology, positions = with_heavy_atoms(topology, positions, notes)
    if mirrored := [name_of(r) for r in topology.residues() if is_mirrored(r, positions)]:
        notes.append(f"D-amino acids: {', '.join(mirrored)}")
    notes += add_links(topology, positions)
    notes += contact_notes(topology, positions)
    variants: dict[int, Variant | str] = dict(glycan_variants(topology))
    if variants:
        sugars = Counter(r.name for r in topology.residues() if r.name in SUGARS)
        notes.append(f"kept sugars: {_counted(sugars)}")
    variants |= _formyl_variants(topology)
    told = _told_variants(topology, structure.states)
    ions = metal_variants(topology, positions, settings.metal_distance_angstrom, told, notes)
    return _with_hydrogens(topology, positions, ions | variants, settings.ph, notes)


def _without_metal_bonds(topology: app.Topology, notes: list[str]) -> app.Topology:
    bonds = [bond for bond in topology.bonds() if not any(map(is_metal, (bond[0], bond[1])))]
    if len(bonds) < topology.getNumBonds():
        count = topology.getNumBonds() - len(bonds)
        notes.append(f"{count} bonds of metals became contacts of ions")
    return copy_topology(topology, topology.atoms(), bonds)


def _gaps(
    topology: app.Topology,
    positions: NDArray[np.float64],
    settings: PrepareSettings,
    notes: list[str],
) -> list[LongBond]:
    """Refuse bonds that are too long, or, if they are allowed, find those that are to be cut."""
    found = long_bonds(topology, positions)
    if not settings.allow_gaps:
        forced = "makes chain ends" if settings.add_hydrogens else "leaves it one molecule"
        require_bonds(found, forced=forced)
    cut = [bond for bond in found if settings.add_hydrogens and bond.joins_residues]
    for bond in found:
        told = "are not bonded: both end chains" if bond in cut else "stay bonded"
        notes.append(f"{bond.ends}, {bond.length_angstrom:.1f} angstrom apart, {told}")
    return cut


def _require_known_hydrogens(topology: app.Topology) -> None:
    """Refuse residues without hydrogens that nobody knows, all of them at once."""
    unknown: dict[str, list[app.topology.Residue]] = {}
    for residue in topology.residues():
        atoms = list(residue.atoms())
        known = residue.name in _KNOWN or residue.name in SUGARS or len(atoms) == 1
        if residue.name == "UNK" or not (known or any(map(_is_hydrogen, atoms))):
            unknown.setdefault(residue.name, []).append(residue)
    if unknown:
        raise StructureError(
            f"The missing hydrogens are not known for residue {unknown_sentence(unknown)}; or add "
            "them with another program, and keep the bonds."
        )
    for chain in topology.chains():
        first = next(chain.residues())
        if first.name in _KNOWN and any(atom.name == "P" for atom in first.atoms()):
            raise StructureError(
                f"Residue {name_of(first)} begins a chain with a phosphate, whose hydrogens are "
                "not known; delete its P, OP1 and OP2 from the file."
            )


def _is_hydrogen(atom: app.topology.Atom) -> bool:
    return atom.element is app.element.hydrogen


def _formyl_variants(topology: app.Topology) -> dict[int, Variant]:
    """One hydrogen for formyl groups on a chain: Modeller's FOR is formaldehyde."""
    return {
        residue.index: [("H1", "C")]
        for residue in topology.residues()
        if residue.name == "FOR" and list(residue.external_bonds())
    }


def _told_variants(topology: app.Topology, states: Mapping[int, str]) -> dict[int, str]:
    """Protonation states that the names of residues in the file tell."""
    bridged = {atom.residue for bond in topology.bonds() if _is_bridge(bond) for atom in bond}
    residues = list(topology.residues())
    found = {}
    for index, state in states.items():
        residue = residues[index]
        if state == "MSE":
            continue
        if state not in _VARIANTS:
            raise StructureError(
                f"The hydrogens of residue {name_of(residue)} in its state {state} are not known; "
                f"expected one of {', '.join(_VARIANTS)}. Add them with another program."
            )
        if state == "CYX" and residue not in bridged:
            raise StructureError(
                f"Residue {name_of(residue)} is CYX, half of a disulfide bridge, but no other SG "
                "is within 3 angstrom; call it CYS (thiol) or CYM (thiolate) in the file."
            )
        found[index] = _VARIANTS[state]
    return found


def _is_bridge(bond: app.topology.Bond) -> bool:
    return bool(bond[0].name == bond[1].name == "SG")


def _with_hydrogens(
    topology: app.Topology,
    positions: NDArray[np.float64],
    variants: Mapping[int, Variant | str],
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
    modeller.delete(_no_hydrogens(modeller.topology))
    new = 10 * np.array(modeller.positions.value_in_unit(unit.nanometer))
    notes.append(f"{len(new) - before} hydrogens were added for pH {ph:g}")
    histidines = Counter(state for state in states if state in ("HID", "HIE", "HIP", "HIN"))
    if histidines:
        notes.append(f"histidines: {_counted(histidines)}")
    old = {tuple(row) for row in np.round(positions, 3).tolist()}
    added = [
        atom.index
        for atom in modeller.topology.atoms()
        if _is_hydrogen(atom) and tuple(np.round(new[atom.index], 3).tolist()) not in old
    ]
    return modeller.topology, relax_hydrogens(modeller.topology, new, added)


def _no_hydrogens(topology: app.Topology) -> list[app.topology.Atom]:
    """Hydrogens of the end of a chain, on an N that is bonded to another one's C."""
    inside = {atom for atom in joined_atoms(topology) if atom.name == "N"}
    return [
        bond[1]
        for bond in topology.bonds()
        if bond[0] in inside and bond[1].name in ("H2", "H3") and _is_hydrogen(bond[1])
    ]


def _keep_charges(old: app.Topology, new: app.Topology) -> None:
    """Give ions the charges of the file, which PDBFixer and Modeller lose."""
    for before, after in zip(old.residues(), new.residues(), strict=True):
        if len(before) == 1:
            next(after.atoms()).formalCharge = next(before.atoms()).formalCharge


def _counted(names: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(names.items()))
