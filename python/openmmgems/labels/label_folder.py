# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A folder of labels: its settings, job store, data set and picture.

``settings.json`` says how its structures are labelled, ``jobs.sqlite`` is the job store;
``data.h5`` and ``data.png`` are made anew from the store whenever a run ends.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.files import write_atomically
from openmmgems.core.stages import Estimate
from openmmgems.data.copies import unique_structures
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.status import count_jobs, sizes_to_do
from openmmgems.jobs.store import JobStore

from .label_jobs import LabelJobs, unpack_label
from .label_settings import LabelSettings

_MACHINE = ("workers", "threads", "memory_gb", "scheduler", "slurm")


class LabelFolder:
    """Where `gems label` keeps everything.

    Parameters
    ----------
    path : path
        Is made when something is written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.settings_file = self.path / "settings.json"
        self.store = self.path / "jobs.sqlite"
        self.data = self.path / "data.h5"
        self.picture = self.path / "data.png"

    def read_settings(self) -> LabelSettings | None:
        """
        Read how the folder's structures are labelled; None if it is new.

        Where that runs is not read, whatever the file says: each run says it.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        if not self.settings_file.is_file():
            return None
        try:
            found = LabelSettings.model_validate_json(self.settings_file.read_text())
            return LabelSettings(**found.model_dump(exclude=set(_MACHINE)))
        except ValidationError as error:
            raise ValueError(f"'{self.settings_file}' is damaged: {error}") from error

    def write_settings(self, settings: LabelSettings) -> None:
        """Write how the folder's structures are labelled; where they are is for each run to say."""
        self.path.mkdir(parents=True, exist_ok=True)
        kept = settings.model_dump(mode="json", exclude=set(_MACHINE))
        write_atomically(self.settings_file, LabelSettings(**kept).model_dump_json(indent=2) + "\n")

    def open_store(self, settings: LabelSettings | None = None) -> JobStore:
        """
        Open the job store.

        Raises
        ------
        FileNotFoundError
            If there is none, unless settings are given: then it is made.
        """
        if settings is None and not self.store.is_file():
            raise FileNotFoundError(
                f"'{self.path}' holds no jobs; give files of structures to begin with."
            )
        self.path.mkdir(parents=True, exist_ok=True)
        attempts = settings.max_attempts if settings else LabelSettings().max_attempts
        return JobStore(self.store, max_attempts=attempts)

    def add(
        self,
        structures: Iterable[AtomicSystem],
        jobs: LabelJobs,
        settings: LabelSettings,
    ) -> int:
        """
        Add structures that are to be labelled, and write the settings.

        These say whether copies are left out.

        Returns
        -------
        int
            How many are new.

        Raises
        ------
        ValueError
            If there are none.
        """
        rest = iter(structures)
        first = next(rest, None)  # a file that cannot be read leaves no folder behind
        if first is None:
            raise ValueError("The files hold no structures; expected at least one.")
        self.write_settings(settings)
        every: Iterable[AtomicSystem] = itertools.chain([first], rest)
        if settings.copies_angstrom is not None:
            found = list(every)
            every = [found[k] for k in unique_structures(found, settings.copies_angstrom)]
        with self.open_store(settings) as store:
            return store.add(every, jobs.level, Estimator(jobs, settings).need)

    def estimate(
        self,
        structures: Iterable[AtomicSystem],
        jobs: LabelJobs,
        settings: LabelSettings,
        *,
        parked: bool = False,
    ) -> Estimate:
        """
        Estimate what is to do: what waits here, and structures that would be new.

        Parameters
        ----------
        structures : iterable of AtomicSystem
            Copies among them are counted, too.
        jobs : LabelJobs
        settings : LabelSettings
        parked : bool
            Whether what was given up is tried again.
        """
        estimator = Estimator(jobs, settings)
        if not self.store.is_file():
            return estimator.total(Counter(len(s.atomic_numbers) for s in structures))
        with self.open_store() as store:
            sizes = sizes_to_do(store, jobs.level, parked=parked)
            sizes.update(len(s.atomic_numbers) for s in structures if not store.has(s, jobs.level))
            estimator.learn_from(store)
            return estimator.total(sizes)

    def is_exported(self, jobs: LabelJobs) -> bool:
        """Whether nothing waits, and the data set has all that is done."""
        if not (self.store.is_file() and self.data.is_file()):
            return False
        with self.open_store() as store:
            ((latest,),) = store.query(
                "SELECT max(ended) FROM result JOIN job ON job.id = result.job WHERE level = ?",
                jobs.level,
            )
            has_all = latest is not None and latest < self.data.stat().st_mtime
            return has_all and not count_jobs(store, jobs.level).to_do

    def export(self, jobs: LabelJobs) -> int:
        """
        Write the data set and its picture from what is done.

        The order of the data is that in which structures were added, whoever finished first.

        Returns
        -------
        int
            How many labelled structures there are; nothing is written if there are none.
        """
        from openmmgems.data.dataset import Origin, write_dataset

        level = jobs.level
        with self.open_store() as store:
            engines = [made for made in store.engines(level) if made.num_results]
            if not engines:
                return 0
            version = "; ".join(sorted({made.version for made in engines}))
            origin = Origin(level, version, dict(engines[-1].settings))
            labels = (
                (structure, unpack_label(data, len(structure.atomic_numbers)))
                for structure, data in store.results(level)
            )
            number = write_dataset(self.data, labels, origin)
        from openmmgems.data.dataset_pictures import draw_dataset  # takes a second: matplotlib

        draw_dataset(self.data, self.picture)
        return number
