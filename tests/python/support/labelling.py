# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Stores, settings and processes for tests of labelling with the faulty engine."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.status import Summary
from openmmgems.jobs.store import JobStore
from openmmgems.labels.label_jobs import LabelJobs
from openmmgems.labels.label_run import label_all
from openmmgems.labels.label_settings import LabelSettings

TESTS = Path(__file__).parents[1]
LEVEL = "faulty"
CONSENT = Consent(code=("support.faulty_engine",))


def waters(sources: Iterable[str]) -> list[AtomicSystem]:
    """Waters in random positions, one for each source."""
    rng = np.random.default_rng(7)
    return [
        AtomicSystem(np.array([8, 1, 1]), rng.normal(size=(3, 3)), source=source)
        for source in sources
    ]


def settings_for(folder: Path, seconds: float = 0.01, **changes: object) -> LabelSettings:
    """Settings of the faulty engine, whose log is in a folder."""
    options = {"log": str(folder / "log"), "seconds": seconds}
    given = {
        "engine": "support.faulty_engine:make",
        "options": options,
        "workers": 2,
        "memory_gb": 4.0,
        **changes,
    }
    return LabelSettings.model_validate(given)


def add_jobs(path: Path, settings: LabelSettings, sources: Iterable[str]) -> None:
    """Add waters to a store."""
    estimator = Estimator(LabelJobs.of(settings, CONSENT), settings)
    with JobStore(path) as store:
        store.add(waters(sources), LEVEL, estimator.need)


def label_here(path: Path, settings: LabelSettings, **more: object) -> Summary:
    """Label a store in this process."""
    return label_all(path, settings, consent=CONSENT, **more)


def start_run(path: Path, settings: LabelSettings, *more: str) -> subprocess.Popen:
    """Label a store in another process."""
    words = [sys.executable, "-m", "support.label_process", str(path), settings.model_dump_json()]
    return subprocess.Popen(
        [*words, *more],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_log(folder: Path, what: str) -> Counter[str]:
    """How often each source was begun or ended."""
    path = folder / "log"
    lines = path.read_text().splitlines() if path.is_file() else []
    words = [line.split(" ", 2) for line in lines]
    return Counter(word[2] for word in words if word[1] == what)


def pids(folder: Path) -> set[int]:
    """Processes that calculated."""
    return {int(line.split()[0]) for line in (folder / "log").read_text().splitlines()}


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"nothing happened for {seconds} s"
        time.sleep(0.02)


def done_sources(path: Path) -> list[str]:
    """Sources of what is done, in the order of the data."""
    with JobStore(path) as store:
        return [structure.source for structure, _ in store.results(LEVEL)]
