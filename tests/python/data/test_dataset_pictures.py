# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Pictures and tables of what is in a data set."""

import dataclasses
from pathlib import Path

import h5py
import matplotlib.image
import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Label, Provenance
from openmmgems.data.dataset import Labelled, Origin, read_dataset, write_dataset
from openmmgems.data.dataset_pictures import _Summary, count_table, draw_dataset
from openmmgems.data.sources import SourceParts, source_parts

ORIGIN = Origin("test", "test 1")
SOURCES = [
    "bottom-up:CC(=O)N:start",
    "bottom-up:CC(=O)N:nm-600K-3",
    "bottom-up:[CH3:1][OH:2]:md-1000K-12",
    "top-down:crambin:12:310:A ALA 15",
    "top-down:crambin:12:310: HOH 900",
    "top-down:a:b:12:310:A ALA 15",
    "imported:qm7x.npz:3",
    "by hand",
]


def labelled(atoms: list[int], sources: list[str], energy_ev: float = -1.0) -> list[Labelled]:
    rng = np.random.default_rng(len(atoms))
    shape = (len(atoms), 3)
    return [
        (
            AtomicSystem(np.array(atoms), rng.normal(size=shape), source=source),
            Label(energy_ev, rng.normal(size=shape), rng.normal(size=3)),
        )
        for source in sources
    ]


def test_sources_are_taken_apart() -> None:
    assert [source_parts(source) for source in SOURCES] == [
        SourceParts("bottom-up", "CC(=O)N", "start structure"),
        SourceParts("bottom-up", "CC(=O)N", "normal modes"),
        SourceParts("bottom-up", "[CH3:1][OH:2]", "hot dynamics"),
        SourceParts("top-down", "crambin", "ALA"),
        SourceParts("top-down", "crambin", "HOH"),
        SourceParts("top-down", "a:b", "ALA"),
        SourceParts("imported", "qm7x.npz", ""),
        SourceParts("imported", "by hand", ""),
    ]


def test_structures_are_counted_by_source(tmp_path: Path) -> None:
    write_dataset(tmp_path / "d.h5", labelled([8, 1, 1], SOURCES), ORIGIN)
    assert count_table(tmp_path / "d.h5") == {
        "bottom-up": {"start structure": 1, "normal modes": 1, "hot dynamics": 1},
        "top-down": {"ALA": 2, "HOH": 1},
        "imported": {"qm7x.npz": 1, "by hand": 1},
    }


def test_structures_are_counted_by_what_they_say_themselves(tmp_path: Path) -> None:
    places = [Provenance("top-down", "1crn"), Provenance("crystal", "ice", frame=3)]
    pairs = [
        (dataclasses.replace(structure, provenance=place), label)
        for (structure, label), place in zip(labelled([8, 1, 1], ["a", "b"]), places, strict=True)
    ]
    write_dataset(tmp_path / "d.h5", pairs, ORIGIN)
    assert count_table(tmp_path / "d.h5") == {
        "top-down": {"unknown": 1},
        "imported": {"crystal": 1},
    }


def test_energies_above_elements(tmp_path: Path) -> None:
    """Energies that are sums over elements leave nothing; what is added to some is seen."""
    element = {1: -13.6, 6: -1030.0, 8: -2040.0}
    sets = [[8, 1, 1], [6, 1, 1, 1, 1], [6, 8], [6, 8, 8], [6, 6, 1, 1]]
    exact = [pair for z in sets for pair in labelled(z, SOURCES, sum(element[k] for k in z))]
    write_dataset(tmp_path / "d.h5", exact, ORIGIN)
    summary = _Summary()
    for group in read_dataset(tmp_path / "d.h5").values():
        summary.add(group)
    np.testing.assert_allclose(summary.excess_ev_per_atom(), 0.0, atol=1e-9)
    summary.energy_ev = [e + (0.3 if k % 2 else -0.3) for k, e in enumerate(summary.energy_ev)]
    expected = [(0.3 if k % 2 else -0.3) / n for k, n in enumerate(summary.num_atoms)]
    np.testing.assert_allclose(summary.excess_ev_per_atom(), expected, atol=1e-9)


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    labels = labelled([8, 1, 1], SOURCES) + labelled([2], SOURCES[:1])
    write_dataset(tmp_path / "d.h5", labels, ORIGIN)
    draw_dataset(tmp_path / "d.h5", tmp_path / "d.png")
    picture = matplotlib.image.imread(tmp_path / "d.png")
    assert picture.shape[0] > 700
    assert picture.std() > 0.05


def test_a_picture_without_top_down_fragments(tmp_path: Path) -> None:
    many = [f"bottom-up:{'C' * (k % 30)}O:nm-{k}" for k in range(60)]
    write_dataset(tmp_path / "d.h5", labelled([8, 1, 1], many), ORIGIN)
    draw_dataset(tmp_path / "d.h5", tmp_path / "d.png")
    assert (tmp_path / "d.png").stat().st_size > 10000


def test_an_empty_data_set_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path / "d.h5", [], ORIGIN)
    with pytest.raises(ValueError, match=r"d\.h5' holds no structures to draw"):
        draw_dataset(tmp_path / "d.h5", tmp_path / "d.png")
    assert count_table(tmp_path / "d.h5") == {}


def test_another_file_is_named(tmp_path: Path) -> None:
    h5py.File(tmp_path / "x.h5", "w").close()
    with pytest.raises(ValueError, match=r"x\.h5' is damaged or no data set"):
        draw_dataset(tmp_path / "x.h5", tmp_path / "x.png")
