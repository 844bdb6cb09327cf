# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Capped alanine peptides, built from nothing."""

import openmm
import openmm.app as app
from openmm import unit
from rdkit import Chem
from rdkit.Chem import rdDistGeom

_RESIDUE_ATOMS = {
    "ACE": ("CH3", "C", "O"),
    "ALA": ("N", "CA", "CB", "C", "O"),
    "NME": ("N", "C"),
}


def amber_force_field() -> app.ForceField:
    """Load the force field AMBER99SB-ILDN."""
    return app.ForceField("amber99sbildn.xml")


def build_capped_alanine(num_alanines: int, seed: int = 0) -> app.Modeller:
    """Build Ace-Ala_n-Nme with hydrogens in a random conformation.

    Parameters
    ----------
    num_alanines : int
        Number of alanine residues, all L.
    seed : int
        Seed of the conformation.

    Returns
    -------
    openmm.app.Modeller
        Topology with AMBER's residue and atom names, and positions.

    """
    if num_alanines < 1:
        raise ValueError(f"num_alanines is {num_alanines}; expected 1 or more.")
    molecule = Chem.MolFromSmiles("CC(=O)" + "N[C@@H](C)C(=O)" * num_alanines + "NC")
    hydrogenated = Chem.AddHs(molecule)
    if rdDistGeom.EmbedMolecule(hydrogenated, randomSeed=seed) != 0:
        raise RuntimeError(f"No conformation of Ace-Ala{num_alanines}-Nme was found; try a seed.")
    positions = hydrogenated.GetConformer().GetPositions()[: molecule.GetNumAtoms()]
    modeller = app.Modeller(_heavy_topology(num_alanines), positions * unit.angstrom)
    modeller.addHydrogens(amber_force_field(), platform=openmm.Platform.getPlatform("Reference"))
    return modeller


def _heavy_topology(num_alanines: int) -> app.Topology:
    """Heavy atoms in the order of the SMILES string, with standard bonds."""
    topology = app.Topology()
    chain = topology.addChain("A")
    for name in ("ACE", *["ALA"] * num_alanines, "NME"):
        residue = topology.addResidue(name, chain)
        for atom in _RESIDUE_ATOMS[name]:
            topology.addAtom(atom, app.Element.getBySymbol(atom[0]), residue)
    topology.createStandardBonds()
    return topology
