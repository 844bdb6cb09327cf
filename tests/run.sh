#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
#
# Sets up an environment like examples/quickstart.sh does, then runs every check and test.

set -euo pipefail
export GEMS_EXTRA="[test]"
# Bindings and wrappers are compiled with the package: their warnings are errors, too.
export SKBUILD_CMAKE_DEFINE="GEMS_WARNINGS_AS_ERRORS=ON"
# The CUDA platform is built, and runs where there is a GPU.
export GEMS_PACKAGES="OpenMM-CUDA-13>=8.6,<8.7"
# Device code is tested on the CPU, by PoCL; Oclgrind finds what threads do to each other.
# OpenBLAS is for tblite.
export GEMS_DEBIAN_PACKAGES="opencl-c-headers ocl-icd-libopencl1 pocl-opencl-icd oclgrind catch2 \
    libopenblas0-pthread"
. "$(dirname "$0")/../examples/setup.sh"
cd "$root"
build=${GEMS_BUILD_DIR:-$root/build/tests}
# What PoCL has compiled, for all processes and the next run.
export POCL_CACHE_DIR=${POCL_CACHE_DIR:-$build/pocl}
mkdir -p "$POCL_CACHE_DIR"

echo "Linters"
ruff format --check .
ruff check .
git ls-files '*.h' '*.cpp' | xargs clang-format --dry-run --Werror
mypy
lint-imports

echo "C++ tests"
cmake -S . -B "$build" -G Ninja -DPython_EXECUTABLE="$(command -v python)" \
    -DGEMS_BUILD_PYTHON=OFF -DGEMS_BUILD_TESTS=ON -DGEMS_WARNINGS_AS_ERRORS=ON >/dev/null
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure --no-tests=error

echo "C++ tests with sanitizers"
# Of what runs on the host, in one process. Warnings are those of the other build: GCC gives false
# ones with sanitizers.
cmake -S . -B "$build/sanitized" -G Ninja -DPython_EXECUTABLE="$(command -v python)" \
    -DGEMS_BUILD_PYTHON=OFF -DGEMS_BUILD_TESTS=ON -DGEMS_SANITIZE=ON \
    -DGEMS_BUILD_OPENCL=OFF -DGEMS_BUILD_CUDA=OFF >/dev/null
cmake --build "$build/sanitized"
"$build/sanitized/tests/cpp/gems_tests"

echo "C++ example against an installation"
cmake --install "$build" --prefix "$build/prefix" >/dev/null
cmake -S examples/cpp -B "$build/example" -G Ninja -DCMAKE_PREFIX_PATH="$build/prefix" >/dev/null
cmake --build "$build/example"
for platform in Reference CPU; do
    "$build/example/alanine" python/openmmgems/models/data/ala-gfn2.pt \
        tests/data/structures/ace-ala-nme.xyz "$platform"
done

echo "Python tests"
python -m pytest -n 2 --dist loadgroup -q --durations=10 tests/python

echo "Notebooks"
python -m pytest -q --nbmake examples/notebooks
