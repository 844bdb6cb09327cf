# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Options that make no sense are told in one sentence of our own."""

from pathlib import Path

import pytest
from openmmgems.cli.app import main


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ("fragment --radius -1", 1, "radius_angstrom is -1.0: input should be greater than 0."),
        ("fragment --add-hydrogens --ph 99", 1, "ph is 99.0: input should be less than or equal"),
        ("simulate --add-hydrogens --ph nan", 1, "ph is nan: input should be a finite number."),
        ("simulate --time inf", 2, "it is inf, and must be more than 0, and finite"),
        ("simulate --precision foo", 1, "precision is 'foo'; expected single, mixed, double."),
        ("simulate --seed -1", 1, "seed is -1; expected 0 or more."),
    ],
)
def test_options_that_make_no_sense(
    peptide: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: str,
    code: int,
    message: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    command, *rest = options.split()
    forces = ["--force-field", "amber99sb-ildn"] if command == "simulate" else []
    with pytest.raises(SystemExit) as stopped:
        main([command, str(peptide), *forces, "--dry-run", "--out", str(tmp_path / "x"), *rest])
    captured = capsys.readouterr()
    assert stopped.value.code == code
    assert message in captured.out + captured.err
    assert "pydantic" not in captured.err
