# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Smooth attention of imported checkpoints, from the key maxima of a reference structure."""

from pathlib import Path

import numpy as np
import pytest
from openmmgems import Evaluator
from openmmgems.models.molecules import molecule_inputs
from openmmgems.models.published_checkpoint import import_checkpoint, read_checkpoint
from support import oracle

CHECKPOINT = oracle.ORACLE / "models" / "model_b.pth"


def test_smooth_attention_needs_a_reference_structure() -> None:
    model, _ = read_checkpoint(oracle.ORACLE / "models" / "model_b.pth")
    with pytest.raises(ValueError, match="--smooth-reference"):
        model.set_attention(2)


def mirrored_waters(stretch: float) -> np.ndarray:
    """Two mirrored waters, but for an O-H bond longer in the first and shorter in the other."""
    water = np.array([[1.45, 0.0, 0.12], [1.9, 0.76, -0.45], [1.2, -0.8, -0.35]])
    first, second = water.copy(), water.copy()
    first[1] += stretch * (water[1] - water[0])
    second[1] -= stretch * (water[1] - water[0])
    return np.concatenate([first, second * [-1, 1, 1]])


def test_smooth_equals_exact_at_the_reference_and_has_no_kink(tmp_path: Path) -> None:
    numbers = [8, 1, 1, 8, 1, 1]
    inputs = molecule_inputs(numbers, mirrored_waters(0.01))
    import_checkpoint(CHECKPOINT, tmp_path / "model.pt", smooth_reference=inputs)
    exact = Evaluator(tmp_path / "model.pt", attention="exact").evaluate
    smooth = Evaluator(tmp_path / "model.pt").evaluate
    at_reference = [e(numbers, mirrored_waters(0.01))["energy_ev"] for e in (exact, smooth)]
    assert at_reference[0] == pytest.approx(at_reference[1], rel=1e-12)
    jumps = []
    for evaluate in (exact, smooth):
        sides = [evaluate(numbers, mirrored_waters(side * 1e-6)) for side in (-1, 1)]
        forces = [side["forces_ev_per_angstrom"] for side in sides]
        jumps.append(np.abs(forces[1] - forces[0]).max())
    assert jumps[0] > 1e-2
    assert jumps[1] < 1e-3
