# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Calculate all jobs of a kind in a store on Dask workers, whatever happens to them.

This process alone touches the store: it claims jobs, sends them to workers in groups, and writes
what comes back at once. Several runs may work on one store. A run that is killed loses only what
was in work: its jobs return when somebody sees that its process is gone, or when its lease ends.
"""

from __future__ import annotations

import contextlib
import queue
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .cluster import RESOURCE, Cluster, Room, open_cluster
from .consent import Consent
from .estimates import Estimator
from .groups import Group, make_groups
from .job_kind import JobKind
from .owners import release_dead, run_name
from .pace import Pace
from .reports import Death, Reports
from .status import JobProgress, Summary, count_jobs
from .store import Finished, Job, JobStore, Usage
from .tasks import TaskOutcome
from .worker_settings import JobSettings
from .workers import CannotCalculateError, end_here, end_run, run_group, stop_run

_TICK_S = 0.2
_LOOK_AGAIN_S = 2.0
_NO_WORKERS_S = 60.0
_STOP_WAIT_S = 15.0
_MOST_CLAIMED = 2000
_MORE_MEMORY = 2.0
# Twice what a task costs the scheduler: so many workers are never kept waiting by it.
_SCHEDULER_S = 0.012


def run_jobs(
    store: JobStore,
    kind: JobKind,
    settings: JobSettings,
    *,
    progress: Callable[[JobProgress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    consent: Consent | None = None,
) -> Summary:
    """
    Calculate what waits in a store, until all is done or parked.

    Parameters
    ----------
    store : JobStore
    kind : JobKind
        Which jobs of the store, and how they are calculated.
    settings : JobSettings
    progress : callable, optional
        Is told about once in half a second how the run stands.
    stop : callable, optional
        True asks to stop: jobs in work get a few seconds, the rest is given back.
    consent : Consent, optional
        To what the settings name, see `open_cluster`; default: to nothing.

    Raises
    ------
    ValueError
        If the store has results of the same level with other settings, or the scheduler is refused.
    RuntimeError
        If the store cannot be written, or the scheduler or all workers are lost; what is done is
        kept, and what was in work is given back.
    CannotCalculateError
        If a worker cannot make what calculates.
    """
    store.refuse_other_settings(kind.level, kind.settings)
    release_dead(store, kind.level)
    estimator = Estimator(kind, settings)
    estimator.learn_from(store)
    if not count_jobs(store, kind.level).to_do:
        return Summary(store.counts(kind.level), 0, 0, 0.0, stopped=False)
    with run_name() as name, open_cluster(settings, consent or Consent()) as cluster:
        run = _Run(store, cluster, settings, estimator, kind, name)
        run.progress = progress or (lambda _: None)
        run.stop = stop or (lambda: False)
        return run.go()


class _Run:
    """One run: what it has claimed, what is with workers, and what became of it."""

    def __init__(
        self,
        store: JobStore,
        cluster: Cluster,
        settings: JobSettings,
        estimator: Estimator,
        kind: JobKind,
        name: str,
    ) -> None:
        self._store, self._cluster, self._settings = store, cluster, settings
        self._estimator, self._kind = estimator, kind
        self.progress: Callable[[JobProgress], None] = lambda _: None
        self.stop: Callable[[], bool] = lambda: False
        self._name = name
        self._id = uuid.uuid4().hex
        self._reports, self._started = Reports(cluster.client, self._id), set[int]()
        self._backlog: deque[Job] = deque()
        self._alone: deque[Job] = deque()  # their group killed who had it
        self._groups: dict[str, tuple[Any, Sequence[Job]]] = {}
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._number = self._finished = self._failed = 0
        self._beat = self._looked = time.monotonic()
        self._work, self._room = count_jobs(store, kind.level), Room(0, 0.0, 0.0, False)
        self._pace = Pace(self._work)
        self._note, self._look_again_s = "", _LOOK_AGAIN_S

    def go(self) -> Summary:
        """Work until nothing is left or stop is asked for."""
        from distributed.client import FutureCancelledError
        from distributed.comm import CommClosedError

        stopped = False
        try:
            self._wait_for_workers()
            while not (stopped := self.stop()):
                self._look()
                self._submit()
                if not self._groups and not self._work.to_do:
                    break
                self._collect(_TICK_S)
                self._listen()
                self._heartbeat()
                self._tell()
            if stopped:
                self._drain()
        except (CommClosedError, FutureCancelledError, TimeoutError) as error:
            raise self._lost() from error
        finally:
            self._leave()
        counts = self._store.counts(self._kind.level)
        seconds = time.monotonic() - self._pace.began
        return Summary(counts, self._finished, self._failed, seconds, stopped)

    def _wait_for_workers(self) -> None:
        """Wait until there is a worker; those of SLURM may take as long as they like."""
        began = time.monotonic()
        while not self.stop():
            self._check_scheduler()
            self._room = self._cluster.room()
            if self._room.slots:
                self._room.require(self._settings.min_memory_mb)
                self._pace.began = time.monotonic()
                return
            if not self._cluster.starts_late and time.monotonic() - began > _NO_WORKERS_S:
                raise RuntimeError(
                    f"{self._cluster.where} has no workers. Start some with 'dask worker "
                    "tcp://HOST:PORT' and repeat."
                )
            self._note = "waiting for workers"
            self._tell()
            time.sleep(_TICK_S)

    def _look(self) -> None:
        """See now and then what other runs did, and which workers came or went."""
        self._check_scheduler()
        due = time.monotonic() - self._looked > self._look_again_s
        if due or not self._held():
            began = time.monotonic()
            release_dead(self._store, self._kind.level)
            self._work = count_jobs(self._store, self._kind.level)
            self._looked = time.monotonic()
            # Counting millions of jobs takes a while: at most a twentieth of the time.
            self._look_again_s = max(_LOOK_AGAIN_S, 20.0 * (self._looked - began))
            with contextlib.suppress(OSError, TimeoutError):  # seen by _check_scheduler
                self._room = self._cluster.room()
            theirs = self._work.counts["running"] - self._held()
            self._note = f"{theirs} with other runs" if theirs > 0 else ""
            if not self._room.slots:
                self._note = "all workers are gone; waiting for others"

    def _held(self) -> int:
        in_work = sum(len(jobs) for _, jobs in self._groups.values())
        return in_work + len(self._backlog) + len(self._alone)

    def _submit(self) -> None:
        """Keep the workers busy: claim, put into groups, send."""
        slots = max(self._room.slots, 1)
        while self._alone and len(self._groups) < 2 * slots:
            for job in self._ready([self._alone.popleft()]):
                self._send(Group([job]))
        mean = self._estimator.time_factor() * self._work.seconds_to_do
        mean /= max(self._work.to_do, 1)
        group_s = max(self._settings.group_s, _SCHEDULER_S * slots)
        in_work = slots if mean > group_s else 2 * slots
        if len(self._groups) >= in_work:
            return
        if not self._backlog:
            number = min(int(in_work * group_s / max(mean, 1e-3)), _MOST_CLAIMED)
            self._claim(max(number, in_work - len(self._groups)))
        share = mean * self._work.to_do / (2 * slots)  # so that all workers end at the same time
        for group in self._group(min(group_s, share)):
            if len(self._groups) < in_work:
                self._send(group)
            else:
                self._backlog.extend(group.jobs)

    def _claim(self, number: int) -> None:
        jobs = self._store.claim(
            self._name, self._kind.level, number=number, lease_s=self._settings.lease_s
        )
        self._alone.extend(job for job in jobs if job.is_alone)
        self._backlog.extend(job for job in jobs if not job.is_alone)

    def _group(self, longest_s: float) -> list[Group]:
        """Put all that was claimed into groups."""
        ready = self._ready(self._backlog)
        self._backlog.clear()
        timed = [(job, self._estimator.seconds(job.num_atoms)) for job in ready]
        how, memory = self._kind.at_once, self._estimator.memory_at_once
        return make_groups(timed, longest_s, how, memory, self._room.share_mb)

    def _ready(self, jobs: Iterable[Job]) -> list[Job]:
        """Give jobs the memory that they may use now; park those for which nobody has enough."""
        sized = [self._estimator.sized(job, self._room.largest_mb) for job in jobs]
        return [job for job in sized if self._fits(job)]

    def _fits(self, job: Job) -> bool:
        if job.memory_mb <= self._room.largest_mb or not self._room.slots:
            return True
        self._fail(
            job,
            f"it needs {job.memory_mb:.0f} MB of memory; the largest worker has "
            f"{self._room.largest_mb:.0f} MB",
            final=True,
        )
        return False

    def _send(self, group: Group) -> None:
        self._number += 1
        key = f"gems-{self._id}-{self._number}"
        if group.at_once is not None:
            self._store.start_together(self._name, [job.id for job in group.jobs])
        future = self._cluster.client.submit(
            run_group,
            self._kind,
            group.tasks,
            self._id,
            group.at_once,
            key=key,
            pure=False,
            resources={RESOURCE: group.memory_mb} if self._room.limits_memory else None,
        )
        self._groups[key] = (future, group.jobs)
        future.add_done_callback(lambda done: self._ended.put(done.key))

    def _collect(self, timeout_s: float) -> None:
        """Write what came back; wait for something if nothing has."""
        with contextlib.suppress(queue.Empty):
            self._take(self._ended.get(timeout=timeout_s))
            while True:
                self._take(self._ended.get_nowait())

    def _take(self, key: str) -> None:
        from distributed import KilledWorker

        self._listen()
        future, jobs = self._groups.pop(key, (None, []))
        if future is None:  # it was given up
            return
        self._check_scheduler()
        if future.status == "cancelled":
            raise self._lost()
        if future.status == "finished":
            self._reports.forget(key)
            self._write(future.result(), {job.id: job for job in jobs})
            return
        error = future.exception()
        if isinstance(error, KilledWorker):
            self._killed(key, jobs, error)
        elif isinstance(error, CannotCalculateError):
            raise error
        else:
            raise RuntimeError(
                f"A Dask worker could not run jobs ({type(error).__name__}: {error}). Is the same "
                "version of openmm-gems installed there? What is done is kept."
            ) from error

    def _listen(self) -> None:
        """Write down which jobs have been begun; see which workers died with theirs."""
        for death in self._reports.listen(self._groups):
            future, jobs = self._groups.pop(death.key)
            future.cancel()  # another worker has begun it
            self._died(death, jobs)
        begun = self._reports.jobs
        if begun != self._started:
            self._store.start(self._name, begun - self._started, self._started - begun)
            self._started = begun

    def _killed(self, key: str, jobs: Sequence[Job], error: BaseException) -> None:
        death = self._reports.death(key)
        if death is not None:
            self._died(death, jobs)
        elif not self._reports.has_begun(key):  # it was in a queue only
            self._backlog.extendleft(reversed(jobs))
        elif len(jobs) == 1:
            self._fail(jobs[0], f"every Dask worker that had it died: {error}", _MORE_MEMORY)
        else:
            self._alone.extend(jobs)
        self._reports.forget(key)

    def _died(self, death: Death, jobs: Sequence[Job]) -> None:
        """The job that a worker was at when it died is to blame; the others of its group wait."""
        self._reports.forget(death.key)
        for job in reversed(jobs):
            if job.id == death.job:
                self._fail(job, f"the Dask worker {death.worker} died at this job", _MORE_MEMORY)
            else:
                self._backlog.appendleft(job)

    def _write(self, outcomes: list[TaskOutcome], jobs: dict[int, Job]) -> None:
        """Commit what is done, then say what became of the rest."""
        done = [outcome for outcome in outcomes if outcome.kind == "done"]
        for version in {outcome.version for outcome in done}:
            finished = [
                Finished(jobs[o.job], o.data, Usage(o.seconds, o.peak_memory_mb, o.worker))
                for o in done
                if o.version == version and o.data is not None
            ]
            written = self._store.finish_all(finished, version, self._kind.settings)
            self._finished += written
            self._count("done", written)
        for outcome in outcomes:
            job = jobs[outcome.job]
            if outcome.kind == "done":
                self._estimator.learn(job.num_atoms, outcome.seconds, outcome.peak_memory_mb)
            elif outcome.kind == "interrupted":
                self._backlog.append(job)
            else:
                more = _MORE_MEMORY if outcome.kind in ("memory", "died") else 1.0
                final = outcome.kind in ("impossible", "time")
                self._fail(job, outcome.error, more, final=final)

    def _fail(
        self, job: Job, error: str, memory_factor: float = 1.0, *, final: bool = False
    ) -> None:
        self._failed += 1
        if self._store.fail(job, self._name, error, memory_factor=memory_factor, final=final):
            self._count("parked", 1)

    def _count(self, state: str, number: int) -> None:
        """Keep the counts right until the store is looked at again."""
        counts = self._work.counts
        taken = min(number, counts["waiting"])
        counts["waiting"] -= taken
        counts["running"] -= number - taken
        counts[state] += number

    def _heartbeat(self) -> None:
        if time.monotonic() - self._beat > 0.2 * self._settings.lease_s:
            self._store.extend(self._name, lease_s=self._settings.lease_s)
            self._beat = time.monotonic()

    def _check_scheduler(self) -> None:
        if self._cluster.lost:
            raise self._lost()

    def _lost(self) -> RuntimeError:
        return RuntimeError(
            f"The connection to {self._cluster.where} is lost. What is done is kept, what was in "
            "work is given back: repeat when a scheduler is there."
        )

    def _tell(self) -> None:
        if self._pace.due:
            factor, slots, note = self._estimator.time_factor(), self._room.slots, self._note
            self.progress(self._pace.progress(self._work, self._finished, slots, factor, note))

    def _drain(self) -> None:
        """Let workers end what they have in work if it is quick."""
        self._cluster.client.run(stop_run, self._id, wait=False)
        deadline = time.monotonic() + _STOP_WAIT_S
        while self._groups and time.monotonic() < deadline:
            self._collect(_TICK_S)
            self._listen()

    def _leave(self) -> None:
        """Give back what is not done, and end the processes of this run."""
        with contextlib.suppress(RuntimeError, ValueError):  # the store is broken: leases will end
            self._store.release(self._name)
        if not self._cluster.lost:
            with contextlib.suppress(OSError, TimeoutError):
                self._cluster.client.cancel([future for future, _ in self._groups.values()])
                self._cluster.client.run(stop_run, self._id, wait=False)
                self._cluster.client.run(end_run, self._id, wait=False)
        end_here(self._id)
