# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that runs a parent and selects snapshots of it."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openmmgems.core.stages import Estimate, Outcome, Work
from openmmgems.core.time_left import TimeLeft

from .coverage import coverage
from .parent_run import ParentFrames, estimate_parent, holds_parent, prepare_parent, run_parent
from .parents import ParentSystem, build_parent
from .sampling_settings import DihedralBias, ParentSettings, SelectionSettings, parent_preset
from .snapshots import select_frames

_BYTES_PER_ATOM = 12


class ParentStage:
    """
    Build a parent, run it classically, and select frames that are worth cutting up.

    Parameters
    ----------
    settings : ParentSettings
    folder : pathlib.Path
        Of this parent.
    threads : int, optional
        Default: all cores.
    """

    def __init__(self, settings: ParentSettings, folder: Path, threads: int | None = None) -> None:
        self._settings, self._folder, self._threads = settings, folder, threads
        self._built: ParentSystem | None = None

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""
        settings = self._settings
        temperatures = ", ".join(f"{t:g}" for t in settings.temperatures_kelvin)
        where = "vacuum"
        if settings.solvent == "water":
            where = (
                f"water, {settings.padding_nm:g} nm to the walls, NaCl {settings.salt_molar:g} M"
            )
        lines = {
            "Parent": str(settings.structure or settings.peptide),
            "In": where,
            "Dynamics": f"AMBER99SB-ILDN, {settings.length_ps:g} ps at {temperatures} K in steps "
            f"of {settings.time_step_fs:g} fs, frames every {settings.frame_interval_ps:g} ps",
            "Output": str(self._folder),
        }
        if settings.biases:
            numbers = ", ".join(str(n) for bias in settings.biases for n in bias.disulfides)
            lines["Driven"] = f"disulfide bridges {numbers}, in short runs"
        return lines

    @property
    def inputs(self) -> Sequence[Path]:
        """The structure file, as long as the parent is not built."""
        if holds_parent(self._folder):
            return ()
        files = (self._settings.structure, self._settings.coordinates)
        return tuple(Path(file) for file in files if file is not None)

    @property
    def outputs(self) -> Sequence[Path]:
        """Selected frames, all frames, their log, and the system they are of."""
        names = ("selected.csv", "frames.dcd", "log.csv", "system.pdb")
        return tuple(self._folder / name for name in names)

    @property
    def is_done(self) -> bool:
        """Whether frames were selected, by whichever settings; that comes last."""
        return self.outputs[0].is_file()

    def estimate(self, work: Work) -> Estimate:
        """Build it, and time some steps."""
        built = self._build(work)
        with tempfile.TemporaryDirectory() as temporary:
            place = self._folder if built is None else Path(temporary)
            prepare_parent(self._settings, place, self._threads, built)
            found = estimate_parent(self._settings, place, self._threads)
        return Estimate(
            f"{found.num_atoms} atoms, {found.steps_left} steps",
            found.seconds,
            disk_bytes=float(_BYTES_PER_ATOM * found.num_atoms * found.frames_left),
        )

    def run(self, work: Work) -> Outcome:
        """Run it to its end, select frames, and tell what they cover."""
        frames = self._run(work)
        if not frames.is_complete:
            summary = f"{frames.num_frames} of {frames.num_planned} frames are kept."
            return Outcome(summary, is_complete=False)
        chosen = select_frames(self._settings.selection, self._folder)
        for line in coverage(self._folder).lines():
            work.say(line)
        reasons = Counter(selected.reason for selected in chosen)
        told = ", ".join(f"{number} {reason}" for reason, number in reasons.items())
        return Outcome(
            f"{frames.num_frames} frames, of which {len(chosen)} are selected ({told}).",
            self.outputs,
        )

    def _run(self, work: Work) -> ParentFrames:
        left = TimeLeft()

        def show(done: int, total: int) -> None:
            work.show(done, total, f"{100 * done // total} % of the steps{left.text(done, total)}")

        return run_parent(
            self._settings,
            self._folder,
            progress=show,
            stop=lambda: work.is_stopped,
            threads=self._threads,
            built=self._build(work),
        )

    def _build(self, work: Work) -> ParentSystem | None:
        """Build it, once; None if the folder holds it."""
        if self._built is None and not holds_parent(self._folder):
            work.say("Building and relaxing it ...")
            self._built = build_parent(self._settings, self._threads)
            for note in self._built.notes:
                work.say(note)
        return self._built


def parent_stage(given: Mapping[str, Any]) -> ParentStage:
    """
    Make the stage of what a command line gives.

    Parameters
    ----------
    given : mapping
        The options of `gems sample` for parents and for the selection, by name; None where nothing
        is given. Without `out` the folder is `parents/NAME`.

    Raises
    ------
    ValueError
        If they make no sense.
    """
    settings = _settings(given)
    folder = given["out"] or Path("parents") / settings.name
    return ParentStage(settings, folder, given["threads"])


def _settings(given: Mapping[str, Any]) -> ParentSettings:
    structure, coordinates, include = (
        str(given[name].absolute()) if given[name] else None
        for name in ("parent", "coordinates", "gromacs_include")
    )
    fixed = {
        "name": given["name"] or _name(given),
        "structure": structure,
        "remove": tuple(given["remove"]),
        "ph": given["ph"],
        "alternate_location": given["alternate_location"],
        "coordinates": coordinates,
        "gromacs_include": include,
        "allow_gaps": given["force"],
        "peptide": given["peptide"],
        "conformation": given["conformation"],
        "relaxation_ps": given["relaxation"],
        "solvent": "water" if given["water"] else "none",
        "time_step_fs": 2.0 if given["water"] else 1.0,
        "seed": given["seed"],
    } | _given(time_step_fs=given["time_step"])
    basis = parent_preset(given["preset"], ParentSettings.model_validate(fixed))
    changes = _given(
        temperatures_kelvin=given["temperature"] or None,
        padding_nm=given["padding"],
        salt_molar=given["salt"],
        length_ps=given["time"],
        frame_interval_ps=given["frame_every"],
        biases=[DihedralBias(disulfides=given["disulfide"])] if given["disulfide"] else None,
    )
    selection = _given(
        threshold_angstrom2=given["threshold"],
        preference_angstrom2=given["preference"],
        number_farthest=given["untypical"],
        seed=given["seed"],
    )
    changes["selection"] = SelectionSettings(**basis.selection.model_dump() | selection)
    return ParentSettings(**basis.model_dump() | changes)


def _given(**options: Any) -> dict[str, Any]:
    """What is given of some options."""
    return {name: value for name, value in options.items() if value is not None}


def _name(given: Mapping[str, Any]) -> str:
    """A name for the folder, from the file or the residues."""
    text = given["parent"].stem if given["parent"] else given["peptide"].lower()
    plain = re.sub(r"[^A-Za-z0-9+]+", "-", text.replace("*", "")).strip("-+") or "parent"
    return plain + ("-water" if given["water"] else "")
