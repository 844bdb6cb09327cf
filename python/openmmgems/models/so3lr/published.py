# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The file of the published SO3LR, read without running anything in it.

It is a pickled module of the package so3krates-torch. An unpickler that knows a short list of names
reads it: modules become shells that hold their state, and no name outside of the list is looked up.
"""

import hashlib
import importlib.util
import io
import math
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .network import So3lr

#: Of the file in so3krates-torch 0.2.1.
SHA256 = "b5145564911ff983ed076ccb2bca5ce63454b74c9c8291092695463f1e6732be"
PACKAGE = "so3krates_torch"
_FILE = Path("pretrained", "so3lr", "so3lr.model")

#: What the network must say of itself to be the one that is built here.
_ATTRIBUTES: dict[str, Any] = {
    "r_max": 4.5,
    "num_radial_basis_fn": 32,
    "degrees": [1, 2, 3, 4],
    "num_features": 128,
    "num_heads": 4,
    "num_layers": 3,
    "num_elements": 118,
    "avg_num_neighbors": 13.168995780096482,
    "final_mlp_layers": 2,
    "energy_regression_dim": 128,
    "message_normalization": "avg_num_neighbors",
    "initialize_ev_to_zeros": True,
    "radial_basis_fn": "bernstein",
    "cutoff_fn_name": "phys",
    "activation_fn_name": "silu",
    "energy_activation_fn_name": "silu",
    "qk_non_linearity": "identity",
    "layer_normalization_1": True,
    "layer_normalization_2": True,
    "residual_mlp_1": True,
    "residual_mlp_2": False,
    "use_charge_embed": True,
    "use_spin_embed": True,
    "interaction_bias": True,
    "zbl_repulsion_bool": True,
    "electrostatic_energy_bool": True,
    "dispersion_energy_bool": True,
    "electrostatic_energy_scale": 4.0,
    "dispersion_energy_scale": 1.2,
    "neighborlist_format_lr": "sparse",
}
#: The layer's own filters, reached a second time.
_SECOND_NAME = "euclidean_attention_block.filter_net_"


def installed_file() -> Path:
    """Where the package so3krates-torch has the file.

    Raises
    ------
    FileNotFoundError
        If the package is not installed, or has no such file.

    """
    found = importlib.util.find_spec(PACKAGE)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (Path(folder) / _FILE).is_file():
            return Path(folder) / _FILE
    raise FileNotFoundError(
        "The published file of SO3LR is not at hand; expected the package so3krates-torch, which "
        "has it: pip install so3krates-torch."
    )


def read_published(
    path: str | os.PathLike[str], *, another_version: bool = False
) -> tuple[So3lr, str]:
    """Read the published file.

    Parameters
    ----------
    path : path
        so3lr.model of the package so3krates-torch.
    another_version : bool
        Whether a file is read that is not the one this package was checked with, as far as its
        attributes and shapes are the same.

    Returns
    -------
    So3lr, str
        The network in float32, in evaluation mode, and the sha256 of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no such file, it is damaged, names what would run code, or is another version.

    """
    tensors, attributes, sha256 = read_tensors(path)
    for name, expected in _ATTRIBUTES.items():
        if attributes.get(name) != expected:
            raise ValueError(
                f"'{path}' is a network with {name} {attributes.get(name)!r}; expected "
                f"{expected!r}, as the published SO3LR has."
            )
    model = So3lr()
    for name, own in model.state_dict().items():
        shape = tuple(tensors[name].shape) if name in tensors else "missing"
        if shape != tuple(own.shape):
            raise ValueError(
                f"Tensor {name} of '{path}' is {shape}; expected the shape {tuple(own.shape)}."
            )
    if sha256 != SHA256 and not another_version:
        raise ValueError(
            f"'{path}' is another version of SO3LR (sha256 {sha256[:12]}...); expected that of "
            f"so3krates-torch 0.2.1 ({SHA256[:12]}...), which this package was checked with. "
            "Allow another version only to try it."
        )
    model.load_state_dict({name: tensors[name] for name in model.state_dict()})
    return model.eval(), sha256


def read_tensors(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Tensor], dict[str, Any], str]:
    """Tensors of the file by name, each once; plain attributes of the module; sha256 of the file.

    Raises as :func:`read_published`.
    """
    location = Path(path)
    if not location.is_file():
        raise FileNotFoundError(f"There is no file '{location}'.")
    data = location.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            root = archive.namelist()[0].split("/")[0]
            module = _Unpickler(archive.read(f"{root}/data.pkl")).load()
            if not isinstance(module, _Shell):
                raise ValueError(f"it holds a {type(module).__name__}")
            tensors = {
                name: _tensor(record, archive, root)
                for name, record in _records(module, "")
                if _SECOND_NAME not in name
            }
    except _ForbiddenNameError as error:
        raise ValueError(
            f"'{location}' asks for {error}, which the published file of SO3LR does not; it is "
            "refused, and nothing in it was run."
        ) from error
    except Exception as error:  # a damaged pickle can fail in any way
        raise ValueError(
            f"'{location}' is damaged or no file of SO3LR: {error or repr(error)}."
        ) from error
    return tensors, module.state, hashlib.sha256(data).hexdigest()


class _ForbiddenNameError(Exception):
    """The pickle names something outside of the list."""


class _Shell:
    """Stands for a module: keeps its state and does nothing."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = dict(state)


@dataclass(frozen=True)
class _TensorRecord:
    dtype: str
    key: str
    count: int
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def _tensor_record(
    storage: tuple[str, str, int], offset: int, shape: Any, stride: Any, *_: Any
) -> _TensorRecord:
    return _TensorRecord(*storage, offset, tuple(shape), tuple(stride))


def _parameter(data: _TensorRecord, *_: Any) -> _TensorRecord:
    return data


_BLOCKS = f"{PACKAGE}.blocks"
_MODULES = {
    "torch.nn.modules.activation": ("SiLU",),
    "torch.nn.modules.container": ("ModuleList", "Sequential"),
    "torch.nn.modules.linear": ("Identity", "Linear"),
    "torch.nn.modules.normalization": ("LayerNorm",),
    "torch.nn.modules.sparse": ("Embedding",),
    f"{_BLOCKS}.embedding": ("ChargeSpinEmbedding", "EuclideanEmbedding", "InvariantEmbedding"),
    f"{_BLOCKS}.euclidean_transformer": (
        "EuclideanAttentionBlock",
        "EuclideanTransformer",
        "FilterNet",
        "InteractionBlock",
    ),
    f"{_BLOCKS}.output_block": (
        "AtomicEnergyOutputHead",
        "DipoleVecOutputHead",
        "HirshfeldOutputHead",
        "PartialChargesOutputHead",
    ),
    f"{_BLOCKS}.physical_potentials": (
        "DispersionInteraction",
        "ElectrostaticInteraction",
        "ZBLRepulsion",
    ),
    f"{_BLOCKS}.radial_basis": ("BernsteinBasis", "ComputeRBF"),
    f"{_BLOCKS}.so3_conv_invariants": ("L0Contraction",),
    f"{PACKAGE}.modules.cutoff": ("PhysNetCutoff",),
    f"{PACKAGE}.modules.models": ("SO3LR",),
    f"{PACKAGE}.modules.spherical_harmonics": ("RealSphericalHarmonics",),
}
#: All names that the pickle may ask for, and what it gets.
_NAMES: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("__builtin__", "set"): set,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor_record,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
    ("torch", "float32"): "float32",
} | {(module, name): _Shell for module, names in _MODULES.items() for name in names}


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _NAMES:
            raise _ForbiddenNameError(f"{module}.{name}")
        return _NAMES[module, name]

    def persistent_load(self, pid: Any) -> tuple[str, str, int]:
        kind, dtype, key, device, count = pid
        if kind != "storage" or dtype not in ("<f4", "<i8") or device != "cpu":
            raise ValueError(f"it holds the record {pid!r}")
        return dtype, key, count


def _records(module: _Shell, prefix: str) -> Iterator[tuple[str, _TensorRecord]]:
    for group in ("_parameters", "_buffers"):
        for name, record in module.state.get(group, {}).items():
            if record is not None:
                yield f"{prefix}{name}", record
    for name, part in module.state.get("_modules", {}).items():
        yield from _records(part, f"{prefix}{name}.")


def _tensor(record: _TensorRecord, archive: zipfile.ZipFile, root: str) -> Tensor:
    values = np.frombuffer(archive.read(f"{root}/data/{record.key}"), record.dtype)
    size = math.prod(record.shape)
    expected = tuple(math.prod(record.shape[i + 1 :]) for i in range(len(record.shape)))
    if (
        record.stride != expected
        or len(values) != record.count
        or record.offset + size > len(values)
    ):
        raise ValueError(f"storage {record.key} does not fit its tensor of shape {record.shape}")
    part = values[record.offset : record.offset + size].reshape(record.shape)
    return torch.from_numpy(part.copy())
