# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""A switching function with all derivatives continuous."""

import torch
from torch import Tensor


def switch_function(x: Tensor, on: float, off: float) -> Tensor:
    """One below ``on``, zero above ``off``, ``1 / (1 + exp(1/(1-t) - 1/t))`` between.

    t runs from 0 at ``on`` to 1 at ``off``.
    """
    t = (x - on) / (off - on)
    inside = (t > 0.0) & (t < 1.0)
    safe = torch.where(inside, t, torch.full_like(t, 0.5))
    between = torch.sigmoid(1.0 / safe - 1.0 / (1.0 - safe))
    ones = torch.ones_like(t)
    return torch.where(inside, between, torch.where(t <= 0.0, ones, torch.zeros_like(t)))
