# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems models import` says what a model file needs to be used well."""

from pathlib import Path

import numpy as np
import pytest
from openmm import app, unit
from openmmgems import Evaluator
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.models.inspect import inspect_model
from support import oracle

CHECKPOINT = oracle.ORACLE / "models" / "model_b.pth"  # without a long-range cutoff


@pytest.fixture
def water(tmp_path: Path) -> Path:
    """A periodic box of 30 atoms."""
    structure = load_system("water:30")
    with open(tmp_path / "water.pdb", "w") as file:
        app.PDBFile.writeFile(structure.topology, structure.positions * unit.nanometer, file)
    return tmp_path / "water.pdb"


def test_what_is_said_of_a_checkpoint_is_in_the_model_file(gems, tmp_path: Path) -> None:
    out = tmp_path / "m.pt"
    code, text = gems(
        "models", "import", CHECKPOINT, out, "--long-range-cutoff", 1.0,
        "--elements", "O,H", "--charges", "-1,0,1", "--spins", "0", "--residues", "HOH",
        "--environments", "condensed phase", "--reference", "PBE0", "--license", "CC-BY-4.0",
    )  # fmt: skip
    assert code == 0, text
    found = inspect_model(out).description
    expected = {
        "long_range_cutoff": 10.0,
        "elements": [1, 8],
        "charges": [-1, 0, 1],
        "spins": [0],
        "residues": ["HOH"],
        "environments": ["condensed phase"],
        "reference": "PBE0",
        "license": "CC-BY-4.0",
    }
    assert {name: found[name] for name in expected} == expected
    assert found["hyperparameters"]["lr_cutoff"] == 10.0


@pytest.mark.parametrize(
    ("option", "word", "message"),
    [
        ("--elements", "Xx", "element is 'Xx'; expected a symbol"),
        ("--elements", "U", r"atomic numbers [92], whose embeddings are zero"),
        ("--charges", "a", "charge is 'a'; expected a whole number"),
        ("--environments", "water", "environment is 'water'; expected gas phase or"),
        ("--long-range-cutoff", "-1", "expected a positive number"),
    ],
)
def test_what_cannot_be_is_refused(
    gems, tmp_path: Path, option: str, word: str, message: str
) -> None:
    code, text = gems("models", "import", CHECKPOINT, tmp_path / "m.pt", option, word)
    assert code == 1
    assert message in text
    assert not (tmp_path / "m.pt").exists()


def test_an_imported_cutoff_is_the_one_that_a_force_sets(gems, tmp_path: Path) -> None:
    gems("models", "import", CHECKPOINT, tmp_path / "without.pt")
    gems("models", "import", CHECKPOINT, tmp_path / "with.pt", "--long-range-cutoff", 0.7)
    structure = load_system("water:30")
    vectors = structure.topology.getPeriodicBoxVectors()
    cell = 10.0 * np.array([list(vector._value) for vector in vectors])
    inputs = (structure.atomic_numbers, 10.0 * structure.positions)
    expected = Evaluator(tmp_path / "without.pt", long_range_cutoff_angstrom=7.0)
    for evaluator in ("torchscript", "native"):
        found = Evaluator(tmp_path / "with.pt", evaluator=evaluator)
        energies = [e.evaluate(*inputs, cell_angstrom=cell)["energy_ev"] for e in (found, expected)]
        assert energies[0] == pytest.approx(energies[1], abs=1e-8)


def test_a_model_without_a_cutoff_runs_in_a_box_that_is_given_one(
    gems, tmp_path: Path, water: Path
) -> None:
    gems("models", "import", CHECKPOINT, tmp_path / "m.pt")
    words = ["simulate", water, "--model", tmp_path / "m.pt", "--no-minimise"]
    words += ["--time-step", 0.001, "--time", 2e-6]  # random weights throw atoms about
    out = ["--out", tmp_path / "run", "--platform", "CPU", "--threads", 1]
    code, text = gems(*words, *out)
    assert code == 1
    assert "give it one (--long-range-cutoff 1.0, in nm)" in text
    code, text = gems(*words, *out, "--long-range-cutoff", 0.8, "--log-every", 1)
    assert code == 0, text
    again = ["simulate", "--resume", *out, "--time", 4e-6]
    code, text = gems(*again, "--long-range-cutoff", 0.9)
    assert code == 1
    assert "begun with --long-range-cutoff 0.8, not 0.9" in text
    code, text = gems(*again)
    assert code == 0, text


def test_a_cutoff_without_a_model_is_refused(gems, tmp_path: Path, peptide: Path) -> None:
    code, text = gems(
        "simulate", peptide, "--force-field", "amber99sb-ildn",
        "--long-range-cutoff", 1, "--out", tmp_path / "run",
    )  # fmt: skip
    assert code == 2
    assert "A long-range cutoff is given, which only a model takes" in text
