# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Whether a step of the benchmark takes as long as one of `gems simulate`.

A run also writes its log, for which it computes the energy every 20 steps: some 5 % of a step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .measure import Case, measure


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Attributes
    ----------
    case : Case
        Of the engine ``gems``.
    num_atoms : int
    seconds_per_step : list of tuple of float
        Of each round: in the benchmark, and within a run as `gems simulate` makes it.
    """

    case: Case
    num_atoms: int
    seconds_per_step: list[tuple[float, float]]

    @property
    def medians(self) -> tuple[float, float]:
        """Median wall times of a step, s: benchmark, and run."""
        first, second = np.median(self.seconds_per_step, axis=0)
        return float(first), float(second)

    @property
    def ratios(self) -> list[float]:
        """Run relative to benchmark, of each round."""
        return [run / alone for alone, run in self.seconds_per_step]

    @property
    def ratio(self) -> float:
        """Median of the rounds' ratios: what both share, such as a busy machine, cancels."""
        return float(np.median(self.ratios))


def compare_with_simulate(case: Case) -> Comparison:
    """Measure both in turn, each time in a new process.

    Parameters
    ----------
    case : Case
        Its repeats are the rounds.

    Returns
    -------
    Comparison
    """
    once = replace(case, engine="gems", repeats=1)
    rounds = []
    for _ in range(case.repeats):
        alone, run = (measure(replace(once, engine=engine)) for engine in ("gems", "simulate"))
        rounds.append((alone.median, run.median))
    return Comparison(replace(case, engine="gems"), alone.num_atoms, rounds)
