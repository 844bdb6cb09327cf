# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Label all structures of a job store."""

from __future__ import annotations

import os
from collections.abc import Callable

from openmmgems.jobs.consent import Consent
from openmmgems.jobs.run_jobs import run_jobs
from openmmgems.jobs.status import JobProgress, Summary
from openmmgems.jobs.store import JobStore

from .label_jobs import LabelJobs
from .label_settings import LabelSettings


def label_all(
    store_path: str | os.PathLike[str],
    settings: LabelSettings,
    *,
    progress: Callable[[JobProgress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    consent: Consent | None = None,
) -> Summary:
    """
    Label what waits in a store, until all is done or parked.

    Parameters
    ----------
    store_path : path
    settings : LabelSettings
    progress, stop
        See `jobs.run_jobs.run_jobs`, also for errors.
    consent : Consent, optional
        To code and connections that the settings name; default: to none.
    """
    consent = consent or Consent()
    kind = LabelJobs.of(settings, consent)
    with JobStore(store_path, max_attempts=settings.max_attempts) as store:
        return run_jobs(store, kind, settings, consent=consent, progress=progress, stop=stop)
