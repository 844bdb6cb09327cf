# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How long jobs take and how much memory they need: their kind's estimate, and experience.

A kind of jobs knows its cost only roughly, and not the machine. What finished jobs took, divided by
what was estimated for them, corrects it: the median where times are added up, nearly the largest
where memory must suffice. Jobs of similar size count, if there are enough.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from openmmgems.core.quantities import format_seconds
from openmmgems.core.stages import Estimate

from .job_kind import Cost, JobKind
from .store import Job, JobStore, Need
from .worker_settings import JobSettings

_REMEMBERED = 2000
_ENOUGH = 10
_SIMILAR = 1.5
_MARGIN = 1.5
_LIMIT_FACTOR = 20.0
_SHORTEST_LIMIT_S = 600.0


class Estimator:
    """Estimates for jobs of one kind.

    Parameters
    ----------
    kind : JobKind
    settings : JobSettings
    """

    def __init__(self, kind: JobKind, settings: JobSettings) -> None:
        self._kind = kind
        self._settings = settings
        self._costs: dict[int, Cost] = {}
        self._seen: deque[tuple[int, float, float, float]] = deque(maxlen=_REMEMBERED)
        self._array: NDArray[np.float64] | None = None

    def need(self, num_atoms: int) -> Need:
        """What a new job may use, by its kind's estimate and the settings."""
        cost = self._cost(num_atoms)
        limit = self._settings.time_limit_s
        return Need(
            memory_mb=max(_MARGIN * cost.memory_mb, self._settings.min_memory_mb),
            time_limit_s=limit or max(_LIMIT_FACTOR * cost.seconds, _SHORTEST_LIMIT_S),
            estimate_s=cost.seconds,
        )

    def memory_at_once(self, sizes: Sequence[int]) -> float:
        """Memory that jobs of so many atoms each may use if they are calculated at once, MB."""
        at_once = self._kind.at_once
        if at_once is None:
            raise ValueError(f"{self._kind.name} calculates one structure at a time.")
        return max(_MARGIN * at_once.cost(sizes).memory_mb, self._settings.min_memory_mb)

    def learn(self, num_atoms: int, seconds: float | None, peak_memory_mb: float | None) -> None:
        """Take note of what a job took."""
        if seconds is None or seconds <= 0:
            return
        cost = self._cost(num_atoms)
        memory = np.nan if peak_memory_mb is None else peak_memory_mb / cost.memory_mb
        self._seen.append((num_atoms, seconds, seconds / cost.seconds, memory))
        self._array = None

    def learn_from(self, store: JobStore) -> None:
        """Take note of what the latest jobs of a store took."""
        rows = store.query(
            "SELECT length(atomic_numbers), seconds, peak_memory_mb FROM result "
            "JOIN job ON job.id = result.job JOIN structure ON structure.id = job.structure "
            "WHERE level = ? ORDER BY result.job DESC LIMIT 500",
            self._kind.level,
        )
        for row in reversed(rows):
            self.learn(*row)

    def seconds(self, num_atoms: int) -> float:
        """How long a job of so many atoms takes."""
        return self._cost(num_atoms).seconds * self.time_factor(num_atoms)

    def total(self, sizes: Mapping[int, int]) -> Estimate:
        """
        Estimate what many jobs take, one after the other.

        Parameters
        ----------
        sizes : mapping of int to int
            How many jobs there are, by number of atoms.
        """
        if not sizes:
            return Estimate("nothing is left to calculate", 0.0)
        seconds = {size: self.seconds(size) for size in sizes}
        return Estimate(
            f"{sum(sizes.values())} structures, up to {format_seconds(max(seconds.values()))} "
            "each, on one worker",
            sum(number * seconds[size] for size, number in sizes.items()),
            1e6 * max(self.need(size).memory_mb for size in sizes),
        )

    def time_factor(self, num_atoms: int | None = None) -> float:
        """What times were, over what was estimated; of similar sizes if there are enough.

        The median, in which each job counts with its estimate: long jobs decide, and the first one
        of a process, which waits for imports, does not.
        """
        seen = self._similar(num_atoms)
        if len(seen) == 0:
            return 1.0
        seen = seen[np.argsort(seen[:, 2])]
        estimated = np.cumsum(seen[:, 1] / seen[:, 2])
        return float(seen[np.searchsorted(estimated, 0.5 * estimated[-1]), 2])

    def sized(self, job: Job, largest_mb: float) -> Job:
        """
        Give a job the memory that it may use now: what experience says, or more after a failure.

        Parameters
        ----------
        job : Job
        largest_mb : float
            What the largest worker has, 0 if there is none; after a failure no more is asked for.
        """
        seen = self._similar(job.num_atoms)[:, 3]
        seen = seen[np.isfinite(seen)]
        if job.attempt > 1 and largest_mb:
            return replace(job, memory_mb=min(job.memory_mb, largest_mb))
        if job.attempt > 1 or len(seen) < _ENOUGH:
            return job
        needed = _MARGIN * float(np.quantile(seen, 0.95)) * self._cost(job.num_atoms).memory_mb
        return replace(job, memory_mb=max(needed, self._settings.min_memory_mb))

    def _similar(self, num_atoms: int | None) -> NDArray[np.float64]:
        if self._array is None:
            self._array = np.array(self._seen, dtype=float).reshape(-1, 4)
        if num_atoms is None:
            return self._array
        ratio = self._array[:, 0] / num_atoms
        similar = self._array[(ratio < _SIMILAR) & (ratio > 1 / _SIMILAR)]
        return similar if len(similar) >= _ENOUGH else self._array[:0]

    def _cost(self, num_atoms: int) -> Cost:
        if num_atoms not in self._costs:
            cost = self._kind.cost(num_atoms)
            if not (cost.seconds > 0 and cost.memory_mb > 0):
                raise ValueError(
                    f"{self._kind.name} estimates {cost.seconds} s and {cost.memory_mb} MB for "
                    f"{num_atoms} atoms; expected numbers above 0 from its method 'cost'."
                )
            self._costs[num_atoms] = cost
        return self._costs[num_atoms]
