#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
#
# From a fresh clone to a moving peptide: sets up an environment, then simulates Ace-Ala-Nme with the
# bundled model and with AMBER99SB-ILDN, and draws both.

set -euo pipefail
. "$(dirname "$0")/setup.sh"
cd "$root"
python examples/01_peptide_gems_and_amber.py "$@"
