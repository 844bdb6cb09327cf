# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Batches of labelled structures as tensors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from openmmgems.data.dataset import Group, composition


@dataclass(frozen=True)
class Batch:
    """Molecules one after the other; index ``molecule`` [num_atoms] tells them apart."""

    atomic_numbers: Tensor
    positions: Tensor
    pair_i: Tensor
    pair_j: Tensor
    molecule: Tensor
    charge: Tensor
    spin: Tensor
    energy: Tensor
    forces: Tensor
    dipole: Tensor


class StructureTable:
    """All structures of a data set by number, energies relative to free atoms.

    Parameters
    ----------
    groups : sequence of Group
        The data set.
    atomic_energies : Tensor [87]
        Energy in eV that is subtracted for each atom of an element.
    dtype : torch.dtype
        Floating-point type of the batches.

    """

    def __init__(
        self, groups: Sequence[Group], atomic_energies: Tensor, dtype: torch.dtype
    ) -> None:
        for group in groups:
            if group.cell is not None:
                raise ValueError(
                    f"The structures of {composition(group.atomic_numbers)} have periodic cells; "
                    "expected molecules: training takes all pairs of atoms."
                )
        self._groups = groups
        self._dtype = dtype
        self._offsets = [float(atomic_energies[g.atomic_numbers].sum()) for g in groups]
        self._members = [(k, m) for k, g in enumerate(groups) for m in range(len(g.energy))]
        self._kinds = [place.kind for g in groups for place in g.provenances()]

    def __len__(self) -> int:
        return len(self._members)

    def source(self, number: int) -> str:
        """Where a structure came from."""
        group, member = self._members[number]
        return self._groups[group].source[member]

    def kind(self, number: int) -> str:
        """How a structure was made: bottom-up, top-down, ..."""
        return self._kinds[number]

    def batch(self, numbers: Sequence[int]) -> Batch:
        """Join the structures of these numbers to one batch."""
        chosen = [
            (self._groups[k], m, self._offsets[k])
            for k, m in map(self._members.__getitem__, numbers)
        ]
        sizes = [len(group.atomic_numbers) for group, _, _ in chosen]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        pairs = [_all_pairs(n) + start for n, start in zip(sizes, starts, strict=True)]
        pair_i, pair_j = np.concatenate(pairs, axis=1)
        return Batch(
            atomic_numbers=torch.from_numpy(
                np.concatenate([g.atomic_numbers for g, _, _ in chosen])
            ),
            positions=self._floats(np.concatenate([g.positions[m] for g, m, _ in chosen])),
            pair_i=torch.from_numpy(pair_i),
            pair_j=torch.from_numpy(pair_j),
            molecule=torch.from_numpy(np.repeat(np.arange(len(sizes)), sizes)),
            charge=self._floats(np.array([g.charge[m] for g, m, _ in chosen])),
            spin=self._floats(np.array([g.spin[m] for g, m, _ in chosen])),
            energy=self._floats(np.array([g.energy[m] - e for g, m, e in chosen])),
            forces=self._floats(np.concatenate([g.forces[m] for g, m, _ in chosen])),
            dipole=self._floats(np.array([g.dipole[m] for g, m, _ in chosen])),
        )

    def _floats(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self._dtype)


def _all_pairs(num_atoms: int) -> np.ndarray:
    """All directed pairs [2, num_atoms * (num_atoms - 1)] of a molecule."""
    i, j = np.nonzero(~np.eye(num_atoms, dtype=bool))
    return np.stack([i, j])


def chunks(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Cut a sequence into pieces of a size; the last may be shorter."""
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def fit_atomic_energies(groups: Sequence[Group]) -> Tensor:
    """Energies of elements [87] in eV whose sums fit the mean energy of each composition best."""
    counts = np.stack([np.bincount(g.atomic_numbers, minlength=87) for g in groups])
    means = np.array([g.energy.mean() for g in groups])
    return torch.from_numpy(np.linalg.lstsq(counts.astype(float), means, rcond=None)[0])
