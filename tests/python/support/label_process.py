# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Labels the jobs of a store in a process of its own.

Usage: label_process.py STORE SETTINGS_JSON [FILE_SIZE_LIMIT]
"""

import resource
import sys

from openmmgems.core.stop import StopRequest
from openmmgems.labels.label_settings import LabelSettings

from support.labelling import label_here


def main() -> None:
    """Run, print what was done, and end as `gems label` does."""
    if len(sys.argv) > 3:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
    settings = LabelSettings.model_validate_json(sys.argv[2])
    with StopRequest().listening() as stop:
        summary = label_here(sys.argv[1], settings, stop=lambda: bool(stop))
    print(f"finished {summary.finished} stopped {summary.stopped}", flush=True)
    sys.exit(128 + stop.signal_number if stop.signal_number is not None else 0)


if __name__ == "__main__":
    main()
