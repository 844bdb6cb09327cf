# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Checkpoints: one zip file with OpenMM's exact state, a portable state, and file sizes."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass

import openmm

from openmmgems.core.errors import RunFolderError
from openmmgems.core.files import write_atomically

from .run_folder import RunFolder


@dataclass(frozen=True)
class Progress:
    """How far a run and its files were at a checkpoint.

    Attributes
    ----------
    step : int
    num_frames : int
        Frames in the trajectory.
    trajectory_bytes, log_bytes : int
        Sizes of the files then; what lies beyond is cut off on resuming.
    platform : str
        Name of the OpenMM platform.
    """

    step: int
    num_frames: int
    trajectory_bytes: int
    log_bytes: int
    platform: str


def write_checkpoint(folder: RunFolder, context: openmm.Context, progress: Progress) -> None:
    """Write a checkpoint; the one before is kept until this one is complete, and after.

    Parameters
    ----------
    folder : RunFolder
    context : openmm.Context
    progress : Progress
    """
    state = context.getState(
        positions=True, velocities=True, parameters=True, integratorParameters=True
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("progress.json", json.dumps(asdict(progress)))
        archive.writestr("exact.bin", context.createCheckpoint())
        archive.writestr("portable.xml", openmm.XmlSerializer.serialize(state))
    write_atomically(folder.checkpoint, data.getvalue(), previous=folder.previous_checkpoint)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint read back."""

    progress: Progress
    exact: bytes
    portable: str

    def restore(self, context: openmm.Context, platform: str) -> bool:
        """Put a Context into the saved state.

        Parameters
        ----------
        context : openmm.Context
        platform : str
            Name of its platform.

        Returns
        -------
        bool
            True: exactly. False: on another platform or machine; thermostat variables and random
            numbers start anew.
        """
        if platform == self.progress.platform:
            try:
                context.loadCheckpoint(self.exact)
            except openmm.OpenMMException:
                pass  # made by other hardware or another version: the portable state follows
            else:
                return True
        context.setState(openmm.XmlSerializer.deserialize(self.portable))
        context.setStepCount(self.progress.step)
        return False


#: A run that was stopped at step 0 may have them and no checkpoint.
_LINES_OF_STEP_0 = 2


def read_checkpoint(folder: RunFolder) -> Checkpoint | None:
    """Read the newest checkpoint that is whole.

    Parameters
    ----------
    folder : RunFolder

    Returns
    -------
    Checkpoint or None
        None: none was written yet.

    Raises
    ------
    RunFolderError
        If there are checkpoints but none is whole, or none although the run has steps.
    """
    reasons = []
    for path in (folder.checkpoint, folder.previous_checkpoint):
        if not path.is_file():
            continue
        try:
            with zipfile.ZipFile(path) as archive:
                progress = Progress(**json.loads(archive.read("progress.json")))
                exact = archive.read("exact.bin")
                return Checkpoint(progress, exact, archive.read("portable.xml").decode())
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
            reasons.append(f"{path.name}: {error}")
    if reasons:
        raise RunFolderError(f"No checkpoint in '{folder.path}' is whole ({'; '.join(reasons)}).")
    if folder.log.is_file() and folder.log.read_bytes().count(b"\n") > _LINES_OF_STEP_0:
        raise RunFolderError(
            f"'{folder.path}' has a log of steps in '{folder.log.name}', but no checkpoint to go "
            "on from; put one back, or start a new run in another folder."
        )
    return None
