# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Small bottom-up and large top-down fragments of molecular systems."""
