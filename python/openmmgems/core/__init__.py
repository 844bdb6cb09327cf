# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What every room stands on: molecules and their labels, settings, files, errors."""
