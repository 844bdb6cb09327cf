# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Every command reads structure files alike, and says what it concluded."""

from pathlib import Path

import pytest

WATER = (
    "1 OW 1 SOL OW 1 -0.834 15.9994\n2 HW 1 SOL HW1 1 0.417 1.008\n3 HW 1 SOL HW2 1 0.417 1.008\n"
)


@pytest.fixture
def commands(tmp_path: Path):
    """A command line of each command that reads a structure with all hydrogens."""

    def lines(path: Path) -> list[tuple[object, ...]]:
        amber = ("--force-field", "amber99sb-ildn", "--platform", "Reference")
        return [
            ("simulate", path, *amber, "--dry-run"),
            ("fragment", path, "--dry-run", "-o", tmp_path / "x.h5"),
            ("sample", "--parent", path, "--time", 0.1, "--dry-run", "-o", tmp_path / "s"),
            ("fragment", "--bottom-up", path, "--dry-run", "-o", tmp_path / "y.h5"),
        ]

    return lines


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            lambda text: "CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1\n" + text,
            "The box of 1 x 1 x 1 angstrom is a placeholder: read without a box.",
        ),
        (
            lambda text: text.replace("ALA A", "NALAA"),
            "1 NALA as ALA",
        ),
    ],
    ids=["box", "name"],
)
def test_every_command_prints_what_was_concluded(
    gems, commands, peptide: Path, tmp_path: Path, change, note: str
) -> None:
    path = tmp_path / "file.pdb"
    path.write_text(change(peptide.read_text()))
    for arguments in commands(path):
        code, text = gems(*arguments)
        assert code == 0, text
        assert note in text, arguments


def test_no_command_chooses_an_alternate_location(gems, commands, structures: Path) -> None:
    for arguments in commands(structures / "pro-or-ser.pdb"):
        code, text = gems(*arguments)
        assert code == 2, text
        assert "PRO/SER 22 has alternate locations A, B" in text
        assert "--alternate-location A" in text


@pytest.mark.parametrize("letter", ["A", "B"])
def test_the_chosen_location_decides_the_residue(
    gems, structures: Path, tmp_path: Path, letter: str
) -> None:
    options = ("--add-hydrogens", "--no-box", "--alternate-location", letter)
    options = (
        *options,
        "--number",
        3,
        "--radius",
        3,
        "--centres",
        {"A": "PRO", "B": "SER"}[letter],
    )
    path = structures / "pro-or-ser.pdb"
    code, text = gems("fragment", path, *options, "--dry-run", "-o", tmp_path / "x.h5")
    assert code == 0, text
    assert f"Alternate location {letter} was kept." in text


def test_gromacs_files_are_found_by_the_same_option(gems, tmp_path: Path) -> None:
    folder = tmp_path / "inc" / "my.ff"
    folder.mkdir(parents=True)
    (folder / "forcefield.itp").write_text(
        "[ defaults ]\n1 2 yes 0.5 0.8333\n[ atomtypes ]\nOW 8 15.9994 0.0 A 0.315 0.636\n"
        "HW 1 1.008 0.0 A 0.0 0.0\n"
    )
    (tmp_path / "water.top").write_text(
        f'#include "my.ff/forcefield.itp"\n[ moleculetype ]\nSOL 2\n[ atoms ]\n{WATER}'
        "[ settles ]\n1 1 0.09572 0.15139\n[ system ]\nx\n[ molecules ]\nSOL 1\n"
    )
    (tmp_path / "water.gro").write_text(
        "x\n    3\n    1SOL     OW    1   0.000   0.000   0.000\n"
        "    1SOL    HW1    2   0.096   0.000   0.000\n"
        "    1SOL    HW2    3  -0.024   0.093   0.000\n   0.0 0.0 0.0\n"
    )
    arguments = ("fragment", tmp_path / "water.top", "--centres", "water", "--number", 1)
    out = ("-o", tmp_path / "x.h5")
    code, text = gems(*arguments, *out)
    assert code == 2
    assert "--gromacs-include" in text
    include = ("--gromacs-include", tmp_path / "inc")
    code, text = gems(*arguments, *include, *out)
    assert code == 0, text
    assert "1 fragments of 3 to 3 atoms" in text
    sample = ("sample", "--parent", tmp_path / "water.top", "--dry-run", "-o", tmp_path / "s")
    assert gems(*sample)[0] == 2
    code, text = gems(*sample, *include)
    assert code == 0, text
    assert "1 SOL as HOH" in text


def test_no_atom_is_lost_where_names_are_alike(gems, structures: Path) -> None:
    options = ("--model", "ala-gfn2", "--force", "--platform", "Reference", "--dry-run")
    code, text = gems("simulate", structures / "nma-same-names.pdb", *options)
    assert code == 0, text
    assert "12 atoms" in text
