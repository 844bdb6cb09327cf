# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Every command prepares structures alike: simulate, sample and fragment."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.pdb_lines import atom_name, atoms, called, crambin, number, peptide, without

Gems = Callable[..., tuple[int, str]]
Command = Callable[..., tuple[int, str]]
AMBER = ("--force-field", "amber99sb-ildn", "--no-box")


@pytest.fixture
def gems(gems: Gems, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Gems:
    """Run the command line in a folder; gives exit code and all output, as one line."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str]:
        code, told = gems(*arguments)
        return code, " ".join(told.split())

    return run


@pytest.fixture(params=["simulate", "sample", "fragment"])
def command(request: pytest.FixtureRequest, gems: Gems) -> Command:
    """Give a structure without hydrogens to a command, as a dry run."""
    words = {
        "simulate": ("simulate", "FILE", *AMBER, "--add-hydrogens", "--threads", 1),
        "sample": ("sample", "--threads", 1, "--parent", "FILE"),
        "fragment": ("fragment", "FILE", "--add-hydrogens", "--no-box", "-o", "fragments.h5"),
    }[request.param]

    def run(lines: list[str], *more: object) -> tuple[int, str]:
        Path("protein.pdb").write_text("".join(lines) + "END\n")
        given = ["protein.pdb" if word == "FILE" else word for word in words]
        return gems(*given, "--dry-run", *more)

    return run


def test_notes_are_printed(command: Command) -> None:
    water = atoms("HOH", 201, ("O", 30, 30, 30))
    code, text = command(without(crambin(), 46, ["OXT"]) + water)
    assert code == 0, text
    assert "A ASN 46 got its missing OXT" in text
    assert "317 hydrogens were added for pH 7" in text


def test_residues_are_left_out(command: Command) -> None:
    lines = crambin() + atoms("SO4", 102, ("S", 40, 30, 30), ("O1", 41.4, 30, 30))
    code, text = command(lines)
    assert code != 0
    assert "residue A SO4 102; leave out what is not wanted: --remove SO4" in text
    code, text = command(lines, "--remove", "SO4")
    assert code == 0, text
    assert "left out: 1 SO4" in text


def test_ph_decides_and_names_decide_more(command: Command) -> None:
    peptides = peptide("ACE ALA ASP ALA NME")
    for lines, words, count in (
        (peptides, (), 21),
        (peptides, ("--ph", 2), 22),
        (called(peptides, 3, "ASH"), (), 22),
    ):
        code, text = command(lines, *words)
        assert code == 0, text
        assert f"{count} hydrogens were added" in text


def test_chains_with_gaps_are_refused(command: Command) -> None:
    gapped = [line for line in crambin() if not 18 <= number(line) <= 24]
    code, text = command(gapped)
    assert code != 0
    assert "The bond between A ARG 17 C and A ILE 25 N is 10.6 angstrom long" in text
    code, text = command(gapped, "--force")
    assert code == 0, text
    assert "A ARG 17 C and A ILE 25 N, 10.6 angstrom apart, are not bonded: both end" in text


def test_a_gap_is_refused_under_a_model(gems: Gems) -> None:
    whole = peptide("ACE ALA*6 NME", hydrogens=True)
    Path("gapped.pdb").write_text("".join(without(whole, 4)) + "END\n")
    words = ("simulate", "gapped.pdb", "--model", "ala-gfn2", "--no-box", "--dry-run")
    code, text = gems(*words)
    assert code != 0
    assert "The bond between A ALA 3 C and A ALA 5 N is 4." in text
    assert "residues are missing" in text
    code, text = gems(*words, "--force")
    assert code == 0, text
    assert "angstrom apart, stay bonded" in text


def test_a_run_of_a_crystal_structure_is_resumed(gems: Gems) -> None:
    lines = [line for line in crambin() if number(line) <= 6 and atom_name(line) != "SG"]
    Path("protein.pdb").write_text("".join(lines) + "END\n")
    words = ("simulate", "protein.pdb", *AMBER, "--add-hydrogens", "--remove", "A PRO 5,A SER 6")
    short = ("--time", "0.01", "--threads", 1, "--out", "run")
    code, text = gems(*words, *short)
    assert code == 0, text
    code, text = gems(*words, *short, "--resume")
    assert code == 0, text
    code, text = gems("simulate", "--resume", "--out", "run", "--remove", "A SER 6")
    assert code != 0
    assert "This run was begun with --remove" in text


def test_options_of_structure_files_are_for_these(gems: Gems) -> None:
    code, text = gems("sample", "--peptide", "ACE ALA NME", "--remove", "SO4")
    assert code == 2
    assert "--remove is for --parent only" in text
    code, text = gems("sample", "CCO", "--force")
    assert code == 2
    assert "--force is for --parent and --peptide only" in text
