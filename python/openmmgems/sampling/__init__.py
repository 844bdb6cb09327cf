# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures worth a label: conformers of small molecules, snapshots of large ones."""
