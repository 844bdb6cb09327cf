# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Every script in examples runs as its first lines say, with small settings."""

import subprocess
import sys
from pathlib import Path

import pytest
from openmmgems import Evaluator
from openmmgems.models import inspect_model

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = {
    "01_peptide_gems_and_amber.py": ["--time", "0.05", "--platform", "CPU", "--out", "out"],
    "02_train_first_model.py": ["--windows", "2", "--steps", "4", "--folder", "out"],
    "03_energy_conservation.py": [
        *("--time", "0.5", "--equilibration", "0.02", "--keep", "kept", "--out", "out.png")
    ],
    "04_device_roofline.py": ["--system", "water:300", "--model", "random:64:1"],
    "05_top_down_fragments.py": ["--spacing", "15", "--out", "out.png"],
    "06_reference_levels.py": ["gfn2-xtb", "so3lr", "--conformers", "3", "--out", "out.png"],
    "07_labelling_rate.py": ["--number", "20", "--repeats", "1", "--out", "out.json"],
    "08_scaling_simulation.py": ["--fraction", "0.001", "--cores", "80", "--out", "out.png"],
}
WRITTEN = {
    "01_peptide_gems_and_amber.py": ["out/comparison.png", "out/gems/log.csv", "out/amber/log.csv"],
    "02_train_first_model.py": ["out/data.h5", "out/ala-gfn2.pt", "out/ala-gfn2.md"],
    "03_energy_conservation.py": ["out.png", "kept/GEMS, Smooth, seed 1.npz"],
    "04_device_roofline.py": [],
    "05_top_down_fragments.py": ["out.png", "out.h5"],
    "06_reference_levels.py": ["out.png"],
    "07_labelling_rate.py": ["out.json"],
    "08_scaling_simulation.py": ["out.png"],
}


def test_all_examples_are_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SETTINGS)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_an_example_runs(name: str, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / name), *SETTINGS[name]]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    for file in WRITTEN[name]:
        assert (tmp_path / file).stat().st_size > 0
    if name == "02_train_first_model.py":
        model = tmp_path / "out" / "ala-gfn2.pt"
        assert inspect_model(model).description["reference"].startswith("GFN2-xTB")
        assert Evaluator(model).evaluate([8, 1, 1], [[0, 0, 0], [0, 0, 1], [0, 1, 0]])["energy_ev"]
