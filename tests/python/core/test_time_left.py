# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Time left at the pace so far."""

import pytest
from openmmgems.core.time_left import TimeLeft


def test_what_was_done_before_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1000.0, 1010.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    left = TimeLeft()
    assert left.text(50, 100) == ""
    assert left.text(60, 100) == ", 40 s left"  # 10 in 10 s, 40 to do
