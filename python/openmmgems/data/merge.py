# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Several data sets of one level of theory become one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from .dataset import Labelled, Origin, iterate_groups, read_origin, write_dataset


def merge_datasets(path: str | os.PathLike[str], parts: Sequence[str | os.PathLike[str]]) -> int:
    """
    Write the structures of several data sets into one.

    Parameters
    ----------
    path : path
        Is replaced only when the new file is complete.
    parts : sequence of path
        Data sets; structures that several of them have are written as often.

    Returns
    -------
    int
        How many structures were written.

    Raises
    ------
    FileNotFoundError, ValueError
        As `dataset.read_dataset`; ValueError also if there are none, or if levels of theory or the
        settings of their engines differ, since their energies and forces are of other functions.
    """
    if not parts:
        raise ValueError("No data sets are given; expected one or more.")
    origins = [read_origin(part) for part in parts]
    for part, origin in zip(parts[1:], origins[1:], strict=True):
        for name in ("level_of_theory", "settings"):
            first, other = getattr(origins[0], name), getattr(origin, name)
            if first != other:
                raise ValueError(
                    f"'{Path(parts[0]).name}' has the {name.replace('_', ' ')} {_text(first)}, "
                    f"'{Path(part).name}' {_text(other)}: these do not go together. Label the "
                    "structures of one of them as those of the other were."
                )
    version = "; ".join(sorted({origin.version for origin in origins}))
    merged = Origin(origins[0].level_of_theory, version, origins[0].settings)
    return write_dataset(path, _labelled(parts), merged)


def _labelled(parts: Sequence[str | os.PathLike[str]]) -> Iterator[Labelled]:
    for part in parts:
        for _, group in iterate_groups(part):
            yield from group.labelled()


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
