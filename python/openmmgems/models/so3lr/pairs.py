# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What the layers of the network see of pairs, and sums over them."""

from typing import NamedTuple

import torch
from torch import Tensor


class NearPairs(NamedTuple):
    """Pairs within the cutoff, each once: what is symmetric is computed once for both directions.

    The first half of ``receiver`` and ``sender`` [2 num_pairs] is one direction, the second half
    the other. ``basis`` [num_pairs, num_functions]; ``cutoff`` [num_pairs, 1]; ``harmonics``
    [2 num_pairs, 24] of the directions from receiver to sender.
    """

    receiver: Tensor
    sender: Tensor
    basis: Tensor
    cutoff: Tensor
    harmonics: Tensor


def sum_by_atom(values: Tensor, atom: Tensor, num_atoms: int) -> Tensor:
    """Sum of values [num_pairs, ...] over the pairs of each atom: [num_atoms, ...]."""
    shape = [num_atoms] + list(values.shape[1:])
    zeros = torch.zeros(shape, dtype=values.dtype, device=values.device)
    # Unlike index_add, this keeps no copy of the values for the gradient.
    index = atom.view([-1] + [1] * (values.dim() - 1)).expand_as(values)
    return zeros.scatter_add(0, index, values)
