# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers by restrained and free dynamics."""

import numpy as np
import openmm.app as app
import pytest
from openmmgems.sampling.dynamics import (
    Conformer,
    SamplingSettings,
    backbone_dihedrals,
    sample_peptide,
)
from openmmgems.sampling.peptides import build_capped_alanine

SETTINGS = SamplingSettings(
    num_windows=24, num_free_runs=2, frames_per_run=2, spacing_ps=0.05, equilibration_ps=0.1
)


@pytest.fixture(scope="module")
def alanine() -> app.Modeller:
    return build_capped_alanine(1)


@pytest.fixture(scope="module")
def conformers(alanine: app.Modeller) -> list[Conformer]:
    return list(sample_peptide("ala", alanine, SETTINGS))


def _dihedral(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> float:
    """Dihedral angle in radian, IUPAC sign."""
    axis = (c - b) / np.linalg.norm(c - b)
    first = (a - b) - np.dot(a - b, axis) * axis
    second = (d - c) - np.dot(d - c, axis) * axis
    return float(np.arctan2(np.dot(np.cross(axis, first), second), np.dot(first, second)))


def test_backbone_dihedrals_are_phi_and_psi_of_each_alanine() -> None:
    topology = build_capped_alanine(2).topology
    atoms = list(topology.atoms())
    found = [
        " ".join(f"{atoms[k].residue.index}{atoms[k].name}" for k in dihedral)
        for dihedral in backbone_dihedrals(topology)
    ]
    assert found == ["0C 1N 1CA 1C", "1N 1CA 1C 2N", "1C 2N 2CA 2C", "2N 2CA 2C 3N"]


def test_the_number_of_conformers_follows_the_settings(conformers: list[Conformer]) -> None:
    kinds = [c.source.split()[-1] for c in conformers]
    assert kinds.count("restrained") == 48
    assert kinds.count("free") == 4


def test_runs_take_the_temperatures_in_turn(conformers: list[Conformer]) -> None:
    assert [c.source for c in conformers[0:7:2]] == [
        "ala 300 K restrained",
        "ala 450 K restrained",
        "ala 600 K restrained",
        "ala 300 K restrained",
    ]


def test_restrained_runs_reach_every_quarter_of_the_ramachandran_plane(
    alanine: app.Modeller, conformers: list[Conformer]
) -> None:
    phi, psi = backbone_dihedrals(alanine.topology)
    restrained = [c.positions_angstrom for c in conformers if c.source.endswith("restrained")]
    quarters = {(_dihedral(*x[list(phi)]) > 0, _dihedral(*x[list(psi)]) > 0) for x in restrained}
    assert len(quarters) == 4


def test_no_bond_breaks(alanine: app.Modeller, conformers: list[Conformer]) -> None:
    bonds = np.array([(a.index, b.index) for a, b in alanine.topology.bonds()])
    for conformer in conformers:
        ends = conformer.positions_angstrom[bonds]
        lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
        assert lengths.min() > 0.8
        assert lengths.max() < 1.9


def test_alanine_stays_left_handed(alanine: app.Modeller, conformers: list[Conformer]) -> None:
    names = {a.name: a.index for a in alanine.topology.atoms() if a.residue.name == "ALA"}
    for conformer in conformers:
        n, c, cb, ca = (conformer.positions_angstrom[names[k]] for k in ("N", "C", "CB", "CA"))
        assert np.dot(np.cross(n - ca, c - ca), cb - ca) > 0.5


def test_the_same_seed_gives_the_same_conformers(alanine: app.Modeller) -> None:
    few = SamplingSettings(
        num_windows=1, num_free_runs=1, frames_per_run=2, spacing_ps=0.02, equilibration_ps=0.02
    )
    first = [c.positions_angstrom for c in sample_peptide("ala", alanine, few)]
    second = [c.positions_angstrom for c in sample_peptide("ala", alanine, few)]
    np.testing.assert_array_equal(first, second)
    assert np.abs(first[1] - first[0]).max() > 0.01
