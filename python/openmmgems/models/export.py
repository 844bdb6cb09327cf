# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Write and read model files: the one Python file that calls torch.jit.

A model file is a TorchScript archive with its description, gems.json, inside.
"""

import io
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from openmmgems.core.files import write_atomically

from .hyperparameters import Hyperparameters
from .metadata import check_description, make_description
from .spookynet import SpookyNet

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
    module: torch.nn.Module, path: str | os.PathLike[str], description: dict[str, Any]
) -> None:
    """Write a model file. A file of that name is replaced only when the new one is complete.

    Parameters
    ----------
    module : torch.nn.Module
        The model; it is compiled in evaluation mode and keeps its own mode.
    path : path
        The file to write (.pt).
    description : dict
        Content of gems.json, see ``metadata.make_description``.

    """
    check_description(description)
    was_training = module.training
    module.eval()
    try:
        scripted = script(module)
    finally:
        module.train(was_training)
    text = json.dumps(description, indent=1)
    data = io.BytesIO()
    with _torchscript_without_warning():
        torch.jit.save(scripted, data, _extra_files={DESCRIPTION_FILE: text})
    write_atomically(path, data.getvalue())


def load_model(path: str | os.PathLike[str]) -> tuple[torch.jit.ScriptModule, dict[str, Any]]:
    """Load the module of a model file, which runs it, and its description.

    To look at a file that is not trusted, use ``inspect.inspect_model``.
    """
    extra = {DESCRIPTION_FILE: ""}
    with _torchscript_without_warning():
        module = torch.jit.load(os.fspath(path), map_location="cpu", _extra_files=extra)
    if not extra[DESCRIPTION_FILE]:
        raise ValueError(f"'{os.fspath(path)}' holds no gems.json; expected a model file.")
    description = json.loads(extra[DESCRIPTION_FILE])
    check_description(description)
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


def load_spookynet(path: str | os.PathLike[str]) -> tuple[SpookyNet, dict[str, Any]]:
    """Make a trainable SpookyNet with the weights of a model file, and its description."""
    scripted, description = load_model(path)
    if description["architecture"] != "spookynet":
        raise ValueError(
            f"'{os.fspath(path)}' has architecture '{description['architecture']}'; "
            "expected 'spookynet'."
        )
    model = SpookyNet(Hyperparameters(**description["hyperparameters"]))
    state = scripted.state_dict()
    model.to(state["element_bias"].dtype)
    model.load_state_dict(state)
    model.smooth_is_available = scripted.smooth_is_available
    for number, own in enumerate(model.attentions()):
        loaded = getattr(scripted.module, str(number))
        own.mode = loaded.nonlocal_interaction.attention.mode
    return model, description
