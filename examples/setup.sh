# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
#
# Sourced by the other scripts: makes a virtual environment with openmm-gems built in it, and
# activates it. Needs Debian or Ubuntu with Python 3.11 to 3.13, pip and a C++ compiler.
#   PYTHON     interpreter to use (python3)
#   GEMS_VENV  folder of the environment (.venv in the repository)
#   GEMS_EXTRA extra of the package to install, such as [test]
#   GEMS_PACKAGES more Python packages that the build looks for, such as OpenMM-CUDA-13

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-python3}
venv=${GEMS_VENV:-$root/.venv}

"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || {
    echo "Python 3.11 to 3.13 is needed; $python is $("$python" --version). Set PYTHON." >&2
    exit 1
}

# Debian packages that are missing: headers of Python, OpenCL on the CPU (for tests of device code).
packages=()
have() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
for package in g++ ${GEMS_DEBIAN_PACKAGES:-}; do
    have "$package" || packages+=("$package")
done
"$python" -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
"$python" -c 'import os, sysconfig, sys; sys.exit(not os.path.exists(sysconfig.get_paths()["include"] + "/Python.h"))' ||
    packages+=(python3-dev)
if [ ${#packages[@]} -gt 0 ]; then
    echo "Installing Debian packages: ${packages[*]}"
    sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${packages[@]}" >/dev/null
fi

if [ ! -x "$venv/bin/python" ]; then
    echo "Making the virtual environment $venv"
    "$python" -m venv "$venv"
fi
# shellcheck disable=SC1091
. "$venv/bin/activate"
echo "Installing torch, OpenMM and what else is needed (about 6 GB the first time)"
python -m pip install -q --upgrade pip
# Before the build looks for them.
# shellcheck disable=SC2086
python -m pip install -q 'torch>=2.11' 'openmm>=8.6,<8.7' 'vesin>=0.6' ${GEMS_PACKAGES:-}
echo "Building and installing openmm-gems"
python -m pip install -q "$root${GEMS_EXTRA:-}"
