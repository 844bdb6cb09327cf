# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Reference engines, one a file: each calculates energy, forces and dipole of a molecule."""
