# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that finds small graphs: start structures, a table, a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rdkit.Chem import Mol

from openmmgems.core.settings import plain_errors
from openmmgems.core.stages import Estimate, Outcome, Work
from openmmgems.core.time_left import TimeLeft
from openmmgems.data.structure_file import write_structures
from openmmgems.systems.chemical_graph import chemical_graph
from openmmgems.systems.loaded_structure import LoadedStructure

from .bottom_up_molecules import named_systems, structure_systems
from .collect import write_table
from .drawings import draw_bottom_up
from .fragment_settings import BottomUpSettings
from .starts import COMPLEX, Start, start_structures
from .structure_reader import StructureReader, structure_reader, write_completed

_DRAWN = 60
_COLUMNS = ("smiles", "heavy_atoms", "charge", "occurrences", "parents", "failure")


class BottomUpStage:
    """
    Find all small graphs of molecules, and complexes, and give each a start structure.

    Parameters
    ----------
    settings : BottomUpSettings
    out : pathlib.Path
        File of structures; the table stands beside it.
    picture : pathlib.Path, optional
        Where some graphs are drawn.
    reader : StructureReader, optional
        How the settings' structure files are read.
    """

    def __init__(
        self,
        settings: BottomUpSettings,
        out: Path,
        picture: Path | None = None,
        reader: StructureReader | None = None,
    ) -> None:
        self._settings, self._reader = settings, reader or StructureReader()
        self._out, self._table, self._picture = out, out.with_suffix(".csv"), picture
        self._structures: dict[Path, LoadedStructure] = {}

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""
        return {
            "Graphs": f"up to {self._settings.max_heavy_atoms} heavy atoms",
            "Output": f"{self._out}, {self._table}",
        }

    @property
    def inputs(self) -> Sequence[Path]:
        """The structure files."""
        files = map(Path, self._settings.structures)
        return tuple(path for file in files for path in self._reader.inputs(file))

    @property
    def outputs(self) -> Sequence[Path]:
        """Structures, table, picture; structures that were completed."""
        picture = [self._picture] if self._picture else []
        return (self._out, self._table, *picture, *self._completed.values())

    @property
    def is_done(self) -> bool:
        """Whether the structures are there; they are written last."""
        return self._out.is_file()

    def estimate(self, work: Work) -> Estimate:
        """The number of graphs is known only when they are found; seconds to a few minutes."""
        systems = self._systems(work)
        return Estimate(f"{len(systems)} molecules; graphs are found within minutes")

    def run(self, work: Work) -> Outcome:
        """Find graphs and conformations; write all."""
        left = TimeLeft()

        def show(done: int, total: int) -> None:
            text = f"{done} of {total} structures{left.text(done, total)}"
            work.show(done, total, text)

        systems = self._systems(work)
        starts = start_structures(self._settings, systems, show, lambda: work.is_stopped)
        if work.is_stopped:
            summary = f"{len(starts)} start structures were made."
            return Outcome(summary, is_complete=False, is_kept=False)
        self._write(starts)
        failures = [start.failure for start in starts if start.failure]
        return Outcome(
            f"{len(starts) - len(failures)} start structures, {len(failures)} left out.",
            self.outputs[1:],
            _sizes(starts),
            [f"Left out: {failure}" for failure in failures],
        )

    def _systems(self, work: Work) -> dict[str, Mol]:
        """The molecules by name; structure files are read once."""
        systems = named_systems(self._settings)
        for path in map(Path, self._settings.structures):
            if path not in self._structures:
                self._structures[path] = self._reader.read(path, work.say)
            structure = self._structures[path]
            graph = chemical_graph(structure.topology, structure.positions)
            systems |= structure_systems(graph, path.stem)
        return systems

    @property
    def _completed(self) -> dict[Path, Path]:
        """Where completed structures go, by their files."""
        if not self._reader.options.hydrogens:
            return {}
        files = map(Path, self._settings.structures)
        return {file: self._out.with_suffix(f".{file.stem}.completed.cif") for file in files}

    def _write(self, starts: Sequence[Start]) -> None:
        for path, file in self._completed.items():
            write_completed(self._structures[path], file)
        if self._picture is not None:
            every = -(-len(starts) // _DRAWN)
            draw_bottom_up([start.fragment.smiles for start in starts[::every]], self._picture)
        rows = (
            (
                *(fragment.smiles, fragment.num_heavy_atoms, fragment.charge),
                *(fragment.occurrences, "; ".join(fragment.parents), start.failure),
            )
            for start in starts
            for fragment in [start.fragment]
        )
        write_table(
            self._table, list(_COLUMNS), (dict(zip(_COLUMNS, row, strict=True)) for row in rows)
        )
        found = (start.structure for start in starts if start.structure is not None)
        write_structures(self._out, found)


def _sizes(starts: Sequence[Start]) -> list[tuple[str, ...]]:
    """Count graphs and complexes by size."""
    counts: dict[int, list[int]] = {}
    for start in starts:
        is_complex = start.fragment.parents == (COMPLEX,)
        counts.setdefault(start.fragment.num_heavy_atoms, [0, 0])[is_complex] += 1
    rows = [(str(size), *map(str, counts[size])) for size in sorted(counts)]
    return [("heavy atoms", "graphs", "complexes"), *rows]


def bottom_up_stage(
    settings: Mapping[str, Any],
    reading: Mapping[str, Any],
    out: Path,
    picture: Path | None = None,
) -> BottomUpStage:
    """
    Make the stage of what a command was given.

    Parameters
    ----------
    settings : mapping
        Fields of `BottomUpSettings`.
    reading : mapping
        See `structure_reader`.
    out, picture
        See `BottomUpStage`.

    Raises
    ------
    ValueError
        Naming every setting that is not as expected.
    """
    reader = structure_reader(reading)
    with plain_errors(BottomUpSettings):
        return BottomUpStage(BottomUpSettings(**settings), out, picture, reader)
