# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The published SO3LR becomes a model file."""

import os
from pathlib import Path

from .export import save_so3lr
from .so3lr import So3lrHyperparameters
from .so3lr.hyperparameters import ELEMENTS
from .so3lr.published import installed_file, read_published

_NOTICES = Path(__file__).parent / "data" / "so3lr-licences.txt"
#: What the network is called, and how its file ends in the package so3krates-torch.
_NAME, _SUFFIX = "so3lr", ".model"


def so3lr_source(given: str | os.PathLike[str]) -> Path | None:
    """File of the published SO3LR that is meant by a file, or by its name; None: another model.

    Raises
    ------
    FileNotFoundError
        If the name is given, and the package that has the file is not installed.

    """
    source = Path(given)
    if source.suffix == _SUFFIX:
        return source
    return installed_file() if str(source) == _NAME and not source.exists() else None


def import_so3lr(
    out: str | os.PathLike[str],
    path: str | os.PathLike[str] | None = None,
    *,
    another_version: bool = False,
) -> None:
    """Turn the published SO3LR into a model file; the same input gives the same tensors and words.

    Parameters
    ----------
    out : path
        The model file to write (.pt).
    path : path, optional
        so3lr.model of the package so3krates-torch; by default that of the installed package.
    another_version : bool
        As ``so3lr.published.read_published``, which see for what is raised.

    """
    source = installed_file() if path is None else Path(path)
    model, sha256 = read_published(source, another_version=another_version)
    made_of = {"file": source.name, "sha256": sha256, "version": None, "date": None}
    save_so3lr(
        model,
        So3lrHyperparameters(),
        out,
        extra_files={"licences.txt": _NOTICES.read_bytes()},
        provenance=made_of,
        elements=list(ELEMENTS),
        reference="SO3LR (PBE0+MBD)",
        license="MIT",
    )
