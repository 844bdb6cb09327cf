# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Options that make no sense are told in one sentence of our own."""

from pathlib import Path

import pytest
from openmmgems.cli.app import main


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("fragment --radius -1", "radius_angstrom is -1.0: input should be greater than 0."),
        ("fragment --add-hydrogens --ph 99", "ph is 99.0: input should be less than or equal"),
        ("simulate --add-hydrogens --ph nan", "ph is nan: input should be a finite number."),
        ("simulate --time inf", "it is inf, and must be more than 0, and finite"),
        ("simulate --precision foo", "precision is 'foo'; expected single, mixed, double."),
        ("simulate --seed -1", "seed is -1; expected 0 or more."),
        ("simulate --platform Foo", "platform is 'Foo'; expected one of CUDA"),
        ("simulate --temperature nan", "temperature is nan; expected more than 0."),
        ("simulate --frame-every 0", "frame_interval is 0; expected more than 0."),
        ("simulate --trajectory foo", "trajectory_format is 'foo'; expected dcd or xtc."),
        ("simulate --long-range-cutoff 1", "A long-range cutoff is given, which only a model"),
        ("simulate --force-field foo", "There is no force field 'foo'; known are"),
        ("simulate --model ala-gfn2 --evaluator foo", "evaluator is 'foo'; expected one of auto"),
        ("simulate --model ala-gfn2 --attention foo", "attention is 'foo'; expected one of model"),
        ("simulate --model ala-gfn2 --ensemble npt", "The NPT ensemble needs a periodic box"),
        ("sample CCO --engine foo", "There is no engine 'foo'; expected one of gfn2-xtb"),
        ("sample CCO --engine-option foo=1", "'gfn2-xtb' has no option 'foo'; expected accuracy"),
        ("sample CCO --preset foo", "preset is 'foo'; expected laptop or paper."),
        ("sample CCO --number 0", "number is 0: input should be greater than or equal to 1."),
        ("sample --peptide FOO", "Residue 'FOO' of the peptide 'FOO' is unknown; expected ACE"),
        ("sample --peptide AA --padding -1", "padding_nm is -1.0: input should be greater"),
        ("sample --peptide AA --time-step 0", "time_step_fs is 0.0: input should be greater"),
        ("benchmark --platform foo", "platform is 'foo'; expected one of CUDA"),
        ("benchmark --evaluator foo", "evaluator is 'foo'; expected one of auto"),
    ],
)
def test_options_that_make_no_sense(
    peptide: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: str,
    message: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    command, *rest = options.split()
    given = {"fragment": [peptide], "simulate": [peptide]}.get(command, [])
    if command == "simulate" and "--model" not in rest and "--force-field" not in rest:
        rest += ["--force-field", "amber99sb-ildn"]
    if command == "benchmark":
        rest += ["--system", "alanine:1", "--seconds", "0"]
    else:
        rest += ["--dry-run", "--out", str(tmp_path / "x")]
    with pytest.raises(SystemExit) as stopped:
        main([command, *map(str, given), *rest])
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert message in captured.out + captured.err
    assert "pydantic" not in captured.err
