# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The sample of the recipe's data: what is in it, and that its labels can be made again."""

from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.data.dataset import Group, read_dataset, read_origin
from openmmgems.data.sources import BOTTOM_UP, TOP_DOWN, source_parts
from openmmgems.engines.registry import make_engine

RESIDUES = {
    *("ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE"),
    *("LEU", "LYS", "MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL"),
}


@pytest.fixture(scope="module")
def sample(data_folder: Path) -> dict[str, Group]:
    return read_dataset(data_folder / "labels" / "proteins-in-water-sample.h5")


def test_all_residues_ions_and_ways_are_in_it(sample: dict[str, Group]) -> None:
    parts = [source_parts(source) for group in sample.values() for source in group.source]
    centres = {part.group for part in parts if part.kind == TOP_DOWN}
    assert centres >= RESIDUES | {"NA", "CL", "HOH"}
    assert {p.group for p in parts if p.kind == BOTTOM_UP} == {"normal modes", "hot dynamics"}
    sizes = [len(g.atomic_numbers) for g in sample.values() for _ in g.source]
    assert min(sizes) < 5
    assert max(sizes) > 150


def test_forces_add_up_to_nothing(sample: dict[str, Group]) -> None:
    for group in sample.values():
        assert np.abs(group.forces.sum(axis=1)).max() < 1e-3


def test_labels_can_be_made_again(sample: dict[str, Group], data_folder: Path) -> None:
    engine = make_engine("gfn2-xtb")
    origin = read_origin(data_folder / "labels" / "proteins-in-water-sample.h5")
    assert origin.level_of_theory == engine.level_of_theory
    assert origin.settings == engine.settings
    for group in sorted(sample.values(), key=lambda group: len(group.atomic_numbers))[::30]:
        structure = AtomicSystem(
            group.atomic_numbers,
            group.positions[0],
            charge=int(group.charge[0]),
            spin=int(group.spin[0]),
        )
        label = engine.label(structure)
        assert label.energy_ev == pytest.approx(group.energy[0], abs=1e-5)
        np.testing.assert_allclose(label.forces_ev_per_angstrom, group.forces[0], atol=1e-3)
        np.testing.assert_allclose(label.dipole_e_angstrom, group.dipole[0], atol=1e-3)
