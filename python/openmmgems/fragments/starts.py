# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Start structures of all bottom-up fragments and complexes that settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from rdkit import Chem

from openmmgems.core.atomic_system import AtomicSystem

from .bottom_up import BottomUpFragment, bottom_up_fragments, three_dimensional
from .complexes import complex_list, complex_of
from .fragment_settings import BottomUpSettings

#: What a complex has in place of the systems in which a graph occurs.
COMPLEX = "complex"


@dataclass(frozen=True)
class Start:
    """
    A graph or complex and its start structure.

    ``structure`` is None if no conformation was found; ``failure`` says why.
    """

    fragment: BottomUpFragment
    structure: AtomicSystem | None
    failure: str = ""


def start_structures(
    settings: BottomUpSettings,
    systems: Mapping[str, Chem.Mol],
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Start]:
    """
    Find all graphs of the systems and give each a conformation; then the complexes.

    Parameters
    ----------
    settings : BottomUpSettings
    systems : Mapping[str, Chem.Mol]
        Of :func:`named_systems` and :func:`structure_systems`; may be empty.
    progress : callable, optional
        Called after each structure with the number of finished ones and of all.
    stop : callable, optional
        Asked before each structure; if it is true, those so far are returned.

    Returns
    -------
    list of Start
        Graphs by size, then complexes. A graph that cannot be given a conformation stays, with
        its failure.

    Raises
    ------
    ValueError
        If there are neither systems nor complexes, or one makes no sense.
    """
    graphs = bottom_up_fragments(systems, settings.max_heavy_atoms) if systems else []
    groups = complex_list(settings, graphs)
    total = len(graphs) + len(groups)
    if not total:
        raise ValueError("Nothing is selected: expected molecules, water clusters or ions.")
    found: list[Start] = []
    makers = chain(
        (partial(_start_of_graph, graph, settings.seed) for graph in graphs),
        (partial(_start_of_complex, parts, settings.seed) for parts in groups),
    )
    for make in makers:
        if stop is not None and stop():
            break
        found.append(make())
        if progress is not None:
            progress(len(found), total)
    return found


def _start_of_graph(graph: BottomUpFragment, seed: int) -> Start:
    try:
        return Start(graph, three_dimensional(graph, seed))
    except RuntimeError as error:
        return Start(graph, None, str(error))


def _start_of_complex(parts: Sequence[str], seed: int) -> Start:
    structure = complex_of(parts, seed)
    heavy = int((structure.atomic_numbers > 1).sum())
    smiles = ".".join(parts)
    fragment = BottomUpFragment(smiles, heavy, structure.charge, 1, (COMPLEX,))
    return Start(fragment, structure)
