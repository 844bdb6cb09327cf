# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Steps of a Context, of a run, and of a peer, made alike and timed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import openmm

from openmmgems.dynamics.protocol import GAS_CONSTANT
from openmmgems.dynamics.run import Run, next_chunk
from openmmgems.systems.structure import LoadedStructure

#: Steps, fs. All engines get the same.
TIME_STEP = 0.5
TEMPERATURE = 300.0
#: After so many steps atoms return to where they began: without forces they would collide.
STEPS_PER_EXCURSION = 20
#: They do so halfway between lines of a run's log, whose evaluation serves the step after it.
_FIRST_RETURN = STEPS_PER_EXCURSION // 2
_STEPS_TO_WARM_UP = 3

#: Makes steps: the number of the first, and how many at most; returns how many.
Steps = Callable[[int, int], int]


class StepClock:
    """Makes steps, as many at once as a run does, and adds up their time.

    Parameters
    ----------
    steps : callable
        See `Steps`.

    Attributes
    ----------
    count : int
        Steps made, without those that compile and warm up.
    seconds : float
        Wall time of these.
    """

    def __init__(self, steps: Steps) -> None:
        self._steps, self._next, self._chunk = steps, 0, 1
        while self._next < _STEPS_TO_WARM_UP:
            self._next += steps(self._next, 1)
        self.count, self.seconds = 0, 0.0

    def run(self, seconds: float) -> float:
        """Make steps for about so long, and one at least; return the time of one, s."""
        count, spent = 0, 0.0
        while not count or spent < seconds:
            start = time.perf_counter()
            made = self._steps(self._next, min(self._chunk, _steps_to_return(self._next)))
            took = time.perf_counter() - start
            count, spent, self._next = count + made, spent + took, self._next + made
            self._chunk = next_chunk(self._chunk, made / took)
        self.count += count
        self.seconds += spent
        return spent / count


def steps_of_context(context: openmm.Context) -> Steps:
    """Make steps of a Context, again and again from where it is now."""

    def make(most: int) -> int:
        context.getIntegrator().step(most)
        return most

    return _in_excursions(context, make)


def steps_of_run(run: Run) -> Steps:
    """Make steps as a run does, with its files; again and again from where it is now."""
    context = run.simulation.context

    def make(most: int) -> int:
        if run.step == run.protocol.num_steps:
            context.setStepCount(0)  # goes on as if it had just begun
        return run.make_steps(most)

    return _in_excursions(context, make)


def steps_of_peer(evaluate: Callable[..., Any], structure: LoadedStructure) -> Steps:
    """Call a peer's function with positions that move as atoms do at the temperature."""
    numbers = structure.atomic_numbers
    frames, cell = free_flight(structure)

    def steps(number: int, most: int) -> int:
        for each in range(number, number + most):
            evaluate(numbers, frames(each), cell)
        return most

    return steps


def free_flight(
    structure: LoadedStructure,
) -> tuple[Callable[[int], np.ndarray], np.ndarray | None]:
    """Positions by number of the step, and lattice vectors or None, in angstrom."""
    positions = 10.0 * structure.positions
    vectors = structure.topology.getPeriodicBoxVectors()
    cell = None if vectors is None else 10.0 * np.array([list(v._value) for v in vectors])
    masses = np.array([a.element.mass._value for a in structure.topology.atoms()])
    speeds = np.sqrt(GAS_CONSTANT * TEMPERATURE / masses)  # nm/ps along each axis
    scale = (10.0 * TIME_STEP * 1e-3 * speeds)[:, None]
    shifts = scale * np.random.default_rng(1).standard_normal(positions.shape)
    return lambda number: positions + (number % STEPS_PER_EXCURSION) * shifts, cell


def _steps_to_return(number: int) -> int:
    return STEPS_PER_EXCURSION - (number - _FIRST_RETURN) % STEPS_PER_EXCURSION


def _in_excursions(context: openmm.Context, make: Callable[[int], int]) -> Steps:
    start = context.getState(positions=True, velocities=True)

    def steps(number: int, most: int) -> int:
        if number % STEPS_PER_EXCURSION == _FIRST_RETURN:
            step = context.getStepCount()
            context.setState(start)
            context.setStepCount(step)  # by which a run knows what is due
        made = make(most)
        context.getState(velocities=True)  # waits for a device
        return made

    return steps
