# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The geometry of the pairs that the layers of the network see."""

from typing import NamedTuple

from torch import Tensor


class NearPairs(NamedTuple):
    """Pairs within the cutoff, each once: what is symmetric is computed once for both directions.

    The first half of ``receiver`` and ``sender`` [2 num_pairs] is one direction, the second half
    the other. ``basis`` [num_pairs, num_functions]; ``cutoff`` [num_pairs, 1]; ``harmonics``
    [2, num_pairs, 24] of the directions from receiver to sender.
    """

    receiver: Tensor
    sender: Tensor
    basis: Tensor
    cutoff: Tensor
    harmonics: Tensor
