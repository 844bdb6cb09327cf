# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Checkpoints: a zip file with a portable state, mostly OpenMM's exact one too, and file sizes."""

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
        Of the segment.
    num_frames : int
        Frames in the trajectory.
    trajectory_bytes, log_bytes : int
        Sizes of the files then; what lies beyond is cut off on resuming.
    platform : str
        Name of the OpenMM platform.
    segment : int
        Counted from 0; folders of versions before 0.2 have one.
    """

    step: int
    num_frames: int
    trajectory_bytes: int
    log_bytes: int
    platform: str
    segment: int = 0


def write_checkpoint(
    folder: RunFolder, context: openmm.Context, progress: Progress, *, is_exact: bool = True
) -> None:
    """Write the checkpoint of a Context.

    Parameters
    ----------
    folder : RunFolder
    context : openmm.Context
    progress : Progress
    is_exact : bool
        With OpenMM's exact state, which only the same platform reads; else the portable one alone.
    """
    state = context.getState(
        positions=True, velocities=True, parameters=True, integratorParameters=True
    )
    exact = context.createCheckpoint() if is_exact else None
    Checkpoint(progress, exact, openmm.XmlSerializer.serialize(state)).write(folder)


@dataclass(frozen=True)
class Checkpoint:
    """What is in a checkpoint: OpenMM's own state if it is kept, and a portable one as XML."""

    progress: Progress
    exact: bytes | None
    portable: str

    def write(self, folder: RunFolder) -> None:
        """Write it; the one before is kept until this one is complete, and after."""
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("progress.json", json.dumps(asdict(self.progress)))
            if self.exact is not None:
                archive.writestr("exact.bin", self.exact)
            archive.writestr("portable.xml", self.portable)
        write_atomically(folder.checkpoint, data.getvalue(), previous=folder.previous_checkpoint)

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
        if platform == self.progress.platform and self.exact is not None:
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
                has_exact = "exact.bin" in archive.namelist()
                exact = archive.read("exact.bin") if has_exact else None
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
