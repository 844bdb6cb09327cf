# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that cuts spheres out of snapshots: structures, a table, a picture of some."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from openmm import app

from openmmgems.core.settings import plain_errors
from openmmgems.core.stages import Estimate, Outcome, Work
from openmmgems.core.time_left import TimeLeft
from openmmgems.systems.chemical_graph import ChemicalGraph, chemical_graph

from .collect import FragmentRow, collect_fragments
from .drawings import draw_top_down
from .fragment_settings import TopDownSettings
from .frame_fragmenter import FrameFragmenter
from .kinds import all_residues, occurring
from .snapshot_sources import Snapshots, Source
from .structure_reader import write_completed
from .top_down import TopDownFragment

_SAMPLE = 9


@dataclass(frozen=True)
class _System:
    """What is cut up, and the settings that hold for it."""

    snapshots: Snapshots
    graph: ChemicalGraph
    settings: TopDownSettings
    name: str

    def fragmenter(self) -> FrameFragmenter:
        """Make one that has seen no frame."""
        topology = self.snapshots.structure.topology
        return FrameFragmenter(self.graph, topology, self.settings, self.name)


@dataclass(frozen=True)
class _Sample:
    """How many centres the first frame has, the seconds that it takes, and some fragments."""

    num_centres: int
    seconds: float
    fragments: Sequence[TopDownFragment]


class TopDownStage:
    """
    Cut spheres out of the frames of a system.

    Parameters
    ----------
    settings : TopDownSettings
    source : Source
        Is read when the stage is estimated or run.
    out : pathlib.Path
        File of structures; the table stands beside it, and the structure if it was completed.
    picture : pathlib.Path, optional
        Where some fragments are drawn.
    name : str, optional
        Of the system; default: that of the source.
    shared_settings : bool
        Whether other systems have the same settings: this one may then lack some of the centres.
    """

    def __init__(
        self,
        settings: TopDownSettings,
        source: Source,
        out: Path,
        picture: Path | None = None,
        *,
        name: str | None = None,
        shared_settings: bool = False,
    ) -> None:
        self._settings, self._source, self._shared = settings, source, shared_settings
        self._out, self._table, self._picture = out, out.with_suffix(".csv"), picture
        self._name = name or source.name
        self._read: _System | None = None
        self._cut: _Sample | None = None

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""
        settings = self._settings
        return {
            "System": self._name,
            "Spheres": f"{settings.radius_angstrom:g} angstrom around "
            f"{', '.join(settings.centres)}",
            "Output": f"{self._out}, {self._table}",
        }

    @property
    def inputs(self) -> Sequence[Path]:
        """Structure and frames."""
        return self._source.inputs

    @property
    def outputs(self) -> Sequence[Path]:
        """Structures, table, picture; not the structure that may be completed."""
        return (self._out, self._table, *([self._picture] if self._picture else []))

    @property
    def is_done(self) -> bool:
        """Whether the table is there, which is written last."""
        return self._out.is_file() and self._table.is_file()

    def estimate(self, work: Work) -> Estimate:
        """Cut a few fragments of the first frame: how many there will be, and how long it takes."""
        system, sample = self._system(work), self._sample(work)
        atoms, charge = len(system.graph.atomic_numbers), int(system.graph.charges.sum())
        frames = system.snapshots.num_frames
        return Estimate(
            f"{atoms} atoms, charge {charge:+d} e, {frames} frame{'s' * (frames != 1)}; "
            f"{sample.num_centres} centres in the first frame, in all about "
            f"{sample.num_centres * frames}",
            sample.seconds * frames,
        )

    def run(self, work: Work) -> Outcome:
        """Cut all, or what is left of it."""
        system = self._system(work)
        frames, left = system.snapshots.num_frames, TimeLeft()
        if system.snapshots.is_completed:
            file = self._out.with_suffix(".completed.cif")
            write_completed(system.snapshots.structure, file)
            work.say(f"The completed structure is in {file}.")
        if self._picture is not None:
            draw_top_down(self._sample(work).fragments, self._picture)

        def show(done: int, fragments: int) -> None:
            text = f"{done} of {frames} frames, {fragments} fragments{left.text(done, frames)}"
            work.show(done, frames, text)

        rows = collect_fragments(
            system.fragmenter(),
            system.snapshots.frames(),
            self._out,
            show,
            lambda: work.is_stopped,
        )
        if rows is None:
            return Outcome(f"finished parts are in {self._out}.parts.", is_complete=False)
        return Outcome(_summary(rows), self.outputs[1:], _shares(rows))

    def _system(self, work: Work) -> _System:
        """Read what is cut up, once."""
        if self._read is None:
            snapshots = self._source.read(work.say)
            topology = snapshots.structure.topology
            graph = chemical_graph(topology, snapshots.structure.positions)
            settings = self._present(graph, topology) if self._shared else self._settings
            self._read = _System(snapshots, graph, settings, self._name)
        return self._read

    def _present(self, graph: ChemicalGraph, topology: app.Topology) -> TopDownSettings:
        """The settings with those centres that there are."""
        centres = self._settings.centres
        present = occurring(all_residues(graph, topology), centres)
        if not present:
            raise ValueError(
                f"'{self._name}' has none of the centres {', '.join(centres)}; give centres in "
                "[top_down] that each parent has, or leave the parent out."
            )
        return self._settings.model_copy(update={"centres": present})

    def _sample(self, work: Work) -> _Sample:
        """Cut a few different fragments of the first frame, once."""
        if self._cut is None:
            system = self._system(work)
            fragmenter = system.fragmenter()
            first = next(system.snapshots.frames(), None)
            if first is None:
                raise ValueError("The trajectory has no frames; expected one or more.")
            start = time.perf_counter()
            centres = fragmenter.picker.pick(*first)
            picking = time.perf_counter() - start
            start = time.perf_counter()
            few = _different(fragmenter, centres)[:_SAMPLE]
            fragments = list(fragmenter.cut(first, few))
            cutting = (time.perf_counter() - start) * len(centres) / len(few)
            self._cut = _Sample(len(centres), picking + cutting, fragments)
        return self._cut


def _different(fragmenter: FrameFragmenter, centres: Sequence[int]) -> list[int]:
    """Centres of different kinds first."""
    first: dict[str, int] = {}
    for centre in centres:
        first.setdefault(fragmenter.kind_of(centre), centre)
    chosen = list(first.values())
    return chosen + [centre for centre in centres if centre not in chosen]


def _shares(rows: Sequence[FragmentRow]) -> list[tuple[str, ...]]:
    """Count fragments by the kind of their centres."""
    counts = Counter(row.kind for row in rows).most_common()
    lines = [(kind, str(count), f"{count / len(rows):.1%}") for kind, count in counts]
    return [("centre", "fragments", "share"), *lines]


def _summary(rows: Sequence[FragmentRow]) -> str:
    sizes = [row.atoms for row in rows]
    charges = sorted(Counter(row.charge for row in rows).items())
    return (
        f"{len(rows)} fragments of {min(sizes)} to {max(sizes)} atoms "
        f"({np.mean(sizes):.0f} on average); charges "
        + ", ".join(f"{charge:+}: {count}" for charge, count in charges)
    )


def top_down_stage(
    settings: Mapping[str, Any],
    source: Source,
    out: Path,
    picture: Path | None = None,
    name: str | None = None,
) -> TopDownStage:
    """
    Make the stage of what a command was given.

    Parameters
    ----------
    settings : mapping
        Fields of `TopDownSettings`.
    source, out, picture, name
        See `TopDownStage`.

    Raises
    ------
    ValueError
        Naming every setting that is not as expected.
    """
    with plain_errors(TopDownSettings):
        return TopDownStage(TopDownSettings(**settings), source, out, picture, name=name)
