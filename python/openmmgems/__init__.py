# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Quantum-accurate machine-learned force fields for biomolecular simulation with OpenMM."""
