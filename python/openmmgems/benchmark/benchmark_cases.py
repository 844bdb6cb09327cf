# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What `gems benchmark` is asked to time, as cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from .measure import Case

_SYSTEMS = ("alanine:1", "alanine:15", "water:600")


def cases_of(given: Mapping[str, Any]) -> list[Case]:
    """
    Every engine on every system with every number of threads.

    Parameters
    ----------
    given : mapping
        The options of ``gems benchmark`` by name, with ``_`` for ``-``. With ``with_simulate`` the
        engine is our own only.

    Returns
    -------
    list of Case
    """
    engines = [("gems", kind) for kind in given["evaluator"] or ["auto"]]
    if not given["with_simulate"]:
        engines += [("amber", "")] * given["amber"] + [(name, "") for name in given["peer"] or []]
    return [
        Case(
            *(system, engine, given["model"], kind, given["platform"], given["precision"]),
            *(threads, given["repeats"], given["seconds"]),
        )
        for (system, threads), (engine, kind) in product(_systems_and_threads(given), engines)
    ]


def phase_cases_of(given: Mapping[str, Any]) -> list[Case]:
    """The native evaluator on every system with every number of threads; see `cases_of`."""
    return [
        Case(system, model=given["model"], evaluator="native", num_threads=threads)
        for system, threads in _systems_and_threads(given)
    ]


def _systems_and_threads(given: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    return product(given["system"] or _SYSTEMS, given["threads"] or [1])
