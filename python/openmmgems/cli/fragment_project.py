# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems fragment` that cuts up all parents of a project."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from openmmgems.labels.project_folder import ProjectFolder
from openmmgems.labels.project_settings import read_project

from .console import output
from .fragment_top_down import cut_snapshots, read_sampled


def fragment_project(file: Path, out: Path | None, *, dry_run: bool = False) -> None:
    """Cut up the selected frames of each parent; what is done already is passed over."""
    settings = read_project(file)
    folder = ProjectFolder(out or file.stem)
    if settings.top_down is None:
        raise ValueError(f"'{file}' has no [top_down]: there is nothing to cut up.")
    folder.begin(settings)
    command = f"--project {file} --out {folder.path}"
    for parent in settings.parents:
        if not (folder.parent(parent.name) / "selected.csv").is_file():
            raise FileNotFoundError(
                f"The parent '{parent.name}' has no selected frames yet; run first: "
                f"gems sample {command}"
            )
    for parent in settings.parents:
        target = folder.fragments(parent.name)
        if target.is_file():
            output.print(f"{escape(str(target))} is there already.")
            continue
        cut_snapshots(
            read_sampled(folder.parent(parent.name)),
            settings.top_down,
            target,
            target.with_suffix(".png"),
            dry_run=dry_run,
            shared_settings=True,
        )
    if not dry_run:
        output.print(
            f"Look at   {escape(str(folder.path / 'fragments'))}\nNext      gems label "
            f"{escape(command)}",
            soft_wrap=True,
        )
