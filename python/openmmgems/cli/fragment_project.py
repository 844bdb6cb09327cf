# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems fragment` that cuts up all parents of a project."""

from __future__ import annotations

from pathlib import Path

from .carry_out import carry_out_all


def fragment_project(file: Path, out: Path | None, *, dry_run: bool = False) -> None:
    """Cut up the selected frames of each parent; what is done already is passed over."""
    from openmmgems.labels.project_fragments import project_fragments

    stages, folder = project_fragments(file, out, dry_run=dry_run)
    command = f"--project {file} --out {folder}"
    carry_out_all(
        stages,
        dry_run=dry_run,
        made_by=f"gems sample {command}",
        next_command=f"gems label {command}",
    )
