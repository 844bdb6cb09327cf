# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Clusters of water, ions in water, fragments with water."""

from itertools import combinations

import numpy as np
import pytest
from openmmgems.fragments.bottom_up import BottomUpFragment
from openmmgems.fragments.complexes import complex_list, complex_of, complexes
from openmmgems.fragments.fragment_settings import BottomUpSettings
from pydantic import ValidationError
from scipy.spatial.distance import cdist

#: Smallest distances between molecules, angstrom: 0.9 of the sum of Bondi's van der Waals radii;
#: 1.8 for hydrogen bonds; Shannon's radius of Na+ plus 1.35 (to O), plus 1.9 (to H).
LIMITS = {
    ("H", "H"): 0.9 * 2.40,
    ("H", "O"): 1.8,
    ("O", "O"): 0.9 * 3.04,
    ("Na", "O"): 1.02 + 1.35,
    ("H", "Na"): 1.02 + 1.9,
    ("Cl", "H"): 1.8,
    ("Cl", "O"): 0.9 * (1.75 + 1.52),
    ("Cl", "Na"): 1.02 + 1.35,
}
SYMBOLS = {1: "H", 8: "O", 11: "Na", 17: "Cl"}


def excess(smiles: list[str], seed: int) -> float:
    """By how much the tightest pair of atoms of different molecules exceeds its limit."""
    structure = complex_of(smiles, seed)
    sizes = [3 if text == "O" else 1 for text in smiles]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    names = [SYMBOLS[int(number)] for number in structure.atomic_numbers]
    distances = cdist(structure.positions_angstrom, structure.positions_angstrom)
    return min(
        distances[i, j] - LIMITS[tuple(sorted((names[i], names[j])))]
        for i, j in combinations(range(len(names)), 2)
        if owner[i] != owner[j]
    )


@pytest.mark.parametrize(
    "smiles",
    [["O"] * 2, ["O"] * 6, ["[Na+]", *["O"] * 6], ["[Cl-]", *["O"] * 4], ["[Na+]", "[Cl-]", "O"]],
)
def test_molecules_touch_and_do_not_overlap(smiles: list[str]) -> None:
    for seed in range(5):
        assert excess(smiles, seed) == pytest.approx(0.0, abs=1e-9)


def test_charge_source_and_seed() -> None:
    structure = complex_of(["C[NH3+]", "O"], seed=3)
    assert structure.charge == 1
    assert structure.source == "bottom-up:C[NH3+].O:start"
    assert sorted(structure.atomic_numbers) == sorted([6, 7, *[1] * 6, 8, 1, 1])
    again, other = complex_of(["C[NH3+]", "O"], seed=3), complex_of(["C[NH3+]", "O"], seed=4)
    np.testing.assert_array_equal(structure.positions_angstrom, again.positions_angstrom)
    assert not np.allclose(structure.positions_angstrom, other.positions_angstrom)
    np.testing.assert_allclose(structure.positions_angstrom.mean(axis=0), 0, atol=1e-12)


def test_what_the_settings_ask_for() -> None:
    fragments = [
        BottomUpFragment("O", 1, 0, 1, ("x",)),
        BottomUpFragment("C", 1, 0, 1, ("x",)),
        BottomUpFragment("CC(=O)[O-]", 4, -1, 1, ("x",)),
    ]
    settings = BottomUpSettings(
        water_clusters=3, ions=("[K+]",), waters_per_ion=2, complex_heavy_atoms=1
    )
    expected = [("O", "O"), ("O", "O", "O"), ("[K+]", "O"), ("[K+]", "O", "O"), ("C", "O")]
    assert complex_list(settings, fragments) == expected
    calls: list[tuple[int, int]] = []
    found = list(complexes(settings, fragments, lambda *numbers: calls.append(numbers)))
    assert [s.source for s in found] == [f"bottom-up:{'.'.join(parts)}:start" for parts in expected]
    assert [s.charge for s in found] == [0, 0, 1, 1, 0]
    assert calls[-1] == (5, 5)
    nothing = BottomUpSettings(water_clusters=0, waters_per_ion=0, complexes=False)
    assert complex_list(nothing, fragments) == []


def test_what_makes_no_sense() -> None:
    for smiles, message in (
        ([], "no molecules to put together"),
        (["O", "X"], "'X' is not SMILES"),
        (["[Na-]", "O"], "radical electrons; expected a closed shell"),
        (["[Ba+2]", "O"], r"Ion \[Ba\+2\] is not known"),
        (["C[SiH3]", "O"], "Atomic number 14 has no radius"),
    ):
        with pytest.raises(ValueError, match=message):
            complex_of(smiles)
    for wrong, message in (
        ({"max_heavy_atoms": 0}, "greater than 0"),
        ({"water_clusters": -1}, "greater than or equal to 0"),
        ({"sequence": ("A",)}, "not permitted"),
    ):
        with pytest.raises(ValidationError, match=message):
            BottomUpSettings(**wrong)
