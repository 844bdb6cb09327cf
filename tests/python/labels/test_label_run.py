# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Labelling on workers: results, their order, groups, memory, errors of settings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import Label
from openmmgems.engines.engine_spec import EngineSpec
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.status import JobProgress
from openmmgems.jobs.store import JobStore
from openmmgems.jobs.workers import CannotCalculateError
from openmmgems.labels.label_jobs import pack_label, unpack_label
from support.faulty_engine import make
from support.labelling import (
    LEVEL,
    add_jobs,
    done_sources,
    label_here,
    read_log,
    settings_for,
    waters,
)
from support.store_worker import label_of


def test_labels_are_those_of_the_engine_in_the_order_added(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, group_s=0.05), tmp_path / "jobs.sqlite"
    sources = [f"slow {0.1 if k < 3 else 0} {k}" for k in range(40)]
    add_jobs(path, settings, sources)
    told: list[JobProgress] = []
    summary = label_here(path, settings, progress=told.append)
    assert summary.finished == 40
    assert (summary.failed_attempts, summary.stopped) == (0, False)
    ended = list(read_log(tmp_path, "end"))
    assert ended != sources  # others overtook the slow ones
    assert done_sources(path) == sources
    with JobStore(path) as store:
        for (structure, data), expected in zip(store.results(LEVEL), waters(sources), strict=True):
            label, wanted = unpack_label(data, 3), label_of(expected)
            assert label.energy_ev == wanted.energy_ev
            np.testing.assert_array_equal(
                label.forces_ev_per_angstrom, wanted.forces_ev_per_angstrom
            )
            np.testing.assert_array_equal(structure.positions_angstrom, expected.positions_angstrom)
        (engine,) = store.engines(LEVEL)
        assert (engine.version, engine.settings) == ("faulty 1", {"scale": 1.0})
        seconds, memory, workers = store.query(
            "SELECT min(seconds), min(peak_memory_mb), count(DISTINCT worker) FROM result"
        )[0]
        assert (seconds > 0, memory > 10, workers) == (True, True, 1)
    assert all(progress.slots == 2 for progress in told)
    again = label_here(path, settings)
    assert (again.finished, again.counts["done"]) == (0, 40)


def test_other_settings_are_refused_in_the_same_store(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["a"])
    label_here(path, settings)
    other = settings.model_copy(update={"options": settings.options | {"scale": 2.0}})
    with pytest.raises(ValueError, match=r'1 results of faulty made with.*"scale": 1.0.*another'):
        label_here(path, other)


def test_an_engine_that_workers_cannot_make_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, path = settings_for(tmp_path), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["a", "b"])
    broken = settings.model_copy(update={"options": settings.options | {"broken": True}})
    with pytest.raises(ImportError, match="there is no program 'faulty'"):
        label_here(path, broken)
    monkeypatch.setattr(EngineSpec, "make", lambda spec: make(**settings.options))  # here only
    with pytest.raises(CannotCalculateError, match=r"ImportError: there is no program"):
        label_here(path, broken)
    with JobStore(path) as store:
        assert store.counts(LEVEL)["waiting"] == 2
        assert store.query("SELECT max(attempts) FROM job") == [(0,)]


@pytest.mark.parametrize("name", ["no_such_module:make", "support.faulty_engine:no_such"])
def test_engines_that_are_not_there(name: str) -> None:
    with pytest.raises(ValueError, match="Expected 'module:function'"):
        EngineSpec(name, consent=Consent(code=(name.partition(":")[0],))).make()


def test_a_run_keeps_its_jobs_while_it_lives(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, lease_s=5.0), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["slow 2.5"])
    ends: set[float] = set()
    with JobStore(path) as store:

        def look(progress: JobProgress) -> None:
            del progress
            ends.update(row[0] for row in store.query("SELECT lease_end FROM job") if row[0])

        assert label_here(path, settings, progress=look).finished == 1
    assert len(ends) >= 3  # extended every second
    assert max(ends) - min(ends) > 1.5


def test_labels_come_back_from_bytes_and_bad_ones_are_refused() -> None:
    (water,) = waters(["x"])
    right = label_of(water)
    back = unpack_label(pack_label(right, water), 3)
    assert back.energy_ev == right.energy_ev
    np.testing.assert_array_equal(back.forces_ev_per_angstrom, right.forces_ev_per_angstrom)
    np.testing.assert_array_equal(back.dipole_e_angstrom, right.dipole_e_angstrom)
    for label, message in (
        (Label(np.nan, right.forces_ev_per_angstrom, right.dipole_e_angstrom), "holds NaN"),
        (Label(1.0, right.forces_ev_per_angstrom[:2], right.dipole_e_angstrom), r"shape \(2, 3\)"),
        (replace(right, charges_e=np.zeros(4)), r"charges_e of shape \(4,\); expected \(3,\)"),
        (replace(right, virial_ev=np.full((3, 3), np.inf)), "holds NaN"),
        (replace(right, dipole_e_angstrom=np.full(3, np.nan)), "holds NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            pack_label(label, water)


@pytest.mark.parametrize("names", [(), ("virial_ev",), ("charges_e", "atomic_energies_ev"), None])
def test_all_that_a_label_may_have_comes_back_from_bytes(names: tuple[str, ...] | None) -> None:
    (water,) = waters(["x"])
    generator = np.random.default_rng(3)
    shapes = {"virial_ev": (3, 3), "charges_e": (3,), "atomic_energies_ev": (3,)}
    more = {n: generator.normal(size=shapes[n]) for n in (shapes if names is None else names)}
    label = replace(label_of(water), **more)
    ice = replace(water, cell_angstrom=9.0 * np.eye(3))
    for structure, dipole in ((water, label.dipole_e_angstrom), (ice, np.full(3, np.nan))):
        given = replace(label, dipole_e_angstrom=dipole)
        back = unpack_label(pack_label(given, structure), 3)
        assert {name for name in shapes if getattr(back, name) is not None} == set(more)
        for name, value in vars(given).items():
            if value is not None:
                np.testing.assert_array_equal(getattr(back, name), value, err_msg=name)
