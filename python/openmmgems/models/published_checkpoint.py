# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Checkpoints of the published SpookyNet implementation: read, check, convert, write."""

import io
import os
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from openmmgems.core.files import write_atomically
from openmmgems.units import ANGSTROM_PER_NM

from .attention import EXACT, SMOOTH
from .checkpoint_layout import convert_old_layout
from .electron_table import electron_table
from .export import load_spookynet, save_spookynet
from .hyperparameters import Hyperparameters
from .spookynet import SpookyNet

# Absent from older checkpoints, with the meaning they had then.
_OLD_DEFAULTS = {"use_irreps": False, "use_nonlinear_embedding": True}
_NOT_IN_CHECKPOINTS = "attention.key_maximum"
_LARGEST_REFERENCE_SYSTEM = 17


def read_checkpoint(path: str | os.PathLike[str]) -> tuple[SpookyNet, Hyperparameters]:
    """Read a checkpoint without running anything in it.

    Parameters
    ----------
    path : path
        A file written by ``SpookyNet.save`` of the published implementation, old or new layout.

    Returns
    -------
    SpookyNet, Hyperparameters
        The network in float64, in evaluation mode with Exact attention.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no such checkpoint, it is damaged or holds code, or something in it does not fit.

    """
    content = _load(Path(path))
    options = _hyperparameters(content)
    model = SpookyNet(options).double()
    state = {key: torch.as_tensor(value) for key, value in content["state_dict"].items()}
    _load_weights(model, state)
    _check_tables(model)
    model.smooth_is_available = False
    model.set_attention(EXACT)
    model.eval()
    return model, options


def import_checkpoint(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    smooth_reference: dict[str, Tensor] | None = None,
    long_range_cutoff: float | None = None,
    **description: Any,
) -> None:
    """Turn a checkpoint into a model file.

    Parameters
    ----------
    path : path
        The checkpoint (.pth).
    out : path
        The model file to write (.pt).
    smooth_reference : dict of Tensor, optional
        Arguments of ``SpookyNet.forward`` (see ``molecules.molecule_inputs``) for a structure whose
        key maxima become the constants of Smooth attention, which the model file then uses. Without
        it the model has Exact attention only.
    long_range_cutoff : float, optional
        Of electrostatics and dispersion, nm, for use in periodic boxes. Default: the checkpoint's.
    **description
        What is known of the model's domain, see ``metadata.make_description``.

    Raises
    ------
    ValueError
        As :func:`read_checkpoint`; or if `elements` has some whose embeddings are zero.

    """
    model, options = read_checkpoint(path)
    if long_range_cutoff is not None:
        options = replace(options, lr_cutoff=ANGSTROM_PER_NM * long_range_cutoff)
        model.set_long_range_cutoff(options.lr_cutoff)
    if smooth_reference is not None:
        fix_key_maxima(model, smooth_reference)
    description.setdefault("provenance", {"checkpoint": Path(path).name})
    elements = model.nuclear_embedding.element_embedding.abs().sum(dim=1).nonzero().squeeze(-1)
    known = [z for z in elements.tolist() if z > 0]
    unknown = set(description.setdefault("elements", known or None) or ()) - set(known)
    if known and unknown:
        raise ValueError(
            f"elements has the atomic numbers {sorted(unknown)}, whose embeddings are zero in the "
            f"checkpoint; expected some of {known}."
        )
    save_spookynet(model, options, out, **description)


def export_checkpoint(model_file: str | os.PathLike[str], out: str | os.PathLike[str]) -> None:
    """Write the SpookyNet of a model file as a checkpoint for the published implementation."""
    model, description = load_spookynet(model_file)
    state = OrderedDict(
        (key, value) for key, value in model.state_dict().items() if _NOT_IN_CHECKPOINTS not in key
    )
    data = io.BytesIO()
    torch.save({"state_dict": state, **description["hyperparameters"]}, data)
    write_atomically(out, data.getvalue())


def fix_key_maxima(model: SpookyNet, reference: dict[str, Tensor]) -> None:
    """Take the key maxima of a reference structure as the constants of Smooth attention.

    Module after module, because the maxima of one depend on the attention of those before it.
    """
    model.set_attention(EXACT)
    for module in model.interactions():
        interaction = module.nonlocal_interaction

        def keep(_: Any, inputs: tuple[Tensor, ...], interaction: Any = interaction) -> None:
            keys = interaction.resblock_k(inputs[0])
            interaction.attention.key_maximum.copy_(interaction.attention.measure_key_maximum(keys))

        hook = interaction.register_forward_pre_hook(keep)
        with torch.no_grad():
            model(**reference)
        hook.remove()
    model.smooth_is_available = True
    model.set_attention(SMOOTH)


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint '{path}'.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = (str(error) or repr(error)).splitlines()[0]
        raise ValueError(
            f"'{path}' cannot be read as a checkpoint: it is damaged, no checkpoint, or holds more "
            f"than tensors and plain values, which is refused. ({reason})"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("state_dict"), dict):
        raise ValueError(f"'{path}' holds no state_dict; expected a checkpoint of SpookyNet.")
    return content


def _hyperparameters(content: dict[str, Any]) -> Hyperparameters:
    entries = _OLD_DEFAULTS | {key: value for key, value in content.items() if key != "state_dict"}
    missing = [name for name in Hyperparameters.names() if name not in entries]
    if missing:
        raise ValueError(f"The checkpoint lacks {', '.join(missing)}; expected these entries.")
    return Hyperparameters(**{name: entries[name] for name in Hyperparameters.names()})


def _load_weights(model: SpookyNet, state: dict[str, Tensor]) -> None:
    expected = {
        key: value for key, value in model.state_dict().items() if _NOT_IN_CHECKPOINTS not in key
    }
    tried = ""
    if set(state) != set(expected):
        converted = convert_old_layout(state)
        if len(set(converted) ^ set(expected)) < len(set(state) ^ set(expected)):
            state, tried = converted, " (after conversion from the old layout)"
    for what, keys in (
        ("lacks", set(expected) - set(state)),
        ("has unknown", set(state) - set(expected)),
    ):
        if keys:
            names = ", ".join(sorted(keys)[:3]) + (", ..." if len(keys) > 3 else "")
            raise ValueError(f"The checkpoint {what} {len(keys)} tensors{tried}: {names}.")
    for key, tensor in state.items():
        if tensor.shape != expected[key].shape:
            raise ValueError(
                f"Tensor {key} has shape {tuple(tensor.shape)}; "
                f"expected {tuple(expected[key].shape)} for these hyperparameters."
            )
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ValueError(f"Tensor {key} holds NaN or infinite values; expected finite ones.")
    model.load_state_dict(state, strict=False)


def _check_tables(model: SpookyNet) -> None:
    table = model.nuclear_embedding.electron_config.numpy()
    if np.abs(table - electron_table()).max() > 1e-6:
        raise ValueError(
            "The electron configurations in the checkpoint are not those of Z = 0..86."
        )
    dispersion = model.d4_dispersion_energy
    if dispersion is not None:
        refsys = dispersion.refsys
        if refsys.min() < 0 or refsys.max() > _LARGEST_REFERENCE_SYSTEM:
            raise ValueError(
                f"d4_dispersion_energy.refsys reaches from {refsys.min()} to {refsys.max()}; "
                f"expected 0 to {_LARGEST_REFERENCE_SYSTEM}."
            )
