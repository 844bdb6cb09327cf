# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Division of a data set into parts for training, validation and test that share nothing.

Neighbours in time and overlapping pieces of one snapshot resemble each other: on both sides they
would make errors look smaller than they are. So whole units are divided, each kind by itself: all
conformers of one run of a molecule; a block of neighbouring frames of a parent, with all spheres of
its snapshots.
"""

from __future__ import annotations

import difflib
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openmmgems.core.atomic_system import Provenance

from .dataset import Group
from .sources import BOTTOM_UP

#: Parts may differ by this factor from what was asked for: units are not cut.
_LARGEST_FACTOR = 2.0


@dataclass(frozen=True)
class SplitSettings:
    """
    How to divide a data set.

    Attributes
    ----------
    validation, test : float
        Shares of the structures of each kind; the rest trains.
    held_out : tuple of str
        Molecules (SMILES of bottom-up fragments), parents and imported files of which nothing is in
        any of the parts.
    block_frames : int
        Frames of one parent whose numbers differ by less than this may form a block.
    seed : int
        The same seed gives the same division.

    Raises
    ------
    ValueError
        If shares are not from 0 on and below 1 together, or ``block_frames`` is below 1.
    """

    validation: float = 0.05
    test: float = 0.1
    held_out: tuple[str, ...] = ()
    block_frames: int = 10
    seed: int = 2026

    def __post_init__(self) -> None:
        if not (self.validation >= 0 and self.test >= 0 and self.validation + self.test < 1):
            raise ValueError(
                f"The shares for validation and test are {self.validation} and {self.test}; "
                "expected 0 or more each, and less than 1 together."
            )
        if self.block_frames < 1:
            raise ValueError(f"block_frames is {self.block_frames}; expected 1 or more.")


@dataclass(frozen=True)
class Split:
    """Numbers of the structures of each part, counted through all groups in order."""

    train: list[int] = field(default_factory=list)
    validation: list[int] = field(default_factory=list)
    test: list[int] = field(default_factory=list)
    held_out: list[int] = field(default_factory=list)


def split_structures(groups: Sequence[Group], settings: SplitSettings) -> Split:
    """
    Divide a data set: the shares are those asked for, within a factor of two, for each kind.

    Parameters
    ----------
    groups : sequence of Group
        The whole data set.
    settings : SplitSettings

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If a share cannot be met, naming the kind, or what is to be held out is not there.
    """
    places = [place for group in groups for place in group.provenances()]
    _check_held_out(settings.held_out, places)
    split = Split(held_out=[n for n, p in enumerate(places) if p.parent in settings.held_out])
    left = set(range(len(places))).difference(split.held_out)
    for kind in sorted({places[n].kind for n in left}):
        units = _units([n for n in sorted(left) if places[n].kind == kind], places, settings)
        _divide(kind, units, settings, split)
    return split


def _check_held_out(names: Sequence[str], places: Sequence[Provenance]) -> None:
    known = {place.parent for place in places}
    for name in names:
        if name not in known:
            alike = difflib.get_close_matches(name, known, n=3) or sorted(known)[:3]
            raise ValueError(
                f"'{name}' cannot be held out: the data set has no molecule, parent or file of "
                f"that name; expected one like {', '.join(map(repr, alike))}."
            )


def _divide(kind: str, units: list[list[int]], settings: SplitSettings, split: Split) -> None:
    """Deal the units of a kind out at random; the smaller part chooses first."""
    generator = np.random.default_rng([settings.seed, zlib.crc32(kind.encode())])
    rest = [units[place] for place in generator.permutation(len(units))]
    count = sum(map(len, units))
    shares = {"validation": settings.validation, "test": settings.test}
    for part in sorted(shares, key=lambda part: shares[part]):
        taken = _take(rest, shares[part] * count)
        getattr(split, part).extend(n for place in taken for n in rest[place])
        _check_share(kind, part, sum(len(rest[place]) for place in taken), shares[part], units)
        rest = [unit for place, unit in enumerate(rest) if place not in taken]
    split.train.extend(n for unit in rest for n in unit)
    train = 1 - sum(shares.values())
    _check_share(kind, "training", sum(map(len, rest)), train, units)


def _take(units: Sequence[Sequence[int]], wanted: float) -> set[int]:
    """Choose units, in their order, that hold about so many structures; give their places."""
    sizes = np.array([len(unit) for unit in units])
    taken: set[int] = set()
    total = 0
    for place, size in enumerate(sizes):
        if total + size <= wanted:
            taken.add(place)
            total += size
    others = [place for place in range(len(units)) if place not in taken]
    if others:
        nearest = min(others, key=lambda place: abs(total + sizes[place] - wanted))
        if abs(total + sizes[nearest] - wanted) < abs(total - wanted):
            return taken | {nearest}
    if total < wanted / _LARGEST_FACTOR:  # few small units: perhaps a large one alone
        alone = int(np.argmin(np.abs(sizes - wanted)))
        if sizes[alone] <= _LARGEST_FACTOR * wanted:
            return {alone}
    return taken


def _check_share(kind: str, part: str, found: int, share: float, units: list[list[int]]) -> None:
    """Refuse parts that are too small or too large."""
    count = sum(map(len, units))
    wanted = share * count
    if not wanted / _LARGEST_FACTOR <= found <= _LARGEST_FACTOR * wanted:
        raise ValueError(
            f"Of the {count} structures of the kind '{kind}' {wanted:.3g} were asked for {part} "
            f"(a share of {share:.3g}), but they form {len(units)} units that share nothing, the "
            f"largest of {max(map(len, units))}, and the nearest is {found}; expected within a "
            f"factor of {_LARGEST_FACTOR:g}. Add structures of this kind, ask for another share, "
            "make block_frames smaller, or hold out what is too large by its name."
        )


def _units(
    numbers: Sequence[int], places: Sequence[Provenance], settings: SplitSettings
) -> list[list[int]]:
    """Structures of one kind that must stay together."""
    runs: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for n in numbers:
        runs[places[n].parent, places[n].run].append(n)
    units = []
    for (parent, run), members in sorted(runs.items()):
        frames = np.array([places[n].frame for n in members])
        if not parent and not run and (frames < 0).all():
            frames = np.array(members)  # nothing is known: neighbours in the file
        if places[members[0]].kind == BOTTOM_UP or (frames < 0).any():
            units.append(members)
            continue
        different, which = np.unique(frames, return_inverse=True)
        lengths = [len(block) for block in _blocks(different, settings.block_frames)]
        block_of = np.repeat(np.arange(len(lengths)), lengths)[which]
        blocks: list[list[int]] = [[] for _ in lengths]
        for n, block in zip(members, block_of, strict=True):
            blocks[block].append(n)
        units += blocks
    return units


def _blocks(frames: NDArray[np.int64], length: int) -> Iterator[NDArray[np.int64]]:
    """
    Cut frames, in order, into blocks that span ``length`` at most, where they are furthest apart.

    Of gaps that are alike the one nearest to the middle is cut.
    """
    todo = [frames]
    while todo:
        block = todo.pop()
        if block[-1] - block[0] < length:
            yield block
            continue
        gaps = np.diff(block)
        widest = np.flatnonzero(gaps == gaps.max())
        cut = 1 + widest[np.argmin(np.abs(2 * (1 + widest) - len(block)))]
        todo += [block[cut:], block[:cut]]
