# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""OpenBLAS under tblite, each test in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openmmgems.engines.openblas import VARIABLE, find_openblas, has_reference_lapack

OPENBLAS = find_openblas()
ENERGY = """
import numpy as np
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.tblite_engine import TbliteEngine
water = AtomicSystem(np.array([8, 1, 1]), np.array([[0, 0, 0], [0.76, 0, 0.59], [-0.76, 0, 0.59]]))
print(TbliteEngine(accuracy=0.01).label(water).energy_ev)
"""


def _python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.skipif(OPENBLAS is None, reason="OpenBLAS is not installed, or not needed")
def test_tblite_finds_the_functions_of_openblas_first(tmp_path: Path) -> None:
    found = _python(ENERGY, LD_DEBUG="bindings", LD_DEBUG_OUTPUT=str(tmp_path / "bindings"))
    assert found.returncode == 0, found.stderr
    lines = [line for file in tmp_path.iterdir() for line in file.read_text().splitlines()]
    bindings = [line for line in lines if "_libtblite" in line and "`dsyevd_'" in line]
    assert bindings
    assert all(str(OPENBLAS) in line for line in bindings)


@pytest.mark.skipif(OPENBLAS is None, reason="OpenBLAS is not installed, or not needed")
def test_energies_do_not_depend_on_it() -> None:
    energies = [float(_python(ENERGY, **{VARIABLE: name}).stdout) for name in ("", str(OPENBLAS))]
    assert energies[0] == pytest.approx(energies[1], abs=1e-6)


def test_a_library_that_cannot_be_loaded_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "libopenblas.so"
    broken.write_text("not a library")
    found = _python(ENERGY, **{VARIABLE: str(broken)})
    assert found.returncode != 0
    assert f"OpenBLAS cannot be loaded from '{broken}'" in found.stderr
    assert VARIABLE in found.stderr


def test_nothing_is_looked_for_where_tblite_needs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "tblite").mkdir()
    (tmp_path / "tblite" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "tblite", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert not has_reference_lapack()
    assert find_openblas() is None


def test_a_variable_names_another_library_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/opt/libopenblas.so")
    assert find_openblas() == "/opt/libopenblas.so"
    monkeypatch.setenv(VARIABLE, "")
    assert find_openblas() is None
