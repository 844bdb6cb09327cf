# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The network, model files and checkpoints."""

import importlib
import os
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data"

# Loaded when first used: they need torch, which takes seconds.
_LAZY = {
    "SpookyNet": "spookynet",
    "export_checkpoint": "published_checkpoint",
    "import_checkpoint": "published_checkpoint",
    "inspect_model": "inspect",
}

__all__ = [
    "SpookyNet",
    "card_limits",
    "export_checkpoint",
    "import_checkpoint",
    "inspect_model",
    "model_file",
    "names",
    "path",
]


def names() -> list[str]:
    """Names of the bundled models."""
    return sorted(file.stem for file in _FOLDER.glob("*.pt"))


def path(name: str) -> str:
    """Path of the file of a bundled model.

    Parameters
    ----------
    name : str
        One of ``names()``.

    Raises
    ------
    ValueError
        If there is no bundled model of that name.

    """
    file = _FOLDER / f"{name}.pt"
    if not file.is_file():
        raise ValueError(f"There is no bundled model '{name}'; expected one of {names()}.")
    return str(file)


def model_file(model: str | os.PathLike[str]) -> Path:
    """Find the file of a bundled model's name, or check that a given file exists.

    Parameters
    ----------
    model : str or path
        A file, or one of ``names()``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    FileNotFoundError
        If there is no such model.

    """
    if Path(model).is_file():
        return Path(model).resolve()
    if str(model) in names():
        return Path(path(str(model)))
    raise FileNotFoundError(
        f"There is no model '{os.fspath(model)}': it is neither a file nor a bundled model "
        f"({', '.join(names()) or 'none is bundled'})."
    )


def card_limits(model: str | os.PathLike[str]) -> list[str]:
    """What the card beside a model file says under "Limits", a sentence or two each.

    Parameters
    ----------
    model : str or path
        A file, or one of ``names()``.

    Returns
    -------
    list of str
        Empty if there is no card, or it has no such section.

    """
    card = model_file(model).with_suffix(".md")
    if not card.is_file():
        return []
    _, _, below = card.read_text().partition("\n## Limits\n")
    section = below.partition("\n## ")[0].partition("\n\n| ")[0]
    return [" ".join(entry.split()) for entry in f"\n{section}".split("\n* ")[1:]]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module 'openmmgems.models' has no attribute '{name}'")
