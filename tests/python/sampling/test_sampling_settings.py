# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Settings of conformers and parents."""

import pytest
from openmmgems.sampling.sampling_settings import (
    ConformerSettings,
    ParentSettings,
    conformers_preset,
    parent_preset,
)
from pydantic import ValidationError

PEPTIDE = {"name": "a", "peptide": "ACE ALA NME"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number": 0}, "number\n.*greater than or equal to 1"),
        ({"normal_mode_temperatures_kelvin": (0.0,)}, "greater than 0"),
        ({"dynamics_temperatures_kelvin": ()}, "at least 1 item"),
        ({"spacing_fs": 0.1}, "spacing_fs is 0.1; expected at least time_step_fs, 0.5"),
        ({"normal_mode_share": 1.5}, "less than or equal to 1"),
        ({"temperature": 300.0}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_of_conformers_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ConformerSettings(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperatures_kelvin": (-5.0,)}, "greater than 0"),
        ({"structure": "a.pdb"}, "Parent 'a': give one of structure"),
        ({"peptide": None}, "Parent 'a': give one of structure"),
        ({"peptide": "ACE XYX NME"}, "Residue 'XYX' of the peptide"),
        ({"frame_interval_ps": 0.001}, "frame_interval_ps is 0.001; expected at least one time"),
        ({"name": "../a"}, "String should match pattern"),
        ({"length_ps": float("nan")}, "greater than 0|finite"),
    ],
)
def test_wrong_settings_of_parents_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ParentSettings(**PEPTIDE | changes)


def test_the_paper_has_as_many_conformers_as_its_data_set_has_for_each_graph() -> None:
    assert conformers_preset("paper").number == round(2_713_986 / 2_307)


def test_the_paper_runs_two_microseconds_at_three_temperatures_in_a_large_box() -> None:
    parent = parent_preset("paper", ParentSettings(**PEPTIDE, solvent="water"))
    assert parent.length_ps == 2e6
    assert parent.temperatures_kelvin == (280.0, 300.0, 310.0)
    assert parent.padding_nm == 1.6
    assert parent.selection.preference_angstrom2 == -50.0


@pytest.mark.parametrize("take", [conformers_preset, lambda p: parent_preset(p, None)])
def test_an_unknown_preset_is_refused(take: object) -> None:
    with pytest.raises(ValueError, match="preset is 'desk'; expected laptop or paper"):
        take("desk")
