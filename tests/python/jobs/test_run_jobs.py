# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The runner takes jobs of any kind."""

import sys
from pathlib import Path

from openmmgems.jobs.calculator import arguments
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.run_jobs import run_jobs
from openmmgems.jobs.store import JobStore
from openmmgems.jobs.worker_settings import JobSettings
from support.labelling import waters
from support.replica_jobs import ReplicaJobs


def test_jobs_that_are_neither_labels_nor_conformers(tmp_path: Path) -> None:
    kind, settings = ReplicaJobs(), JobSettings(workers=1, memory_gb=2.0)
    (water,) = waters(["water"])
    replicas = [0, 1, 2, 13]
    with JobStore(tmp_path / "jobs.sqlite") as store:
        need = Estimator(kind, settings).need
        assert store.add([water] * 4, kind.level, need, replicas) == 4
        summary = run_jobs(store, kind, settings)
        assert (summary.finished, summary.counts["parked"]) == (3, 1)
        found = [store.result(job) for job in store.find([water] * 4, kind.level, replicas)]
        assert found == [b"water 0", b"water 1", b"water 2", None]
        (failure,) = store.failures(kind.level)
        assert failure.error == "there is no replica 13"
        (maker,) = store.engines(kind.level)
        assert (maker.version, maker.settings) == ("replica 1", {"temperature": 300.0})


def test_a_calculating_process_does_not_look_for_modules_in_the_current_folder() -> None:
    assert arguments(3, 4)[:3] == [sys.executable, "-P", "-m"]
