#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
#
# Sets up an environment like examples/quickstart.sh does, then runs every check and test.

set -euo pipefail
export GEMS_EXTRA="[test]"
# Device code is tested on the CPU, by PoCL.
export GEMS_DEBIAN_PACKAGES="opencl-c-headers ocl-icd-libopencl1 pocl-opencl-icd"
. "$(dirname "$0")/../examples/setup.sh"
cd "$root"
echo "Linters"
ruff format --check .
ruff check .
echo "Python tests"
python -m pytest -n 2 -q --durations=10 tests/python
