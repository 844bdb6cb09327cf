# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Many calculations on many workers: the store of jobs, workers, clusters."""
