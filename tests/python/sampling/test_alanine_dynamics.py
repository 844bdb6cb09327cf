# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers by restrained and free dynamics."""

import numpy as np
import openmm
import pytest
from openmm import app
from openmmgems.sampling import alanine_dynamics as dynamics
from openmmgems.sampling.alanine_dynamics import (
    Conformer,
    SamplingSettings,
    backbone_dihedrals,
    sample_peptide,
)
from openmmgems.systems.peptides import build_capped_alanine

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
    kinds = [c.source.split()[3] for c in conformers]
    assert kinds.count("restrained") == 48
    assert kinds.count("free") == 4


def test_runs_take_the_temperatures_in_turn(conformers: list[Conformer]) -> None:
    assert [c.source for c in conformers[0:7:2]] == [
        "ala 300 K restrained run 1",
        "ala 450 K restrained run 2",
        "ala 600 K restrained run 3",
        "ala 300 K restrained run 4",
    ]


def test_restrained_runs_reach_every_quarter_of_the_ramachandran_plane(
    alanine: app.Modeller, conformers: list[Conformer]
) -> None:
    phi, psi = backbone_dihedrals(alanine.topology)
    restrained = [c.positions_angstrom for c in conformers if " restrained " in c.source]
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


def test_another_seed_gives_other_conformers(alanine: app.Modeller) -> None:
    one_target = {"num_windows": 1, "num_free_runs": 0, "frames_per_run": 1}
    short = {"spacing_ps": 0.02, "equilibration_ps": 0.02}
    first, second = (
        next(sample_peptide("ala", alanine, SamplingSettings(**one_target, **short, seed=seed)))
        for seed in (5, 6)
    )
    assert np.abs(first.positions_angstrom - second.positions_angstrom).max() > 0.01


@pytest.mark.parametrize("window", [10, 34])
def test_a_run_to_a_far_target_keeps_the_molecule_whole(
    window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pulled straight from the built structure to these targets of the default settings, an angle
    # became straight and the molecule flew apart.
    target = dynamics._spread_targets(100, 4, SamplingSettings().seed)[window]
    monkeypatch.setattr(dynamics, "_spread_targets", lambda *arguments: target[None])
    settings = SamplingSettings(
        num_windows=1,
        num_free_runs=1,
        frames_per_run=3,
        spacing_ps=0.02,
        equilibration_ps=0.2,
        temperatures=(450.0,),
    )
    dialanine = build_capped_alanine(2)
    bonds = np.array([(a.index, b.index) for a, b in dialanine.topology.bonds()])
    for conformer in sample_peptide("ala2", dialanine, settings):
        positions = conformer.positions_angstrom
        distance = np.linalg.norm(positions[:, None] - positions, axis=-1)
        assert distance[~np.eye(len(positions), dtype=bool)].min() > 0.8
        assert distance[bonds[:, 0], bonds[:, 1]].max() < 1.8


def test_restrained_conformers_are_near_their_targets(alanine: app.Modeller) -> None:
    settings = SamplingSettings(
        num_windows=8,
        num_free_runs=0,
        frames_per_run=5,
        spacing_ps=0.05,
        equilibration_ps=0.2,
        temperatures=(300.0,),
    )
    frames = [c.positions_angstrom for c in sample_peptide("ala", alanine, settings)]
    dihedrals = backbone_dihedrals(alanine.topology)
    angles = np.array([[_dihedral(*frame[list(four)]) for four in dihedrals] for frame in frames])
    targets = np.repeat(dynamics._spread_targets(8, 2, settings.seed), 5, axis=0)
    distance = np.abs(np.angle(np.exp(1j * (angles - targets))))
    # The restraint's thermal width is 12 degrees; steric strain moves some windows further.
    assert np.degrees(np.median(distance)) < 20.0


def test_targets_cover_all_angles() -> None:
    targets = dynamics._spread_targets(64, 2, seed=5)
    counts, _, _ = np.histogram2d(*targets.T, bins=4, range=[[-np.pi, np.pi]] * 2)
    assert counts.sum() == 64
    assert counts.min() >= 2


def test_sampling_does_not_leave_the_platform_to_chance(
    alanine: app.Modeller, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, named = openmm.Context, []

    def recording(*arguments: object) -> openmm.Context:
        context = original(*arguments)
        named.append((len(arguments), context.getPlatform().getName()))
        return context

    monkeypatch.setattr(openmm, "Context", recording)
    settings = SamplingSettings(
        num_windows=1, num_free_runs=0, frames_per_run=1, spacing_ps=0.01, equilibration_ps=0.01
    )
    assert len(list(sample_peptide("ala", alanine, settings))) == 1
    assert named == [(4, "CPU")]
