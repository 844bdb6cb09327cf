# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Modules under the names they had before version 0.2; gone in 0.3."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_MOVED = {
    "openmmgems.fragments.chemical_graph": "openmmgems.systems.chemical_graph",
    "openmmgems.labels.copies": "openmmgems.data.copies",
    "openmmgems.labels.dataset": "openmmgems.data.dataset",
    "openmmgems.labels.import_data": "openmmgems.data.import_data",
    "openmmgems.labels.pictures": "openmmgems.data.dataset_pictures",
}


class _Moved(MetaPathFinder, Loader):
    """Finds a module under its old name: the very module that has the new one."""

    def __init__(self) -> None:
        self._own_specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Take charge of the old names only."""
        del path, target
        return ModuleSpec(name, self) if name in _MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the module under its new name, and say what that is."""
        new = _MOVED[spec.name]
        warnings.warn(
            f"'{spec.name}' is now '{new}'; the old name goes in version 0.3.",
            DeprecationWarning,
            stacklevel=2,
        )
        module = importlib.import_module(new)
        self._own_specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is to be done but to put back what the import system wrote over: the spec."""
        if module.__spec__ is not None:
            module.__spec__ = self._own_specs[module.__spec__.name]


def find_old_names() -> None:
    """Let the import system find modules under their old names."""
    sys.meta_path.append(_Moved())
