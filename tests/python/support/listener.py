# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Whom stages tell how they go: keeps what it is told, and asks to stop."""

from openmmgems.core.stages import Work


class Listener(Work):
    """Keeps what it is told; asks to stop once it was shown so many times how far the stage is."""

    def __init__(self, stops_after: float = float("inf")) -> None:
        self.said: list[str] = []
        self.shown: list[str] = []
        self._stops_after = stops_after

    @property
    def is_stopped(self) -> bool:
        return len(self.shown) >= self._stops_after

    def say(self, text: str) -> None:
        self.said.append(text)

    def show(self, done: float, total: float | None, text: str) -> None:
        self.shown.append(text)
