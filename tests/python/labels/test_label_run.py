# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Labelling on workers: results, their order, groups, memory, errors of settings."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from distributed.security import Security
from openmmgems.core.atomic_system import Label
from openmmgems.engines.engine_spec import EngineSpec
from openmmgems.jobs.cluster import local_workers, slurm_cluster, temporary_certificates
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.estimates import Estimator, in_groups
from openmmgems.jobs.owners import release_dead, run_name
from openmmgems.jobs.status import Progress, by_text, levels, status
from openmmgems.jobs.store import Failure, Job, JobStore
from openmmgems.jobs.worker_settings import SlurmSettings
from openmmgems.jobs.workers import CannotCalculateError
from openmmgems.labels.label_jobs import LabelJobs, pack_label, unpack_label
from openmmgems.labels.label_settings import LabelSettings
from support.faulty_engine import make
from support.labelling import (
    CONSENT,
    LEVEL,
    add_jobs,
    done_sources,
    label_here,
    read_log,
    settings_for,
    waters,
)
from support.store_worker import data_of, label_of


def job(number: int, memory_mb: float = 100.0, attempt: int = 1) -> Job:
    return Job(number, waters(["x"])[0], 0, attempt, memory_mb, 60.0)


def test_labels_are_those_of_the_engine_in_the_order_added(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, group_s=0.05), tmp_path / "jobs.sqlite"
    sources = [f"slow {0.1 if k < 3 else 0} {k}" for k in range(40)]
    add_jobs(path, settings, sources)
    told: list[Progress] = []
    summary = label_here(path, settings, progress=told.append)
    assert summary.finished == 40
    assert (summary.failed_attempts, summary.stopped) == (0, False)
    ended = list(read_log(tmp_path, "end"))
    assert ended != sources  # others overtook the slow ones
    assert done_sources(path) == sources
    with JobStore(path) as store:
        for (structure, data), expected in zip(store.results(LEVEL), waters(sources), strict=True):
            label, wanted = unpack_label(data), label_of(expected)
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


def test_no_scheduler_at_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path, scheduler="tcp://127.0.0.1:1")
    path = tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["a"])
    monkeypatch.setattr("openmmgems.jobs.cluster._CONNECT_S", 1)
    with pytest.raises(RuntimeError, match=r"no Dask scheduler at 'tcp://127.0.0.1:1'.*Start one"):
        label_here(path, settings)


def test_settings_that_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="one of them at most"):
        LabelSettings(scheduler="tcp://a:1", slurm=SlurmSettings())
    with pytest.raises(ValueError, match="8 threads, a SLURM job has 4 cores"):
        LabelSettings(threads=8, slurm=SlurmSettings(cores=4))


def test_the_job_script_for_slurm(tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    slurm = SlurmSettings(
        cores=16,
        memory_gb=64,
        walltime="12:30:00",
        queue="long",
        account="chem",
        directives=("--constraint=icelake",),
        prologue=("module load gcc",),
    )
    certificates = temporary_certificates(tmp_path)
    with slurm_cluster(LabelSettings(threads=4, slurm=slurm), slurm, certificates) as cluster:
        address = cluster.scheduler_address
        assert address.startswith("tls://")
        open_address = address.replace("tls://", "tcp://")
        for where, security in ((address, Security.temporary()), (open_address, Security())):
            with pytest.raises((OSError, TimeoutError)):
                Client(where, security=security, timeout=2)
        with Client(cluster) as client:
            assert client.scheduler_info()["workers"] == {}
        script = cluster.job_script()
    for line in (
        "#SBATCH -p long",
        "#SBATCH -A chem",
        "#SBATCH --cpus-per-task=16",
        "#SBATCH --mem=60G",  # 64e9 bytes in units of 2^30
        "#SBATCH -t 12:30:00",
        "#SBATCH --constraint=icelake",
        "module load gcc",
        "--nthreads 4",
        "--resources memory_mb=60800",
        "--protocol tls://",
        f"--tls-cert {tmp_path}/cert.pem",
        f"--tls-key {tmp_path}/key.pem",
        f"--tls-ca-file {tmp_path}/ca_file.pem",
    ):
        assert line in script


SBATCH = """#!/bin/sh
cp "$1" {folder}/job.sh
setsid sh {folder}/job.sh > {folder}/job.log 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
kill -9 -- -"$1"
"""


@pytest.mark.slow
def test_workers_by_slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dask_jobqueue")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):  # run the job here at once
        (programs / name).write_text(text.format(folder=tmp_path))
        (programs / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    settings = settings_for(tmp_path, slurm=SlurmSettings(cores=1, memory_gb=2.0))
    path = tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["a", "fail", "b"])
    summary = label_here(path, settings)
    assert (summary.finished, summary.counts["parked"]) == (2, 1)
    assert done_sources(path) == ["a", "b"]


def test_runs_that_are_gone_hold_nothing(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["a", "b", "c", "d"])
    with JobStore(path) as store, run_name() as name:
        store.claim(name, LEVEL)
        gone = name.replace(f" {os.getpid()} ", " 999999999 ")
        store.claim(gone, LEVEL)
        store.claim("of another machine", LEVEL)
        with run_name() as ended:
            store.claim(ended, LEVEL)
        assert release_dead(store, LEVEL) == 2
        assert sorted(store.workers(LEVEL)) == sorted([name, "of another machine"])


def test_a_run_keeps_its_jobs_while_it_lives(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, lease_s=5.0), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["slow 2.5"])
    ends: set[float] = set()
    with JobStore(path) as store:

        def look(progress: Progress) -> None:
            del progress
            ends.update(row[0] for row in store.query("SELECT lease_end FROM job") if row[0])

        assert label_here(path, settings, progress=look).finished == 1
    assert len(ends) >= 3  # extended every second
    assert max(ends) - min(ends) > 1.5


def test_groups_are_long_enough_and_alike() -> None:
    quick = [(job(k), 1.0) for k in range(7)]
    assert [len(group) for group in in_groups(quick, 3.0, 100)] == [3, 3, 1]
    assert [len(group) for group in in_groups(quick, 100.0, 5)] == [5, 2]
    assert [len(group) for group in in_groups(quick, 0.1, 100)] == [1] * 7
    mixed = [(job(0), 1.0), (job(1, 150.0), 1.0), (job(2, 5000.0), 1.0), (job(3), 1.0)]
    assert [[j.id for j in group] for group in in_groups(mixed, 99.0, 99)] == [[0, 1], [2], [3]]
    assert in_groups([], 1.0, 1) == []


def test_estimates_follow_experience(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, seconds=1.0, min_memory_mb=10.0)
    estimator = Estimator(LabelJobs.of(settings, CONSENT), settings)
    need = estimator.need(3)

    def given(which: Job) -> float:
        return estimator.sized(which, 1e6).memory_mb

    assert (need.estimate_s, need.memory_mb, need.time_limit_s) == (1.0, 150.0, 600.0)
    assert estimator.seconds(3) == 1.0
    assert given(job(1, 150.0)) == 150.0
    for _ in range(12):
        estimator.learn(3, 2.0, 40.0)
    estimator.learn(3, 500.0, 40.0)  # the first of a process
    assert estimator.seconds(3) == 2.0
    assert given(job(1, 150.0)) == pytest.approx(1.5 * 40.0)
    assert given(job(1, 300.0, attempt=2)) == 300.0  # it failed with less
    assert estimator.sized(job(1, 300.0, attempt=2), 250.0).memory_mb == 250.0  # all there is
    for _ in range(15):
        estimator.learn(100, 8.0, 900.0)
    assert estimator.seconds(100) == 8.0
    assert estimator.seconds(3) == 2.0
    assert estimator.time_factor() == 8.0  # there are more of these
    assert given(job(1, 150.0)) == pytest.approx(60.0)
    nothing = settings.model_copy(update={"options": settings.options | {"seconds": 0.0}})
    with pytest.raises(ValueError, match=r"make' estimates 0\.0 s and 100\.0 MB for 3"):
        Estimator(LabelJobs.of(nothing, CONSENT), settings).need(3)


def test_labels_come_back_from_bytes_and_bad_ones_are_refused() -> None:
    (water,) = waters(["x"])
    right = label_of(water)
    back = unpack_label(pack_label(right, water))
    assert back.energy_ev == right.energy_ev
    np.testing.assert_array_equal(back.forces_ev_per_angstrom, right.forces_ev_per_angstrom)
    np.testing.assert_array_equal(back.dipole_e_angstrom, right.dipole_e_angstrom)
    for label, message in (
        (Label(np.nan, right.forces_ev_per_angstrom, right.dipole_e_angstrom), "holds NaN"),
        (Label(1.0, right.forces_ev_per_angstrom[:2], right.dipole_e_angstrom), r"shape \(2, 3\)"),
    ):
        with pytest.raises(ValueError, match=message):
            pack_label(label, water)


def test_workers_of_this_machine(tmp_path: Path) -> None:
    assert local_workers(settings_for(tmp_path, workers=3, memory_gb=2.5)) == (3, 2500.0)
    workers, memory = local_workers(LabelSettings())
    assert workers >= 1
    assert memory > 100


def test_status_of_a_store(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, seconds=2.0), tmp_path / "jobs.sqlite"
    add_jobs(path, settings, ["a", "b", "c", "d"])
    with JobStore(path) as store:
        assert levels(store) == [LEVEL]
        before = status(store, LEVEL)
        assert (before.rate_per_s, before.seconds_left) == (None, None)
        assert (before.work.to_do, before.work.seconds_to_do) == (4, 8.0)
        first, second = store.claim("w", LEVEL, number=2)
        store.finish(first, data_of(first.structure), "faulty 1")
        store.fail(second, "w", "b did not converge", final=True)
        after = status(store, LEVEL)
        assert (after.work.to_do, after.work.total, after.work.seconds_to_do) == (2, 4, 4.0)
        assert after.seconds_left == pytest.approx(2 / after.rate_per_s)
        assert [failure.source for failure in after.failures] == ["b"]


def test_failures_of_the_same_text_are_put_together() -> None:
    failures = [Failure(k, f"s{k}", 3, 500.0, f"SCF of s{k} failed") for k in range(3)]
    failures.append(Failure(9, "x", 3, 500.0, "no element"))
    assert by_text(failures) == [("SCF of ... failed", 3, "s0"), ("no element", 1, "x")]
