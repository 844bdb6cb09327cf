# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The tensors of a model file once more, as plain bytes that code without torch can read.

The record ``extra/weights.bin`` of the archive holds them one after the other, little-endian and
row by row; ``weights`` in gems.json lists name, dtype, shape, offset in bytes and sha256 of each.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHTS_FILE = "weights.bin"


def pack_weights(
    tensors: Mapping[str, NDArray[Any]],
) -> tuple[list[dict[str, Any]], bytes]:
    """The index for gems.json, and the bytes that it describes."""
    index: list[dict[str, Any]] = []
    parts: list[bytes] = []
    offset = 0
    for name, tensor in tensors.items():
        part = tensor.astype(tensor.dtype.newbyteorder("<")).tobytes()
        entry = {"name": name, "dtype": str(tensor.dtype), "shape": list(tensor.shape)}
        index.append(entry | {"offset": offset, "sha256": hashlib.sha256(part).hexdigest()})
        parts.append(part)
        offset += len(part)
    return index, b"".join(parts)


def check_weights(index: list[dict[str, Any]], data: bytes) -> None:
    """Check that the bytes are those that the index describes.

    Raises
    ------
    ValueError
        If a tensor reaches beyond the end, or its bytes were changed.

    """
    for entry in index:
        size = math.prod(entry["shape"]) * np.dtype(entry["dtype"]).itemsize
        part = data[entry["offset"] : entry["offset"] + size]
        if len(part) != size:
            raise ValueError(
                f"{WEIGHTS_FILE} has {len(data)} bytes and ends before tensor {entry['name']} "
                f"does; expected {entry['offset'] + size} or more"
            )
        found = hashlib.sha256(part).hexdigest()
        if found != entry["sha256"]:
            raise ValueError(
                f"tensor {entry['name']} in {WEIGHTS_FILE} has the sha256 {found[:12]}...; "
                f"expected {entry['sha256'][:12]}..., which gems.json gives: it was changed"
            )
