# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Timing of evaluators, platforms and peers on the same systems."""
