# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The folder of a project: where each stage finds and leaves its files."""

from __future__ import annotations

import os
from pathlib import Path

from openmmgems.core.files import write_atomically

from .project_settings import ProjectSettings


class ProjectFolder:
    """
    All results of one project.

    ``project.json`` keeps the settings with which it was begun. ``graphs.h5``, ``conformers.h5``
    and ``parents/NAME`` come from sampling, ``fragments/NAME.h5`` from cutting up, and ``labels``
    from the reference calculations.

    Parameters
    ----------
    path : path
        Is made by `begin`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.settings_file = self.path / "project.json"
        self.graphs = self.path / "graphs.h5"
        self.conformers = self.path / "conformers.h5"
        self.labels = self.path / "labels"

    def parent(self, name: str) -> Path:
        """Folder of a parent's dynamics and selected frames."""
        return self.path / "parents" / name

    def fragments(self, name: str) -> Path:
        """File of a parent's fragments."""
        return self.path / "fragments" / f"{name}.h5"

    def structures(self, settings: ProjectSettings) -> list[Path]:
        """All files of structures that are labelled."""
        files = [] if settings.bottom_up is None else [self.conformers]
        return files + [self.fragments(parent.name) for parent in settings.parents]

    def begin(self, settings: ProjectSettings) -> None:
        """
        Make the folder, or check that it belongs to the same settings.

        Raises
        ------
        ValueError
            As `check`.
        """
        self.check(settings)
        for folder in (self.path, self.path / "parents", self.path / "fragments"):
            folder.mkdir(parents=True, exist_ok=True)
        if not self.settings_file.is_file():
            write_atomically(self.settings_file, _text(settings))

    def check(self, settings: ProjectSettings) -> None:
        """
        Check that the folder, if it is there, belongs to the same settings.

        How structures are labelled is checked by the folder of labels itself.

        Raises
        ------
        ValueError
            If other settings made what is there.
        """
        if self.settings_file.is_file() and self.settings_file.read_text() != _text(settings):
            raise ValueError(
                f"'{self.path}' was begun with other settings, those in '{self.settings_file}'. "
                "Take the project file back to them, or choose another folder with --out."
            )


def _text(settings: ProjectSettings) -> str:
    """What the folder keeps of settings."""
    return settings.model_dump_json(indent=2, exclude={"labels"}) + "\n"
