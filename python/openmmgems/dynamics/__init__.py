# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Dynamics that can be stopped and go on: protocols, the run and its folder, platforms."""
