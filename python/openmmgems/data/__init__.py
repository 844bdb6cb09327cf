# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Data sets and structure files: written, read, imported, drawn, split."""
