# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Quantities in words."""

from __future__ import annotations


def format_seconds(seconds: float) -> str:
    """Write a duration for people."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 86400:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"


def format_bytes(count: float) -> str:
    """Write a size for people."""
    size = float(count)
    for prefix in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {prefix}" if prefix in ("B", "kB") else f"{size:.1f} {prefix}"
        size /= 1000
    return f"{size:.1f} TB"
