# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Fixtures of the simulation tests."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def structures(data_folder: Path) -> Path:
    return data_folder / "structures"


@pytest.fixture(scope="session")
def peptide(structures: Path) -> Path:
    return structures / "ace-ala-nme.pdb"
