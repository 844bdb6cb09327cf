# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""SO3LR on the command line: forms of electrostatics, charges, ions, level, licence and limits."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from openmm import XmlSerializer, app, unit
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.gemsforce import GemsForce

SHORT = ("--model", "so3lr", "--platform", "CPU", "--no-minimise", "--time", "0.002")


@pytest.fixture
def water(tmp_path: Path) -> Path:
    """A periodic box of 30 atoms."""
    structure = load_system("water:30")
    with open(tmp_path / "water.pdb", "w") as file:
        app.PDBFile.writeFile(structure.topology, structure.positions * unit.nanometer, file)
    return tmp_path / "water.pdb"


def form_in(folder: Path) -> int:
    system = XmlSerializer.deserialize((folder / "system.xml").read_text())
    return next(
        GemsForce.cast(f).getElectrostatics() for f in system.getForces() if GemsForce.isinstance(f)
    )


@pytest.mark.parametrize(
    ("periodic", "asked", "said", "form"),
    [
        (False, "default", "plain, all pairs", GemsForce.Plain),
        (True, "default", "lattice, summed over all images", GemsForce.Lattice),
        (True, "cutoff", "cutoff, to 12 angstrom", GemsForce.Cutoff),
    ],
)
def test_a_run_says_and_keeps_its_form(
    gems, peptide: Path, water: Path, tmp_path: Path,
    periodic: bool, asked: str, said: str, form: int,
) -> None:  # fmt: skip
    structure, out = water if periodic else peptide, tmp_path / "run"
    code, text = gems("simulate", structure, *SHORT, "--electrostatics", asked, "--out", out)
    assert code == 0, text
    assert f"Electrostatics: {said}" in text
    assert f"under so3lr (electrostatics: {said})" in text
    assert json.loads((out / "settings.json").read_text())["model"]["electrostatics"] == said
    assert form_in(out) == form
    code, text = gems("simulate", "--resume", "--out", out, "--time", 0.004, "--platform", "CPU")
    assert code == 0, text
    assert said in text
    other = "plain" if asked != "plain" else "cutoff"
    code, text = gems("simulate", "--resume", "--out", out, "--electrostatics", other)
    assert code == 1
    assert f"was begun with --electrostatics {asked}, not {other}" in text


def test_folders_from_before_there_were_forms_go_on(gems, peptide: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert gems("simulate", peptide, *SHORT, "--out", out)[0] == 0
    settings = json.loads((out / "settings.json").read_text())
    del settings["forces"]["electrostatics"], settings["model"]["electrostatics"]
    (out / "settings.json").write_text(json.dumps(settings))
    resume = ("simulate", "--resume", "--out", out, "--time", 0.003, "--platform", "CPU")
    code, text = gems(*resume, "--electrostatics", "default")
    assert code == 0, text


@pytest.mark.parametrize(
    ("periodic", "form", "code", "message"),
    [
        (
            True,
            "plain",
            1,
            "plain, which has no images, and the structure has a periodic box; leave",
        ),
        (
            False,
            "lattice",
            1,
            "lattice, which sums over images, and there is no periodic box; leave",
        ),
        (
            False,
            "all",
            2,
            "electrostatics is 'all'; expected one of default, plain, lattice, cutoff",
        ),
    ],
)
def test_forms_that_do_not_fit_are_refused(
    gems, peptide: Path, water: Path, periodic: bool, form: str, code: int, message: str
) -> None:
    structure = water if periodic else peptide
    found, text = gems("simulate", structure, *SHORT, "--electrostatics", form, "--dry-run")
    assert found == code
    assert message in text


def test_other_models_have_no_form(gems, peptide: Path) -> None:
    model = ("--model", "ala-gfn2", "--electrostatics", "plain", "--dry-run")
    code, text = gems("simulate", peptide, *model)
    assert code == 2
    assert "the model declares none of its own" in text


def test_the_charge_of_a_protein_is_said_and_sodium_is_refused(gems, tmp_path: Path) -> None:
    protein = files("openmmgems") / "data/structures/trp-cage.pdb"
    salt = tmp_path / "salt.pdb"
    lines = [line for line in protein.read_text().splitlines() if not line.startswith("END")]
    ion = "HETATM  283 NA    NA A  23      20.000  20.000  20.000  1.00  0.00          NA"
    salt.write_text("\n".join([*lines, ion, "END"]) + "\n")
    code, text = gems("simulate", salt, *SHORT, "--dry-run")
    assert code == 1
    assert "was not trained on the element Na (A NA 23)" in text
    assert "leave such ions out (--remove NA), or keep them under a classical force field" in text
    code, text = gems("simulate", salt, *SHORT, "--remove", "NA", "--dry-run")
    assert code == 0, text
    assert "Total charge: -1 e" in text


def test_models_tell_level_licence_and_limits(gems) -> None:
    code, text = gems("models", "list")
    assert code == 0
    line = next(line for line in text.splitlines() if "so3lr" in line)
    for word in ("SO3LR (PBE0+MBD)", "H, C, N, O, F, P,", "MIT"):
        assert word in line
    code, text = gems("models", "inspect", "so3lr")
    assert code == 0
    assert "* Only relative energies mean anything" in text
    assert "* Ion pairs in vacuum are wrong on the way apart" in text
