# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Where structures come from, as their sources tell."""

import pytest
from openmmgems.core.atomic_system import Provenance
from openmmgems.data.sources import read_provenances, told_provenance


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("top-down:crambin:12:310:A ALA 15", Provenance("top-down", "crambin", "", 12)),
        ("top-down:a:b:3:0:A ALA 1", Provenance("top-down", "a:b", "", 3)),
        ("top-down:torn", Provenance("top-down", "torn")),
        ("bottom-up:CCO:nm-600K-3", Provenance("bottom-up", "CCO")),
        ("bottom-up:[CH3:1][OH:2]:md-300K-1", Provenance("bottom-up", "[CH3:1][OH:2]")),
        ("imported:qm7x.npz:41", Provenance("imported", "qm7x.npz", "", 41)),
        ("imported:a:b.xyz:41", Provenance("imported", "a:b.xyz", "", 41)),
        ("imported:alone", Provenance("imported", "imported:alone")),
        ("Ace-Ala-Nme 300 K, window 3", Provenance("imported", "Ace-Ala-Nme 300 K, window 3")),
        ("", Provenance("imported")),
    ],
)
def test_a_source_tells_kind_parent_and_frame(source: str, expected: Provenance) -> None:
    assert told_provenance(source) == expected


def test_arrays_of_a_file_count_more_than_its_sources() -> None:
    columns = {"source": ["top-down:crambin:1:2:A ALA 1", "x"], "parent": ["1crn", "y"]}
    assert read_provenances(columns | {"frame": [5, 6], "run": None}) == [
        Provenance("top-down", "1crn", "", 5),
        Provenance("imported", "y", "", 6),
    ]
