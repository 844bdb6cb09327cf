# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The stage that finds small graphs: start structures, a table, a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rdkit.Chem import Mol

from openmmgems.core.stages import Estimate, Outcome, Work
from openmmgems.data.structure_file import write_structures
from openmmgems.systems.chemical_graph import chemical_graph
from openmmgems.systems.chemistry import require_charges_of_bonds
from openmmgems.systems.structure import read_structure

from .bottom_up_molecules import named_systems, structure_systems
from .collect import write_table
from .drawings import draw_bottom_up
from .fragment_settings import BottomUpSettings
from .starts import COMPLEX, Start, start_structures

_DRAWN = 60
_COLUMNS = ("smiles", "heavy_atoms", "charge", "occurrences", "parents", "failure")


class BottomUpStage:
    """
    Find all small graphs of molecules, and complexes, and give each a start structure.

    Parameters
    ----------
    settings : BottomUpSettings
    systems : mapping of str to rdkit.Chem.Mol
        Molecules beside those that the settings name, by name; may be empty.
    out : pathlib.Path
        File of structures; the table stands beside it.
    picture : pathlib.Path, optional
        Where some graphs are drawn.
    """

    def __init__(
        self,
        settings: BottomUpSettings,
        systems: Mapping[str, Mol],
        out: Path,
        picture: Path | None = None,
    ) -> None:
        self._settings, self._systems = settings, systems
        self._found: Mapping[str, Mol] | None = None
        self._out, self._table, self._picture = out, out.with_suffix(".csv"), picture

    @property
    def plan(self) -> Mapping[str, str]:
        """What will be done, by title."""
        return {
            "Graphs": f"up to {self._settings.max_heavy_atoms} heavy atoms",
            "Output": f"{self._out}, {self._table}",
        }

    @property
    def inputs(self) -> Sequence[Path]:
        """The structure files that the settings name."""
        return tuple(map(Path, self._settings.structures))

    @property
    def outputs(self) -> Sequence[Path]:
        """Structures, table, picture."""
        return (self._out, self._table, *([self._picture] if self._picture else []))

    @property
    def is_done(self) -> bool:
        """Whether the structures are there; they are written last."""
        return self._out.is_file()

    def estimate(self, work: Work) -> Estimate:
        """The number of graphs is known only when they are found; seconds to a few minutes."""
        number = len(self._all_systems(work))
        return Estimate(f"{number} molecules, whose graphs are found within minutes")

    def run(self, work: Work) -> Outcome:
        """Find graphs and conformations; write all."""
        starts = start_structures(
            self._settings,
            self._all_systems(work),
            lambda done, total: work.show(done, total, f"{done} of {total} structures"),
        )
        self._write(starts)
        failures = [start.failure for start in starts if start.failure]
        return Outcome(
            f"{len(starts) - len(failures)} start structures, {len(failures)} left out.",
            self.outputs[1:],
            _sizes(starts),
            [f"Left out: {failure}" for failure in failures],
        )

    def _all_systems(self, work: Work) -> Mapping[str, Mol]:
        """Make and read the molecules, once."""
        if self._found is None:
            named = dict(named_systems(self._settings))
            for path in self._settings.structures:
                structure = read_structure(path)
                for note in structure.notes:
                    work.say(note)
                require_charges_of_bonds(structure)
                graph = chemical_graph(structure.topology, structure.positions)
                named |= structure_systems(graph, Path(path).stem)
            self._found = named | dict(self._systems)
        return self._found

    def _write(self, starts: Sequence[Start]) -> None:
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
