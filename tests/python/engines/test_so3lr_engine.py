# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""SO3LR as an engine: against numbers of so3krates-torch, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.engines.engine import BatchEngine
from openmmgems.engines.registry import make_engine, option_names
from openmmgems.jobs.store import JobStore, StoredEngine
from openmmgems.labels.label_run import label_all
from openmmgems.labels.label_settings import LabelSettings

ORACLE = Path(__file__).parents[2] / "data" / "so3lr-oracle"
CUTOFF_12 = {"electrostatics": "cutoff"}
#: Cases, and the options of the engine that has this form.
CASES = [
    ("vectors/s05_acetate", {}),
    ("vectors/s11_ala_plain", {}),
    ("vectors/s11_ala", CUTOFF_12),
    ("vectors/s11_ala_1000", CUTOFF_12 | {"long_range_cutoff_angstrom": 1000.0}),
    ("vectors/s14_water_box", CUTOFF_12),
    ("lattice/l02_water_triclinic", {}),
    ("lattice/l04_dimer_in_20A", {}),
]
HYDROXIDE, POSITIONS = np.array([8, 1]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.97]])


def case(name: str) -> tuple[AtomicSystem, dict[str, np.ndarray]]:
    with np.load(ORACLE / f"{name}.npz") as file:
        arrays = dict(file)
    numbers = arrays["Z"].astype(np.int64)
    charge, spin = int(arrays["charge"]), int(arrays["unpaired"])
    system = AtomicSystem(numbers, arrays["R"], charge, spin, name, arrays.get("cell"))
    return system, arrays


def assert_is(label: Label, expected: dict[str, np.ndarray], periodic: bool) -> None:
    energy = float(expected["energy_relative"])
    assert label.energy_ev == pytest.approx(energy, abs=1e-9 * max(1.0, abs(energy)))
    largest = np.abs(expected["forces"]).max()
    forces = label.forces_ev_per_angstrom
    np.testing.assert_allclose(forces, expected["forces"], rtol=0, atol=1e-8 * largest)
    np.testing.assert_allclose(label.charges_e, expected["charges"], rtol=0, atol=1e-9)
    if periodic:
        virial, scale = -expected["dE_dstrain"], np.abs(expected["dE_dstrain"]).max()
        np.testing.assert_allclose(label.virial_ev, virial, rtol=0, atol=1e-8 * scale)
        assert np.isnan(label.dipole_e_angstrom).all()
    else:
        assert label.virial_ev is None
        dipole = expected["charges"] @ expected["R"]
        np.testing.assert_allclose(label.dipole_e_angstrom, dipole, rtol=0, atol=1e-8)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_labels_are_those_of_so3krates_torch(name: str, options: dict[str, object]) -> None:
    system, expected = case(name)
    engine = make_engine("so3lr", **options)
    assert_is(engine.label(system), expected, system.cell_angstrom is not None)


def test_many_at_once_are_what_each_is_by_itself() -> None:
    """Molecules and boxes of any size mixed, more atoms than are evaluated at once."""
    engine = make_engine("so3lr")
    assert isinstance(engine, BatchEngine)
    names = [name for name, options in CASES if not options]
    given = [case(name) for name in [*names, *names]]
    labels = engine.label_many([system for system, _ in given])
    for (system, expected), label in zip(given, labels, strict=True):
        assert_is(label, expected, system.cell_angstrom is not None)
    assert engine.label_many([]) == []


def test_levels_settings_and_versions_tell_forms_apart() -> None:
    default, cutoff = make_engine("so3lr"), make_engine("so3lr", **CUTOFF_12)
    longer = make_engine("so3lr", electrostatics="cutoff", long_range_cutoff_angstrom=14.5)
    levels = [engine.level_of_theory for engine in (default, cutoff, longer)]
    assert levels == ["SO3LR", "SO3LR, cutoff 12 A", "SO3LR, cutoff 14.5 A"]
    assert default.settings["electrostatics"] == "all pairs and images"
    assert longer.settings["electrostatics"] == "within the cutoff"
    assert longer.settings["long_range_cutoff_angstrom"] == 14.5
    assert str(default.settings["model_sha256"])[:12] in default.version
    assert "openmm-gems" in default.version
    assert option_names("so3lr") == ["electrostatics", "long_range_cutoff_angstrom", "num_threads"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"electrostatics": "pme"}, "electrostatics is 'pme'; expected one of default, plain"),
        (CUTOFF_12 | {"long_range_cutoff_angstrom": "far"}, "is 'far'; expected a number"),
        ({"long_range_cutoff_angstrom": 12.0}, "is 12.0; expected it with electrostatics 'cutoff'"),
        (CUTOFF_12 | {"long_range_cutoff_angstrom": 1.5}, "cutoff"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_engine("so3lr", **options)


def test_a_form_may_be_asked_for_and_is_of_the_same_level() -> None:
    """Molecules plain, boxes lattices: as by default; the other way round they are refused."""
    default = make_engine("so3lr")
    molecule, box = case("vectors/s03_water")[0], case("lattice/l04_dimer_in_20A")[0]
    for form, right, wrong in (("plain", molecule, box), ("lattice", box, molecule)):
        engine = make_engine("so3lr", electrostatics=form)
        assert engine.level_of_theory == default.level_of_theory
        assert engine.settings == default.settings
        assert engine.label(right).energy_ev == default.label(right).energy_ev
        with pytest.raises(ValueError, match=f"SO3LR with electrostatics '{form}': {wrong.source}"):
            engine.label(wrong)


def test_what_the_network_never_saw_is_refused() -> None:
    engine = make_engine("so3lr")
    salt = AtomicSystem(np.array([11, 17]), 3.0 * POSITIONS, source="salt")
    with pytest.raises(ValueError, match="no parameters for Na of salt; it knows H, C, N, O, F"):
        engine.label(salt)
    radical = case("vectors/s07_methyl_radical")[0]
    for use in (engine.label, lambda structure: engine.label_many([structure])):
        with pytest.raises(ValueError, match="methyl_radical has 1 unpaired electrons; expected n"):
            use(radical)


def test_it_gives_what_so3krates_torch_gives() -> None:
    """Its calculator adds 163.618 eV for each atom, and cuts off at 12 angstrom."""
    import warnings

    import torch
    from ase import Atoms
    from so3krates_torch.calculator.so3 import SO3LRCalculator

    was = torch.get_default_dtype()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        calculator = SO3LRCalculator(default_dtype="float64", r_max_lr=12.0)
    atoms = Atoms(HYDROXIDE, POSITIONS, info={"charge": -1, "total_spin": 0.0})
    atoms.calc = calculator
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    dipole = atoms.get_dipole_moment()
    torch.set_default_dtype(was)
    label = make_engine("so3lr", **CUTOFF_12).label(AtomicSystem(HYDROXIDE, POSITIONS, charge=-1))
    shift = -2 * float(np.float32(163.6181213551537))
    assert label.energy_ev == pytest.approx(energy - shift, abs=1e-9)
    np.testing.assert_allclose(label.forces_ev_per_angstrom, forces, atol=1e-8)
    np.testing.assert_allclose(label.dipole_e_angstrom, dipole, atol=1e-8)


def test_forces_are_near_the_reference_that_it_learnt() -> None:
    with np.load(Path(__file__).parents[2] / "data/qm/qm7x_20.npz") as data:
        numbers, positions, forces = (data[name][::2] for name in ("z", "R", "F"))
    sizes = [np.count_nonzero(z) for z in numbers]
    systems = [AtomicSystem(numbers[k, :n], positions[k, :n]) for k, n in enumerate(sizes)]
    labels = make_engine("so3lr").label_many(systems)
    errors = [
        np.abs(label.forces_ev_per_angstrom - forces[k, :n]).mean()
        for k, (n, label) in enumerate(zip(sizes, labels, strict=True))
    ]
    # Distorted structures, whose forces are 1 to 2 eV/angstrom on average.
    assert np.mean(errors) < 0.1


def test_labels_of_an_earlier_so3lr_are_not_mixed_with_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was so3krates-torch's, with a cutoff of 1000 angstrom and energies from another zero."""
    water = case("vectors/s03_water")[0]
    settings = LabelSettings(engine="so3lr", workers=1)
    with JobStore(tmp_path / "jobs.sqlite") as store:
        store.add([water, replace(water, source="other", charge=0)], "SO3LR")
    earlier = {
        "long_range_cutoff_angstrom": 1000.0,
        "precision": "float64",
        "dipole": "of partial charges",
    }
    known = [StoredEngine("SO3LR", "so3krates-torch 0.2.1", earlier, 1)]
    monkeypatch.setattr(JobStore, "engines", lambda store, level: known)
    with pytest.raises(ValueError, match=r"1 results of SO3LR made.*1000\.0.*Use another folder"):
        label_all(tmp_path / "jobs.sqlite", settings)
