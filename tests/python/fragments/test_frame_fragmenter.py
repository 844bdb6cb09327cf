# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Centres and fragments of many frames: which, how often, and what is refused."""

import dataclasses
import importlib.resources
from collections import Counter
from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.errors import RunFolderError
from openmmgems.core.locks import locked_folder
from openmmgems.data.structure_file import read_kept_atoms, read_structures
from openmmgems.fragments.collect import collect_fragments, read_rows
from openmmgems.fragments.fragment_settings import TopDownSettings
from openmmgems.fragments.frame_fragmenter import FrameFragmenter, fragment_frames
from openmmgems.fragments.kinds import all_residues, at_interface, occurring, select_residues
from openmmgems.fragments.picker import CentrePicker, _lifted_shares
from openmmgems.fragments.top_down import check_closed, top_down_fragment
from openmmgems.systems.chemical_graph import ChemicalGraph, chemical_graph
from openmmgems.systems.peptides import build_capped_alanine
from openmmgems.systems.prepare import prepare_structure
from openmmgems.systems.structure import LoadedStructure
from pydantic import ValidationError
from scipy.spatial.distance import cdist


@pytest.fixture(scope="module")
def solvated() -> tuple[app.Topology, np.ndarray, np.ndarray]:
    """A charged tripeptide in water and salt; angstrom."""
    file = importlib.resources.files("openmmgems") / "data/structures/1crn.pdb"
    with file.open() as stream:
        pdb = app.PDBFile(stream)
    modeller = app.Modeller(pdb.topology, pdb.positions)
    modeller.delete([r for r in pdb.topology.residues() if r.index > 3])  # THR THR CYS CYS
    modeller.topology.setPeriodicBoxVectors(None)
    positions = np.array(modeller.positions._value)
    made = prepare_structure(LoadedStructure(modeller.topology, positions, Path("1crn.pdb")))
    modeller = app.Modeller(made.topology, made.positions * unit.nanometer)
    modeller.addSolvent(
        app.ForceField("amber99sbildn.xml", "tip3p.xml"),
        boxSize=openmm.Vec3(2.4, 2.4, 2.4) * unit.nanometer,
        ionicStrength=0.3 * unit.molar,
    )
    return modeller.topology, 10 * np.array(modeller.positions._value), 24.0 * np.eye(3)


@pytest.fixture(scope="module")
def graph(solvated: tuple[app.Topology, np.ndarray, np.ndarray]) -> ChemicalGraph:
    return chemical_graph(solvated[0])


def frames(solvated, number: int) -> list:
    """Frames that differ a little."""
    generator = np.random.default_rng(1)
    _, positions, cell = solvated
    return [
        (positions + generator.normal(0, 0.02, positions.shape), cell, k) for k in range(number)
    ]


def test_kinds_of_residues(solvated, graph: ChemicalGraph) -> None:
    kinds = Counter(residue.kind for residue in all_residues(graph, solvated[0]))
    waters = sum(residue.name == "HOH" for residue in solvated[0].residues())
    assert kinds.pop("water") == waters
    assert kinds.pop("Na+") == kinds.pop("Cl-") > 0
    assert kinds == {"NTHR": 1, "THR": 1, "CYS": 1, "CCYS": 1}


@pytest.mark.parametrize(
    ("residue", "atoms", "kind"),
    [
        ("HIS", "ND1-H", "HID"),
        ("HIS", "NE2-H", "HIE"),
        ("HIP", "ND1-H NE2-H", "HIP"),
        ("ASP", "OD2-H", "ASH"),
        ("GLH", "OE1", "GLU"),
        ("LYS", "NZ", "LYN"),
        ("LYS", "NZ+", "LYS"),
        ("CYS", "SG-", "CYM"),
        ("CYS", "SG", "CYX"),
        ("ASN", "ND2-H", "NLN"),
        ("LIG", "", "LIG"),
    ],
)
def test_protonation_states(residue: str, atoms: str, kind: str) -> None:
    """Made up: a backbone, and the atoms that decide ("-H" carries one, "+" and "-" a charge)."""
    topology = app.Topology()
    new = topology.addResidue(residue, topology.addChain())
    words = atoms.split()
    names = [*(["N", "CA", "C"] if residue != "LIG" else ["C1", "C2"])]
    names += [word.removesuffix("-H").rstrip("+-") for word in words]
    numbers = [{"N": 7, "C": 6, "O": 8, "S": 16}[name[0]] for name in names]
    charges = [0] * (len(names) - len(words))
    charges += [{"+": 1, "-": -1}.get(word[-1], 0) for word in words]
    bonds = []
    for k, word in enumerate(words, start=len(names) - len(words)):
        if word.endswith("-H"):
            bonds.append((k, len(numbers)))
            numbers.append(1)
            charges.append(0)
    for k, number in enumerate(numbers):
        name = names[k] if k < len(names) else f"H{k}"
        topology.addAtom(name, app.Element.getByAtomicNumber(number), new)
    graph = ChemicalGraph(
        np.array(numbers),
        np.array(bonds, dtype=np.int64).reshape(-1, 2),
        np.ones(len(bonds), np.int64),
        np.array(charges),
        np.zeros(len(bonds), bool),
        tuple("A X 1" for _ in numbers),
    )
    (found,) = all_residues(graph, topology)
    assert (found.kind, found.family) == (kind, "other" if residue == "LIG" else "protein")


def test_each_kind_is_a_centre_often_enough(solvated, graph: ChemicalGraph) -> None:
    settings = TopDownSettings(
        centres=("all",), centres_per_frame=10, minimum_share=0.1, radius_angstrom=3.0
    )
    picker = CentrePicker(all_residues(graph, solvated[0]), settings)
    chosen = [picker.pick(*frame) for frame in frames(solvated, 20)]
    assert all(len(set(centres)) == 10 for centres in chosen)
    assert sum(picker.counts.values()) == 200
    # six rare kinds with a tenth each; the rest is water
    assert {kind: picker.counts[kind] for kind in ("NTHR", "THR", "CYS", "CCYS", "Na+", "Cl-")} == (
        dict.fromkeys(("NTHR", "THR", "CYS", "CCYS", "Na+", "Cl-"), 20)
    )
    assert picker.counts["water"] == 80
    names = [atom.residue for atom in solvated[0].atoms()]
    used = Counter(names[c] for centres in chosen for c in centres if names[c].name == "HOH")
    assert max(used.values()) == 1  # others come first
    again = CentrePicker(all_residues(graph, solvated[0]), settings)
    assert [again.pick(*frame) for frame in frames(solvated, 20)] == chosen
    other = CentrePicker(all_residues(graph, solvated[0]), settings.model_copy(update={"seed": 1}))
    assert [other.pick(*frame) for frame in frames(solvated, 20)] != chosen


def test_a_spacing_covers_every_frame(solvated, graph: ChemicalGraph) -> None:
    settings = TopDownSettings(centres=("protein", "Na+"), spacing_angstrom=4.0, minimum_share=0.15)
    residues = all_residues(graph, solvated[0])
    picker = CentrePicker(residues, settings)
    members = np.concatenate(
        [r.atoms for r in residues if r.family == "protein" or r.kind == "Na+"]
    )
    for positions, cell, number in frames(solvated, 3):
        centres = picker.pick(positions, cell, number)
        offsets = positions[members][:, None] - positions[centres][None]
        offsets -= 24.0 * np.round(offsets / 24.0)
        assert np.linalg.norm(offsets, axis=2).min(axis=1).max() <= 4.0
    total = sum(picker.counts.values())
    assert min(picker.counts.values()) >= 0.15 * total
    assert set(picker.counts) == {"NTHR", "THR", "CYS", "CCYS", "Na+"}


def test_shares() -> None:
    shares = _lifted_shares({"a": 96, "b": 3, "c": 1}, 0.1)
    assert shares == pytest.approx({"a": 0.8, "b": 0.1, "c": 0.1})
    assert _lifted_shares({"a": 5, "b": 1}, 1.0) == pytest.approx({"a": 0.5, "b": 0.5})


def test_fragments_of_frames(solvated, graph: ChemicalGraph) -> None:
    settings = TopDownSettings(centres=("protein", "ions"), centres_per_frame=4, radius_angstrom=5)
    calls = []
    found = list(
        fragment_frames(
            graph, solvated[0], frames(solvated, 2), settings, "salt", lambda *n: calls.append(n)
        )
    )
    assert calls == [(1, 4), (2, 8)]
    assert [fragment.frame for fragment in found] == [0] * 4 + [1] * 4
    for fragment in found:
        check_closed(graph, fragment)
        residue = graph.residues[fragment.centre]
        expected = f"top-down:salt:{fragment.frame}:{fragment.centre}:{residue}"
        assert fragment.structure.source == expected


def test_equal_fragments_come_once() -> None:
    modeller = build_capped_alanine(1)
    positions = 10 * np.array(modeller.positions._value)
    graph = chemical_graph(modeller.topology)
    for deduplicate, number in ((True, 1), (False, 5)):
        settings = TopDownSettings(
            centres_per_frame=5, deduplicate=deduplicate, radius_angstrom=20.0
        )
        frame = [(positions, None, 0)]
        assert len(list(fragment_frames(graph, modeller.topology, frame, settings))) == number


def test_residues_at_an_interface(solvated, graph: ChemicalGraph) -> None:
    """Against all distances, for two copies of the peptide; through the box as well."""
    topology, positions, _ = solvated
    modeller = app.Modeller(topology, positions / 10 * unit.nanometer)
    modeller.delete([r for r in topology.residues() if r.name in ("HOH", "NA", "CL")])
    single = 10 * np.array(modeller.positions._value)
    modeller.add(modeller.topology, (single + [0, 0, 9.0]) / 10 * unit.nanometer)
    both = 10 * np.array(modeller.positions._value)
    residues = all_residues(chemical_graph(modeller.topology), modeller.topology)
    near = at_interface(residues, both, 5.0)
    expected = [
        any(
            cdist(both[one.atoms], both[other.atoms]).min() < 5.0
            for other in residues
            if other.chain != one.chain
        )
        for one in residues
    ]
    assert near == expected
    assert 0 < sum(near) < len(near)
    moved = both + np.where(np.arange(len(both)) < len(single), 0, 30.0)[:, None]
    assert at_interface(residues, moved, 5.0, 30.0 * np.eye(3)) == expected
    assert at_interface(residues, moved, 5.0) == [False] * len(residues)
    settings = TopDownSettings(interface_angstrom=5.0)
    with pytest.raises(ValueError, match=r"Frame 7 has no residue within 5.0 angstrom of another"):
        CentrePicker(residues, settings).pick(moved, None, 7)
    centres = CentrePicker(residues, settings).pick(both, None, 0)
    allowed = {int(a) for r, ok in zip(residues, near, strict=True) if ok for a in r.atoms}
    assert set(centres) <= allowed


def test_an_interrupted_collection_goes_on(
    solvated, graph: ChemicalGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TopDownSettings(
        centres=("protein", "water"), centres_per_frame=3, minimum_share=0.1, radius_angstrom=3.0
    )

    def fragmenter(parent: str = "salt") -> FrameFragmenter:
        return FrameFragmenter(graph, solvated[0], settings, parent)

    expected = collect_fragments(fragmenter(), frames(solvated, 4), tmp_path / "whole.h5")
    monkeypatch.setattr("openmmgems.fragments.collect.BLOCK_CENTRES", 1)
    out = tmp_path / "fragments.h5"
    (tmp_path / "fragments.h5.parts").mkdir()  # all that is there after a kill at once

    def stop(count: int, _: int) -> None:
        if count == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect_fragments(fragmenter(), frames(solvated, 4), out, stop)
    assert not out.exists()
    with pytest.raises(ValueError, match="holds parts of other fragments"):
        collect_fragments(fragmenter("other"), frames(solvated, 4), out)
    with (
        locked_folder(tmp_path / "fragments.h5.parts"),
        pytest.raises(RunFolderError, match=r"Another process is running in '.*\.parts'"),
    ):
        collect_fragments(fragmenter(), frames(solvated, 4), out)
    cut = []
    original = FrameFragmenter.cut
    monkeypatch.setattr(
        FrameFragmenter,
        "cut",
        lambda self, frame, centres: cut.append(frame[2]) or original(self, frame, centres),
    )
    rows = collect_fragments(fragmenter(), frames(solvated, 4), out)
    assert cut == [2, 3]
    assert rows == expected == read_rows(tmp_path / "fragments.csv")
    assert not (tmp_path / "fragments.h5.parts").exists()
    first, second = read_structures(out), read_structures(tmp_path / "whole.h5")
    assert len(first) == 12
    for one, other, row, kept in zip(first, second, rows, read_kept_atoms(out), strict=True):
        assert one.source == other.source
        np.testing.assert_array_equal(one.positions_angstrom, other.positions_angstrom)
        assert len(one.atomic_numbers) == row.atoms == len(kept) + row.caps
        assert one.charge == row.charge
    with pytest.raises(ValueError, match="no frames to cut"):
        collect_fragments(fragmenter(), [], tmp_path / "none.h5")


def test_wrong_fragments_are_found(solvated, graph: ChemicalGraph) -> None:
    topology, positions, cell = solvated
    centre = next(a.index for a in topology.atoms() if a.name == "CA")
    good = top_down_fragment(graph, positions, centre, cell_angstrom=cell, radius_angstrom=3.0)
    check_closed(graph, good)
    structure, atoms = good.structure, good.atoms
    close = structure.positions_angstrom.copy()
    close[-1] = close[0]
    numbers = structure.atomic_numbers.copy()
    numbers[0] += 2
    cases = {
        "within 0.8 angstrom of a cap": {
            "structure": dataclasses.replace(structure, positions_angstrom=close)
        },
        "formula": {"structure": dataclasses.replace(structure, atomic_numbers=numbers)},
        "charge is not the sum": {
            "structure": dataclasses.replace(structure, charge=structure.charge + 2)
        },
        "lost or won a bond": {"atoms": np.roll(atoms, 1)},
    }
    for message, change in cases.items():
        with pytest.raises(RuntimeError, match=message):
            check_closed(graph, dataclasses.replace(good, **change))


def test_open_shells_are_refused(solvated, graph: ChemicalGraph) -> None:
    """A fragment that has lost a hydrogen is no singlet."""
    topology, positions, cell = solvated
    centre = next(a.index for a in topology.atoms() if a.name == "CA")
    whole = top_down_fragment(graph, positions, centre, cell_angstrom=cell, radius_angstrom=3.0)
    structure = whole.structure
    with pytest.raises(ValueError, match=r"0 cannot be unpaired. Check charge, hydrogens"):
        AtomicSystem(
            structure.atomic_numbers[:-1], structure.positions_angstrom[:-1], structure.charge
        )


def test_broken_chains_are_refused(solvated, graph: ChemicalGraph) -> None:
    topology, positions, cell = solvated
    names = [(atom.residue.index, atom.name) for atom in topology.atoms()]
    broken = positions.copy()
    behind = [k for k, (residue, _) in enumerate(names) if residue in (2, 3)]
    broken[behind] += [0, 0, 6.0]
    near, far = names.index((1, "C")), names.index((0, "N"))
    with pytest.raises(ValueError, match=r"between A THR 2 and A CYS 3 is .* angstrom long"):
        top_down_fragment(graph, broken, near, cell_angstrom=cell, radius_angstrom=2.0)
    top_down_fragment(graph, broken, far, cell_angstrom=cell, radius_angstrom=2.0)


def test_shared_settings_lose_families_that_a_system_lacks(solvated, graph: ChemicalGraph) -> None:
    residues = all_residues(graph, solvated[0])
    assert occurring(residues, ["protein", "water", "other", "LIG"]) == ("protein", "water", "LIG")
    assert occurring(residues, ["other"]) == ()


def test_what_makes_no_sense(solvated, graph: ChemicalGraph) -> None:
    topology, positions, cell = solvated
    residues = all_residues(graph, topology)
    with pytest.raises(ValueError, match=r"'LIG', which is nothing of this system.*CCYS, CYS, Cl-"):
        select_residues(residues, ["protein", "LIG"])
    with pytest.raises(ValueError, match="topology has 32 atoms, the graph"):
        all_residues(graph, build_capped_alanine(2).topology)
    frame = [(positions, cell, 0)]
    settings = TopDownSettings(radius_angstrom=13.0)
    with pytest.raises(ValueError, match=r"box is 24.00 angstrom wide; expected at least 26.00"):
        list(fragment_frames(graph, topology, frame, settings))
    with pytest.raises(ValueError, match="expected a name without ':'"):
        list(fragment_frames(graph, topology, frame, TopDownSettings(), "a:b"))
    for wrong, message in (
        ({"spacing_angstrom": 5.0, "centres_per_frame": 3}, "not both"),
        ({"radius_angstrom": 0.0}, "greater than 0"),
        ({"centres": ()}, "at least 1"),
        ({"spacing": 3.0}, "not permitted"),
        ({"seed": -1}, "greater than or equal to 0"),
    ):
        with pytest.raises(ValidationError, match=message):
            TopDownSettings(**wrong)
