# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Names that README printed in version 0.1 can still be imported, with a warning."""

import importlib
import sys

import pytest

OLD_AND_NEW = [
    ("openmmgems.fragments.chemical_graph", "openmmgems.systems.chemical_graph", "chemical_graph"),
    ("openmmgems.labels.copies", "openmmgems.data.copies", "first_copies"),
    ("openmmgems.labels.dataset", "openmmgems.data.dataset", "write_dataset"),
    ("openmmgems.labels.import_data", "openmmgems.data.import_data", "read_labelled"),
    ("openmmgems.labels.pictures", "openmmgems.data.dataset_pictures", "draw_dataset"),
]


@pytest.mark.parametrize(("old", "new", "name"), OLD_AND_NEW)
def test_old_names_give_the_same_module_and_a_warning(old: str, new: str, name: str) -> None:
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"is now '{new}'.*0.3"):
        module = importlib.import_module(old)
    assert module is importlib.import_module(new)
    assert hasattr(module, name)
    assert module.__spec__.name == new


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("openmmgems.fragments.top_down", "top_down_fragment"),
        ("openmmgems.fragments.unique", "unique_graphs"),
        ("openmmgems.sampling.selection", "thin"),
        ("openmmgems.simulation", "simulate"),
    ],
)
def test_other_names_of_the_first_readme_stay(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)
