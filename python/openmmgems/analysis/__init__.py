# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Observables of trajectories: arrays in, arrays out; `plots` draws them. Needs no torch."""
