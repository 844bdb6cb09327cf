# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers of many molecules on several processes; a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.files import write_atomically
from openmmgems.engines.engine import Engine

from .conformers import Tally, conformer, conformers, fragment_name
from .sampling_settings import ConformerSettings

#: Makes an engine; it must be importable by name (a function, a class, a functools.partial).
EngineFactory = Callable[[], Engine]
_SETTINGS = "settings.json"
_SECONDS_BETWEEN_LOOKS = 0.2


@dataclass(frozen=True)
class Finished:
    """One molecule: its place in the input, its conformers, or why there are none.

    ``from_file``: it was done by an earlier run.
    """

    place: int
    structures: list[AtomicSystem]
    tally: Tally
    error: str = ""
    from_file: bool = False


@dataclass(frozen=True)
class _Task:
    """What a process needs for one molecule."""

    place: int
    structure: AtomicSystem
    occurrence: int
    part: Path


@dataclass
class ConformerRun:
    """Conformers of many molecules, one file for each in a folder.

    Parameters
    ----------
    structures : sequence of AtomicSystem
        With sources as `conformers` wants them.
    settings : ConformerSettings
    make_engine : callable
        Called once in each process.
    folder : pathlib.Path
        Made if it is not there; a folder of other settings is refused.

    Raises
    ------
    ValueError
        If a source is not that of a bottom-up fragment, there are no structures, or the folder
        belongs to other settings or another engine.

    """

    structures: Sequence[AtomicSystem]
    settings: ConformerSettings
    make_engine: EngineFactory
    folder: Path
    _tasks: list[_Task] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.structures:
            raise ValueError("There are no structures; expected one at least.")
        self._tasks = _tasks(self.structures, Path(self.folder))
        _claim_folder(Path(self.folder), self.settings)

    @property
    def num_done(self) -> int:
        """Molecules whose conformers are on disk."""
        return sum(task.part.is_file() for task in self._tasks)

    def finish(
        self, processes: int = 1, stop: Callable[[], bool] | None = None
    ) -> Iterator[Finished]:
        """Do what is left, and yield every molecule as it is ready, first those on disk.

        A molecule that fails is yielded with its error and tried again by the next run. A killed
        run loses the molecules it was at, no others.

        Parameters
        ----------
        processes : int
            1: in this process.
        stop : callable, optional
            Asked all the time; True ends it. Other processes end at once, this one after the
            molecule it is at.

        Raises
        ------
        ValueError
            If `processes` is less than 1.
        RuntimeError
            If a process dies, as for want of memory.

        """
        if processes < 1:
            raise ValueError(f"processes is {processes}; expected 1 or more.")
        stop = stop or (lambda: False)
        left = []
        for task in self._tasks:
            if task.part.is_file():
                yield _read_part(task)
            else:
                left.append(task)
        if processes == 1:
            _start_process(self.make_engine, self.settings)
            yield from map(_work, itertools.takewhile(lambda task: not stop(), left))
        elif left:
            with _single_threads():
                yield from self._in_processes(left, min(processes, len(left)), stop)

    def read(self) -> Iterator[AtomicSystem]:
        """Read the conformers on disk one after the other, in the order of the molecules."""
        for task in self._tasks:
            if task.part.is_file():
                yield from _read_part(task).structures

    def _in_processes(
        self, left: list[_Task], processes: int, stop: Callable[[], bool]
    ) -> Iterator[Finished]:
        pool = ProcessPoolExecutor(
            processes,
            multiprocessing.get_context("spawn"),
            _start_worker,
            (self.make_engine, self.settings),
        )
        pending: set[Future[Finished]] = set()
        todo = iter(left)
        try:
            while not stop():
                while len(pending) < processes and (task := next(todo, None)) is not None:
                    pending.add(pool.submit(_work, task))
                if not pending:
                    break
                ready, pending = wait(pending, _SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
                for future in ready:
                    yield future.result()
        except BrokenProcessPool as error:
            raise RuntimeError(
                f"A process died (killed, or out of memory); {self.num_done} of "
                f"{len(self._tasks)} molecules are done and kept. Repeat to go on, perhaps with "
                "fewer processes."
            ) from error
        finally:
            if pending:  # interrupted: what is under way is lost anyway
                for process in list((pool._processes or {}).values()):
                    process.kill()
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _single_threads() -> Iterator[None]:
    """Give processes that are started meanwhile one thread each."""
    name = "OMP_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


def _tasks(structures: Sequence[AtomicSystem], folder: Path) -> list[_Task]:
    seen: Counter[str] = Counter()
    tasks = []
    for place, structure in enumerate(structures):
        name = fragment_name(structure.source)
        what = hashlib.sha256(name.encode())
        for array in (structure.atomic_numbers, structure.positions_angstrom):
            what.update(np.ascontiguousarray(array, np.float64).tobytes())
        what.update(f"{structure.charge} {structure.spin} {seen[name]}".encode())
        part = folder / f"{what.hexdigest()[:24]}.npz"
        tasks.append(_Task(place, structure, seen[name], part))
        seen[name] += 1
    return tasks


def _claim_folder(folder: Path, settings: ConformerSettings) -> None:
    """Write the settings down, or see that they are the same as before."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _SETTINGS
    asked = settings.model_dump(mode="json")
    if path.is_file():
        stored = json.loads(path.read_text())
        other = [name for name in asked if stored.get(name) != asked[name]]
        if other:
            name = other[0]
            raise ValueError(
                f"The conformers in '{folder}' were begun with {name} {stored.get(name)}, not "
                f"{asked[name]}. Give the same settings to go on, or another output."
            )
        return
    write_atomically(path, json.dumps(asked, indent=1))


# Of this process.
_engine: Engine
_settings: ConformerSettings


def _start_process(make_engine: EngineFactory, settings: ConformerSettings) -> None:
    global _engine, _settings
    _engine, _settings = make_engine(), settings


def _start_worker(make_engine: EngineFactory, settings: ConformerSettings) -> None:
    """Start a process of the pool; it leaves Ctrl-C to its commander, and dies with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_commander, daemon=True).start()
    _start_process(make_engine, settings)


def _end_with_commander() -> None:
    """Without this, processes of a killed commander would wait for ever."""
    commander = multiprocessing.parent_process()
    if commander is not None:
        multiprocessing.connection.wait([commander.sentinel])
        os._exit(1)


def _work(task: _Task) -> Finished:
    """Draw the conformers of one molecule and write them to its file."""
    tally = Tally()
    try:
        found = list(conformers(task.structure, _settings, _engine, tally, task.occurrence))
    except (RuntimeError, ValueError) as error:
        return Finished(task.place, [], tally, str(error))
    _write_part(task, found, tally)
    return Finished(task.place, found, tally)


def _write_part(task: _Task, found: list[AtomicSystem], tally: Tally) -> None:
    from io import BytesIO

    data = BytesIO()
    np.savez(
        data,
        positions_angstrom=np.array([s.positions_angstrom for s in found]),
        sources=np.array([s.source for s in found]),
        tally=np.array(json.dumps(asdict(tally))),
    )
    write_atomically(task.part, data.getvalue())


def _read_part(task: _Task) -> Finished:
    with np.load(task.part) as data:
        structures = [
            conformer(task.structure, positions, str(source), task.occurrence, frame)
            for frame, (positions, source) in enumerate(
                zip(data["positions_angstrom"], data["sources"], strict=True)
            )
        ]
        tally = Tally(**json.loads(str(data["tally"])))
    return Finished(task.place, structures, tally, from_file=True)
