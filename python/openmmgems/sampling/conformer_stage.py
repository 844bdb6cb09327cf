# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that draws conformers of small molecules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.locks import locked_folder
from openmmgems.core.stages import Estimate, Outcome, Work
from openmmgems.data.structure_file import write_structures
from openmmgems.engines.engine_spec import EngineSpec, consent_of
from openmmgems.jobs.cluster import local_workers
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.estimates import Estimator
from openmmgems.jobs.status import show_progress
from openmmgems.jobs.worker_settings import JobSettings

from .conformer_jobs import ConformerJobs
from .conformer_runs import ConformerRun, unfinished
from .read_molecules import is_file, read_molecules
from .sampling_settings import ConformerSettings, conformers_preset

_SHOWN_FAILURES = 5
_SHOWN_MOLECULES = 6
_BYTES_PER_ATOM = 24


class ConformerStage:
    """
    Draw conformers of small molecules with the forces of an engine, and write them to one file.

    Parameters
    ----------
    settings : ConformerSettings
    molecules : sequence of str
        Files of structures, XYZ files, SMILES; see `read_molecules`.
    out : pathlib.Path
        File of structures; beside it a folder `<out>.parts` keeps finished molecules.
    limits : JobSettings
        Workers, time and memory of a molecule, attempts.
    consent : Consent
        To code of others that the settings name.

    Raises
    ------
    ValueError, ImportError
        If the engine cannot be made, or would run code that was not agreed to.
    """

    def __init__(
        self,
        settings: ConformerSettings,
        molecules: Sequence[str],
        out: Path,
        limits: JobSettings,
        consent: Consent,
    ) -> None:
        self._settings, self._names, self._out = settings, molecules, out
        self._limits, self._consent = limits, consent
        self._structures: list[AtomicSystem] | None = None
        spec = EngineSpec(settings.engine, settings.engine_options, limits.threads, consent)
        self._jobs = ConformerJobs(settings, spec)
        if not self.is_done:
            self._jobs.engine  # noqa: B018 (one that cannot be made is told before work begins)

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""
        settings = self._settings
        modes = settings.num_by_normal_modes
        temperatures = ", ".join(f"{t:g}" for t in settings.dynamics_temperatures_kelvin)
        more = len(self._names) - _SHOWN_MOLECULES
        return {
            "Molecules": ", ".join(self._names[:_SHOWN_MOLECULES])
            + (f" and {more} more" if more > 0 else ""),
            "Conformers": f"{settings.number} of each: {modes} along normal modes, "
            f"{settings.number - modes} from dynamics at {temperatures} K",
            "Forces": settings.engine,
            "Output": str(self._out),
        }

    @property
    def inputs(self) -> Sequence[Path]:
        """Files of molecules."""
        return tuple(Path(name) for name in self._names if is_file(name))

    @property
    def outputs(self) -> Sequence[Path]:
        """The conformers."""
        return (self._out,)

    @property
    def is_done(self) -> bool:
        """Whether the conformers are there; they are written when all molecules are done."""
        return self._out.is_file()

    def estimate(self, work: Work) -> Estimate:
        """Add up what the engine says for each molecule that is left."""
        molecules = self._read(work)
        left = unfinished(molecules, self._jobs, _parts(self._out))
        sizes = sorted(len(molecule.atomic_numbers) for molecule in left)
        estimator = Estimator(self._jobs, self._limits)
        slots, memory_mb = local_workers(self._limits)
        at_once = max(1, min(slots, len(sizes)))
        needed_mb = sum(estimator.need(size).memory_mb for size in sizes[-at_once:])
        # finished molecules in the folder, and all of them in the file
        num_atoms = sum(sizes) + sum(len(molecule.atomic_numbers) for molecule in molecules)
        return Estimate(
            f"{len(sizes)} molecules, {at_once} at a time, right within a factor of three",
            sum(estimator.seconds(size) for size in sizes) / at_once,
            1e6 * min(needed_mb, memory_mb),
            float(_BYTES_PER_ATOM * self._settings.number * num_atoms),
        )

    def run(self, work: Work) -> Outcome:
        """Draw what is left, and write all."""
        with locked_folder(_parts(self._out)):
            molecules, folder = self._read(work), _parts(self._out)
            run = ConformerRun(molecules, self._settings, folder, self._limits, self._consent)
            if done := run.num_done:
                work.say(f"Going on: {done} of {len(molecules)} molecules are done.")
            if run.finish(show_progress(work), lambda: work.is_stopped).stopped:
                summary = f"{run.num_done} of {len(molecules)} molecules are done."
                return Outcome(summary, is_complete=False)
            return self._write(run)

    def _read(self, work: Work) -> list[AtomicSystem]:
        """Read the molecules, once."""
        if self._structures is None:
            seed = self._settings.seed
            self._structures = [
                structure
                for name in self._names
                for structure in read_molecules(name, seed, work.say)
            ]
        return self._structures

    def _write(self, run: ConformerRun) -> Outcome:
        failures, total = run.failures(), len(run.structures)
        if len(failures) == total:
            raise RuntimeError(
                f"Every molecule failed; nothing was written. The first one: {failures[0].error}"
            )
        warnings = [f"Failed: {f.source}: {f.error}" for f in failures[:_SHOWN_FAILURES]]
        if failures:
            warnings.append(
                f"{len(failures)} of {total} molecules failed and are left out; to try them again, "
                f"remove '{self._out}' and repeat the command."
            )
        number = write_structures(self._out, run.read())
        return Outcome(
            f"{number} conformers of {total - len(failures)} molecules; '{_parts(self._out)}' "
            "holds the same by molecule, and is only needed to go on.",
            self.outputs,
            warnings=warnings,
        )


def conformer_stage(given: Mapping[str, Any]) -> ConformerStage:
    """
    Make the stage of what a command line gives.

    Parameters
    ----------
    given : mapping
        `inputs`, `out`, `preset`, `number`, `normal_modes`, `spacing`, `temperature`, `engine`,
        `engine_options` (a mapping), `allow_code`, `seed`, and those of `limits_of`; None
        where nothing is given.

    Raises
    ------
    ValueError, ImportError
        If they make no sense; see `ConformerStage`.
    FileNotFoundError, FileExistsError
        If the output cannot be written, or is something else.
    """
    out: Path = given["out"]
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"There is no folder '{out.absolute().parent}' to write to.")
    if out.exists() and not _parts(out).is_dir():
        raise FileExistsError(f"'{out}' exists already; choose another file with --out.")
    return ConformerStage(
        _settings(given),
        given["inputs"],
        out,
        limits_of(given),
        consent_of(given["allow_code"], given["engine"], given["engine_options"]),
    )


def limits_of(given: Mapping[str, Any]) -> JobSettings:
    """Workers and limits: `processes`, `memory_gb`, `time_limit_s`, `max_attempts`."""
    names = {
        "workers": "processes",
        "memory_gb": "memory_gb",
        "time_limit_s": "time_limit_s",
        "max_attempts": "max_attempts",
    }
    found = {name: given[option] for name, option in names.items() if given[option] is not None}
    return JobSettings(**found)


def _settings(given: Mapping[str, Any]) -> ConformerSettings:
    changes = {
        "number": given["number"],
        "normal_mode_share": given["normal_modes"],
        "spacing_fs": given["spacing"],
        "normal_mode_temperatures_kelvin": given["temperature"] or None,
        "dynamics_temperatures_kelvin": given["temperature"] or None,
        "engine": given["engine"],
        "engine_options": given["engine_options"],
        "seed": given["seed"],
    }
    chosen = {name: value for name, value in changes.items() if value is not None}
    return ConformerSettings(**(conformers_preset(given["preset"]).model_dump() | chosen))


def _parts(out: Path) -> Path:
    """Folder of finished molecules."""
    return out.with_name(out.name + ".parts")
