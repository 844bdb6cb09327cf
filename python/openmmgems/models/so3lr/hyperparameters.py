# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What defines a SO3LR network besides its weights."""

import dataclasses
from typing import Any

from .spherical_harmonics import DEGREES

#: Elements the published network was trained on.
ELEMENTS = (1, 6, 7, 8, 9, 15, 16, 17)


@dataclasses.dataclass(frozen=True)
class So3lrHyperparameters:
    """Sizes and constants; the defaults are those of the published network.

    Lengths are in angstrom. ``lr_cutoff`` ends dispersion, over the last
    ``dispersion_switch_width`` before it; None: all listed pairs interact. The charges are meant
    for a Coulomb term ``erf(r / electrostatics_width) / r`` that is added outside of the network;
    if that term is cut off, it begins to end at ``electrostatics_switch_on`` times the cutoff.
    """

    num_features: int = 128
    num_heads: int = 4
    num_layers: int = 3
    num_basis_functions: int = 32
    mean_neighbours: float = 13.168995780096482
    cutoff: float = 4.5
    lr_cutoff: float | None = 12.0
    electrostatics_width: float = 4.0
    electrostatics_switch_on: float = 0.45
    dispersion_scale: float = 1.2
    dispersion_switch_width: float = 2.0

    def __post_init__(self) -> None:
        for name in ("num_features", "num_heads", "num_layers", "num_basis_functions"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 1 or more.")
        degrees = len(DEGREES)
        if self.num_features % self.num_heads or self.num_features % degrees:
            raise ValueError(
                f"num_features is {self.num_features}; expected a multiple of num_heads "
                f"({self.num_heads}) and of {degrees}."
            )
        for name in ("mean_neighbours", "cutoff", "electrostatics_width", "dispersion_scale"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a positive number.")
        if not 0 < self.electrostatics_switch_on < 1:
            raise ValueError(
                f"electrostatics_switch_on is {self.electrostatics_switch_on}; expected 0 < f < 1."
            )
        if self.lr_cutoff is not None and not self.lr_cutoff > self.dispersion_switch_width > 0:
            raise ValueError(
                f"lr_cutoff is {self.lr_cutoff} and dispersion_switch_width "
                f"{self.dispersion_switch_width}; expected a cutoff above the width, and both "
                "positive."
            )

    def to_dict(self) -> dict[str, Any]:
        """All entries by name."""
        return dataclasses.asdict(self)
