# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Observables and figures."""

import subprocess
import sys
from pathlib import Path

import mdtraj
import numpy as np
import pytest
from openmmgems.analysis.energies import read_energy_log
from openmmgems.analysis.ramachandran import (
    backbone_dihedrals,
    ramachandran_density,
    read_backbone_dihedrals,
)
from openmmgems.reports.plots import RunData, compare_runs, save_figure


def dihedral(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> float:
    """IUPAC dihedral from the planes' normals, written independently of MDTraj."""
    first, second = np.cross(b - a, c - b), np.cross(c - b, d - c)
    axis = (c - b) / np.linalg.norm(c - b)
    return np.arctan2(np.dot(np.cross(first, second), axis), np.dot(first, second))


def test_dihedrals_agree_with_their_definition(data_folder: Path) -> None:
    file = data_folder / "structures" / "ace-ala-nme.pdb"
    found = read_backbone_dihedrals(file, file)
    frame = mdtraj.load(str(file))
    at = {(a.residue.name, a.name): frame.xyz[0, a.index].astype(float) for a in frame.top.atoms}
    phi = dihedral(at["ACE", "C"], at["ALA", "N"], at["ALA", "CA"], at["ALA", "C"])
    psi = dihedral(at["ALA", "N"], at["ALA", "CA"], at["ALA", "C"], at["NME", "N"])
    assert found.residues == ["ALA2"]
    assert found.phi[0, 0] == pytest.approx(phi, abs=1e-4)
    assert found.psi[0, 0] == pytest.approx(psi, abs=1e-4)


def test_frames_that_a_trajectory_lost_are_told(data_folder: Path, tmp_path: Path) -> None:
    structure, path = data_folder / "structures" / "ace-ala-nme.pdb", tmp_path / "t.dcd"
    frame = mdtraj.load(str(structure))
    mdtraj.join([frame] * 3).save(str(path))
    assert len(read_backbone_dihedrals(path, structure).phi) == 3
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="ends after 2 of 3 frames"):
        read_backbone_dihedrals(path, structure)


def test_a_molecule_without_backbone_is_refused() -> None:
    topology = mdtraj.Topology()
    residue = topology.add_residue("HOH", topology.add_chain())
    topology.add_atom("O", mdtraj.element.oxygen, residue)
    with pytest.raises(ValueError, match="both phi and psi"):
        backbone_dihedrals(np.zeros((1, 1, 3)), topology)


def test_the_density_is_normalised() -> None:
    angles = np.random.default_rng(3).uniform(-np.pi, np.pi, (2, 500, 2))
    density, edges = ramachandran_density(*angles, num_bins=12)
    assert density.sum() * (edges[1] - edges[0]) ** 2 == pytest.approx(1.0)


def test_a_log_is_read_by_column(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,time_ps,volume_nm3\n0,0.0,\n10,0.5,\n")
    log = read_energy_log(path)
    assert log["time_ps"].tolist() == [0.0, 0.5]
    assert np.isnan(log["volume_nm3"]).all()


def test_runs_are_drawn_side_by_side(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    runs = [
        RunData(
            name,
            np.arange(50.0),
            random.normal(size=50) - shift,
            random.normal(300, 20, 50),
            random.uniform(-3, 3, (20, 1)),
            random.uniform(-3, 3, (20, 1)),
        )
        for name, shift in (("first", 1e5), ("second", 0.0))
    ]
    figure = compare_runs(runs, "title")
    axes = {a.get_title() or a.get_ylabel(): a for a in figure.get_axes()}
    assert {"first", "second", "temperature (K)"} <= set(axes)
    (energies,) = [a for label, a in axes.items() if "kJ/mol" in label]
    assert [line.get_ydata().min() for line in energies.lines[::2]] == [0.0, 0.0]
    save_figure(figure, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="expected 1 to 4"):
        compare_runs([], "none")


def test_analysis_and_the_command_line_need_no_torch() -> None:
    code = (
        "import sys, openmmgems.reports.plots, openmmgems.analysis.ramachandran, "
        "openmmgems.analysis.energies, openmmgems.cli.app; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
