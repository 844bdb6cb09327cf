#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
#
# From a fresh clone to a moving protein: sets up an environment, then simulates trp-cage with SO3LR and
# with AMBER99SB-ILDN for about a minute, and draws both.

set -euo pipefail
. "$(dirname "$0")/setup.sh"
cd "$root"
python examples/00_trp_cage_so3lr_and_amber.py "$@"
