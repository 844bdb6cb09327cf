# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Names of residues, as programs write them, tell the residue and its protonation state."""

from pathlib import Path

import pytest
from openmmgems.systems.residue_names import standard_name
from openmmgems.systems.structure import read_structure


@pytest.mark.parametrize(
    ("name", "standard", "state"),
    [
        # AMBER
        ("HID", "HIS", "HID"),
        ("HIE", "HIS", "HIE"),
        ("HIP", "HIS", "HIP"),
        ("ASH", "ASP", "ASH"),
        ("GLH", "GLU", "GLH"),
        ("LYN", "LYS", "LYN"),
        ("CYM", "CYS", "CYM"),
        ("CYX", "CYS", "CYX"),
        ("NHIE", "HIS", "HIE"),
        ("CCYX", "CYS", "CYX"),
        ("NALA", "ALA", None),
        ("CLYS", "LYS", None),
        # CHARMM
        ("HSD", "HIS", "HID"),
        ("HSE", "HIS", "HIE"),
        ("HSP", "HIS", "HIP"),
        # GROMACS
        ("HISA", "HIS", "HID"),
        ("HISB", "HIS", "HIE"),
        ("HISH", "HIS", "HIP"),
        ("HISP", "HIS", "HIP"),
        ("HISD", "HIS", "HID"),
        ("HISE", "HIS", "HIE"),
        ("ASPH", "ASP", "ASH"),
        ("GLUH", "GLU", "GLH"),
        ("LYSH", "LYS", "LYS"),
        ("CYS2", "CYS", "CYX"),
        ("CYSH", "CYS", "CYS"),
        # no state
        ("HIS", "HIS", None),
        ("ALA", "ALA", None),
        ("NME", "NME", None),
        ("CHOL", "CHOL", None),
        ("MSE", "MSE", "MSE"),
    ],
)
def test_a_name_tells_the_residue_and_its_state(
    name: str, standard: str, state: str | None
) -> None:
    assert standard_name(name) == (standard, state)


def test_a_loaded_structure_says_what_the_names_tell(peptide: Path, tmp_path: Path) -> None:
    path = tmp_path / "named.pdb"
    path.write_text(peptide.read_text().replace("ALA", "HIP"))
    assert read_structure(peptide).states == {}
    assert read_structure(path).states == {1: "HIP"}
