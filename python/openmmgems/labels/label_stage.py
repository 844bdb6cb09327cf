# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stages that label structures, and that write the data set of what is labelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.quantities import format_seconds
from openmmgems.core.stages import Estimate, Outcome, Work
from openmmgems.jobs.cluster import describe_place
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.status import Summary, describe_counts, show_progress

from .label_folder import LabelFolder
from .label_jobs import LabelJobs
from .label_run import label_all
from .label_settings import LabelSettings
from .read_files import read_files

if TYPE_CHECKING:
    from openmmgems.data.import_data import ImportSettings

_TOLD_EVERY = 100
_NOTHING = "Nothing is done yet: there is no data set to write."


@dataclass(frozen=True)
class Retry:
    """Try once more what was given up, with another time limit of a calculation, s, if given."""

    time_limit_s: float | None = None


class LabelStage:
    """
    Label structures, also those that wait in the folder already, and write their data set.

    Parameters
    ----------
    folder : LabelFolder
    settings : LabelSettings
    consent : Consent
        To code and connections that the settings name.
    files : sequence of pathlib.Path
        Structures to add; none: what the folder has.
    reading : ImportSettings, optional
        How the files are read.
    retry : Retry, optional
        Whether parked jobs wait again.

    Raises
    ------
    FileNotFoundError
        If neither files nor the folder have anything.
    ValueError
        If there is no such engine, or it was not agreed to.
    """

    def __init__(
        self,
        folder: LabelFolder,
        settings: LabelSettings,
        consent: Consent,
        files: Sequence[Path] = (),
        reading: ImportSettings | None = None,
        retry: Retry | None = None,
    ) -> None:
        self._folder, self._settings, self._consent = folder, settings, consent
        self._files, self._reading, self._retry = tuple(files), reading, retry
        self._jobs = LabelJobs.of(settings, consent)
        self._notes, self._num_read = set[str](), 0
        _require(folder, self._jobs, has_store=not files)

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""
        return {
            "Labels": _describe_engine(self._jobs),
            "Where": describe_place(self._settings),
            "Folder": str(self._folder.path),
        }

    @property
    def inputs(self) -> Sequence[Path]:
        """Files of structures, or the store."""
        return self._files or (self._folder.store,)

    @property
    def outputs(self) -> Sequence[Path]:
        """Jobs, data set and picture."""
        return self._folder.store, self._folder.data, self._folder.picture

    @property
    def is_done(self) -> bool:
        """Whether nothing waits, and the data set is newer than every label and every file."""
        if self._retry is not None or not self._folder.is_exported(self._jobs):
            return False
        written = self._folder.data.stat().st_mtime
        return all(file.stat().st_mtime < written for file in self._files)

    def estimate(self, work: Work) -> Estimate:
        """Count what is in the files and new, and what waits; for one worker."""
        parked = self._retry is not None
        return self._folder.estimate(self._read(work), self._jobs, self._settings, parked=parked)

    def run(self, work: Work) -> Outcome:
        """
        Add what is new, label what waits, write the data set.

        Raises
        ------
        RuntimeError
            If nothing at all could be labelled; or as `run_jobs`.
        """
        if self._files:
            new = self._folder.add(self._read(work), self._jobs, self._settings)
            work.say(f"Added {new} new structures of {self._num_read}.")
        if self._retry is not None:
            limit_s = self._retry.time_limit_s
            with self._folder.open_store(self._settings) as store:
                number = store.retry_parked(self._jobs.level, time_limit_s=limit_s)
            work.say(f"{number} parked jobs wait again.")
        summary = label_all(
            self._folder.store,
            self._settings,
            progress=show_progress(work),
            stop=lambda: work.is_stopped,
            consent=self._consent,
        )
        return self._outcome(summary, work)

    def _read(self, work: Work) -> Iterator[AtomicSystem]:
        """Read the files; what is concluded from them is said the first time only."""

        def say(note: str) -> None:
            if note not in self._notes:
                self._notes.add(note)
                work.say(f"  {note}")

        self._num_read = 0
        for structure in read_files(self._files, self._reading, say):
            self._num_read += 1
            if self._num_read % _TOLD_EVERY == 0:
                work.show(self._num_read, None, f"{self._num_read} structures read")
            yield structure

    def _outcome(self, summary: Summary, work: Work) -> Outcome:
        allowed = "".join(f" --allow-code {name}" for name in self._jobs.spec.code)
        command = f"gems label --out {self._folder.path}{allowed}"
        counts = describe_counts(summary.counts)
        text = f"{summary.finished} labels in {format_seconds(summary.seconds)}; {counts}."
        notes = [f"Why jobs failed: {command} --status"] if summary.counts["parked"] else []
        if summary.stopped:
            notes.append(f"Go on with {command}; a data set of what is done: {command} --export")
            return Outcome(text, warnings=notes, is_complete=False)
        if not summary.counts["done"]:
            raise RuntimeError(" ".join([_NOTHING, text, *notes]))
        return Outcome(text, _export(self._folder, self._jobs, work), warnings=notes)


class ExportStage:
    """
    Write the data set of what is labelled, while other structures still wait.

    Parameters
    ----------
    folder : LabelFolder
    jobs : LabelJobs

    Raises
    ------
    FileNotFoundError, ValueError
        As `LabelStage`.
    """

    def __init__(self, folder: LabelFolder, jobs: LabelJobs) -> None:
        self._folder, self._jobs = folder, jobs
        _require(folder, jobs, has_store=True)

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""
        return {"Labels": _describe_engine(self._jobs), "Folder": str(self._folder.path)}

    @property
    def inputs(self) -> Sequence[Path]:
        """The store."""
        return (self._folder.store,)

    @property
    def outputs(self) -> Sequence[Path]:
        """Data set and picture."""
        return self._folder.data, self._folder.picture

    @property
    def is_done(self) -> bool:
        """Whether nothing waits, and the data set has all."""
        return self._folder.is_exported(self._jobs)

    def estimate(self, work: Work) -> Estimate:
        """Count what is done; that is written within minutes."""
        del work
        with self._folder.open_store() as store:
            return Estimate(f"{store.counts(self._jobs.level)['done']} structures to write")

    def run(self, work: Work) -> Outcome:
        """
        Write it.

        Raises
        ------
        RuntimeError
            If nothing is done yet.
        """
        files = _export(self._folder, self._jobs, work)
        return Outcome("the data set has all that is labelled.", files)


def _require(folder: LabelFolder, jobs: LabelJobs, *, has_store: bool) -> None:
    """Refuse before anything is written: an engine that cannot be made, a folder without jobs."""
    _ = jobs.engine
    if has_store:
        folder.open_store().close()


def _describe_engine(jobs: LabelJobs) -> str:
    engine = jobs.engine
    details = ", ".join(f"{name} {value}" for name, value in engine.settings.items())
    return f"{engine.level_of_theory} by {engine.version} ({details})"


def _export(folder: LabelFolder, jobs: LabelJobs, work: Work) -> Sequence[Path]:
    """Write data set and picture; give their paths."""
    work.say("Writing the data set ...")
    number = folder.export(jobs)
    if not number:
        raise RuntimeError(_NOTHING)
    work.say(f"It has {number} structures.")
    return folder.picture, folder.data
