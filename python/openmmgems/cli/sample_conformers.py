# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The part of `gems sample` that draws conformers of small molecules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.markup import escape

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.dynamics.run import StopRequest
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.engines.engine_spec import EngineSpec, named_code
from openmmgems.jobs.cluster import local_workers
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.worker_settings import JobSettings
from openmmgems.sampling.conformer_jobs import ConformerJobs
from openmmgems.sampling.conformer_runs import ConformerRun
from openmmgems.sampling.sampling_settings import ConformerSettings, conformers_preset

from .console import output
from .job_progress import JobProgress
from .progress import format_seconds
from .steps import print_notes, read_option

_SHOWN_FAILURES = 5


def sample_conformers(given: Mapping[str, Any]) -> int:
    """Draw conformers of what the command line names; give the exit code.

    Parameters
    ----------
    given : mapping
        Options of the command, by name.
    """
    settings = _settings(given)
    out = _output_file(given["out"])
    structures = [s for text in given["inputs"] for s in read_molecules(text, settings.seed)]
    code = draw_conformers(
        settings, structures, out, limits_of(given), consent_of(given), dry_run=given["dry_run"]
    )
    if code == 0 and not given["dry_run"]:
        output.print(f"Next      gems label {escape(str(out))} --engine {settings.engine}")
    return code


def limits_of(given: Mapping[str, Any]) -> JobSettings:
    """Workers and limits that the command line gives."""
    names = {
        "workers": "processes",
        "memory_gb": "memory_gb",
        "time_limit_s": "time_limit_s",
        "max_attempts": "max_attempts",
    }
    found = {name: given[option] for name, option in names.items() if given[option] is not None}
    return JobSettings(**found)


def consent_of(given: Mapping[str, Any]) -> Consent:
    """What the command line names may run: an engine, a program among its options, or by itself."""
    options = dict(read_option(text) for text in given["engine_option"] or ())
    return Consent((*(given["allow_code"] or ()), *named_code(given["engine"], options)))


def draw_conformers(
    settings: ConformerSettings,
    structures: list[AtomicSystem],
    out: Path,
    limits: JobSettings | None = None,
    consent: Consent | None = None,
    *,
    dry_run: bool = False,
) -> int:
    """Draw conformers and write them to one file; give the exit code.

    Parameters
    ----------
    settings : ConformerSettings
    structures : list of AtomicSystem
    out : pathlib.Path
        Beside it a folder `<out>.parts` keeps what is finished.
    limits : JobSettings, optional
        Workers, time and memory of a molecule, attempts.
    consent : Consent, optional
        To code of others that the settings name.
    dry_run : bool
        Only say what would be done.
    """
    limits, consent = limits or JobSettings(), consent or Consent()
    spec = EngineSpec(settings.engine, settings.engine_options, consent=consent)
    estimator = Estimator(ConformerJobs(settings, spec), limits)
    seconds = sum(estimator.seconds(len(s.atomic_numbers)) for s in structures)
    at_once = min(local_workers(limits)[0], len(structures))
    _print_plan(settings, structures, seconds / max(1, at_once), out)
    if dry_run:
        return 0
    with RunFolder(_folder(out)).locked(), StopRequest().listening() as stop:
        run = ConformerRun(structures, settings, _folder(out), limits, consent)
        _run(run, stop)
        if stop:
            _say_stopped(run)
            return 128 + (stop.signal_number or 0)
        return _write(run, out)


def read_molecules(text: str, seed: int = 0) -> list[AtomicSystem]:
    """Read a file of structures, an XYZ file, or SMILES.

    Raises
    ------
    FileNotFoundError
        If it looks like a file that is not there.
    ValueError
        If it cannot be read.
    """
    path = Path(text)
    if path.suffix.lower() in (".h5", ".hdf5", ".xyz"):
        if not path.is_file():
            raise FileNotFoundError(f"There is no file '{text}'.")
        if path.suffix.lower() == ".xyz":
            return [_from_xyz(path)]
        from openmmgems.data.structure_file import read_structures

        return read_structures(path)
    return [_from_smiles(text, seed)]


def _from_smiles(text: str, seed: int) -> AtomicSystem:
    from rdkit import Chem

    from openmmgems.fragments.bottom_up import BottomUpFragment, three_dimensional
    from openmmgems.fragments.residues import system_from_smiles

    molecule = system_from_smiles(text)
    if len(Chem.GetMolFrags(molecule)) > 1:
        raise ValueError(
            f"{text!r} is more than one molecule; expected one. Complexes, with molecules beside "
            "each other, are made by gems fragment --bottom-up."
        )
    charge, smiles = Chem.GetFormalCharge(molecule), Chem.MolToSmiles(molecule)
    graph = BottomUpFragment(smiles, molecule.GetNumAtoms(), charge, 1, ())
    return three_dimensional(graph, seed)


def _from_xyz(path: Path) -> AtomicSystem:
    from openmm import unit
    from rdkit import Chem

    from openmmgems.systems.chemical_graph import chemical_graph, rdkit_molecule
    from openmmgems.systems.structure import read_structure

    structure = read_structure(path)
    print_notes(structure.notes)
    graph = chemical_graph(structure.topology)
    molecule = rdkit_molecule(graph.atomic_numbers, graph.bonds, graph.orders, graph.charges)
    smiles = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    positions = np.asarray(structure.positions * unit.nanometer / unit.angstrom, float)
    charge = int(graph.charges.sum())
    return AtomicSystem(graph.atomic_numbers, positions, charge, source=f"bottom-up:{smiles}:start")


def _settings(given: Mapping[str, Any]) -> ConformerSettings:
    options = dict(read_option(text) for text in given["engine_option"] or ())
    changes = {
        "number": given["number"],
        "normal_mode_share": given["normal_modes"],
        "spacing_fs": given["spacing"],
        "normal_mode_temperatures_kelvin": given["temperature"] or None,
        "dynamics_temperatures_kelvin": given["temperature"] or None,
        "engine": given["engine"],
        "engine_options": options,
        "seed": given["seed"],
    }
    chosen = {name: value for name, value in changes.items() if value is not None}
    return ConformerSettings(**(conformers_preset(given["preset"]).model_dump() | chosen))


def _output_file(out: Path | None) -> Path:
    if out is None:
        raise typer.BadParameter("an output file is needed: --out FILE.h5")
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"There is no folder '{out.absolute().parent}' to write to.")
    if out.exists() and not _folder(out).is_dir():
        raise FileExistsError(f"'{out}' exists already; choose another file with --out.")
    return out


def _folder(out: Path) -> Path:
    return out.with_name(out.name + ".parts")


def _print_plan(
    settings: ConformerSettings, structures: list[AtomicSystem], seconds: float, out: Path
) -> None:
    modes = settings.num_by_normal_modes
    temperatures = ", ".join(f"{t:g}" for t in settings.dynamics_temperatures_kelvin)
    lines = {
        "Molecules": len(structures),
        "Conformers": f"{settings.number} of each: {modes} along normal modes, "
        f"{settings.number - modes} from dynamics at {temperatures} K",
        "Forces": settings.engine,
        "Estimate": f"{format_seconds(seconds)} (may be wrong by a factor of three)",
        "Output": out,
    }
    for name, value in lines.items():
        output.print(f"[bold]{name + ':':<13}[/]{escape(str(value))}", soft_wrap=True)


def _run(run: ConformerRun, stop: StopRequest) -> None:
    """Do all molecules."""
    if done := run.num_done:
        output.print(f"Going on: {done} of {len(run.structures)} molecules are done.")
    output.print("Ctrl-C stops and keeps everything.")
    with JobProgress() as progress:
        run.finish(progress.update, lambda: bool(stop))


def _say_stopped(run: ConformerRun) -> None:
    output.print(
        f"Stopped with {run.num_done} of {len(run.structures)} molecules done; nothing finished "
        "is lost. Go on with the same command.",
        soft_wrap=True,
    )


def _write(run: ConformerRun, out: Path) -> int:
    from openmmgems.data.structure_file import write_structures

    failures = run.failures()
    for failure in failures[:_SHOWN_FAILURES]:
        output.print(f"[bold red]Failed:[/] {escape(f'{failure.source}: {failure.error}')}")
    if failures:
        output.print(
            f"{len(failures)} of {len(run.structures)} molecules failed and are left out; to try "
            f"them again, remove '{escape(str(out))}' and repeat the command.",
            soft_wrap=True,
        )
    if len(failures) == len(run.structures):
        raise RuntimeError(
            f"Every molecule failed; nothing was written. The first one: {failures[0].error}"
        )
    number = write_structures(out, run.read())
    output.print(
        f"[bold green]Done:[/] {number} conformers of {len(run.structures) - len(failures)} "
        f"molecules.\nLook at   {escape(str(out))}; '{escape(str(_folder(out)))}' holds the same "
        "by molecule, and is only needed to go on",
        soft_wrap=True,
    )
    return 0
