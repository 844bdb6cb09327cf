# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Lines of PDB files."""

from pathlib import Path

from openmmgems.systems.structure import LoadedStructure, read_structure


def record(
    name: str,
    residue: str,
    number: int,
    x: float,
    *,
    y: float = 0.0,
    z: float = 0.0,
    serial: str = "1",
    chain: str = "A",
    element: str = "",
    location: str = " ",
    kind: str = "ATOM",
    segment: str = "",
) -> str:
    """One line; `name` fills its four columns, or is placed by its length."""
    padded = name if len(name) == 4 else f" {name:<3}"
    return (
        f"{kind:<6}{serial:>5} {padded}{location}{residue:<4}{chain}{number:4d}    "
        f"{x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00      {segment:<4}{element:>2}\n"
    )


def read(folder: Path, text: str, ending: str = "pdb") -> LoadedStructure:
    path = folder / f"file.{ending}"
    path.write_text(text)
    return read_structure(path)
