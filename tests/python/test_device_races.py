# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Threads of a device never read what another one is writing.

PoCL runs the threads of a group one after another, which hides missing barriers. Oclgrind simulates
a device, and tells of every pair of accesses to memory that nothing keeps in order.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import openmmgems
import pytest
from support.device_run import CASES

TESTS = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_no_data_races(case: str, tmp_path: Path) -> None:
    if "OpenCL" in openmmgems.plugin_load_failures:
        pytest.skip(openmmgems.plugin_load_failures["OpenCL"])
    oclgrind = shutil.which("oclgrind")
    if oclgrind is None:
        pytest.skip("oclgrind is not installed")
    log = tmp_path / "log"
    words = [oclgrind, "--data-races", "--max-errors", "5", "--log", str(log)]
    words += [sys.executable, "-m", "support.device_run", str(tmp_path), case]
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    result = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert "forces agree" in result.stdout, result.stdout + result.stderr
    assert log.read_text().strip() == ""
