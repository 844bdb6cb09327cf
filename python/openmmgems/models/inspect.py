# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Look into model files and checkpoints without running anything in them.

Both are zip archives with a pickled object tree. The tree is read by an unpickler that never
imports anything: every class and function it meets becomes an inert record.
"""

import io
import json
import math
import os
import pickle
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from .metadata import check_description
from .weights import WEIGHTS_FILE, check_weights

_WEIGHTS = f"extra/{WEIGHTS_FILE}"

# Native evaluators start from what this method of the module gives.
_NATIVE_METHOD = b"def initial_features("


@dataclass(frozen=True)
class TensorInfo:
    """Name, type and shape of a tensor in a file."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class FileContent:
    """What a file holds: ``kind`` "model" or "checkpoint", its description, tensors and references.

    ``foreign`` names what the pickled tree would import beyond what such files need; anything here
    is a reason not to open the file. ``has_native_evaluator`` says whether the evaluators without
    automatic differentiation can compute the model, as ``Model::hasNativeEvaluator`` in C++ does.
    """

    kind: str
    size_bytes: int
    description: dict[str, Any]
    tensors: list[TensorInfo]
    foreign: list[str] = field(default_factory=list)
    has_native_evaluator: bool = False

    @property
    def num_parameters(self) -> int:
        """Number of values in all tensors."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors)


def inspect_model(file: str | os.PathLike[str]) -> FileContent:
    """Tell what a model file or checkpoint holds. Nothing in it is executed.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is neither a model file nor a checkpoint, or it is damaged.

    """
    location = Path(file)
    if not location.is_file():
        raise FileNotFoundError(f"There is no file '{location}'.")
    try:
        with zipfile.ZipFile(location) as archive:
            records = {_inner(name): name for name in archive.namelist()}
            if "data.pkl" not in records:
                raise ValueError("it holds no data.pkl")
            tree, foreign = _read_tree(archive.read(records["data.pkl"]))
            description, is_native, weights = None, False, b""
            if "extra/gems.json" in records:
                description = json.loads(archive.read(records["extra/gems.json"]))
                check_description(description)
                if _WEIGHTS in records:
                    weights = archive.read(records[_WEIGHTS])
                is_native = description["architecture"] == "spookynet" and any(
                    _NATIVE_METHOD in archive.read(stored)
                    for name, stored in records.items()
                    if name.startswith("code/") and name.endswith(".py")
                )
    except (zipfile.BadZipFile, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(f"'{location}' is no model file or checkpoint: {error}.") from error
    except Exception as error:  # a damaged pickle can fail in any way
        raise ValueError(f"'{location}' is damaged: {error!r}.") from error
    try:
        check_weights((description or {}).get("weights") or [], weights)
    except ValueError as error:
        raise ValueError(f"'{location}' is damaged: {error}.") from error
    tensors = list(_tensors(tree, ""))
    kind = "checkpoint" if description is None else "model"
    plain = description or {
        key: value for key, value in _items(tree) if isinstance(value, str | int | float | bool)
    }
    size = location.stat().st_size
    return FileContent(kind, size, plain, tensors, sorted(foreign), is_native)


def _inner(name: str) -> str:
    """Name of a record without the archive's root folder."""
    return str(PurePosixPath(*PurePosixPath(name).parts[1:]))


class _Record:
    """Stands for an object or function of any name: keeps what it is given, does nothing."""

    name = ""

    def __new__(cls, *_arguments: Any) -> "_Record":
        record = object.__new__(cls)
        record.arguments, record.state, record.entries = (), None, {}
        return record

    def __init__(self, *arguments: Any) -> None:
        self.arguments: tuple[Any, ...] = arguments
        self.state: Any
        self.entries: dict[Any, Any]

    def __call__(self, *arguments: Any) -> "_Record":
        return _Record(self, *arguments)

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.entries[key] = value

    def append(self, _value: Any) -> None:
        """Take a list item; none of them matter here."""

    extend = append


_EXPECTED = ("__torch__.", "torch.", "collections.OrderedDict")


class _InertUnpickler(pickle.Unpickler):
    """Reads a pickle without importing or calling anything that it names."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.foreign: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if not full.startswith(_EXPECTED):
            self.foreign.add(full)

        return type("_Stand", (_Record,), {"name": full})

    def persistent_load(self, pid: Any) -> Any:
        return pid


def _read_tree(data: bytes) -> tuple[Any, set[str]]:
    unpickler = _InertUnpickler(data)
    return unpickler.load(), unpickler.foreign


def _items(tree: Any) -> list[tuple[Any, Any]]:
    if isinstance(tree, dict):
        return list(tree.items())
    if isinstance(tree, _Record):
        state = tree.state if isinstance(tree.state, dict) else {}
        return [*tree.entries.items(), *state.items()]
    return []


def _tensors(tree: Any, prefix: str) -> list[TensorInfo]:
    found: list[TensorInfo] = []
    for key, value in _items(tree):
        name = f"{prefix}{key}"
        if isinstance(value, _Record) and value.name.endswith(
            ("_rebuild_tensor_v2", "_rebuild_tensor")
        ):
            storage, shape = value.arguments[0], value.arguments[2]
            dtype = storage[1].name.rsplit(".", 1)[-1].removesuffix("Storage").lower()
            found.append(TensorInfo(name, dtype, tuple(shape)))
        elif isinstance(value, _Record) and value.name.endswith("_rebuild_parameter"):
            found.extend(_tensors({key: value.arguments[0]}, prefix))
        else:
            found.extend(_tensors(value, f"{name}."))
    return found
