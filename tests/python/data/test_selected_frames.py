# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Selections of frames that are missing or damaged."""

from pathlib import Path

import pytest
from openmmgems.data.selected_frames import read_selected, selected_frames


def test_what_has_not_been_selected_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="select frames of this parent first"):
        next(selected_frames(tmp_path))


def test_a_damaged_selection_is_told(tmp_path: Path) -> None:
    (tmp_path / "selected.csv").write_text("frame,reason\nfirst,representative\n")
    with pytest.raises(ValueError, match="expected lines of a frame number and a reason"):
        read_selected(tmp_path)
