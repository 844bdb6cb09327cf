# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One calculation: the engine it needs, and what becomes of it."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.engines.engine import Engine

from .store_records import check_label


@dataclass(frozen=True)
class EngineSpec:
    """How an engine is made in any process: its name, options, and threads for it.

    ``name`` is one of ``engines.ENGINES``, or ``module:function`` (the function is called with the
    options and returns an engine).
    """

    name: str
    options: Mapping[str, Setting] = field(default_factory=dict)
    threads: int = 1

    def make(self) -> Engine:
        """
        Make the engine.

        Raises
        ------
        ValueError
            If there is no such engine, module or function.
        ImportError
            If the engine's packages are not installed.
        """
        if ":" not in self.name:
            from openmmgems.engines.registry import make_engine

            return make_engine(self.name, **self.options)
        module_name, _, function_name = self.name.partition(":")
        try:
            function = getattr(importlib.import_module(module_name), function_name)
        except (ModuleNotFoundError, AttributeError) as error:
            raise ValueError(
                f"The engine '{self.name}' cannot be made: {error}. Expected 'module:function', "
                "the module where Python finds it (PYTHONPATH)."
            ) from error
        return cast(Engine, function(**self.options))


@dataclass(frozen=True)
class Reply:
    """What became of a structure: ``kind`` is done, failed, impossible or memory."""

    kind: str
    label: Label | None
    error: str
    seconds: float
    peak_memory_mb: float | None


def calculate(engine: Engine, structure: AtomicSystem) -> Reply:
    """Label one structure; whatever happens is said in the reply."""
    _forget_peak()
    start = time.perf_counter()
    label: Label | None = None
    try:
        label = engine.label(structure)
        check_label(label, structure)
        kind, error = "done", ""
    except MemoryError as failure:
        kind, label, error = "memory", None, f"MemoryError: {failure}"
    except Exception as failure:
        # An engine says by ValueError that it can never do this. A bad label may have bad luck.
        never = isinstance(failure, ValueError) and label is None
        kind, label, error = "impossible" if never else "failed", None, _describe(failure)
    return Reply(kind, label, error, time.perf_counter() - start, _peak_memory_mb())


def _describe(error: Exception) -> str:
    if isinstance(error, (ValueError, RuntimeError)):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _forget_peak() -> None:
    """Let the kernel measure the peak of memory anew."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _peak_memory_mb() -> float | None:
    with contextlib.suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1000.0
    return None
