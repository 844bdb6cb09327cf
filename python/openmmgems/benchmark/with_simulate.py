# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What the files of a run add to its steps.

A run writes its log, frames and checkpoints, here as often as it does by default. On the CPU they
cost no evaluation of a model: what the log computes serves the step after it. On devices the native
evaluator computes a line of the log by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .benchmark_systems import load_system
from .measure import Case, in_new_process, stepper
from .timed_steps import StepClock

#: Of a round, for each: others that make the machine slow do so for longer than one.
_PIECES = 20


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Attributes
    ----------
    case : Case
        Of the engine ``gems``.
    num_atoms : int
    seconds_per_step : list of tuple of float
        Of each round: of the integrator alone, and within a run as `gems simulate` makes it.
    """

    case: Case
    num_atoms: int
    seconds_per_step: list[tuple[float, float]]

    @property
    def medians(self) -> tuple[float, float]:
        """Median wall times of a step, s: integrator alone, and run."""
        first, second = np.median(self.seconds_per_step, axis=0)
        return float(first), float(second)

    @property
    def ratios(self) -> list[float]:
        """Run relative to the integrator alone, of each round."""
        return [run / alone for alone, run in self.seconds_per_step]

    @property
    def ratio(self) -> float:
        """Median of the rounds' ratios: what both share, such as a busy machine, cancels."""
        return float(np.median(self.ratios))


def compare_with_simulate(case: Case) -> Comparison:
    """Time both in turn, piece by piece, in one new process.

    Parameters
    ----------
    case : Case
        Its repeats are the rounds, each of its seconds for both.

    Returns
    -------
    Comparison
    """
    return in_new_process(_compare_here, replace(case, engine="gems"))


def _compare_here(case: Case) -> Comparison:
    structure = load_system(case.system)
    with (
        stepper(replace(case, engine="integrator"), structure) as (alone, *_),
        stepper(case, structure) as (run, *_),
    ):
        clocks = StepClock(alone), StepClock(run)
        rounds = [_one_round(clocks, case.seconds) for _ in range(case.repeats)]
    return Comparison(case, structure.num_atoms, rounds)


def _one_round(clocks: tuple[StepClock, StepClock], seconds: float) -> tuple[float, float]:
    """Time of a step by each clock."""
    before = [(clock.count, clock.seconds) for clock in clocks]
    while clocks[0].seconds - before[0][1] < seconds:
        for clock in (*clocks, *reversed(clocks)):  # neither is always the first
            clock.run(seconds / _PIECES)
    alone, run = (
        (clock.seconds - spent) / (clock.count - count)
        for clock, (count, spent) in zip(clocks, before, strict=True)
    )
    return alone, run
