# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Every script in examples runs as its first lines say, with small settings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from openmmgems import Evaluator
from openmmgems.data.dataset import read_dataset
from openmmgems.models import inspect_model

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = {
    "00_trp_cage_so3lr_and_amber.py": ["--seconds", "1", "--platform", "CPU", "--out", "out"],
    "01_peptide_gems_and_amber.py": ["--time", "0.05", "--platform", "CPU", "--out", "out"],
    "02_train_first_model.py": [
        *("--windows", "2", "--steps", "4", "--folder", "out"),
        *("--validation", "0.1", "--test", "0.15"),  # six runs, each on one side
    ],
    "03_energy_conservation.py": [
        *("--time", "0.5", "--equilibration", "0.02", "--keep", "kept", "--out", "out.png")
    ],
    "04_device_roofline.py": ["--system", "water:300", "--model", "random:64:1"],
    "05_top_down_fragments.py": ["--spacing", "15", "--out", "out.png"],
    "06_reference_levels.py": ["gfn2-xtb", "so3lr", "--conformers", "3", "--out", "out.png"],
    "07_labelling_rate.py": ["--number", "20", "--repeats", "1", "--out", "out.json"],
    "08_scaling_simulation.py": ["--fraction", "0.001", "--cores", "80", "--out", "out.png"],
    "09_project_data.py": ["small", "--conformers", "3", "--fragments", "2", "--out", "out.h5"],
    "10_selection_speed.py": ["--frames", "400", "--few", "20", "--small", "300"],
    "11_so3lr_labels.py": ["--seconds", "1", "--out", "out.json"],
    "12_so3lr_accuracy.py": ["--out", "out.png"],
    "13_so3lr_vibrations.py": ["--out", "out.png"],
}
WRITTEN = {
    "00_trp_cage_so3lr_and_amber.py": [
        *("out/comparison.png", "out/gems/log.csv", "out/amber/log.csv"),
    ],
    "01_peptide_gems_and_amber.py": ["out/comparison.png", "out/gems/log.csv", "out/amber/log.csv"],
    "02_train_first_model.py": ["out/data.h5", "out/ala-gfn2.pt", "out/ala-gfn2.md"],
    "03_energy_conservation.py": ["out.png", "kept/GEMS, seed 1.npz"],
    "04_device_roofline.py": [],
    "05_top_down_fragments.py": ["out.png", "out.h5"],
    "06_reference_levels.py": ["out.png"],
    "07_labelling_rate.py": ["out.json"],
    "08_scaling_simulation.py": ["out.png"],
    "09_project_data.py": ["out.h5"],
    "10_selection_speed.py": [],
    "11_so3lr_labels.py": ["out.json"],
    "12_so3lr_accuracy.py": ["out.png"],
    "13_so3lr_vibrations.py": ["out.png"],
}
PROJECT = """
bottom_up = { amino_acids = false, smiles = ["CO"], water_clusters = 0, waters_per_ion = 0 }
conformers = { number = 2, spacing_fs = 5.0 }
top_down = { centres = ["protein", "water"] }
labels = { workers = 1 }

[[parents]]
name = "ala"
peptide = "ACE ALA NME"
length_ps = 0.4
time_step_fs = 1.0
"""


def test_all_examples_are_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SETTINGS)


def test_notebooks_are_kept_without_outputs() -> None:
    for path in (EXAMPLES / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def count_structures(dataset: Path) -> int:
    return sum(len(group.source) for group in read_dataset(dataset).values())


def make_project(folder: Path) -> None:
    """Everything from nothing to labels, as the script's first lines tell."""
    (folder / "small.toml").write_text(PROJECT)
    gems = Path(sys.executable).with_name("gems")
    for step in ("sample", "fragment", "label"):
        command = [str(gems), step, "--project", "small.toml", "--out", "small"]
        subprocess.run(command, cwd=folder, check=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_an_example_runs(name: str, tmp_path: Path) -> None:
    if name == "09_project_data.py":
        make_project(tmp_path)
    command = [sys.executable, str(EXAMPLES / name), *SETTINGS[name]]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    for file in WRITTEN[name]:
        assert (tmp_path / file).stat().st_size > 0
    if name == "00_trp_cage_so3lr_and_amber.py":
        assert "Electrostatics: plain, all pairs" in result.stdout
        assert "Only relative energies mean anything" in result.stdout
    if name == "09_project_data.py":
        assert count_structures(tmp_path / "out.h5") == 5
    if name == "02_train_first_model.py":
        model = tmp_path / "out" / "ala-gfn2.pt"
        assert inspect_model(model).description["reference"].startswith("GFN2-xTB")
        assert Evaluator(model).evaluate([8, 1, 1], [[0, 0, 0], [0, 0, 1], [0, 1, 0]])["energy_ev"]
