# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What defines a SpookyNet besides its weights."""

import dataclasses
from typing import Any

ACTIVATIONS = ("swish", "ssp")
BASIS_FUNCTIONS = ("exp-bernstein", "exp-gaussian", "bernstein", "gaussian", "sinc")
ZMAX = 87
DEFAULT_CUTOFF_ANGSTROM = 5.291772105638412  # ten bohr


@dataclasses.dataclass(frozen=True)
class Hyperparameters:
    """The entries of a checkpoint besides its weights, under their published names.

    Lengths are in angstrom. ``lr_cutoff`` None means that all listed pairs interact by
    electrostatics and dispersion.
    """

    activation: str = "swish"
    num_features: int = 64
    num_basis_functions: int = 16
    num_modules: int = 3
    num_residual_electron: int = 1
    num_residual_pre: int = 1
    num_residual_local_x: int = 1
    num_residual_local_s: int = 1
    num_residual_local_p: int = 1
    num_residual_local_d: int = 1
    num_residual_local: int = 1
    num_residual_nonlocal_q: int = 1
    num_residual_nonlocal_k: int = 1
    num_residual_nonlocal_v: int = 1
    num_residual_post: int = 1
    num_residual_output: int = 1
    basis_functions: str = "exp-bernstein"
    exp_weighting: bool = True
    cutoff: float = DEFAULT_CUTOFF_ANGSTROM
    lr_cutoff: float | None = None
    use_zbl_repulsion: bool = True
    use_electrostatics: bool = True
    use_d4_dispersion: bool = True
    use_irreps: bool = True
    use_nonlinear_embedding: bool = False
    compute_d4_atomic: bool = False
    module_keep_prob: float = 1.0
    Zmax: int = ZMAX

    def __post_init__(self) -> None:
        _check_choice("activation", self.activation, ACTIVATIONS)
        _check_choice("basis_functions", self.basis_functions, BASIS_FUNCTIONS)
        if self.Zmax != ZMAX:
            raise ValueError(f"Zmax is {self.Zmax}; expected {ZMAX}, the only value that exists.")
        for name in ("num_features", "num_basis_functions", "num_modules"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 1 or more.")
        for field in dataclasses.fields(self):
            if field.name.startswith("num_residual") and getattr(self, field.name) < 0:
                raise ValueError(f"{field.name} is {getattr(self, field.name)}; expected >= 0.")
        if not self.cutoff > 0:
            raise ValueError(f"cutoff is {self.cutoff} angstrom; expected a positive number.")
        if self.lr_cutoff is not None and not self.lr_cutoff > 0:
            raise ValueError(f"lr_cutoff is {self.lr_cutoff}; expected a positive number or None.")
        if not 0 < self.module_keep_prob <= 1:
            raise ValueError(f"module_keep_prob is {self.module_keep_prob}; expected 0 < p <= 1.")

    def to_dict(self) -> dict[str, Any]:
        """All entries by name."""
        return dataclasses.asdict(self)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of all entries."""
        return tuple(field.name for field in dataclasses.fields(cls))


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is '{value}'; expected one of {', '.join(choices)}.")
