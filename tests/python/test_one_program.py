# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A network in one precision is compiled once for a device, whatever systems it is used for."""

import os
import subprocess
import sys
from pathlib import Path

import openmmgems
import pytest

TESTS = Path(__file__).parent


def test_systems_of_all_sizes_share_what_was_compiled(tmp_path: Path) -> None:
    """Of other elements, with and without a box, whatever its shape."""
    if "OpenCL" in openmmgems.plugin_load_failures:
        pytest.skip(openmmgems.plugin_load_failures["OpenCL"])
    environment = os.environ | {"PYTHONPATH": str(TESTS), "POCL_CACHE_DIR": str(tmp_path / "cache")}
    (tmp_path / "cache").mkdir()
    words = [sys.executable, "-m", "support.compile_run", str(tmp_path)]
    result = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    numbers = [int(line.split()[1]) for line in result.stdout.splitlines() if "kernels" in line]
    if numbers[0] == 0:
        pytest.skip("OpenCL's device is not PoCL's, whose cache tells what was compiled")
    assert numbers == [numbers[0]] * 3
