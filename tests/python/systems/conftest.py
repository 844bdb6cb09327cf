# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures made of lines of PDB files."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from openmmgems.systems.structure import LoadedStructure, read_structure
from support.pdb_lines import Read


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read lines of a PDB file."""

    def from_lines(lines: Sequence[str]) -> LoadedStructure:
        file = tmp_path / "protein.pdb"
        file.write_text("".join(lines) + "END\n")
        return read_structure(file)

    return from_lines
