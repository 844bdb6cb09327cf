# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The description, gems.json, inside every model file."""

import datetime
import importlib.metadata
from typing import Any

#: The layout of gems.json that is written, and the newest that is read.
FORMAT_VERSION = 2

#: What the network declares of itself since version 2: the cutoffs of its lists, its results, the
#: Coulomb interaction that is added outside of it, and its attention if there is a choice.
DECLARATIONS = ("neighbour_lists", "outputs", "electrostatics", "attention")
#: What a description may hold besides the index of the weights; None means unknown.
KEYS = (
    "format_version",
    "architecture",
    "hyperparameters",
    "cutoff",
    "long_range_cutoff",
    "elements",
    "charges",
    "spins",
    "residues",
    "environments",
    "reference",
    "provenance",
    "license",
    *DECLARATIONS,
)
#: Forms of the Coulomb interaction of charges: erf(r / width) / r.
KERNELS = ("erf",)
_REQUIRED = ("format_version", "architecture", "cutoff", "long_range_cutoff")


def make_description(
    architecture: str,
    *,
    cutoff: float | None,
    long_range_cutoff: float | None,
    hyperparameters: dict[str, Any] | None = None,
    provenance: dict[str, Any] | None = None,
    **domain: Any,
) -> dict[str, Any]:
    """Make the description of a new model file.

    Parameters
    ----------
    architecture : str
        "spookynet", or any other word.
    cutoff, long_range_cutoff : float, optional
        In angstrom; None: all pairs interact.
    hyperparameters : dict, optional
        What defines the network besides its weights.
    provenance : dict, optional
        Hashes of data set and settings; package version and date are added. An entry that is None
        is left out: a file that shall come out the same every day has no date.
    **domain
        Any of ``elements``, ``charges``, ``spins``, ``residues``, ``environments`` (lists),
        ``reference`` (level of theory), ``license`` and the ``DECLARATIONS``.

    """
    unknown = set(domain) - set(KEYS)
    if unknown:
        raise ValueError(f"Unknown entries {sorted(unknown)}; expected some of {', '.join(KEYS)}.")
    made = {
        "version": importlib.metadata.version("openmm-gems"),
        "date": datetime.date.today().isoformat(),
    }
    description = dict.fromkeys(KEYS)
    description |= domain
    description |= {
        "format_version": FORMAT_VERSION,
        "architecture": architecture,
        "hyperparameters": hyperparameters or {},
        "cutoff": cutoff,
        "long_range_cutoff": long_range_cutoff,
        "provenance": {
            key: value for key, value in (made | (provenance or {})).items() if value is not None
        },
    }
    check_description(description)
    return description


def check_description(description: Any) -> None:
    """Check a description read from a file.

    Raises
    ------
    ValueError
        If an entry is missing or out of range, or the format is newer than this package.

    """
    if not isinstance(description, dict):
        raise ValueError(f"gems.json holds a {type(description).__name__}; expected an object.")
    missing = [key for key in _REQUIRED if key not in description]
    if missing:
        raise ValueError(f"gems.json lacks {', '.join(missing)}.")
    version = description["format_version"]
    if not isinstance(version, int) or not 1 <= version <= FORMAT_VERSION:
        raise ValueError(
            f"format_version is {version}; expected 1 to {FORMAT_VERSION}. "
            "A newer openmm-gems may be able to open the file."
        )
    for key in ("cutoff", "long_range_cutoff"):
        value = description[key]
        if value is not None and not _is_positive(value):
            raise ValueError(f"{key} is {value!r}; expected a positive number or null.")
    _check_declarations(description)


def _check_declarations(description: dict[str, Any]) -> None:
    lists = description.get("neighbour_lists")
    if lists is not None and not (
        isinstance(lists, dict)
        and lists
        and all(value is None or _is_positive(value) for value in lists.values())
    ):
        raise ValueError(
            f"neighbour_lists is {lists!r}; expected names with cutoffs in angstrom or null."
        )
    electrostatics = description.get("electrostatics")
    if electrostatics is not None and not (
        isinstance(electrostatics, dict)
        and electrostatics.get("kernel") in KERNELS
        and _is_positive(electrostatics.get("width"))
        and _is_positive(electrostatics.get("switch_on"))
        and electrostatics["switch_on"] < 1
    ):
        raise ValueError(
            f"electrostatics is {electrostatics!r}; expected kernel ({', '.join(KERNELS)}), width "
            "(positive) and switch_on (between 0 and 1)."
        )
    index = description.get("weights") or []
    keys = {"name", "dtype", "shape", "offset", "sha256"}
    if not (isinstance(index, list) and all(keys <= set(entry) for entry in index)):
        raise ValueError(f"weights lacks one of {', '.join(sorted(keys))} for some tensor.")


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and value > 0
