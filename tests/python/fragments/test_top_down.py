# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Spheres cut out of structures: their chemistry, geometry, and what is refused."""

import importlib.resources
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import openmm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openmm import app
from openmmgems.fragments.centres import covering_centres
from openmmgems.fragments.drawings import draw_top_down
from openmmgems.fragments.top_down import TopDownFragment, top_down_fragment
from openmmgems.systems.chemical_graph import ChemicalGraph, chemical_graph
from openmmgems.systems.chemistry import guess_total_charge
from openmmgems.systems.structure import LoadedStructure, read_structure
from scipy.spatial.distance import cdist
from support.systems import TRICLINIC_ANGSTROM


def read(name: str) -> LoadedStructure:
    """One of the structures that come with the package."""
    file = importlib.resources.files("openmmgems") / "data/structures" / name
    return read_structure(str(file))


@pytest.fixture(scope="module")
def crambin() -> tuple[app.Topology, np.ndarray]:
    """Crambin with hydrogens, in the gas phase; angstrom."""
    structure = read("1crn.pdb")
    modeller = app.Modeller(structure.topology, structure.positions)
    platform = openmm.Platform.getPlatform("CPU")
    modeller.addHydrogens(app.ForceField("amber99sbildn.xml"), pH=7.0, platform=platform)
    return modeller.topology, 10 * np.array(modeller.positions._value)


@pytest.fixture(scope="module")
def graph(crambin: tuple[app.Topology, np.ndarray]) -> ChemicalGraph:
    return chemical_graph(crambin[0])


def peptide() -> tuple[app.Topology, np.ndarray]:
    structure = read("ace-ala2-nme.pdb")
    return structure.topology, 10 * structure.positions


def check(fragment: TopDownFragment, graph: ChemicalGraph) -> None:
    """Balanced, closed shells, room for the caps; bonds as distances tell."""
    structure, kept = fragment.structure, len(fragment.atoms)
    numbers, positions = structure.atomic_numbers, structure.positions_angstrom
    np.testing.assert_array_equal(numbers[:kept], graph.atomic_numbers[fragment.atoms])
    assert (numbers[kept:] == 1).all()
    assert len(numbers) == kept + len(fragment.caps)
    assert structure.charge == graph.charges[fragment.atoms].sum()
    assert (numbers.sum() - structure.charge) % 2 == 0
    assert all(atom.GetNumRadicalElectrons() == 0 for atom in fragment.molecule.GetAtoms())
    distances = cdist(positions, positions) + 9 * np.eye(len(numbers))
    host = {kept + k: list(fragment.atoms).index(cut[0]) for k, cut in enumerate(fragment.caps)}
    for cap, own in host.items():
        assert distances[cap, own] < 1.35
        distances[cap, own] = distances[own, cap] = 9
    assert distances[kept:].min(initial=9) >= 0.8


def test_all_of_crambin(crambin: tuple[app.Topology, np.ndarray], graph: ChemicalGraph) -> None:
    topology, positions = crambin
    assert graph.charges.sum() == guess_total_charge(topology)
    charges = Counter()
    for atom, charge in enumerate(graph.charges):
        charges[graph.residues[atom].split()[1]] += charge
    assert charges["ARG"] == 2  # two of them
    assert charges["THR"] == 1  # the N terminus
    assert charges["ASP"] == charges["GLU"] == -1
    assert charges["ASN"] == -1  # the C terminus
    whole = top_down_fragment(graph, positions, 0, radius_angstrom=100.0)
    assert len(whole.caps) == 0
    np.testing.assert_array_equal(whole.atoms, np.arange(len(positions)))
    np.testing.assert_allclose(whole.structure.positions_angstrom, positions - positions[0])
    centres = [atom.index for atom in topology.atoms() if atom.name == "CA"]
    for centre in centres:
        fragment = top_down_fragment(graph, positions, centre, parent="crambin", frame=3)
        check(fragment, graph)
        near = np.linalg.norm(positions - positions[centre], axis=1) <= 8.0
        assert set(np.flatnonzero(near)) <= set(fragment.atoms.tolist())
        own = f"{centre}:{graph.residues[centre]}"
        assert fragment.structure.source == f"top-down:crambin:3:{own}"
        assert fragment.residue == graph.residues[centre]


def test_only_single_bonds_are_cut(graph: ChemicalGraph) -> None:
    cut = graph.may_be_cut
    elements = np.sort(graph.atomic_numbers[graph.bonds], axis=1)
    assert not cut[(elements == 1).any(axis=1)].any()
    assert not cut[graph.orders > 1].any()
    charged = (graph.charges[graph.bonds] < 0).any(axis=1)
    assert not cut[charged].any()  # both oxygens of a carboxylate stay
    residues = np.array([graph.residues[i].split()[1] for i in graph.bonds[:, 0]])
    carbon_nitrogen = (elements == [6, 7]).all(axis=1) & (residues == "ARG")
    degrees = np.bincount(graph.bonds.ravel())
    of_carbon = np.where(graph.atomic_numbers[graph.bonds[:, 0]] == 6, *graph.bonds.T)
    guanidinium = [
        bond
        for bond in np.flatnonzero(carbon_nitrogen)
        if degrees[of_carbon[bond]] == 3
        and sum(graph.atomic_numbers[other] == 7 for other, _ in graph.bonds_of[of_carbon[bond]])
        == 3
    ]
    assert len(guanidinium) == 6
    assert not cut[guanidinium].any()
    tyrosine = (elements == [6, 6]).all(axis=1) & (residues == "TYR")
    assert tyrosine.sum() == 2 * 9
    assert cut[tyrosine].sum() == 2 * 3  # but for the ring's


def test_small_spheres_around_every_atom_of_a_peptide() -> None:
    topology, positions = peptide()
    graph = chemical_graph(topology)
    for centre in range(len(positions)):
        for radius in (0.1, 1.2, 1.7, 2.6, 3.4):
            check(top_down_fragment(graph, positions, centre, radius_angstrom=radius), graph)
    methane = next(a.index for a in topology.atoms() if a.name == "CB")
    fragment = top_down_fragment(graph, positions, methane, radius_angstrom=0.1)
    assert sorted(fragment.structure.atomic_numbers) == [1, 1, 1, 1, 6]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), centre=st.integers(0, 31))
def test_periodic_images_do_not_matter(seed: int, centre: int) -> None:
    topology, positions = peptide()
    graph, cell = chemical_graph(topology), 2.5 * TRICLINIC_ANGSTROM
    moves = np.random.default_rng(seed).integers(-3, 4, positions.shape)
    used = {"radius_angstrom": 4.0, "cell_angstrom": cell}
    expected = top_down_fragment(graph, positions, centre, radius_angstrom=4.0)
    found = top_down_fragment(graph, positions + moves @ cell, centre, **used)
    np.testing.assert_array_equal(found.atoms, expected.atoms)
    np.testing.assert_allclose(
        found.structure.positions_angstrom, expected.structure.positions_angstrom, atol=1e-10
    )


def test_a_charged_group_stays_whole(
    crambin: tuple[app.Topology, np.ndarray], graph: ChemicalGraph
) -> None:
    """Aspartate's carboxylate, cut right through by the sphere."""
    topology, positions = crambin
    centre = next(a.index for a in topology.atoms() if (a.residue.name, a.name) == ("ASP", "OD1"))
    fragment = top_down_fragment(graph, positions, centre, radius_angstrom=1.0)
    assert fragment.structure.charge == -1
    assert sorted(fragment.structure.atomic_numbers) == [1, 6, 8, 8]  # formate


def test_centres_cover_evenly() -> None:
    rng = np.random.default_rng(1)
    positions = rng.uniform(0, 30, (500, 3))
    cell = 30 * np.eye(3)
    for used in (None, cell):
        centres = covering_centres(
            positions, range(0, 500, 2), spacing_angstrom=7.0, cell_angstrom=used
        )
        offsets = positions[0:500:2, None] - positions[centres]
        apart = positions[centres][:, None] - positions[centres]
        if used is not None:
            offsets -= 30 * np.round(offsets / 30)
            apart -= 30 * np.round(apart / 30)
        assert np.linalg.norm(offsets, axis=2).min(axis=1).max() <= 7.0
        separations = np.linalg.norm(apart, axis=2) + 99 * np.eye(len(centres))
        assert separations.min() > 7.0
        assert all(centre % 2 == 0 for centre in centres)
    with pytest.raises(ValueError, match="selection is empty"):
        covering_centres(positions, [])
    with pytest.raises(ValueError, match="spacing_angstrom is 0"):
        covering_centres(positions, [1], spacing_angstrom=0)


def test_what_makes_no_sense() -> None:
    topology, positions = peptide()
    graph = chemical_graph(topology)
    wrong = positions.copy()
    wrong[3, 1] = np.nan
    for arguments, options, message in (
        ((wrong, 0), {}, "expected finite numbers"),
        ((positions[:5], 0), {}, r"has shape \(5, 3\)"),
        ((positions, 99), {}, "centre is 99; expected an atom from 0 to 31"),
        ((positions, 0), {"radius_angstrom": 0.0}, "expected a positive length"),
        ((positions, 0), {"cell_angstrom": 15 * np.eye(3)}, "15.00 angstrom wide; expected at"),
        ((positions, 0), {"cell_angstrom": np.eye(2)}, "expected three box vectors"),
    ):
        with pytest.raises(ValueError, match=message):
            top_down_fragment(graph, *arguments, **options)
    with pytest.raises(ValueError, match=r"too few bonds.*hydrogens missing"):
        chemical_graph(read("1crn.pdb").topology)


def test_a_chain_through_the_box_is_refused() -> None:
    """A polymer without ends meets itself."""
    topology = app.Topology()
    residue = topology.addResidue("POL", topology.addChain())
    carbons = [topology.addAtom(f"C{k}", app.Element.getBySymbol("C"), residue) for k in range(4)]
    positions = [[1.4 * k, 0.3 * (k % 2), 0.0] for k in range(4)]
    for k, carbon in enumerate(carbons):
        topology.addBond(carbon, carbons[(k + 1) % 4])
        hydrogen = topology.addAtom(f"H{k}", app.Element.getBySymbol("H"), residue)
        topology.addBond(carbon, hydrogen)
        positions.append([1.4 * k, 0.3 * (k % 2) + 1.0, 0.0])
    graph, cell = chemical_graph(topology), np.diag([5.6, 20.0, 20.0])
    with pytest.raises(ValueError, match="meets its own periodic image"):
        top_down_fragment(graph, np.array(positions), 0, cell_angstrom=cell, radius_angstrom=2.0)


def test_a_drawing(
    crambin: tuple[app.Topology, np.ndarray], graph: ChemicalGraph, tmp_path: Path
) -> None:
    fragments = [top_down_fragment(graph, crambin[1], centre) for centre in (0, 100, 300, 500)]
    draw_top_down(fragments, tmp_path / "drawing.png", columns=2)
    height, width, _ = plt.imread(tmp_path / "drawing.png").shape
    assert (height, width) == (720, 840)
    with pytest.raises(ValueError, match="no fragments to draw"):
        draw_top_down([], tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def test_halogens_stay_on_their_carbon() -> None:
    """Chloroethane, cut between the carbons only."""
    topology = app.Topology()
    residue = topology.addResidue("CLE", topology.addChain())
    symbols = ["C", "C", "Cl", "H", "H", "H", "H", "H"]
    atoms = [topology.addAtom(s, app.Element.getBySymbol(s), residue) for s in symbols]
    for i, j in ((0, 1), (0, 2), (0, 3), (0, 4), (1, 5), (1, 6), (1, 7)):
        topology.addBond(atoms[i], atoms[j])
    positions = np.random.default_rng(3).uniform(0, 3, (8, 3))
    graph = chemical_graph(topology)
    assert graph.may_be_cut.tolist() == [True] + 6 * [False]
    fragment = top_down_fragment(graph, positions, 2, radius_angstrom=0.01)
    assert {0, 2, 3, 4} <= set(fragment.atoms.tolist())
