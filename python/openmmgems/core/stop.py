# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Requests to stop, by the user or the system."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Remembers that the user or the system asked to stop.

    Attributes
    ----------
    signal_number : int or None
        The signal that asked.
    """

    def __init__(self) -> None:
        self.signal_number: int | None = None

    def __bool__(self) -> bool:
        return self.signal_number is not None

    @contextmanager
    def listening(self) -> Iterator[StopRequest]:
        """Take Ctrl-C and SIGTERM as a request; a second Ctrl-C stops at once."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {s: signal.signal(s, self._handle) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.signal_number is not None:
            raise KeyboardInterrupt
        self.signal_number = number
