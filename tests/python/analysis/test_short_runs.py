# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What short runs tell: vibrations, bonds of the backbone, and the figure of both."""

from pathlib import Path

import mdtraj
import numpy as np
import pytest
from openmmgems.analysis.backbone import backbone_bond_lengths, backbone_rmsd
from openmmgems.analysis.vibrations import vibrational_density
from openmmgems.dynamics.protocol import Protocol
from openmmgems.reports.plots import save_figure
from openmmgems.reports.short_runs import compare_short_runs, read_short_run
from openmmgems.simulation import Forces, simulate

SPEED_OF_LIGHT = 0.0299792458  # cm/ps
SPACING = 0.001  # ps


def oscillators(wavenumbers: list[float], amplitudes: list[float], length: float) -> np.ndarray:
    """One atom for each, along x: positions [num_frames, num_atoms, 3]."""
    time = np.arange(0.0, length, SPACING)[:, None]
    positions = np.zeros((len(time), len(wavenumbers), 3))
    phases = 2.0 * np.pi * SPEED_OF_LIGHT * np.array(wavenumbers) * time
    positions[:, :, 0] = np.array(amplitudes) * np.cos(phases)
    return positions


def test_peaks_are_where_oscillators_are_and_weigh_their_kinetic_energy() -> None:
    wavenumbers, amplitudes, masses = [400.0, 3300.0], [0.02, 0.004], np.array([12.0, 1.0])
    found = vibrational_density(oscillators(wavenumbers, amplitudes, 2.0), masses, SPACING)
    assert np.trapezoid(found.density, found.wavenumbers) == pytest.approx(1.0)
    energies = masses * np.square(np.multiply(wavenumbers, amplitudes))
    for wavenumber, share in zip(wavenumbers, energies / energies.sum(), strict=True):
        near = np.abs(found.wavenumbers - wavenumber) < 150.0
        peak = found.wavenumbers[near][found.density[near].argmax()]
        assert peak == pytest.approx(wavenumber, abs=3.0)
        area = np.trapezoid(found.density[near], found.wavenumbers[near])
        assert area == pytest.approx(share, rel=0.01)


@pytest.mark.parametrize("length", [0.15, 1.0])
def test_a_peak_is_as_wide_as_is_said(length: float) -> None:
    found = vibrational_density(oscillators([1700.0], [0.01], length), np.ones(1), SPACING)
    high = found.wavenumbers[found.density > 0.5 * found.density.max()]
    step = found.wavenumbers[1]
    assert high[-1] - high[0] == pytest.approx(found.resolution, abs=2.0 * step)


def test_a_few_frames_have_no_vibrations() -> None:
    with pytest.raises(ValueError, match="There are 9 frames; expected at least 10"):
        vibrational_density(np.zeros((9, 1, 3)), np.ones(1), SPACING)


def test_bonds_of_the_backbone_are_found(peptide: Path) -> None:
    frame = mdtraj.load(str(peptide))
    at = {(a.residue.name, a.name): 10.0 * frame.xyz[0, a.index] for a in frame.top.atoms}
    found = backbone_bond_lengths(frame)
    assert {kind: lengths.shape for kind, lengths in found.items()} == {
        **{"N-H": (1, 2), "C=O": (1, 2), "C-N": (1, 2), "N-CA": (1, 1), "CA-C": (1, 1)},
    }
    expected = np.linalg.norm(at["ALA", "N"] - at["ALA", "CA"])
    assert found["N-CA"][0, 0] == pytest.approx(expected, abs=1e-4)


def test_a_moved_copy_is_at_no_distance(peptide: Path) -> None:
    frame = mdtraj.load(str(peptide))
    turned = frame.xyz[:, :, [1, 2, 0]] + 0.3
    changed = frame.xyz.copy()
    changed[0, frame.topology.select("name CA")[0]] += 0.05
    frames = mdtraj.Trajectory(np.concatenate([frame.xyz, turned, changed]), frame.topology)
    found = backbone_rmsd(frames)
    assert found[:2] == pytest.approx([0.0, 0.0], abs=2e-3)
    assert 0.1 < found[2] < 10.0 * 0.05 * np.sqrt(3.0)


def test_runs_are_drawn(peptide: Path, tmp_path: Path) -> None:
    protocol = Protocol(num_steps=30, frame_interval=2, log_interval=2, minimise=False)
    forces = Forces(force_field="amber99sb-ildn")
    folder = simulate(peptide, tmp_path / "run", forces=forces, protocol=protocol, platform="CPU")
    files = (folder.log, folder.trajectory("dcd"), folder.structure_file("start"))
    run = read_short_run("AMBER", *files, SPACING)
    assert len(run.rmsd) == len(run.frame_time_ps) == 15
    figure = compare_short_runs([run, run], "two runs")
    save_figure(figure, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    texts = [axes.get_title() for axes in figure.findobj(lambda a: hasattr(a, "get_xlim"))]
    assert any("vibrations, resolved to" in text for text in texts)
    with pytest.raises(ValueError, match="There are 0 runs"):
        compare_short_runs([], "none")
