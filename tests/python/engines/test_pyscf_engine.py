# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Density functional theory by PySCF: spin, dispersion, failures; Hirshfeld's partition."""

import subprocess
import sys

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.hirshfeld import hirshfeld_partition
from openmmgems.engines.pyscf_engine import PyscfEngine

WATER = AtomicSystem(
    np.array([8, 1, 1]),
    np.array([[0.10, 0.00, 0.05], [0.85, 0.20, 0.60], [-0.80, -0.10, 0.60]]),
    source="water",
)
OXYGEN = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.21]])
HYDROXYL = np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.83]])
SMALL = {"basis": "def2-SVP", "dispersion": "none"}


def test_the_energy_of_a_hydrogen_molecule_is_that_of_the_literature() -> None:
    # Total energy of H2 with Hartree-Fock at the basis set limit: -1.1336 hartree at 1.40 bohr
    # (Kolos and Roothaan, Rev. Mod. Phys. 32, 219 (1960)); triple zeta is a little above it.
    engine = PyscfEngine("HF", "def2-TZVPP", "none")
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.40 * 0.529177]])
    energy = engine.label(AtomicSystem(np.array([1, 1]), positions)).energy_ev / 27.211386
    assert -1.1336 < energy < -1.1325


def test_the_ground_state_of_oxygen_is_a_triplet() -> None:
    engine = PyscfEngine(**SMALL)
    numbers = np.array([8, 8])
    singlet, triplet = (
        engine.label(AtomicSystem(numbers, OXYGEN, spin=spin)).energy_ev for spin in (0, 2)
    )
    # 0.98 eV by experiment; a restricted singlet is too high in energy.
    assert 0.9 < singlet - triplet < 2.5


def test_forces_of_a_radical_are_the_negative_gradient() -> None:
    engine = PyscfEngine(**SMALL)
    step, energies = 0.002, []
    for sign in (1, -1):
        positions = HYDROXYL.copy()
        positions[1, 2] += sign * step
        energies.append(engine.label(AtomicSystem(np.array([8, 1]), positions, spin=1)).energy_ev)
    forces = engine.label(AtomicSystem(np.array([8, 1]), HYDROXYL, spin=1)).forces_ev_per_angstrom
    slope = (energies[0] - energies[1]) / (2 * step)
    assert forces[1, 2] == pytest.approx(-slope, abs=5e-4)


def test_d4_adds_what_the_dispersion_library_alone_gives() -> None:
    from pyscf import gto
    from pyscf.dispersion.dftd4 import DFTD4Dispersion

    plain = PyscfEngine(**SMALL).label(WATER)
    with_d4 = PyscfEngine(basis="def2-SVP").label(WATER)
    atoms = list(zip([8, 1, 1], WATER.positions_angstrom.tolist(), strict=True))
    alone = DFTD4Dispersion(gto.M(atom=atoms, verbose=0), xc="pbe0").get_dispersion(grad=True)
    added = with_d4.energy_ev - plain.energy_ev
    assert added == pytest.approx(float(alone["energy"]) * 27.211386, abs=1e-6)
    forces = with_d4.forces_ev_per_angstrom - plain.forces_ev_per_angstrom
    np.testing.assert_allclose(forces, -alone["gradient"] * 51.422067, atol=1e-5)


def test_heavy_elements_get_the_effective_cores_of_the_basis() -> None:
    # Without its effective core potential (28 electrons), iodine would have some -180 keV.
    engine = PyscfEngine(**SMALL)
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.61]])
    label = engine.label(AtomicSystem(np.array([53, 1]), positions))
    assert -8300 < label.energy_ev < -7900
    assert abs(label.forces_ev_per_angstrom).max() < 1.0  # 1.61 angstrom is the bond


def test_a_field_that_does_not_converge_fails() -> None:
    with pytest.raises(RuntimeError, match=r"field of water did not converge in 1 cycles"):
        PyscfEngine(**SMALL, max_cycle=1).label(WATER)


def test_a_second_order_method_ends_what_does_not_converge_in_time() -> None:
    few = PyscfEngine(**SMALL, max_cycle=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pyscf.scf.hf.SCF.newton", _refuse)
        with pytest.raises(RuntimeError, match="second-order method called"):
            few.label(WATER)
    expected = PyscfEngine(**SMALL).label(WATER)
    label = few.label(WATER)
    assert label.energy_ev == pytest.approx(expected.energy_ev, abs=1e-6, rel=0)
    np.testing.assert_allclose(
        label.forces_ev_per_angstrom, expected.forces_ev_per_angstrom, atol=1e-5
    )


def _refuse(*_given: object) -> None:
    raise RuntimeError("second-order method called")


def test_elements_without_a_basis_are_refused() -> None:
    iodide = AtomicSystem(np.array([53]), np.zeros((1, 3)), charge=-1)
    with pytest.raises(ValueError, match=r"no basis '6-31g\*\*' for I"):
        PyscfEngine(basis="6-31g**", dispersion="none").label(iodide)


def test_threads_are_set_only_for_a_calculation() -> None:
    from pyscf import lib

    before = lib.num_threads()
    PyscfEngine(**SMALL, num_threads=before + 1).label(WATER)
    assert lib.num_threads() == before


def test_level_version_and_settings_tell_the_dispersion() -> None:
    engine = PyscfEngine()
    assert engine.level_of_theory == "PBE0-D4/def2-TZVPP"
    assert "PySCF 2." in engine.version
    assert "pyscf-dispersion" in engine.version
    assert engine.settings["dispersion"] == "d4"
    assert PyscfEngine("PBE", "def2-SVP", "none").level_of_theory == "PBE/def2-SVP"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dispersion": "d9"}, "dispersion is 'd9'; expected one of none, d4, mbd"),
        ({"functional": "PBE99"}, "no functional 'PBE99'"),
        ({"functional": "pbe0-d4"}, "includes dispersion"),
        ({"functional": "wb97m-v"}, "includes dispersion"),
        ({"functional": "wb97x-d"}, "no functional 'wb97x-d'"),
        ({"functional": "SVWN"}, "D4 has no parameters for the functional 'SVWN'"),
        ({"functional": "B3LYP", "dispersion": "mbd"}, "MBD's damping is not known"),
        ({"basis": "def9-TZVPP"}, "no basis 'def9-TZVPP' for H"),
        ({"grid_level": 10}, "grid_level is 10; expected 0 to 9"),
        ({"num_threads": 0}, "num_threads is 0; expected 1 to 1024"),
        ({"max_cycle": 0}, "max_cycle is 0"),
        ({"max_memory_mb": 1.0}, "max_memory_mb is 1.0; expected 100"),
    ],
)
def test_wrong_options_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PyscfEngine(**options)


def test_missing_dispersion_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyscf.dispersion.dftd4", None)
    with pytest.raises(ImportError, match="pip install pyscf-dispersion"):
        PyscfEngine()
    monkeypatch.setattr(
        "openmmgems.engines.mbd.importlib.util.find_spec", lambda name: name != "pymbd" or None
    )
    with pytest.raises(ImportError, match=r"needs libmbd.*or take dispersion='d4'"):
        PyscfEngine(dispersion="mbd")


def test_importing_the_engines_imports_neither_pyscf_nor_torch() -> None:
    code = "import sys, openmmgems.engines.registry, openmmgems.engines.pyscf_engine as e; "
    code += "sys.exit('pyscf' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _mean_field(numbers: list[int], positions: np.ndarray, charge: int = 0, spin: int = 0):
    engine = PyscfEngine(**SMALL)
    structure = AtomicSystem(np.array(numbers), np.asarray(positions, float), charge, spin)
    return engine._converge(engine._molecule(structure), structure)


@pytest.mark.parametrize("number", [2, 10, 18])
def test_a_free_atom_has_a_volume_ratio_of_one(number: int) -> None:
    partition = hirshfeld_partition(_mean_field([number], np.zeros((1, 3))))
    # The atom's density is fitted, the reference's is not: 1e-4 for helium's few functions.
    np.testing.assert_allclose(partition.volume_ratios, 1.0, atol=2e-4)
    np.testing.assert_allclose(partition.charges, 0.0, atol=1e-6)


@pytest.mark.parametrize(("charge", "spin"), [(-1, 0), (0, 1), (1, 0)])
def test_hirshfeld_charges_add_up_to_the_total_charge(charge: int, spin: int) -> None:
    partition = hirshfeld_partition(_mean_field([8, 1], HYDROXYL, charge, spin))
    assert partition.charges.sum() == pytest.approx(charge, abs=1e-5)


def test_hirshfeld_charges_of_equal_atoms_are_equal() -> None:
    partition = hirshfeld_partition(_mean_field([8, 8], OXYGEN, spin=2))
    np.testing.assert_allclose(partition.charges, 0.0, atol=1e-4)
    assert partition.volume_ratios[0] == pytest.approx(partition.volume_ratios[1], rel=1e-4)


def test_hirshfeld_needs_all_electrons() -> None:
    with pytest.raises(ValueError, match="needs all electrons"):
        hirshfeld_partition(_mean_field([53], np.zeros((1, 3)), charge=-1))


class TestManyBodyDispersion:
    """Where libmbd is installed."""

    @pytest.fixture(autouse=True)
    def _libmbd(self) -> None:
        pytest.importorskip("pymbd.fortran", reason="libmbd (pymbd) is not installed")

    def test_energy_is_that_of_the_python_code_of_the_same_method(self) -> None:
        import pymbd

        mean_field = _mean_field([8, 1, 1], WATER.positions_angstrom)
        ratios = hirshfeld_partition(mean_field).volume_ratios
        coordinates = WATER.positions_angstrom / 0.529177211
        # The Python code integrates frequencies with another number of points.
        alone = pymbd.mbd_energy_species(coordinates, ["O", "H", "H"], ratios, beta=0.85)
        plain, label = (PyscfEngine("PBE0", "def2-SVP", d).label(WATER) for d in ("none", "mbd"))
        added = label.energy_ev - plain.energy_ev
        assert added == pytest.approx(alone * 27.211386, abs=1e-6)
        assert added < -1e-3

    def test_forces_lack_only_the_response_of_the_volumes(self) -> None:
        engine = PyscfEngine("PBE0", "def2-SVP", "mbd")
        assert engine.settings["mbd_forces"] == "fixed volumes"
        assert engine.level_of_theory == "PBE0+MBD/def2-SVP"
        step, energies = 0.005, []
        for sign in (1, -1):
            positions = WATER.positions_angstrom.copy()
            positions[1, 0] += sign * step
            energies.append(engine.label(AtomicSystem(WATER.atomic_numbers, positions)).energy_ev)
        slope = (energies[0] - energies[1]) / (2 * step)
        forces = engine.label(WATER).forces_ev_per_angstrom
        assert forces[1, 0] == pytest.approx(-slope, abs=5e-3)
