# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers of many molecules on workers; a killed run goes on where it was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.files import write_atomically
from openmmgems.engines.engine_spec import EngineSpec
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.run_jobs import run_jobs
from openmmgems.jobs.status import JobProgress, Summary
from openmmgems.jobs.store import Failure, JobStore
from openmmgems.jobs.store_records import structure_row
from openmmgems.jobs.worker_settings import JobSettings

from .conformer_jobs import ConformerJobs, unpack_conformers
from .conformers import fragment_name
from .sampling_settings import ConformerSettings

_SETTINGS = "settings.json"
_STORE = "jobs.sqlite"


@dataclass
class ConformerRun:
    """Conformers of many molecules, kept in a folder: each molecule is one job.

    Parameters
    ----------
    structures : sequence of AtomicSystem
        With sources as `conformers` wants them.
    settings : ConformerSettings
    folder : pathlib.Path
        Made if it is not there; a folder of other settings is refused.
    limits : JobSettings
        Workers, time and memory of a molecule, attempts.
    consent : Consent
        To code of others that the settings name.

    Raises
    ------
    ValueError
        If a source is not that of a bottom-up fragment, there are no structures, or the folder
        belongs to other settings or another engine.
    """

    structures: Sequence[AtomicSystem]
    settings: ConformerSettings
    folder: Path
    limits: JobSettings = field(default_factory=JobSettings)
    consent: Consent = field(default_factory=Consent)

    def __post_init__(self) -> None:
        if not self.structures:
            raise ValueError("There are no structures; expected one at least.")
        self._occurrences = _occurrences(self.structures)
        self.jobs.engine  # noqa: B018 (an engine that cannot be made leaves no folder behind)
        _claim_folder(Path(self.folder), self.settings)
        with self._open() as store:
            estimator = Estimator(self.jobs, self.limits)
            store.add(self.structures, self.jobs.level, estimator.need, self._occurrences)
            self._ids = store.find(self.structures, self.jobs.level, self._occurrences)

    @cached_property
    def jobs(self) -> ConformerJobs:
        """What the workers do."""
        engine, options = self.settings.engine, self.settings.engine_options
        spec = EngineSpec(engine, options, self.limits.threads, self.consent)
        return ConformerJobs(self.settings, spec)

    @property
    def num_done(self) -> int:
        """Molecules whose conformers are on disk."""
        with self._open() as store:
            return sum(store.result(job) is not None for job in self._ids)

    def finish(
        self,
        progress: Callable[[JobProgress], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Summary:
        """
        Do what is left, and what was given up by an earlier run.

        A molecule that fails, takes too long or too much memory is given up; see `failures`. A
        killed run loses the molecules it was at, no others.

        Parameters
        ----------
        progress, stop
            See `jobs.run_jobs.run_jobs`, also for errors.
        """
        with self._open() as store:
            store.withdraw(self.jobs.level, set(self._ids))
            store.retry_parked(self.jobs.level, time_limit_s=self.limits.time_limit_s)
            return run_jobs(
                store, self.jobs, self.limits, progress=progress, stop=stop, consent=self.consent
            )

    def failures(self) -> list[Failure]:
        """Molecules that were given up, and why."""
        with self._open() as store:
            return store.failures(self.jobs.level)

    def read(self) -> Iterator[AtomicSystem]:
        """Read the conformers on disk one after the other, in the order of the molecules."""
        with self._open() as store:
            every = zip(self._ids, self.structures, self._occurrences, strict=True)
            for job, structure, occurrence in every:
                data = store.result(job)
                if data is not None:
                    yield from unpack_conformers(data, structure, occurrence)

    def _open(self) -> JobStore:
        return JobStore(Path(self.folder) / _STORE, max_attempts=self.limits.max_attempts)


def unfinished(
    structures: Sequence[AtomicSystem], jobs: ConformerJobs, folder: Path
) -> list[AtomicSystem]:
    """
    Find the structures whose conformers a folder, which need not be there, does not hold.

    Raises
    ------
    ValueError
        If it belongs to other settings.
    """
    store_file = folder / _STORE
    if not store_file.is_file():
        return list(structures)
    _check_folder(folder, jobs.how)
    with JobStore(store_file) as store:
        rows = store.query(
            "SELECT hash FROM result JOIN job ON job.id = result.job "
            "JOIN structure ON structure.id = job.structure WHERE level = ?",
            jobs.level,
        )
    done = {row[0] for row in rows}
    pairs = zip(structures, _occurrences(structures), strict=True)
    return [structure for structure, k in pairs if structure_row(structure, k)[0] not in done]


def _occurrences(structures: Sequence[AtomicSystem]) -> list[int]:
    """Number the structures of each name: those of one name draw other random numbers."""
    seen: Counter[str] = Counter()
    numbers = []
    for structure in structures:
        name = fragment_name(structure.source)
        numbers.append(seen[name])
        seen[name] += 1
    return numbers


def _claim_folder(folder: Path, settings: ConformerSettings) -> None:
    """Write the settings down, or see that they are the same as before."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / _SETTINGS).is_file():
        _check_folder(folder, settings)
        return
    text = json.dumps(settings.model_dump(mode="json"), indent=1)
    write_atomically(folder / _SETTINGS, text)


def _check_folder(folder: Path, settings: ConformerSettings) -> None:
    """Refuse other settings than those that a folder was begun with."""
    asked = settings.model_dump(mode="json")
    stored = json.loads((folder / _SETTINGS).read_text())
    for name in asked:
        if stored.get(name) != asked[name]:
            raise ValueError(
                f"The conformers in '{folder}' were begun with {name} {stored.get(name)}, not "
                f"{asked[name]}. Give the same settings to go on, or another output."
            )
