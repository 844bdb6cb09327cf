# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Bottom-up fragments: all small chemical graphs that occur in given molecules.

Method: Unke et al., "Biomolecular dynamics with machine-learned quantum-mechanical force fields
trained on diverse chemical fragments", Sci. Adv. 10, eadn4397 (2024),
https://doi.org/10.1126/sciadv.adn4397, section "Bottom-up fragments".
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

from openmmgems.core.atomic_system import AtomicSystem

from .heavy_graph import GraphKey, HeavyGraph
from .residues import BOND_TYPES, heavy_molecule

_EMBEDDING_ATTEMPTS = 10
_EMBEDDING_ITERATIONS = 20
_RELAXATION_ROUNDS = 10
_RELAXATION_STEPS = 500


@dataclass(frozen=True)
class BottomUpFragment:
    """A chemical graph, saturated with hydrogen.

    ``smiles`` canonical, with formal charges and without stereochemistry, ``num_heavy_atoms``,
    ``charge`` in elementary charges, ``occurrences`` the number of atom sets with this graph in
    all systems together, ``parents`` the sorted names of the systems in which it occurs.
    """

    smiles: str
    num_heavy_atoms: int
    charge: int
    occurrences: int
    parents: tuple[str, ...]


def bottom_up_fragments(
    systems: Mapping[str, Chem.Mol],
    max_heavy_atoms: int = 8,
    progress: Callable[[int, int], None] | None = None,
) -> list[BottomUpFragment]:
    """Find every chemical graph of up to ``max_heavy_atoms`` heavy atoms in the systems.

    A graph is a connected set of heavy atoms with all bonds between them. It starts from one
    atom and grows by neighbours; each set of each molecule is visited once. Cut single bonds
    become hydrogens. A set that cuts a double, triple or aromatic bond cannot be saturated
    without a change of the bonding around its atoms: it is not emitted but grown until it is
    closed. The same holds for carboxylates and guanidinium groups, whose bonds are alike. This
    is done in one step, by growing over whole groups of atoms that such bonds join; the closed
    sets are exactly the unions of groups. So an aromatic ring comes whole, and not at all if
    its group is larger than ``max_heavy_atoms``, as indole (9) is for 8. Bonds count as they
    are given: a molecule after ``Chem.Kekulize(..., clearAromaticFlags=True)`` is cut at the
    single bonds of that Kekulé structure.

    Formal charges stay at their atoms, as they are written in the systems. Stereochemistry,
    isotopes and atom map numbers are dropped.

    Parameters
    ----------
    systems : Mapping[str, Chem.Mol]
        Sanitised molecules by name, with or without explicit hydrogens; a molecule may have
        several components.
    max_heavy_atoms : int
        Size of the largest graphs, 1 or more.
    progress : Callable[[int, int], None], optional
        Called after each system with the number of finished systems and of all systems.

    Returns
    -------
    list[BottomUpFragment]
        One per graph, sorted by heavy atoms, then by SMILES.

    Raises
    ------
    TypeError
        If a system is not a molecule.
    ValueError
        If ``max_heavy_atoms`` is below 1, ``systems`` is empty, a system has something other
        than ordinary atoms and bonds, or a fragment has unpaired electrons.

    """
    if max_heavy_atoms < 1:
        raise ValueError(f"max_heavy_atoms is {max_heavy_atoms}; expected 1 or more.")
    if not systems:
        raise ValueError("systems is empty; expected at least one molecule.")
    smiles_of: dict[GraphKey, str] = {}
    found: dict[str, BottomUpFragment] = {}
    for done, name in enumerate(sorted(systems), start=1):
        graph = HeavyGraph(heavy_molecule(systems[name], name))
        for key, count in Counter(graph.saturated_graphs(max_heavy_atoms)).items():
            if key not in smiles_of:
                smiles_of[key] = _closed_shell_smiles(key, name)
            _add(found, smiles_of[key], key, count, name)
        if progress is not None:
            progress(done, len(systems))
    return sorted(found.values(), key=lambda fragment: (fragment.num_heavy_atoms, fragment.smiles))


def _add(
    found: dict[str, BottomUpFragment], smiles: str, key: GraphKey, count: int, parent: str
) -> None:
    """Count a graph; parents come in sorted order."""
    known = found.get(smiles)
    parents = () if known is None else known.parents
    found[smiles] = BottomUpFragment(
        smiles,
        len(key.atoms),
        sum(atom.charge for atom in key.atoms),
        count if known is None else known.occurrences + count,
        parents if parents[-1:] == (parent,) else (*parents, parent),
    )


def _closed_shell_smiles(key: GraphKey, parent: str) -> str:
    """Canonical SMILES of a saturated graph; ValueError if it is not a closed-shell molecule."""
    molecule = Chem.RWMol()
    for number, charge, hydrogens, aromatic in key.atoms:
        atom = Chem.Atom(number)
        atom.SetFormalCharge(charge)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(hydrogens)
        atom.SetIsAromatic(aromatic)
        molecule.AddAtom(atom)
    for i, j, kind in key.bonds:
        molecule.AddBond(i, j, BOND_TYPES[kind])
        molecule.GetBondBetweenAtoms(i, j).SetIsAromatic(BOND_TYPES[kind] == BOND_TYPES[3])
    draft = Chem.MolToSmiles(molecule)
    with rdBase.BlockLogs():
        try:
            Chem.SanitizeMol(molecule)
        except Chem.MolSanitizeException as error:
            raise ValueError(f"Fragment {draft} of {parent!r} is no molecule: {error}") from error
    radicals = sum(atom.GetNumRadicalElectrons() for atom in molecule.GetAtoms())
    electrons = sum(atom.atomic_number - atom.charge + atom.num_hydrogens for atom in key.atoms)
    if radicals or electrons % 2:
        raise ValueError(
            f"Fragment {draft} of {parent!r} has {electrons} electrons, {radicals} of them "
            "radical; expected a closed shell. Check hydrogens and charges of the system."
        )
    # SMILES once more: the order of atoms is canonical only for a molecule read from SMILES.
    smiles = str(Chem.MolToSmiles(Chem.MolFromSmiles(Chem.MolToSmiles(molecule))))
    _check_formula(smiles, sum(atom.num_hydrogens for atom in key.atoms), electrons, parent)
    return smiles


def _check_formula(smiles: str, num_hydrogens: int, num_electrons: int, parent: str) -> None:
    """Refuse SMILES that lost or gained atoms or charge on the way."""
    atoms = list(Chem.MolFromSmiles(smiles).GetAtoms())
    hydrogens = sum(atom.GetTotalNumHs() for atom in atoms)
    electrons = hydrogens + sum(a.GetAtomicNum() - a.GetFormalCharge() for a in atoms)
    if (hydrogens, electrons) != (num_hydrogens, num_electrons):
        raise ValueError(
            f"Fragment {smiles} of {parent!r} has {hydrogens} hydrogens and {electrons} electrons; "
            f"expected {num_hydrogens} and {num_electrons}. Its formula is not balanced."
        )


def three_dimensional(fragment: BottomUpFragment, seed: int = 0) -> AtomicSystem:
    """Make a conformation of a fragment.

    Distance geometry with RDKit's ETKDGv3 on all atoms, then relaxation with the force field
    MMFF94, or UFF where MMFF94 has no parameters. Stereocentres are not specified in a
    fragment: their handedness depends on the seed.

    Parameters
    ----------
    fragment : BottomUpFragment
        The fragment.
    seed : int
        Seed of the conformation, 0 or more.

    Returns
    -------
    AtomicSystem
        Heavy atoms in the order of the SMILES, then hydrogens; charge of the fragment, spin 0,
        source ``bottom-up:<smiles>:start``.

    Raises
    ------
    ValueError
        If the seed is negative, or SMILES, number of heavy atoms and charge do not agree.
    RuntimeError
        If no conformation is found, or no force field can relax it.

    """
    if seed < 0:
        raise ValueError(f"seed is {seed}; expected 0 or more.")
    heavy = Chem.MolFromSmiles(fragment.smiles)
    if heavy is None:
        raise ValueError(f"Fragment {fragment.smiles!r} is not valid SMILES.")
    given = (fragment.num_heavy_atoms, fragment.charge)
    if given != (heavy.GetNumAtoms(), Chem.GetFormalCharge(heavy)):
        raise ValueError(
            f"Fragment {fragment.smiles} says {given[0]} heavy atoms and charge {given[1]}; its "
            f"SMILES has {heavy.GetNumAtoms()} and {Chem.GetFormalCharge(heavy)}."
        )
    molecule = Chem.AddHs(heavy)
    _embed(molecule, fragment.smiles, seed)
    _relax(molecule, fragment.smiles)
    return AtomicSystem(
        np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()], dtype=np.int64),
        np.array(molecule.GetConformer().GetPositions(), dtype=np.float64),
        fragment.charge,
        source=f"bottom-up:{fragment.smiles}:start",
    )


def _embed(molecule: Chem.Mol, smiles: str, seed: int) -> None:
    """Give the molecule positions; after a failure with the next seed and random coordinates."""
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.maxIterations = _EMBEDDING_ITERATIONS
    for attempt in range(_EMBEDDING_ATTEMPTS):
        parameters.randomSeed = seed + attempt
        parameters.useRandomCoords = attempt > 0
        with rdBase.BlockLogs():
            if rdDistGeom.EmbedMolecule(molecule, parameters) == 0:
                return
    raise RuntimeError(
        f"Fragment {smiles}: no conformation was found with seeds {seed} to "
        f"{seed + _EMBEDDING_ATTEMPTS - 1}; try another seed."
    )


def _relax(molecule: Chem.Mol, smiles: str) -> None:
    """Minimise the energy of the only conformation."""
    with rdBase.BlockLogs():
        minimise: Callable[..., int]
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(molecule):
            minimise = rdForceFieldHelpers.MMFFOptimizeMolecule
        elif rdForceFieldHelpers.UFFHasAllMoleculeParams(molecule):
            minimise = rdForceFieldHelpers.UFFOptimizeMolecule
        else:
            raise RuntimeError(f"Fragment {smiles}: neither MMFF94 nor UFF has its parameters.")
        for _ in range(_RELAXATION_ROUNDS):
            if minimise(molecule, maxIters=_RELAXATION_STEPS) == 0:
                return
    raise RuntimeError(f"Fragment {smiles}: the relaxation did not converge; try another seed.")
