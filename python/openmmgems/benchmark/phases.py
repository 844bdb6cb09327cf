# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Where the native evaluator spends its time, beside the machine's own rate of multiplication."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from openmmgems import _core
from openmmgems.evaluator import Evaluator
from openmmgems.models.hyperparameters import Hyperparameters
from openmmgems.models.inspect import inspect_model

#: Polynomials of degree five give filters, those of degree four their slopes.
_SPLINES, _SPLINES_OF_SLOPES = 6, 5


@dataclass(frozen=True)
class Phase:
    """One phase of an evaluation.

    Attributes
    ----------
    name : str
    seconds : float
        Wall time in one evaluation.
    share : float
        Of the evaluation's time.
    gflop_per_second : float, optional
        Where operations can be counted; a multiplication with an addition is two.
    """

    name: str
    seconds: float
    share: float
    gflop_per_second: float | None


def measure_phases(
    model: Path,
    atomic_numbers: np.ndarray,
    frames: Sequence[np.ndarray],
    cell: np.ndarray | None,
    num_threads: int,
) -> list[Phase]:
    """Evaluate frames in single precision, and tell the mean time of each phase.

    Parameters
    ----------
    model : path
        Model file of a SpookyNet.
    atomic_numbers : int array [num_atoms]
    frames : sequence of array [num_atoms, 3]
        Positions, angstrom, that follow each other as in a simulation; the first warms up.
    cell : array [3, 3], optional
        Lattice vectors, angstrom.
    num_threads : int

    Returns
    -------
    list of Phase
        The longest first.
    """
    evaluator = Evaluator(model, "native", "float32", num_threads=num_threads)
    totals: dict[str, float] = {}
    for number, positions in enumerate(frames):
        result = evaluator.evaluate(atomic_numbers, positions, cell_angstrom=cell)
        for name, seconds in result["phase_seconds"].items() if number > 0 else ():
            totals[name] = totals.get(name, 0.0) + seconds / (len(frames) - 1)
    options = Hyperparameters(**inspect_model(model).description["hyperparameters"])
    pairs = len(_core.list_pairs(frames[0], cell, options.cutoff)[0])
    operations = count_operations(options, len(atomic_numbers), pairs)
    whole = sum(totals.values())
    phases = [
        Phase(
            name,
            seconds,
            seconds / whole,
            operations[name] / seconds / 1e9 if name in operations else None,
        )
        for name, seconds in totals.items()
    ]
    return sorted(phases, key=lambda phase: -phase.seconds)


def count_operations(options: Hyperparameters, num_atoms: int, num_pairs: int) -> dict[str, float]:
    """Floating-point operations of the phases that consist of products and sums.

    What the first module computes of the composition alone is not counted, nor is what is
    computed twice to save memory.
    """

    def mlp(num_residual: int) -> int:
        return 2 * num_residual + 1

    width, numbers = options.num_features, 5 if options.use_irreps else 6
    projections = 2 * (3 + numbers)
    always = (
        projections
        + mlp(options.num_residual_local)
        + 2 * options.num_residual_post
        + mlp(options.num_residual_output)
    )
    later = 2 * options.num_residual_pre + sum(
        mlp(getattr(options, f"num_residual_{name}"))
        for name in ("local_x", "local_s", "local_p", "local_d")
        + ("nonlocal_q", "nonlocal_k", "nonlocal_v")
    )
    forward, reverse = (
        options.num_modules * always + (options.num_modules - 1) * (later + attention)
        for attention in (4, 6)
    )
    collect = 3 * _SPLINES + 6 + numbers
    to_pairs = 3 * (_SPLINES + _SPLINES_OF_SLOPES) + 23 + 2 * numbers
    to_sources = 6 + numbers
    return {
        "features": 2.0 * num_atoms * width**2 * forward,
        "features, reverse": 2.0 * num_atoms * width**2 * reverse,
        "messages": 2.0 * num_pairs * width * options.num_modules * collect,
        "messages, reverse": 2.0
        * num_pairs
        * width
        * (options.num_modules * (to_pairs + to_sources) - to_sources),
    }


def matrix_rate(width: int, num_threads: int) -> float:
    """GFLOP/s of torch's product of matrices [3000, width] and [width, width], the best of many."""
    torch.set_num_threads(num_threads)
    left, right = torch.randn(3000, width), torch.randn(width, width)
    result = left @ right
    best = float("inf")
    for _ in range(100):
        start = time.perf_counter()
        torch.mm(left, right, out=result)
        best = min(best, time.perf_counter() - start)
    return 2.0 * left.numel() * width / best / 1e9
