# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Where commands print."""

from rich.console import Console

output = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
