# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How labelling scales to many workers: a discrete-event simulation with the rules of the runner.

One process (the runner) claims jobs, puts small ones into groups, sends each group as a task to a
worker through one scheduler, and writes what comes back, one transaction at a time. A job that runs
out of memory is tried again with twice as much, and parked after the last attempt; one that reaches
the time limit is parked. What a dead worker had is sent again once its death is noticed.

Each task is one event. Scheduler and store are queues with one server and a fixed time for each
task; a worker waits until its results are written before it gets the next task. The runner also
sends short tasks ahead: real workers wait less, but the largest rates are the same.
"""

from __future__ import annotations

import random
from array import array
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAY_S = 86400.0


@dataclass(frozen=True)
class JobKind:
    """
    Jobs that are alike.

    Attributes
    ----------
    name : str
    number : int
    median_s, sigma : float
        Run times are log-normal: median in seconds, standard deviation of the logarithm.
    memory_median, memory_sigma : float
        So is the memory they need, in units of what the first attempt gets.
    """

    name: str
    number: int
    median_s: float
    sigma: float
    memory_median: float = 0.5
    memory_sigma: float = 0.4

    def __post_init__(self) -> None:
        if self.number < 1 or not self.median_s > 0 or not self.memory_median > 0:
            raise ValueError(
                f"{self.name}: number, median_s and memory_median are {self.number}, "
                f"{self.median_s} and {self.memory_median}; expected numbers above 0."
            )
        if not (self.sigma >= 0 and self.memory_sigma >= 0):
            raise ValueError(
                f"{self.name}: sigma and memory_sigma are {self.sigma} and {self.memory_sigma}; "
                "expected 0 or more."
            )


@dataclass(frozen=True)
class ScalingPlan:
    """
    What is to be simulated.

    Attributes
    ----------
    kinds : tuple of JobKind
        In the order in which they are claimed.
    num_workers : int
        Calculations at a time.
    time_limit_s : float
        A job that reaches it is parked.
    max_attempts : int
        After so many runs out of memory a job is parked.
    group_s, most_in_group : float, int
        Jobs are put together until they are expected to take so long, at most so many.
    task_s : float
        What the scheduler needs for a task.
    commit_s, row_s : float
        What the store needs to claim one job and write its result, and for each further one of a
        group.
    worker_mtbf_s : float or None
        Mean time between deaths of a worker.
    notice_s, restart_s : float
        After so long a death is noticed, and the worker is back.
    allowed_deaths : int
        A job that killed more workers counts as out of memory.
    seed : int
    """

    kinds: tuple[JobKind, ...]
    num_workers: int
    time_limit_s: float = 21 * DAY_S
    max_attempts: int = 3
    group_s: float = 5.0
    most_in_group: int = 500
    task_s: float = 0.006
    commit_s: float = 1 / 264
    row_s: float = 1 / 6400
    worker_mtbf_s: float | None = None
    notice_s: float = 300.0
    restart_s: float = 600.0
    allowed_deaths: int = 3
    seed: int = 2026

    def __post_init__(self) -> None:
        if not self.kinds or self.num_workers < 1 or self.max_attempts < 1:
            raise ValueError(
                f"There are {len(self.kinds)} kinds of jobs, {self.num_workers} workers and "
                f"{self.max_attempts} attempts; expected at least one of each."
            )
        times = (self.task_s, self.commit_s, self.row_s, self.notice_s, self.restart_s)
        if not (self.time_limit_s > 0 and self.group_s > 0 and min(times) >= 0):
            raise ValueError(
                "time_limit_s and group_s must be above 0, other times 0 or more; given: "
                f"{self.time_limit_s}, {self.group_s} and {times}."
            )
        if self.worker_mtbf_s is not None and not self.worker_mtbf_s > 0:
            raise ValueError(f"worker_mtbf_s is {self.worker_mtbf_s}; expected above 0, or None.")


def published_plan(cores: int = 20000, cores_per_job: int = 4) -> ScalingPlan:
    """
    Make a plan for the calculations of the GEMS paper.

    Unke et al., Sci. Adv. 10, eadn4397 (2024), doi:10.1126/sciadv.adn4397: 45,948 + 5,624 + 129,942
    top-down fragments of 48 h in the median on 4 cores each, at most 21 days, and 2,713,986
    bottom-up fragments. The paper does not say how wide run times scatter, nor how long bottom-up
    fragments take: a standard deviation of the logarithm of 0.8, and 5 minutes in the median, are
    assumed. Change what you like with `dataclasses.replace`.

    Parameters
    ----------
    cores, cores_per_job : int
    """
    if not 0 < cores_per_job <= cores:
        raise ValueError(f"cores_per_job is {cores_per_job}; expected 1 to {cores} (cores).")
    kinds = (
        JobKind("top-down", 45948 + 5624 + 129942, 48 * 3600.0, 0.8),
        JobKind("bottom-up", 2713986, 300.0, 0.8, memory_median=0.3),
    )
    return ScalingPlan(kinds, cores // cores_per_job)


@dataclass
class ScalingResult:
    """
    What happened; times in seconds from the start.

    Attributes
    ----------
    plan : ScalingPlan
    starts, ends : array of float, one for each run of a task
    writes : array of float
        When results came to the store.
    finished : dict
        For each kind the times of finished jobs, ``[num_tasks, 2]``: time, number of jobs.
    out_of_memory, out_of_time, deaths : int
        Runs that ended so.
    parked : int
        Jobs given up.
    useful_s, wasted_s : float
        Time of workers for what was finished, and for what failed.
    store_busy_s, scheduler_busy_s : float
    longest_wait_s : float
        The longest that results waited until they were written.
    makespan_s : float
    """

    plan: ScalingPlan
    starts: array[float] = field(default_factory=lambda: array("d"))
    ends: array[float] = field(default_factory=lambda: array("d"))
    writes: array[float] = field(default_factory=lambda: array("d"))
    finished: dict[str, array[float]] = field(default_factory=dict)
    out_of_memory: int = 0
    out_of_time: int = 0
    deaths: int = 0
    parked: int = 0
    useful_s: float = 0.0
    wasted_s: float = 0.0
    store_busy_s: float = 0.0
    scheduler_busy_s: float = 0.0
    longest_wait_s: float = 0.0
    makespan_s: float = 0.0

    @property
    def num_finished(self) -> int:
        """Jobs that were finished."""
        return int(sum(np.array(log).reshape(-1, 2)[:, 1].sum() for log in self.finished.values()))

    @property
    def utilisation(self) -> float:
        """Share of all workers' time that was spent on what was finished."""
        return self.useful_s / (self.plan.num_workers * self.makespan_s)

    @property
    def shortest_possible_s(self) -> float:
        """The larger of all useful work over all workers, and the longest run."""
        longest = float(np.max(np.array(self.ends) - np.array(self.starts)))
        return max(self.useful_s / self.plan.num_workers, longest)

    def store_rate(self, window_s: float = 60.0) -> NDArray[np.float64]:
        """Results per second that came to the store, in windows of this length."""
        bins = np.arange(0.0, self.makespan_s + window_s, window_s)
        return np.histogram(np.array(self.writes), bins)[0] / window_s

    def running(self, times_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """Tasks in work at these times."""
        began = np.searchsorted(np.sort(np.array(self.starts)), times_s, side="right")
        return began - np.searchsorted(np.sort(np.array(self.ends)), times_s, side="right")


def simulate(plan: ScalingPlan) -> ScalingResult:
    """
    Simulate a plan until all jobs are finished or parked.

    Raises
    ------
    ImportError
        If simpy is missing.
    """
    try:
        import simpy
    except ImportError as error:
        raise ImportError("The simulation needs simpy. Install it: pip install simpy.") from error
    run = _Run(plan, simpy.Environment())
    return run.go()


class _Run:
    """The state of a simulation; a task is known by its number."""

    def __init__(self, plan: ScalingPlan, environment: Any) -> None:
        self.plan, self.env = plan, environment
        self.rng, self.chance = np.random.default_rng(plan.seed), random.Random(plan.seed)
        self.result = ScalingResult(plan)
        self.kind, self.seconds, self.memory = array("b"), array("d"), array("d")
        self.jobs = array("i")
        self.attempt: dict[int, int] = {}
        self.deaths: dict[int, int] = {}
        self.next = 0
        self.returned: deque[int] = deque()
        self.idle: deque[Any] = deque()
        self.store_free = self.scheduler_free = 0.0
        self.left = sum(kind.number for kind in plan.kinds)
        for number in range(len(plan.kinds)):
            self._make_tasks(number)
        self.num_first = len(self.seconds)

    def _make_tasks(self, number: int) -> None:
        """Draw the jobs of a kind and put them into groups."""
        kind, plan = self.plan.kinds[number], self.plan
        draws = self.rng.standard_normal((2, kind.number))
        seconds = kind.median_s * np.exp(kind.sigma * draws[0])
        memory = kind.memory_median * np.exp(kind.memory_sigma * draws[1])
        size = int(np.clip(plan.group_s / kind.median_s, 1, plan.most_in_group))
        if size > 1:  # what runs out of memory comes back alone: it is alone from the start
            order = np.argsort(memory > 1, kind="stable")
            seconds, memory = seconds[order], memory[order]
        num_grouped = kind.number if size == 1 else int(np.sum(memory <= 1))
        firsts = np.append(
            np.arange(0, num_grouped, size), np.arange(num_grouped, kind.number, dtype=np.int64)
        )
        self.jobs.extend(np.diff(np.append(firsts, kind.number)).tolist())
        self.seconds.extend(np.add.reduceat(seconds, firsts).tolist())
        self.memory.extend(np.maximum.reduceat(memory, firsts).tolist())
        self.kind.extend([number] * len(firsts))
        self.result.finished[kind.name] = array("d")

    def go(self) -> ScalingResult:
        """Start all workers, and run until nothing is left."""
        self.done = self.env.event()
        for _ in range(min(self.plan.num_workers, self.num_first)):
            self.env.process(self._work())
        self.env.run(until=self.done)
        self.result.makespan_s = max(self.store_free, self.env.now)
        return self.result

    def _take(self) -> int | None:
        if self.returned:
            return self.returned.popleft()
        if self.next < self.num_first:
            self.next += 1
            return self.next - 1
        return None

    def _work(self) -> Generator[Any, None, None]:
        """A worker: take a task, run it, give back what became of it."""
        env, plan, result = self.env, self.plan, self.result
        written = 0.0
        while True:
            task = self._take()
            if task is None:
                wake = env.event()
                self.idle.append(wake)
                yield wake
                continue
            start = max(env.now, written, self.scheduler_free) + plan.task_s
            self.scheduler_free = start
            result.scheduler_busy_s += plan.task_s
            seconds, fate = self._fate(task)
            yield env.timeout(start + seconds - env.now)
            result.starts.append(start)
            result.ends.append(env.now)
            if fate == "death":
                self._lose(task, seconds)
                yield env.timeout(plan.restart_s)
                written = env.now
            else:
                written = self._write(task, seconds, fate)

    def _fate(self, task: int) -> tuple[float, str]:
        """How long a task runs, and how it ends."""
        plan, seconds, fate = self.plan, self.seconds[task], "done"
        if seconds > plan.time_limit_s * self.jobs[task]:
            seconds, fate = plan.time_limit_s * self.jobs[task], "time"
        if self.memory[task] > 2.0 ** (self.attempt.get(task, 1) - 1):
            seconds, fate = seconds * self.chance.random(), "memory"
        if plan.worker_mtbf_s is not None:
            alive = self.chance.expovariate(1 / plan.worker_mtbf_s)
            if alive < seconds:
                return alive, "death"
        return seconds, fate

    def _write(self, task: int, seconds: float, fate: str) -> float:
        """Write what came back; gives the time when that is done."""
        result, plan, now, jobs = self.result, self.plan, self.env.now, self.jobs[task]
        service = plan.commit_s + (jobs - 1) * plan.row_s
        self.store_free = max(now, self.store_free) + service
        result.store_busy_s += service
        result.longest_wait_s = max(result.longest_wait_s, self.store_free - now)
        result.writes.append(now)
        if fate == "done":
            result.useful_s += seconds
            result.finished[plan.kinds[self.kind[task]].name].extend((self.store_free, jobs))
            self._gone(jobs)
            return self.store_free
        result.wasted_s += seconds
        if fate == "time":
            result.out_of_time += 1
            result.parked += jobs
            self._gone(jobs)
        else:
            result.out_of_memory += 1
            self._retry(task)
        return self.store_free

    def _retry(self, task: int) -> None:
        """Try again with twice the memory, or park."""
        self.attempt[task] = self.attempt.get(task, 1) + 1
        if self.attempt[task] > self.plan.max_attempts:
            self.result.parked += self.jobs[task]
            self._gone(self.jobs[task])
        else:
            self._give_back(task)

    def _lose(self, task: int, seconds: float) -> None:
        """The worker died: its task returns when that is noticed."""
        self.result.deaths += 1
        self.result.wasted_s += seconds
        self.deaths[task] = self.deaths.get(task, 0) + 1
        self.env.process(self._notice(task))

    def _notice(self, task: int) -> Generator[Any, None, None]:
        yield self.env.timeout(self.plan.notice_s)
        if self.deaths[task] > self.plan.allowed_deaths:
            self.deaths[task] = 0
            self._retry(task)
        else:
            self._give_back(task)

    def _give_back(self, task: int) -> None:
        self.returned.append(task)
        if self.idle:
            self.idle.popleft().succeed()

    def _gone(self, jobs: int) -> None:
        self.left -= jobs
        if not self.left:
            self.done.succeed()


def most_workers(plan: ScalingPlan, task_seconds: float) -> int:
    """Workers that can be kept busy with tasks that take so long on average."""
    slowest = max(plan.task_s, plan.commit_s)
    if not slowest:
        raise ValueError("task_s and commit_s are 0; expected times of a scheduler or store.")
    return int((task_seconds + plan.task_s + plan.commit_s) / slowest)
