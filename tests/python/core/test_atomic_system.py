# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Structures are checked before anything is calculated."""

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Provenance
from openmmgems.data.copies import first_copies
from openmmgems.engines.engine_checks import check_elements

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])


def test_positions_of_another_number_of_atoms_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 3\); expected \(3, 3\)"):
        AtomicSystem(WATER, POSITIONS[:2])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_positions_that_are_not_finite_are_refused(value: float) -> None:
    positions = POSITIONS.copy()
    positions[1, 2] = value
    with pytest.raises(ValueError, match="NaN or infinite"):
        AtomicSystem(WATER, positions)


@pytest.mark.parametrize(("charge", "spin"), [(0, 1), (1, 0), (1, 2), (0, -2), (8, 4)])
def test_impossible_numbers_of_unpaired_electrons_are_refused(charge: int, spin: int) -> None:
    with pytest.raises(ValueError, match="cannot be unpaired"):
        AtomicSystem(WATER, POSITIONS, charge, spin)


@pytest.mark.parametrize(("charge", "spin"), [(0, 0), (1, 1), (-1, 1), (0, 2), (8, 2)])
def test_possible_numbers_of_unpaired_electrons_are_accepted(charge: int, spin: int) -> None:
    assert AtomicSystem(WATER, POSITIONS, charge, spin).spin == spin


@pytest.mark.parametrize(
    "cell", [np.eye(2), np.zeros((3, 3)), np.ones((3, 3)), np.full((3, 3), np.nan)]
)
def test_cells_that_span_no_volume_are_refused(cell: np.ndarray) -> None:
    with pytest.raises(ValueError, match="three box vectors that span a volume"):
        AtomicSystem(WATER, POSITIONS, cell_angstrom=cell)


def test_what_is_for_molecules_only_refuses_cells() -> None:
    ice = AtomicSystem(WATER, POSITIONS, source="ice", cell_angstrom=3.0 * np.eye(3))
    with pytest.raises(ValueError, match="'ice' has a periodic cell; expected a molecule"):
        first_copies([ice])
    with pytest.raises(ValueError, match="GFN2-xTB: the structure 'ice' has a periodic cell"):
        check_elements(ice, "GFN2-xTB", [1, 8])


@pytest.mark.parametrize(("kind", "frame"), [("", 0), ("top-down", -2)])
def test_provenance_that_makes_no_sense_is_refused(kind: str, frame: int) -> None:
    with pytest.raises(ValueError, match="expected a word, and a number from 0 on or -1"):
        Provenance(kind, frame=frame)
