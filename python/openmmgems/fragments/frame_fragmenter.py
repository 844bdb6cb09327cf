# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Top-down fragments of many snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike
from openmm import app

from openmmgems.systems.chemical_graph import ChemicalGraph

from .fragment_settings import TopDownSettings
from .kinds import all_residues
from .picker import CentrePicker
from .top_down import TopDownFragment, check_closed, top_down_fragment

#: Positions [num_atoms, 3] in angstrom, box vectors [3, 3] in angstrom or None, number.
Frame = tuple[ArrayLike, ArrayLike | None, int]


def fragment_frames(
    graph: ChemicalGraph,
    topology: app.Topology,
    frames: Iterable[Frame],
    settings: TopDownSettings,
    parent: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[TopDownFragment]:
    """
    Cut fragments out of snapshots of one system.

    Parameters
    ----------
    graph : ChemicalGraph
    topology : openmm.app.Topology
        That of the graph.
    frames : iterable of (positions_angstrom, cell_angstrom, number)
        Positions, shape ``[num_atoms, 3]``; box vectors as rows, shape ``[3, 3]``, or None.
    settings : TopDownSettings
    parent : str
        What is written into the fragments.
    progress : callable, optional
        Called after each frame with the number of frames and of fragments so far.

    Yields
    ------
    TopDownFragment
        Checked by :func:`check_closed`.

    Raises
    ------
    ValueError
        If nothing is selected, or a frame cannot be cut (:func:`top_down_fragment`).
    """
    fragmenter = FrameFragmenter(graph, topology, settings, parent)
    num_fragments = 0
    for num_frames, (positions, cell, number) in enumerate(frames, start=1):
        centres = fragmenter.picker.pick(positions, cell, number)
        for fragment in fragmenter.cut((positions, cell, number), centres):
            num_fragments += 1
            yield fragment
        if progress is not None:
            progress(num_frames, num_fragments)


class FrameFragmenter:
    """
    Picks centres and cuts fragments, two steps that can be taken apart.

    Attributes
    ----------
    picker : CentrePicker
        Has to see all frames in order, also those that are not cut (again).

    Raises
    ------
    ValueError
        If graph and topology do not fit, or nothing is selected.
    """

    def __init__(
        self,
        graph: ChemicalGraph,
        topology: app.Topology,
        settings: TopDownSettings,
        parent: str = "",
    ) -> None:
        self.graph = graph
        self.settings = settings
        self.parent = parent
        self.residues = all_residues(graph, topology)
        self.picker = CentrePicker(self.residues, settings)
        self._kind_of = {
            int(atom): residue.kind for residue in self.residues for atom in residue.atoms
        }

    def cut(self, frame: Frame, centres: Iterable[int]) -> Iterator[TopDownFragment]:
        """Give the fragments of a frame; with ``deduplicate`` each set of atoms once."""
        positions, cell, number = frame
        seen: set[bytes] = set()
        for centre in centres:
            fragment = top_down_fragment(
                self.graph,
                positions,
                centre,
                cell_angstrom=cell,
                radius_angstrom=self.settings.radius_angstrom,
                parent=self.parent,
                frame=number,
            )
            key = np.ascontiguousarray(fragment.atoms).tobytes()
            if self.settings.deduplicate and key in seen:
                continue
            seen.add(key)
            check_closed(self.graph, fragment)
            yield fragment

    def kind_of(self, centre: int) -> str:
        """Kind of a centre's residue."""
        return self._kind_of[centre]
