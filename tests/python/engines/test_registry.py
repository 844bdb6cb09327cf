# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What all engines have in common: derivatives, frames, errors, settings, pickling."""

import json
import math
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.engine import Engine
from openmmgems.engines.registry import ENGINES, make_engine, option_names
from scipy.spatial.transform import Rotation

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.10, 0.00, 0.05], [0.85, 0.20, 0.60], [-0.80, -0.10, 0.60]])
HYDROXIDE = np.array([8, 1])
HYDROXIDE_POSITIONS = np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.83]])
WATER_PDB = """\
HETATM    1  O   HOH A   1       1.000   0.000   0.500  1.00  0.00           O
HETATM    2  H1  HOH A   1       8.500   2.000   6.000  1.00  0.00           H
HETATM    3  H2  HOH A   1      -8.000  -1.000   6.000  1.00  0.00           H
END
"""
NAMES = ["gfn2-xtb", "gfn1-xtb", "pyscf", "psi4", "so3lr", "amber", "gems"]
# What differs between energies that differ by rounding, a grid's orientation, or convergence.
NOISE_EV = {"pyscf": 2e-4}
CALCULATING = [name for name in NAMES if name != "psi4"]  # that one: test_psi4_engine.py
IONS = ["gfn2-xtb", "gfn1-xtb", "pyscf", "so3lr"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engines")
    (path / "water.pdb").write_text(WATER_PDB)
    return path


def engine_of(name: str, folder: Path) -> Engine:
    if name == "psi4" and shutil.which("psi4") is None:
        pytest.skip("the program psi4 is not installed")
    options = {
        "gfn2-xtb": {"accuracy": 0.001},
        "gfn1-xtb": {"accuracy": 0.001},
        "pyscf": {"basis": "def2-SVP"},
        "psi4": {"basis": "def2-SVP"},
        "amber": {"topology": str(folder / "water.pdb")},
        "gems": {"model": "ala-gfn2"},
    }
    return make_engine(name, **options.get(name, {}))


def test_every_engine_is_tested() -> None:
    assert set(ENGINES) == set(NAMES)


@pytest.mark.parametrize("name", CALCULATING)
def test_forces_are_the_negative_gradient_of_the_energy(name: str, folder: Path) -> None:
    engine = engine_of(name, folder)
    forces = engine.label(AtomicSystem(WATER, POSITIONS)).forces_ev_per_angstrom
    step = 0.005
    energies = {}
    for k in (-2, -1, 1, 2):
        positions = POSITIONS.copy()
        positions[1, 0] += k * step
        energies[k] = engine.label(AtomicSystem(WATER, positions)).energy_ev
    slope = (8 * (energies[1] - energies[-1]) - (energies[2] - energies[-2])) / (12 * step)
    assert forces[1, 0] == pytest.approx(-slope, abs=1e-4)
    np.testing.assert_allclose(forces.sum(axis=0), 0.0, atol=1e-5)


@pytest.mark.parametrize("name", CALCULATING)
def test_results_turn_and_move_with_the_molecule(name: str, folder: Path) -> None:
    engine = engine_of(name, folder)
    turn = Rotation.from_euler("xyz", [0.3, 1.1, -0.7]).as_matrix()
    here = engine.label(AtomicSystem(WATER, POSITIONS))
    there = engine.label(AtomicSystem(WATER, POSITIONS @ turn.T + [3.0, -1.0, 2.0]))
    noise = NOISE_EV.get(name, 1e-6)
    assert there.energy_ev == pytest.approx(here.energy_ev, abs=noise, rel=0)
    np.testing.assert_allclose(
        there.forces_ev_per_angstrom, here.forces_ev_per_angstrom @ turn.T, atol=10 * noise
    )
    np.testing.assert_allclose(there.dipole_e_angstrom, here.dipole_e_angstrom @ turn.T, atol=noise)
    hydrogens = (POSITIONS[1] + POSITIONS[2]) / 2 - POSITIONS[0]
    assert here.dipole_e_angstrom @ hydrogens > 0.0  # from minus to plus


@pytest.mark.parametrize("name", IONS)
def test_the_dipole_of_an_ion_is_about_the_origin(name: str, folder: Path) -> None:
    engine, shift = engine_of(name, folder), np.array([1.0, -2.0, 3.0])
    here, there = (
        engine.label(AtomicSystem(HYDROXIDE, positions, charge=-1))
        for positions in (HYDROXIDE_POSITIONS, HYDROXIDE_POSITIONS + shift)
    )
    np.testing.assert_allclose(there.dipole_e_angstrom - here.dipole_e_angstrom, -shift, atol=2e-5)


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_survives_pickling_and_tells_its_settings(name: str, folder: Path) -> None:
    engine = engine_of(name, folder)
    if name != "psi4":
        engine.label(AtomicSystem(WATER, POSITIONS))  # whatever it opens must not hinder
    copy = pickle.loads(pickle.dumps(engine))
    assert copy.settings == engine.settings
    assert json.loads(json.dumps(engine.settings)) == engine.settings
    assert copy.level_of_theory == engine.level_of_theory
    assert any(letter.isdigit() for letter in engine.version)


@pytest.mark.parametrize("name", NAMES)
def test_costs_are_positive_and_grow(name: str, folder: Path) -> None:
    engine = engine_of(name, folder)
    costs = [engine.cost(number) for number in (1, 10, 100, 300)]
    seconds = [cost.seconds for cost in costs]
    assert all(math.isfinite(s) and s > 0 for s in seconds)
    assert seconds == sorted(seconds)
    memory = [cost.memory_mb for cost in costs]
    assert memory == sorted(memory)
    assert 100 < memory[0] <= memory[-1] < 1e5


@pytest.mark.parametrize("name", NAMES)
def test_two_atoms_in_one_place_are_refused(name: str, folder: Path) -> None:
    engine, positions = engine_of(name, folder), POSITIONS.copy()
    positions[2] = positions[1]
    with pytest.raises((ValueError, RuntimeError), match=r"apart|failed for a clash|same position"):
        engine.label(AtomicSystem(WATER, positions, source="a clash"))


@pytest.mark.parametrize("name", [n for n in NAMES if n != "amber"])
def test_elements_without_parameters_are_refused(name: str, folder: Path) -> None:
    francium = AtomicSystem(np.array([87, 1]), HYDROXIDE_POSITIONS, source="FrH")
    with pytest.raises(ValueError, match=r"no parameters for Fr of FrH; it knows H"):
        engine_of(name, folder).label(francium)
    with pytest.raises(ValueError, match="has no atoms"):
        engine_of(name, folder).label(AtomicSystem(np.zeros(0, int), np.zeros((0, 3))))


def test_unknown_engines_and_options_are_refused() -> None:
    with pytest.raises(ValueError, match="no engine 'orca'; expected one of gfn2-xtb"):
        make_engine("orca")
    with pytest.raises(ValueError, match="no option 'acuracy'; expected accuracy"):
        make_engine("gfn2-xtb", acuracy=0.1)
    with pytest.raises(ValueError, match="no option 'method'"):
        make_engine("gfn2-xtb", method="GFN1-xTB")
    with pytest.raises(ValueError, match="missing a required argument: 'model'"):
        make_engine("gems")
    assert option_names("gfn1-xtb") == ["accuracy", "num_threads"]


def test_tight_binding_variants_differ() -> None:
    water = AtomicSystem(WATER, POSITIONS)
    first, second = (make_engine(name) for name in ("gfn1-xtb", "gfn2-xtb"))
    assert (first.level_of_theory, second.level_of_theory) == ("GFN1-xTB", "GFN2-xTB")
    assert abs(first.label(water).energy_ev - second.label(water).energy_ev) > 1.0


@pytest.mark.parametrize(
    ("name", "module", "message"),
    [
        ("pyscf", "pyscf", "pip install pyscf pyscf-dispersion"),
    ],
)
def test_a_missing_package_is_named_with_what_installs_it(
    name: str, module: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ImportError, match=f"'{name}' needs the package '{module}'.*{message}"):
        make_engine(name)


@pytest.mark.parametrize(("value", "threads"), [("3", 3), ("2,1", 2), ("", 1), ("many", 1)])
def test_engines_use_the_threads_that_the_environment_gives(
    value: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert make_engine("gems", model="ala-gfn2").num_threads == threads
    fast, slow = make_engine("pyscf"), make_engine("pyscf", num_threads=1)
    assert fast.cost(20).seconds == pytest.approx(slow.cost(20).seconds / threads)
    assert fast.settings == slow.settings  # not what decides the numbers
