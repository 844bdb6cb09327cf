# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Where jobs run: Dask workers of this machine, of a scheduler elsewhere, or started by SLURM.

The Dask worker of this machine is a thread pool in this process: each thread lets a process of its
own calculate (see `workers`). One worker with all the memory, rather than one for each core, lets a
large job have the memory of several small ones.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .consent import Consent
from .worker_settings import SlurmSettings, WorkerSettings

RESOURCE = "memory_mb"
_FREE_SHARE = 0.8
# Without an address Dask takes its usual port, which another run on this machine may have.
_ANY_PORT = "127.0.0.1:0"
_CONNECT_S = 10
_ENCRYPTED = ("tls", "wss")


@dataclass(frozen=True)
class Room:
    """What workers offer now: calculations at a time, the largest one's memory, and its tracking.

    ``share_mb`` is what one has for each of its calculations at a time, the most there is;
    ``limits_memory`` tells whether workers know how much memory is taken (they were started with
    ``--resources memory_mb=...``); others run as many calculations as they have threads.
    """

    slots: int
    largest_mb: float
    share_mb: float
    limits_memory: bool

    def require(self, least_mb: float) -> None:
        """Raise RuntimeError if no worker has as much memory as every calculation may use."""
        if least_mb > self.largest_mb:
            raise RuntimeError(
                f"Every calculation may use {least_mb:.0f} MB, but the largest worker has only "
                f"{self.largest_mb:.0f} MB for all. Give more memory, or a smaller min_memory_mb."
            )


class Cluster:
    """Dask workers, and the client that reaches them."""

    def __init__(self, client: Any, where: str, starts_late: bool) -> None:
        self.client = client
        self.where = where
        self.starts_late = starts_late

    def room(self) -> Room:
        """Look at what the workers offer."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        declared = [worker["resources"].get(RESOURCE) for worker in workers]
        limited = bool(declared) and all(amount is not None for amount in declared)
        if limited:
            memory_mb = declared
        else:
            memory_mb = [(worker["memory_limit"] or float("inf")) / 1e6 for worker in workers]
        threads = [worker["nthreads"] for worker in workers]
        shares = [mb / max(number, 1) for mb, number in zip(memory_mb, threads, strict=True)]
        return Room(sum(threads), max(memory_mb, default=0), max(shares, default=0), limited)

    @property
    def lost(self) -> bool:
        """Whether the scheduler cannot be reached any more."""
        return self.client.status != "running"


def local_workers(settings: WorkerSettings) -> tuple[int, float]:
    """Calculations at a time on this machine, and the memory for all of them, MB."""
    import psutil
    from dask.system import CPU_COUNT
    from distributed.system import MEMORY_LIMIT

    workers = settings.workers or max(1, int(CPU_COUNT) // settings.threads)
    if settings.memory_gb is not None:
        return workers, 1000.0 * settings.memory_gb
    free = min(psutil.virtual_memory().available, MEMORY_LIMIT)
    return workers, _FREE_SHARE * free / 1e6


def describe_place(settings: WorkerSettings) -> str:
    """Say where calculations will run, and how many at a time."""
    if settings.scheduler is not None:
        return f"Dask scheduler {settings.scheduler}"
    if settings.slurm is not None:
        return f"{settings.slurm.jobs} SLURM jobs of {settings.slurm.cores} cores"
    workers, memory_mb = local_workers(settings)
    return (
        f"this machine, {workers} at a time, {settings.threads} "
        f"{'core' if settings.threads == 1 else 'cores'} each, {memory_mb / 1000:.1f} GB for all"
    )


@contextmanager
def open_cluster(settings: WorkerSettings, consent: Consent) -> Iterator[Cluster]:
    """
    Start or reach the workers; on the way out end what was started here.

    Whoever reaches a scheduler can run any code on its workers and on this machine. So one that is
    started here listens on this machine only, or lets in only who has a certificate of this run.

    Parameters
    ----------
    settings : WorkerSettings
    consent : Consent
        To a scheduler of another machine without TLS, and to lines of SLURM's job script.

    Raises
    ------
    ValueError
        If that is needed, but was not agreed to.
    RuntimeError
        If there is no scheduler at the given address, or SLURM's commands fail.
    ImportError
        If SLURM is asked for without dask-jobqueue.
    """
    import dask
    from distributed import Client
    from distributed.utils import silence_logging_cmgr

    with ExitStack() as stack:
        # Its lines on lost connections say what the runner says better.
        stack.enter_context(silence_logging_cmgr(logging.CRITICAL))
        stack.enter_context(
            dask.config.set({"distributed.comm.timeouts.connect": f"{_CONNECT_S}s"})
        )
        if settings.scheduler is not None:
            if not consent.insecure:
                _refuse_open_connection(settings.scheduler)
            client, where = _reach(settings.scheduler), f"Dask scheduler {settings.scheduler}"
        elif settings.slurm is not None:
            if settings.slurm.commands:
                consent.check("slurm", f"SLURM's job script, by {settings.slurm.commands[0]!r},")
            cluster = stack.enter_context(_slurm_cluster(settings, settings.slurm))
            client, where = Client(cluster), f"{settings.slurm.jobs} SLURM jobs"
        else:
            cluster, where = _local_cluster(settings)
            stack.enter_context(cluster)
            client = Client(cluster)
        stack.callback(_close, client)
        yield Cluster(client, where, starts_late=settings.slurm is not None)


def _close(client: Any) -> None:
    with suppress(OSError, TimeoutError):  # the scheduler may be gone
        client.close(timeout=_CONNECT_S)


def _refuse_open_connection(address: str) -> None:
    """Refuse a scheduler that anyone in the network may speak to."""
    from distributed.comm.addressing import parse_address, parse_host_port

    try:
        scheme, location = parse_address(address)
        host = parse_host_port(location, default_port=0)[0]
    except ValueError as error:
        raise ValueError(f"scheduler is '{address}': {error}. Expected tls://HOST:PORT.") from error
    if scheme not in _ENCRYPTED and not _is_this_machine(host):
        raise ValueError(
            f"The scheduler '{address}' can be reached from other machines without TLS: whoever is "
            "in the network can run code on its workers and here. Use tls://HOST:PORT with Dask's "
            "certificates, or add --insecure (in Python: Consent(insecure=True)) where all in the "
            "network are trusted."
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reach(address: str) -> Any:
    from distributed import Client

    try:
        return Client(address, timeout=_CONNECT_S)
    except (OSError, TimeoutError, ValueError, TypeError) as error:  # TypeError: no certificates
        raise RuntimeError(
            f"There is no Dask scheduler at '{address}' that this machine may use: {error}. Start "
            "one with 'dask scheduler', and workers with 'dask worker tcp://HOST:PORT'; for tls:// "
            "give both and this command Dask's settings distributed.comm.tls."
        ) from error


def _local_cluster(settings: WorkerSettings) -> tuple[Any, str]:
    from distributed import LocalCluster

    workers, memory = local_workers(settings)
    cluster = LocalCluster(
        n_workers=1,
        threads_per_worker=workers,
        processes=False,
        dashboard_address=_ANY_PORT,
        memory_limit=0,
        resources={RESOURCE: memory},
        silence_logs=False,
    )
    return cluster, f"this machine, {workers} at a time, {memory / 1000:.1f} GB"


@contextmanager
def _slurm_cluster(settings: WorkerSettings, slurm: SlurmSettings) -> Iterator[Any]:
    # Below the current folder, where SLURM's jobs begin: all machines see it, only this user reads.
    with (
        tempfile.TemporaryDirectory(prefix=".gems-tls-", dir=".") as folder,
        slurm_cluster(settings, slurm, temporary_certificates(Path(folder).absolute())) as cluster,
    ):
        try:
            cluster.scale(jobs=slurm.jobs)
        except (OSError, RuntimeError) as error:
            raise RuntimeError(f"SLURM takes no jobs: {error}. Is 'sbatch' there?") from error
        yield cluster


def temporary_certificates(folder: Path) -> Any:
    """
    Make certificates for one run, without which a scheduler lets nobody in.

    Parameters
    ----------
    folder : pathlib.Path
        Where they are written, so that workers find them; nobody else may read it.

    Returns
    -------
    distributed.security.Security
    """
    from distributed.security import Security

    made = Security.temporary().get_tls_config_for_role("scheduler")
    files = {}
    for name in ("ca_file", "cert", "key"):
        files[name] = str(folder / f"{name}.pem")
        descriptor = os.open(files[name], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(made[name])
    roles = {
        f"tls_{role}_{name}": files[name]
        for role in ("scheduler", "worker", "client")
        for name in ("cert", "key")
    }
    return Security(tls_ca_file=files["ca_file"], require_encryption=True, **roles)


def slurm_cluster(settings: WorkerSettings, slurm: SlurmSettings, security: Any) -> Any:
    """
    A Dask cluster whose workers SLURM starts; none is asked for yet.

    Parameters
    ----------
    settings : WorkerSettings
    slurm : SlurmSettings
    security : distributed.security.Security
        Certificates in files that all machines see.

    Raises
    ------
    ImportError
        If dask-jobqueue is not installed.
    """
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError as error:
        raise ImportError(
            "Workers by SLURM need dask-jobqueue: pip install 'openmm-gems[cluster]'."
        ) from error
    memory_mb = 1000.0 * slurm.memory_gb
    return SLURMCluster(
        security=security,
        queue=slurm.queue,
        account=slurm.account,
        cores=max(1, slurm.cores // settings.threads),
        job_cpu=slurm.cores,
        processes=1,
        memory=f"{slurm.memory_gb} GB",
        walltime=slurm.walltime,
        job_extra_directives=list(slurm.directives),
        job_script_prologue=list(slurm.prologue),
        worker_extra_args=["--resources", f"{RESOURCE}={0.95 * memory_mb:.0f}"],
        scheduler_options={"dashboard_address": _ANY_PORT},
    )
