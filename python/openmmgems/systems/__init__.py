# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""From structure files to topologies and Systems: reading, preparation, chemistry, force fields."""
