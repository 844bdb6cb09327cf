# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Trajectories of any length go on."""

from pathlib import Path

import mdtraj
import numpy as np
import openmm
import pytest
from openmm import app
from openmmgems.dynamics.protocol import Protocol
from openmmgems.dynamics.reporters import TrajectoryFile

EVERY = 2**27


@pytest.mark.parametrize("file_format", ["dcd", "xtc"])
@pytest.mark.parametrize("num_kept", [5, 15, 16, 17, 30])
def test_a_trajectory_goes_on_beyond_two_to_the_31_steps(
    tmp_path: Path, peptide: Path, file_format: str, num_kept: int
) -> None:
    """Frame 16 is step 2^31, which headers of DCD files cannot hold."""
    pdb = app.PDBFile(str(peptide))
    protocol = Protocol(frame_interval=EVERY, trajectory_format=file_format)
    system = openmm.System()
    for _ in range(22):
        system.addParticle(1.0)
    platform = openmm.Platform.getPlatform("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(pdb.positions)
    state = context.getState(positions=True)
    path = tmp_path / f"trajectory.{file_format}"
    trajectory, sizes = TrajectoryFile(path, pdb.topology, protocol), [0]
    for _ in range(30):
        trajectory.report(None, state)
        sizes.append(trajectory.size)
    trajectory.close()
    again = TrajectoryFile(path, pdb.topology, protocol, sizes[num_kept], num_kept)
    for _ in range(3):
        again.report(None, state)
    again.close()
    assert again.num_frames == num_kept + 3
    found = mdtraj.load(str(path), top=str(peptide))
    assert len(found) == num_kept + 3
    assert np.allclose(found.xyz, pdb.getPositions(asNumpy=True)._value, atol=1e-3)
