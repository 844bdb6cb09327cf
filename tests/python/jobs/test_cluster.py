# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Where jobs run: this machine, a scheduler, SLURM."""

import os
import stat
from pathlib import Path

import pytest
from distributed import Client
from distributed.security import Security
from openmmgems.jobs.cluster import local_workers, slurm_cluster, temporary_certificates
from openmmgems.jobs.worker_settings import SlurmSettings
from openmmgems.labels.label_settings import LabelSettings
from support.labelling import (
    add_jobs,
    done_sources,
    label_here,
    settings_for,
)


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


def test_workers_of_this_machine(tmp_path: Path) -> None:
    assert local_workers(settings_for(tmp_path, workers=3, memory_gb=2.5)) == (3, 2500.0)
    workers, memory = local_workers(LabelSettings())
    assert workers >= 1
    assert memory > 100
