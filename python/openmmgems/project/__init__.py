# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Projects: one TOML file with all settings, one folder with all results."""
