# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Write and read model files: the one Python file that calls torch.jit.

A model file is a TorchScript archive with its description, gems.json, inside.
"""

import io
import json
import os
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from openmmgems.core.files import write_atomically

from .hyperparameters import Hyperparameters
from .metadata import check_description, make_description
from .so3lr import So3lr, So3lrHyperparameters
from .spookynet import SpookyNet
from .weights import WEIGHTS_FILE, check_weights, pack_weights

DESCRIPTION_FILE = "gems.json"


@contextmanager
def _torchscript_without_warning() -> Iterator[None]:
    """Silence the notice that TorchScript is deprecated, and nothing else."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=FutureWarning)
        yield


def script(module: torch.nn.Module) -> torch.jit.ScriptModule:
    """Compile a module to TorchScript."""
    with _torchscript_without_warning():
        return torch.jit.script(module)


def save_model(
    module: torch.nn.Module,
    path: str | os.PathLike[str],
    description: dict[str, Any],
    extra_files: Mapping[str, bytes] | None = None,
) -> None:
    """Write a model file. A file of that name is replaced only when the new one is complete.

    Parameters
    ----------
    module : torch.nn.Module
        The model; it is compiled in evaluation mode and keeps its own mode.
    path : path
        The file to write (.pt).
    description : dict
        Content of gems.json, see ``metadata.make_description``; the index of the weights is added.
    extra_files : mapping, optional
        Name and content of more files to keep inside.

    """
    index, weights = pack_weights(
        {name: tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()}
    )
    description = description | {"weights": index}
    check_description(description)
    was_training = module.training
    module.eval()
    try:
        scripted = script(module)
    finally:
        module.train(was_training)
    data = io.BytesIO()
    with _torchscript_without_warning():
        torch.jit.save(scripted, data)
    text = json.dumps(description, indent=1).encode()
    extra = {DESCRIPTION_FILE: text, WEIGHTS_FILE: weights} | dict(extra_files or {})
    write_atomically(path, _with_extra_files(data, extra))


def _with_extra_files(scripted: io.BytesIO, extra: dict[str, bytes]) -> bytes:
    """The archive with more files, and without the folders of the sources that were compiled."""
    data = io.BytesIO()
    with zipfile.ZipFile(scripted) as given, zipfile.ZipFile(data, "w") as archive:
        root = given.namelist()[0].split("/")[0]
        for record in given.infolist():
            if not record.filename.endswith(".debug_pkl"):
                _add(archive, record.filename, given.read(record), record.compress_type)
        for name, content in extra.items():
            _add(archive, f"{root}/extra/{name}", content, zipfile.ZIP_STORED)
    return data.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, compress_type: int) -> None:
    # A ZipInfo of its own has a fixed date: equal content gives an equal file.
    record = zipfile.ZipInfo(name)
    record.compress_type = compress_type
    archive.writestr(record, content)


def load_model(path: str | os.PathLike[str]) -> tuple[torch.jit.ScriptModule, dict[str, Any]]:
    """Load the module of a model file, which runs it, and its description.

    To look at a file that is not trusted, use ``inspect.inspect_model``.
    """
    extra = {DESCRIPTION_FILE: b"", WEIGHTS_FILE: b""}
    with _torchscript_without_warning():
        module = torch.jit.load(os.fspath(path), map_location="cpu", _extra_files=extra)
    if not extra[DESCRIPTION_FILE]:
        raise ValueError(f"'{os.fspath(path)}' holds no gems.json; expected a model file.")
    description = json.loads(extra[DESCRIPTION_FILE])
    check_description(description)
    try:
        check_weights(description.get("weights") or [], extra[WEIGHTS_FILE])
    except ValueError as error:
        raise ValueError(f"'{os.fspath(path)}' is damaged: {error}.") from error
    return module, description


def save_spookynet(
    model: SpookyNet,
    hyperparameters: Hyperparameters,
    path: str | os.PathLike[str],
    **description: Any,
) -> None:
    """Write the model file of a SpookyNet; further arguments as ``metadata.make_description``."""
    full = make_description(
        "spookynet",
        hyperparameters=hyperparameters.to_dict(),
        cutoff=hyperparameters.cutoff,
        long_range_cutoff=hyperparameters.lr_cutoff,
        **description,
    )
    save_model(model, path, full)


def save_so3lr(
    model: So3lr,
    hyperparameters: So3lrHyperparameters,
    path: str | os.PathLike[str],
    *,
    extra_files: Mapping[str, bytes] | None = None,
    **description: Any,
) -> None:
    """Write the model file of a SO3LR.

    ``extra_files`` is as for ``save_model``; further arguments as ``metadata.make_description``.
    """
    full = make_description(
        "so3lr",
        hyperparameters=hyperparameters.to_dict(),
        cutoff=hyperparameters.cutoff,
        long_range_cutoff=hyperparameters.lr_cutoff,
        neighbour_lists={"short": hyperparameters.cutoff, "long": hyperparameters.lr_cutoff},
        outputs=list(So3lr.OUTPUTS),
        electrostatics={
            "kernel": "erf",
            "width": hyperparameters.electrostatics_width,
            "switch_on": hyperparameters.electrostatics_switch_on,
        },
        **description,
    )
    save_model(model, path, full, extra_files)


def load_spookynet(path: str | os.PathLike[str]) -> tuple[SpookyNet, dict[str, Any]]:
    """Make a trainable SpookyNet with the weights of a model file, and its description."""
    scripted, description = _load_architecture(path, "spookynet")
    model = SpookyNet(Hyperparameters(**description["hyperparameters"]))
    state = scripted.state_dict()
    model.to(state["element_bias"].dtype)
    model.load_state_dict(state)
    model.smooth_is_available = scripted.smooth_is_available
    for number, own in enumerate(model.attentions()):
        loaded = getattr(scripted.module, str(number))
        own.mode = loaded.nonlocal_interaction.attention.mode
    return model, description


def load_so3lr(path: str | os.PathLike[str]) -> tuple[So3lr, dict[str, Any]]:
    """Make a trainable SO3LR with the weights of a model file, and its description."""
    scripted, description = _load_architecture(path, "so3lr")
    model = So3lr(So3lrHyperparameters(**description["hyperparameters"]))
    state = scripted.state_dict()
    model.to(state["inv_feature_embedding.embedding.weight"].dtype)
    model.load_state_dict({name: state[name] for name in model.state_dict()})
    return model, description


def _load_architecture(
    path: str | os.PathLike[str], architecture: str
) -> tuple[torch.jit.ScriptModule, dict[str, Any]]:
    scripted, description = load_model(path)
    if description["architecture"] != architecture:
        raise ValueError(
            f"'{os.fspath(path)}' has architecture '{description['architecture']}'; "
            f"expected '{architecture}'."
        )
    return scripted, description
