# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Works on a job store in a process of its own.

Usage: store_worker.py STORE NAME LOG [FILE_SIZE_LIMIT]
"""

import resource
import sys

import numpy as np
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.jobs.store import JobStore
from openmmgems.labels.label_jobs import pack_label


def label_of(structure: AtomicSystem) -> Label:
    """What stands for a calculation."""
    positions = structure.positions_angstrom
    return Label(float(np.sum(positions**2)), -2 * positions, positions.sum(axis=0))


def data_of(structure: AtomicSystem) -> bytes:
    """The same, as a store keeps it."""
    return pack_label(label_of(structure), structure)


def main() -> None:
    """Finish jobs until none is left; each one that is done is written into the log."""
    path, name, log = sys.argv[1:4]
    if len(sys.argv) > 4:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]),) * 2)
    with JobStore(path, max_attempts=100) as store, open(log, "a") as done:
        while jobs := store.claim(name, "test", number=3, lease_s=1.0):
            for job in jobs:
                if store.finish(job, data_of(job.structure), "test 1"):
                    print(job.id, file=done, flush=True)


if __name__ == "__main__":
    main()
