# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Centres in many frames, so that each kind of residue comes often enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openmmgems.systems.images import Images

from .centres import covering_centres
from .fragment_settings import TopDownSettings
from .kinds import CentreResidue, at_interface, select_residues


class CentrePicker:
    """
    Picks centres frame by frame and remembers what came how often.

    With a spacing, every frame is covered evenly (:func:`covering_centres`), and kinds that are
    below the minimum share get more, each one at least. With a number for each frame, the kind
    that lacks most to its share is next; shares are as residues are frequent, but none below the
    minimum. Within a kind, residues that were centres least often come first, and of those the one
    farthest from the frame's other centres; the atom within it is drawn at random.

    The same seed and frames give the same centres.

    Parameters
    ----------
    residues : sequence of CentreResidue
        All of the system.
    settings : TopDownSettings

    Attributes
    ----------
    counts : Counter
        Centres so far, by kind.

    Raises
    ------
    ValueError
        If nothing is selected.
    """

    def __init__(self, residues: Sequence[CentreResidue], settings: TopDownSettings) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter()
        self._all = list(residues)
        chosen = {id(residue) for residue in select_residues(residues, settings.centres)}
        self._selected = [k for k, residue in enumerate(residues) if id(residue) in chosen]
        self._uses = np.zeros(len(self._all), np.int64)

    def pick(
        self, positions_angstrom: ArrayLike, cell_angstrom: ArrayLike | None, frame: int
    ) -> list[int]:
        """
        Choose the centres of the next frame.

        Parameters
        ----------
        positions_angstrom : array, shape ``[num_atoms, 3]``
        cell_angstrom : array, shape ``[3, 3]``, or None
        frame : int
            Its number, part of the seed.

        Returns
        -------
        list of int
            Indices of atoms.

        Raises
        ------
        ValueError
            If no residue is at an interface.
        """
        positions = np.asarray(positions_angstrom, dtype=float)
        choice = _FrameChoice(
            [(k, self._all[k]) for k in self._candidates(positions, cell_angstrom, frame)],
            positions,
            Images(cell_angstrom),
            np.random.default_rng([self.settings.seed, frame]),
        )
        spacing = self.settings.spacing_or_default
        if spacing is None:
            self._pick_number(choice)
        else:
            covering = covering_centres(
                positions,
                choice.atoms.tolist(),
                spacing_angstrom=spacing,
                cell_angstrom=cell_angstrom,
                seed=int(choice.generator.integers(2**32)),
            )
            for atom in covering:
                self._count(choice, choice.add(atom))
            self._top_up(choice)
        return choice.centres

    def _candidates(
        self, positions: NDArray[np.float64], cell: ArrayLike | None, frame: int
    ) -> list[int]:
        distance = self.settings.interface_angstrom
        if distance is None:
            return self._selected
        near = at_interface(self._all, positions, distance, cell)
        found = [k for k in self._selected if near[k]]
        if not found:
            raise ValueError(
                f"Frame {frame} has no residue within {distance} angstrom of another chain among "
                f"the centres {', '.join(self.settings.centres)}; expected an interface of chains. "
                "Take a larger distance, or leave it out."
            )
        return found

    def _pick_number(self, choice: _FrameChoice) -> None:
        number = self.settings.centres_per_frame or 0
        shares = _lifted_shares(choice.sizes(), self.settings.minimum_share)
        for _ in range(number):
            total = sum(self.counts[kind] for kind in shares) + 1
            lacking = {kind: shares[kind] * total - self.counts[kind] for kind in shares}
            open_kinds = [kind for kind in sorted(shares) if choice.has_room(kind)]
            if not open_kinds:
                return
            kind = max(open_kinds, key=lambda name: lacking[name])
            self._count(choice, choice.add_farthest(kind, self._uses))

    def _top_up(self, choice: _FrameChoice) -> None:
        """Add centres of kinds that are below the minimum share."""
        kinds = sorted(choice.sizes())
        share = min(self.settings.minimum_share, 1 / len(kinds))
        while True:
            total = sum(self.counts[kind] for kind in kinds)
            lacking = [
                kind
                for kind in kinds
                if self.counts[kind] < ceil(share * total - 1e-9) and choice.has_room(kind)
            ]
            if not lacking:
                return
            rarest = min(lacking, key=lambda name: self.counts[name])
            self._count(choice, choice.add_farthest(rarest, self._uses))

    def _count(self, choice: _FrameChoice, residue: int) -> None:
        self._uses[residue] += 1
        self.counts[self._all[residue].kind] += 1


class _FrameChoice:
    """Centres of one frame while they are chosen."""

    def __init__(
        self,
        members: list[tuple[int, CentreResidue]],
        positions: NDArray[np.float64],
        images: Images,
        generator: np.random.Generator,
    ) -> None:
        self.members = members
        self.images = images
        self.generator = generator
        self.atoms = np.concatenate([residue.atoms for _, residue in members])
        self.owner = np.repeat(np.arange(len(members)), [len(r.atoms) for _, r in members])
        self.place = {int(atom): k for k, atom in enumerate(self.atoms)}
        self.positions = positions[self.atoms]
        self.distances = np.full(len(self.atoms), np.inf)
        self.free = np.ones(len(self.atoms), bool)
        self.centres: list[int] = []
        self.of_kind: dict[str, list[int]] = {}
        for k, (_, residue) in enumerate(members):
            self.of_kind.setdefault(residue.kind, []).append(k)

    def sizes(self) -> dict[str, int]:
        """Number of residues of each kind."""
        return {kind: len(members) for kind, members in self.of_kind.items()}

    def has_room(self, kind: str) -> bool:
        """Whether an atom of the kind is no centre yet."""
        return any(self.free[self.owner == k].any() for k in self.of_kind[kind])

    def add(self, atom: int) -> int:
        """Make an atom a centre; gives its residue."""
        place = self.place[atom]
        offsets = self.images.nearest(self.positions - self.positions[place])
        self.distances = np.minimum(self.distances, np.linalg.norm(offsets, axis=1))
        self.free[place] = False
        self.centres.append(atom)
        return self.members[int(self.owner[place])][0]

    def add_farthest(self, kind: str, uses: NDArray[np.int64]) -> int:
        """Make an atom of a kind a centre; gives its residue."""
        own = np.isin(self.owner, self.of_kind[kind]) & self.free
        used = np.array([uses[k] for k, _ in self.members])[self.owner]
        own &= used == used[own].min()
        if self.centres:
            farthest = np.flatnonzero(own)[np.argmax(self.distances[own])]
        else:
            farthest = self.generator.choice(np.flatnonzero(own))
        within = np.flatnonzero((self.owner == self.owner[farthest]) & self.free)
        return self.add(int(self.atoms[self.generator.choice(within)]))


def _lifted_shares(sizes: dict[str, int], minimum: float) -> dict[str, float]:
    """Shares as the sizes are, those below the minimum lifted to it; they sum up to 1."""
    minimum = min(minimum, 1 / len(sizes))
    lifted: set[str] = set()
    while True:
        rest = 1 - minimum * len(lifted)
        total = sum(size for kind, size in sizes.items() if kind not in lifted)
        shares = {
            kind: minimum if kind in lifted else rest * size / total for kind, size in sizes.items()
        }
        low = {kind for kind, share in shares.items() if share < minimum - 1e-12}
        if not low:
            return shares
        lifted |= low
