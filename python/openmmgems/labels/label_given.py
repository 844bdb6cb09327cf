# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Labelling as a user gives it: files or a project, a folder, and settings by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openmmgems.core.settings import plain_errors
from openmmgems.core.stages import Stage
from openmmgems.engines.engine_spec import named_code
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.status import describe_status, levels, status

from .label_folder import LabelFolder
from .label_jobs import LabelJobs
from .label_settings import LabelSettings
from .label_stage import ExportStage, LabelStage, Retry
from .project_folder import ProjectFolder
from .project_settings import read_project

# What decides the numbers: one folder has one of each.
_FIXED = ("engine", "options")


def given_stage(given: Mapping[str, Any]) -> Stage:
    """
    Make the stage that labels, or only exports, what is given.

    Parameters
    ----------
    given : mapping
        ``files`` of structures, or ``project``, its file, or neither: what the folder has. ``out``,
        the folder of labels or of the project. Fields of `LabelSettings`, where None is as it was,
        or the default. ``allow_code`` and ``insecure``, see `Consent`. ``charge`` and ``unpaired``
        of structures whose files do not say it; ``box``, whether those of PDB and mmCIF files are
        periodic. ``export`` and ``retry_parked``, bool.

    Raises
    ------
    FileNotFoundError
        If there is nothing to label or to export.
    ValueError
        If settings are wrong, or others than those that the folder was begun with.
    """
    from openmmgems.data.import_data import ImportSettings

    folder, base, files = _place(given)
    settings, consent = _settings(given, folder, base), _consent(given)
    if given["export"]:
        return ExportStage(folder, LabelJobs.of(settings, consent))
    retry = Retry(given["time_limit_s"]) if given["retry_parked"] else None
    reading = ImportSettings(charge=given["charge"], spin=given["unpaired"], box=given["box"])
    return LabelStage(folder, settings, consent, files, reading, retry)


def given_status(given: Mapping[str, Any]) -> list[str]:
    """
    Say in lines how the labels stand that are in a folder, or of a project; see `given_stage`.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    folder, _, _ = _place(given)
    with folder.open_store() as store:
        found = [status(store, level) for level in levels(store)]
        return [line for each in found for line in describe_status(each)]


def _place(given: Mapping[str, Any]) -> tuple[LabelFolder, LabelSettings | None, Sequence[Path]]:
    """Find what has to be labelled, how if a project says so, and where the labels go."""
    if given["project"] is None:
        return LabelFolder(given["out"] or "labels"), None, given["files"] or ()
    file = Path(given["project"])
    settings = read_project(file)
    place = ProjectFolder(given["out"] or file.stem)
    place.check(settings)
    files = place.structures(settings)
    if missing := [str(path) for path in files if not path.is_file()]:
        raise FileNotFoundError(
            f"{', '.join(missing)}: not there yet. First run 'gems sample --project {file}' and, "
            f"if it has parents, 'gems fragment --project {file}', with the same --out."
        )
    return LabelFolder(place.labels), settings.labels, files


def _settings(
    given: Mapping[str, Any], folder: LabelFolder, base: LabelSettings | None
) -> LabelSettings:
    """Settings as given; the rest is as in the project or the folder."""
    fields = LabelSettings.model_fields
    changes = {name: given[name] for name in fields if given.get(name) is not None}
    changes = (base.model_dump() if base else {}) | changes
    if before := folder.read_settings():
        for name in _FIXED:
            if name in changes and changes[name] != getattr(before, name):
                raise ValueError(
                    f"'{folder.path}' is labelled with {name} {getattr(before, name)}; now it is "
                    f"{changes[name]}. Use another folder with --out."
                )
        changes = before.model_dump() | changes
    with plain_errors(LabelSettings):
        return LabelSettings.model_validate(changes)


def _consent(given: Mapping[str, Any]) -> Consent:
    """What is given by name may run: an engine, a program among its options, or by itself."""
    allowed = (*(given["allow_code"] or ()), *named_code(given["engine"], given["options"] or {}))
    return Consent(allowed, given["insecure"])
