# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Force-field files that would have OpenMM run code."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree


def refuse_scripts(files: Iterable[str]) -> None:
    """
    Refuse files in OpenMM's form, and what they include, that hold scripts: OpenMM runs them.

    OpenMM's own files, which are named without a folder, may.

    Parameters
    ----------
    files : iterable of str
        Named by settings that may come from anywhere.

    Raises
    ------
    ValueError
        If one holds a script, or is damaged.
    """
    names, seen = list(files), set[Path]()
    while names:
        name = names.pop()
        file = Path(name)
        if file in seen or not file.is_file():  # OpenMM's own, or an error of its own
            continue
        seen.add(file)
        try:
            root = ElementTree.parse(file).getroot()
        except ElementTree.ParseError as error:
            raise ValueError(f"The force field '{name}' is damaged: {error}") from error
        if any(root.find(tag) is not None for tag in ("Script", "InitializationScript")):
            raise ValueError(
                f"The force field '{name}' holds a script, which OpenMM would run. What a file "
                "names may come from anywhere: expected a force field of parameters only."
            )
        for include in root.findall("Include"):
            other = include.get("file", "")
            inside = file.parent / other
            names.append(str(inside) if inside.is_file() else other)
