# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Basis sets get the core potentials that belong to them, or are refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.pyscf_basis import basis_of
from openmmgems.engines.pyscf_engine import PyscfEngine

IODIDE = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.609]])


# Core electrons as the sets' authors publish them: Weigend and Ahlrichs (2005), doi:10.1039/
# b508541a; Zheng et al. (2011), doi:10.1007/s00214-010-0846-z (ma: the potentials of def2);
# Peterson (2003), doi:10.1063/1.1622923; Hay and Wadt (1985), doi:10.1063/1.448800; Roy et al.
# (2008), doi:10.1021/ct800032f; Christiansen et al. (CRENBL); Stevens et al. (1992, SBKJC).
@pytest.mark.parametrize(
    ("basis", "symbol", "core"),
    [
        ("def2-SVP", "Br", 0), ("def2-SVP", "I", 28), ("DEF2SVP", "I", 28), ("def2-SVPD", "I", 28),
        ("def2-mTZVPP", "I", 28), ("def2-TZVPP", "Au", 60),
        ("ma-def2-SVP", "I", 28), ("ma-def2-TZVPP", "Au", 60), ("ma-def2-SVP", "H", 0),
        ("cc-pVDZ-PP", "Br", 10), ("cc-pVTZ-PP", "I", 28), ("aug-cc-pVDZ-PP", "Au", 60),
        ("aug-cc-pVTZ-PP", "Zn", 10), ("cc-pwCVTZ-PP", "Au", 60),
        ("LANL2DZ", "C", 0), ("LANL2DZ", "Cl", 10), ("LANL2DZ", "I", 46), ("LANL08", "I", 46),
        ("stuttgart", "C", 2), ("stuttgart", "I", 46), ("crenbl", "Zn", 10), ("crenbl", "I", 36),
        ("crenbs", "Zn", 18), ("SBKJC", "C", 2), ("ccECP-cc-pVDZ", "C", 2),
        ("ccECP-cc-pVTZ", "Cl", 10),
        ("STO-3G", "H", 0), ("STO-3G", "I", 0), ("3-21G", "I", 0), ("6-31G**", "Zn", 0),
        ("cc-pVTZ", "Br", 0), ("DZP", "Au", 0), ("dyall-v2z", "Au", 0),
    ],
)  # fmt: skip
def test_a_basis_comes_with_its_core_potential(basis: str, symbol: str, core: int) -> None:
    potential = basis_of(basis, symbol)[1]
    assert (potential[0] if potential else 0) == core


def test_diffuse_functions_leave_the_core_electrons_out() -> None:
    hydrogen_iodide = AtomicSystem(np.array([53, 1]), IODIDE)
    label = PyscfEngine(basis="ma-def2-SVP", dispersion="none").label(hydrogen_iodide)
    # def2-SVP, whose potential PySCF itself was told, gives -298.3067 hartree; the 54 electrons
    # without a potential -2001.5.
    assert label.energy_ev / 27.211386 == pytest.approx(-298.3067, abs=0.01)
    assert abs(label.forces_ev_per_angstrom).max() < 1.0


@pytest.mark.parametrize("basis", ["minao", "cc-pVDZ-PP-NR", "ANO-RCC"])
def test_elements_whose_core_nothing_describes_are_refused(basis: str) -> None:
    # ANO-RCC is contracted for a relativistic Hamiltonian, and bad without.
    with pytest.raises(ValueError, match=r"no functions for the innermost electrons of Au.*def2"):
        basis_of(basis, "Au")


def test_an_element_that_a_basis_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no basis 'cc-pVDZ-PP' for H"):
        PyscfEngine(basis="cc-pVDZ-PP", dispersion="none").label(
            AtomicSystem(np.array([53, 1]), IODIDE, source="HI")
        )


def test_nothing_but_the_name_of_a_basis_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # PySCF evaluates what stands in place of a number, in a string as in a file.
    text = "H    S\n  __import__('pathlib').Path('ran').touch()  1.0\n"
    monkeypatch.chdir(tmp_path)
    Path("def2-SVP").write_text(text)
    for basis, message in ((text, "expected the name"), ("def2-SVP", "a file of this name")):
        with pytest.raises(ValueError, match=message):
            PyscfEngine(basis=basis, dispersion="none")
    assert not Path("ran").exists()


def test_a_configuration_of_pyscf_in_the_current_folder_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".pyscf_conf.py").write_text("open('ran', 'w')\n")
    code = "from openmmgems.engines.pyscf_engine import PyscfEngine; PyscfEngine()"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "ValueError: PySCF would run" in ended.stderr
    assert not (tmp_path / "ran").exists()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYSCF_CONFIG_FILE", str(tmp_path / ".pyscf_conf.py"))
    assert PyscfEngine(dispersion="none").level_of_theory == "PBE0/def2-TZVPP"
