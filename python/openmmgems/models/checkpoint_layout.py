# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Names of tensors in checkpoints written by older versions of the published implementation."""

import re

import torch
from torch import Tensor

_DROPPED = ("idx", "mul")
_PROJECTION = re.compile(r"(.*\.local_interaction\.projection_[pd])([12])\.weight$")
_BRANCH = re.compile(
    r"(.*(?:local_interaction|embedding))\.(residual|activation|linear)_([a-z])\.(.*)$"
)
_FINAL = re.compile(r"(.*\.local_interaction)\.(residual|activation|linear)\.(.*)$")
_OUTPUT = re.compile(r"(module\.\d+)\.output\.(.*)$")


def convert_old_layout(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of an old checkpoint; those with new names stay as they are."""
    converted: dict[str, Tensor] = {}
    for key, tensor in state.items():
        if key.split(".")[-1] in _DROPPED:
            continue
        projection = _PROJECTION.match(key)
        if projection:
            if projection[2] == "1":
                other = f"{projection[1]}2.weight"
                if other not in state:
                    raise ValueError(f"The checkpoint has {key} but not {other}.")
                converted[f"{projection[1]}.weight"] = torch.cat([tensor, state[other]])
            continue
        new = _rename(key)
        if new in converted:
            raise ValueError(f"The checkpoint holds tensor {new} twice, in old and new layout.")
        converted[new] = tensor
    return converted


def _rename(key: str) -> str:
    branch, final, output = _BRANCH.match(key), _FINAL.match(key), _OUTPUT.match(key)
    if branch and not key.startswith(
        tuple(f"{e}_embedding.linear_q" for e in ("charge", "magmom"))
    ):
        key = f"{branch[1]}.resblock_{branch[3]}.{branch[2]}.{branch[4]}"
    elif final:
        key = f"{final[1]}.resblock.{final[2]}.{final[3]}"
    elif output:
        key = f"{output[1]}.resblock.{output[2]}"
    return key.replace("activation_pre", "activation1").replace("activation_post", "activation2")
