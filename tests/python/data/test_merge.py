# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Data sets of one level become one; those of different levels do not."""

from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.data.dataset import Origin, read_origin, write_dataset
from openmmgems.data.import_data import read_labelled
from openmmgems.data.merge import merge_datasets

ALL_PAIRS = {"electrostatics": "all pairs and images"}


def write(path: Path, origin: Origin, *sources: str) -> Path:
    generator = np.random.default_rng(1)
    pairs = []
    for k, source in enumerate(sources):
        positions = generator.normal(size=(3, 3))
        cell = 9.0 * np.eye(3) if k % 2 else None
        system = AtomicSystem(np.array([8, 1, 1]), positions, source=source, cell_angstrom=cell)
        dipole = np.full(3, np.nan) if k % 2 else np.zeros(3)
        virial = np.eye(3) if k % 2 else None
        pairs.append((system, Label(float(k), positions, dipole, virial)))
    write_dataset(path, pairs, origin)
    return path


def test_what_is_of_one_level_becomes_one(tmp_path: Path) -> None:
    """Boxes and molecules, whatever version of the program made them."""
    first = write(tmp_path / "a.h5", Origin("SO3LR", "gems 1", ALL_PAIRS), "a", "b", "c")
    second = write(tmp_path / "b.h5", Origin("SO3LR", "gems 2", ALL_PAIRS), "d", "e")
    assert merge_datasets(tmp_path / "all.h5", [first, second]) == 5
    found = {system.source: (system, label) for system, label in read_labelled(tmp_path / "all.h5")}
    assert set(found) == set("abcde")
    assert found["b"][0].cell_angstrom is not None
    np.testing.assert_array_equal(found["e"][1].virial_ev, np.eye(3))
    assert read_origin(tmp_path / "all.h5") == Origin("SO3LR", "gems 1; gems 2", ALL_PAIRS)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            Origin("SO3LR, cutoff 12 A", "gems 1", ALL_PAIRS),
            "'a.h5' has the level of theory SO3LR, 'b.h5' SO3LR, cutoff 12 A: these do not go",
        ),
        (
            Origin("SO3LR", "so3krates-torch 0.2.1", {"long_range_cutoff_angstrom": 1000.0}),
            r"has the settings .*all pairs.*'b.h5' .*1000\.0.*: these do not go together",
        ),
    ],
)
def test_what_is_of_different_levels_is_refused(
    tmp_path: Path, other: Origin, message: str
) -> None:
    first = write(tmp_path / "a.h5", Origin("SO3LR", "gems 1", ALL_PAIRS), "a")
    second = write(tmp_path / "b.h5", other, "b")
    with pytest.raises(ValueError, match=message):
        merge_datasets(tmp_path / "all.h5", [first, second])
    assert not (tmp_path / "all.h5").exists()


def test_nothing_cannot_be_merged(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No data sets are given"):
        merge_datasets(tmp_path / "all.h5", [])
