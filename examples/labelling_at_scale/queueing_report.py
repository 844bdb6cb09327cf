# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Table and picture of a simulation of labelling at scale."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .queueing import DAY_S, JobKind, ScalingPlan, ScalingResult, most_workers, simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = ("#0b5fa5", "#d1731c", "#3a8f4b", "#8a4fa3", "#b3304a")
_WINDOW_S = 60.0


def table(result: ScalingResult) -> list[tuple[str, str]]:
    """Say in lines of two columns what happened."""
    plan, rates = result.plan, result.store_rate(_WINDOW_S)
    jobs = ", ".join(f"{kind.number:,} {kind.name}" for kind in plan.kinds)
    all_times = np.concatenate([np.array(log).reshape(-1, 2) for log in result.finished.values()])
    return [
        ("jobs", jobs),
        ("run times (median, sigma)", "; ".join(map(_times, plan.kinds))),
        ("workers", f"{plan.num_workers:,}"),
        ("makespan", _days(result.makespan_s)),
        ("  not possible below", _days(result.shortest_possible_s)),
        ("  99 % of the jobs finished after", _days(_when(all_times, 0.99))),
        ("utilisation", f"{result.utilisation:.1%}"),
        ("finished, parked", f"{result.num_finished:,}, {result.parked:,}"),
        ("runs out of memory, out of time", f"{result.out_of_memory:,}, {result.out_of_time:,}"),
        ("deaths of workers", f"{result.deaths:,}"),
        ("time lost in runs that failed", f"{_share_lost(result):.1%}"),
        ("results per second, mean", f"{len(result.writes) / result.makespan_s:.2f}"),
        ("results per second, largest minute", f"{rates.max():.1f}"),
        ("  the store can take", _rate(plan.commit_s)),
        ("  the scheduler can take", _rate(plan.task_s)),
        ("store, scheduler busy", f"{_busy(result.store_busy_s, result)}, "
         f"{_busy(result.scheduler_busy_s, result)}"),
        ("longest wait for the store", f"{1000 * result.longest_wait_s:.0f} ms"),
    ]  # fmt: skip


def limits(plan: ScalingPlan, task_seconds: Sequence[float]) -> list[tuple[str, str]]:
    """Say how many workers can be kept busy by tasks of such lengths."""
    return [
        (f"workers that tasks of {_duration(t)} keep busy", f"{most_workers(plan, t):,}")
        for t in task_seconds
    ]


def throughput(plan: ScalingPlan, num_workers: int, task_seconds: float) -> float:
    """
    Simulate tasks that take so long in the mean, and give how many end in a second.

    Only the middle half counts, when all workers have work. Nothing fails here.
    """
    sigma = 0.5
    kind = JobKind("task", max(2000, 4 * num_workers), task_seconds / np.exp(sigma**2 / 2), sigma,
                   memory_median=1e-9)  # fmt: skip
    result = simulate(
        replace(plan, kinds=(kind,), num_workers=num_workers, most_in_group=1, worker_mtbf_s=None)
    )
    times = np.sort(np.array(result.finished["task"]).reshape(-1, 2)[:, 0])
    first, last = len(times) // 4, 3 * len(times) // 4
    return float((last - first) / (times[last] - times[first]))


def draw_scaling(
    result: ScalingResult,
    picture: str | os.PathLike[str],
    *,
    task_seconds: Sequence[float] = (1.0, 5.0, 60.0, 300.0),
    workers: Sequence[int] = (10, 100, 1000, 5000, 20000),
) -> None:
    """
    Draw tasks in work, finished jobs, the store's load, and where more workers do not help.

    Parameters
    ----------
    result : ScalingResult
    picture : path
        A PNG, SVG or PDF file to write.
    task_seconds, workers : sequence
        Simulated for the last panel.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.5, 8), layout="constrained")
    plan = result.plan
    figure.suptitle(
        f"{sum(kind.number for kind in plan.kinds):,} jobs on {plan.num_workers:,} workers: "
        f"{_days(result.makespan_s)}, utilisation {result.utilisation:.0%} (simulated)",
        fontsize=13,
    )
    (running, finished), (load, rates) = figure.subplots(2, 2)
    _draw_running(running, result)
    _draw_finished(finished, result)
    _draw_load(load, result)
    _draw_rates(rates, plan, task_seconds, workers)
    figure.savefig(picture, dpi=130)


def _draw_running(axes: Axes, result: ScalingResult) -> None:
    times = np.linspace(0, result.makespan_s, 1000)
    axes.fill_between(times / DAY_S, result.running(times), color=_COLORS[0], alpha=0.6, lw=0)
    axes.axhline(result.plan.num_workers, color="0.3", lw=0.8, ls="--")
    axes.set(xlabel="time (days)", ylabel="tasks in work", title="Workers with work")
    axes.set_ylim(0, 1.1 * result.plan.num_workers)
    axes.margins(x=0)


def _draw_finished(axes: Axes, result: ScalingResult) -> None:
    for kind, color in zip(result.plan.kinds, _COLORS, strict=False):
        times, share = _finished_share(result, kind)
        axes.plot(times / DAY_S, 100 * share, color=color, lw=2, label=kind.name)
    axes.set(xlabel="time (days)", ylabel="finished jobs (%)", title="Finished jobs")
    axes.set(xlim=(0, result.makespan_s / DAY_S), ylim=(0, 104))
    axes.legend(frameon=False)


def _draw_load(axes: Axes, result: ScalingResult) -> None:
    window = max(_WINDOW_S, result.makespan_s / 5000)
    rates = result.store_rate(window)
    times = window * np.arange(len(rates)) / DAY_S
    axes.plot(times, np.where(rates > 0, rates, np.nan), ".", ms=2.5, color=_COLORS[0])
    for name, seconds, color in (
        ("store", result.plan.commit_s, _COLORS[1]),
        ("scheduler", result.plan.task_s, _COLORS[2]),
    ):
        if seconds:
            axes.axhline(1 / seconds, color=color, lw=1.5, label=f"limit of the {name}")
    axes.set(xlabel="time (days)", ylabel="results per second", yscale="log", title="Load")
    axes.legend(frameon=False, loc="center left")
    axes.margins(x=0)


def _draw_rates(
    axes: Axes, plan: ScalingPlan, task_seconds: Sequence[float], workers: Sequence[int]
) -> None:
    line = np.geomspace(min(workers), max(workers), 200)
    slowest = max(plan.task_s, plan.commit_s)
    for seconds, color in zip(task_seconds, _COLORS, strict=False):
        free = line / (seconds + plan.task_s + plan.commit_s)
        bound = np.minimum(free, 1 / slowest) if slowest else free
        axes.plot(line, bound, color=color, lw=1, label=f"tasks of {_duration(seconds)}")
        found = [throughput(plan, number, seconds) for number in workers]
        axes.plot(workers, found, "o", ms=5, color=color)
    axes.set(xlabel="workers", ylabel="tasks per second", xscale="log", yscale="log")
    axes.set_title("Where more workers do not help (dots: simulated)")
    axes.legend(frameon=False, loc="upper left")
    axes.set_ylim(top=20 / slowest if slowest else None)


def _finished_share(
    result: ScalingResult, kind: JobKind
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times, and the share of a kind's jobs that was finished then."""
    log = np.array(result.finished[kind.name]).reshape(-1, 2)
    log = log[np.argsort(log[:, 0])]
    grid = np.linspace(0, result.makespan_s, 1000)
    done = np.concatenate([[0.0], np.cumsum(log[:, 1])])
    return grid, done[np.searchsorted(log[:, 0], grid, side="right")] / kind.number


def _when(log: NDArray[np.float64], share: float) -> float:
    """When this share of finished jobs was finished."""
    log = log[np.argsort(log[:, 0])]
    done = np.cumsum(log[:, 1])
    return float(log[np.searchsorted(done, share * done[-1]), 0])


def _share_lost(result: ScalingResult) -> float:
    return result.wasted_s / (result.wasted_s + result.useful_s)


def _busy(seconds: float, result: ScalingResult) -> str:
    return f"{seconds / result.makespan_s:.2%}"


def _rate(seconds: float) -> str:
    return f"{1 / seconds:.0f}" if seconds else "any number"


def _times(kind: JobKind) -> str:
    return f"{_duration(kind.median_s)}, {kind.sigma:g}"


def _days(seconds: float) -> str:
    return f"{seconds / DAY_S:.1f} days" if seconds > DAY_S else f"{seconds / 3600:.2f} h"


def _duration(seconds: float) -> str:
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
