# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""SO3LR, a general network for molecules of H, C, N, O, F, P, S and Cl."""

from .hyperparameters import So3lrHyperparameters
from .network import So3lr

__all__ = ["So3lr", "So3lrHyperparameters"]
