# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Bottom-up fragments of structures: windows, molecules, start structures."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest
from openmm import app
from openmmgems.fragments.bottom_up import bottom_up_fragments
from openmmgems.fragments.bottom_up_molecules import named_systems, structure_systems
from openmmgems.fragments.drawings import draw_bottom_up
from openmmgems.fragments.fragment_settings import BottomUpSettings
from openmmgems.fragments.heavy_graph import HeavyGraph
from openmmgems.fragments.residues import capped_peptide
from openmmgems.fragments.starts import COMPLEX, start_structures
from openmmgems.systems.chemical_graph import chemical_graph
from openmmgems.systems.peptides import build_capped_alanine
from rdkit import Chem

NO_COMPLEXES = {"water_clusters": 0, "waters_per_ion": 0, "complexes": False}


def test_windows_change_nothing() -> None:
    graph = HeavyGraph(capped_peptide("GAVKDWCP"))
    whole = Counter(graph.saturated_graphs(7, window_roots=10**6))
    assert sum(whole.values()) > 300
    for window_roots in (1, 5, 24):
        assert Counter(graph.saturated_graphs(7, window_roots)) == whole


def test_windows_against_all_subsets() -> None:
    """Connected sets of a chain of rings, counted by trying every set of atoms."""
    molecule = Chem.MolFromSmiles("C1CC1C2CC2C3CC3CO")
    graph = nx.Graph([(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in molecule.GetBonds()])
    expected = sum(
        nx.is_connected(graph.subgraph(atoms))
        for size in range(1, 5)
        for atoms in combinations(graph, size)
    )
    for window_roots in (1, 3, 50):
        found = HeavyGraph(molecule).saturated_graphs(4, window_roots)
        assert sum(1 for _ in found) == expected


def solvated_peptide() -> app.Topology:
    """Ace-Ala2-Nme, two waters and Na+."""
    topology = build_capped_alanine(2).topology
    chain = topology.addChain()
    for _ in range(2):
        residue = topology.addResidue("HOH", chain)
        oxygen, *hydrogens = (
            topology.addAtom(name, app.Element.getBySymbol(name[0]), residue)
            for name in ("O", "H1", "H2")
        )
        for hydrogen in hydrogens:
            topology.addBond(oxygen, hydrogen)
    sodium = topology.addResidue("NA", chain)
    topology.addAtom("NA", app.Element.getBySymbol("Na"), sodium)
    return topology


def test_molecules_of_a_structure() -> None:
    systems = structure_systems(chemical_graph(solvated_peptide()), "wet")
    assert len(systems) == 2  # the waters are one, the ion has no graph
    assert all(name.startswith("wet ") for name in systems)
    found = {f.smiles: f.occurrences for f in bottom_up_fragments(systems, 6)}
    peptide = bottom_up_fragments({"AA": capped_peptide("AA")}, 6)
    assert found == {f.smiles: f.occurrences for f in peptide} | {"O": 1}
    topology = app.Topology()
    residue = topology.addResidue("NA", topology.addChain())
    topology.addAtom("NA", app.Element.getBySymbol("Na"), residue)
    with pytest.raises(ValueError, match="has single ions only"):
        structure_systems(chemical_graph(topology))


def test_named_systems() -> None:
    settings = BottomUpSettings(amino_acids=False, sequences=("GA",), smiles=("CCO",))
    assert set(named_systems(settings)) == {"Ace-GA-Nme", "CCO"}
    assert len(named_systems(BottomUpSettings(other_states=False, termini=False))) == 21
    with pytest.raises(ValueError, match="has the letter 'X'"):
        named_systems(BottomUpSettings(sequences=("GX",)))
    with pytest.raises(ValueError, match="is not SMILES"):
        named_systems(BottomUpSettings(smiles=("C(",)))


def test_start_structures() -> None:
    settings = BottomUpSettings(
        amino_acids=False, smiles=("CC[NH3+]",), water_clusters=2, waters_per_ion=1
    )
    calls: list[tuple[int, int]] = []
    starts = start_structures(settings, named_systems(settings), lambda *n: calls.append(n))
    names = [start.fragment.smiles for start in starts]
    graphs = ["C", "[NH4+]", "CC", "C[NH3+]", "CC[NH3+]"]
    assert names[:8] == [*graphs, "O.O", "[Na+].O", "[Cl-].O"]
    assert sorted(names[8:]) == sorted(f"{smiles}.O" for smiles in graphs)
    assert calls[-1] == (len(starts), len(starts))
    for start in starts:
        structure = start.structure
        assert structure.source == f"bottom-up:{start.fragment.smiles}:start"
        assert structure.charge == start.fragment.charge
        assert (structure.atomic_numbers > 1).sum() == start.fragment.num_heavy_atoms
        assert (start.fragment.parents == (COMPLEX,)) == ("." in start.fragment.smiles)
        distances = np.linalg.norm(
            structure.positions_angstrom[:, None] - structure.positions_angstrom[None], axis=2
        )
        assert distances[np.triu_indices(len(distances), 1)].min() > 0.7


def test_a_graph_without_conformation_is_kept_with_its_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(fragment: object, seed: int) -> None:
        raise RuntimeError("no conformation was found")

    monkeypatch.setattr("openmmgems.fragments.starts.three_dimensional", fail)
    settings = BottomUpSettings(amino_acids=False, smiles=("C",), **NO_COMPLEXES)
    (start,) = start_structures(settings, named_systems(settings))
    assert start.structure is None
    assert start.failure == "no conformation was found"
    with pytest.raises(ValueError, match="Nothing is selected"):
        start_structures(settings, {})


def test_drawings_of_graphs(tmp_path: Path) -> None:
    draw_bottom_up(["CCO", "C[NH3+].O", "[Na+].O"], tmp_path / "graphs.png", columns=2)
    height, width, _ = plt.imread(tmp_path / "graphs.png").shape
    assert (height, width) == (340, 400)
    with pytest.raises(ValueError, match="no fragments to draw"):
        draw_bottom_up([], tmp_path / "none.png")
