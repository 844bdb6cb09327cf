# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""How an engine is made in any process, and what code of others that may run."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openmmgems.core.errors import OptionError
from openmmgems.core.settings import Setting
from openmmgems.jobs.consent import Consent

from .engine import Engine
from .registry import ENGINES, make_engine

_FUNCTION = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)")
_PARTS = ("label", "cost", "level_of_theory", "version", "settings")


@dataclass(frozen=True)
class EngineSpec:
    """How an engine is made in any process: its name, options, and threads for it.

    Parameters
    ----------
    name : str
        One of ``registry.ENGINES``, or ``module:function`` (the function is called with the options
        and returns an engine).
    options : mapping
    threads : int
    consent : Consent
        Name and options often come from a file, which may come from anywhere: modules and programs
        that they name run only if the user has agreed to them.
    """

    name: str
    options: Mapping[str, Setting] = field(default_factory=dict)
    threads: int = 1
    consent: Consent = field(default_factory=Consent)

    @property
    def code(self) -> tuple[str, ...]:
        """Modules and programs, none of this package, that making the engine would run."""
        return named_code(self.name, self.options)

    def make(self) -> Engine:
        """
        Make the engine.

        Raises
        ------
        ValueError
            If there is no such engine, module or function, if what is returned is no engine, or if
            it would run code that was not agreed to.
        ImportError
            If the engine's packages are not installed.
        """
        for name in self.code:
            self.consent.check(name, f"The engine '{self.name}'")
        if ":" not in self.name:
            return make_engine(self.name, **self.options)
        return _checked(self._call(), self.name)

    def _call(self) -> Any:
        words = _FUNCTION.fullmatch(self.name)
        if words is None:
            raise OptionError(f"The engine is '{self.name}'; expected a name or 'module:function'.")
        try:
            function = getattr(importlib.import_module(words[1]), words[2])
        except (ModuleNotFoundError, AttributeError) as error:
            raise ValueError(
                f"The engine '{self.name}' cannot be made: {error}. Expected 'module:function', "
                "the module where Python finds it (PYTHONPATH)."
            ) from error
        try:
            return function(**self.options)
        except TypeError as error:
            raise ValueError(f"The engine '{self.name}' cannot be made: {error}.") from error


def named_code(engine: str | None, options: Mapping[str, Setting]) -> tuple[str, ...]:
    """Get the modules and programs, none of this package, that an engine and options name."""
    modules = (engine.partition(":")[0],) if engine and ":" in engine else ()
    of_programs = {option for kind in ENGINES.values() for option in kind.program_options}
    return modules + tuple(str(options[option]) for option in options if option in of_programs)


def consent_of(
    allow_code: Sequence[str] | None,
    engine: str | None,
    options: Mapping[str, Setting] | None,
    *,
    insecure: bool = False,
) -> Consent:
    """What may run: what is allowed by name, and what an engine and options name as they are typed.

    None where nothing is given.
    """
    return Consent((*(allow_code or ()), *named_code(engine, options or {})), insecure)


def _checked(made: Any, name: str) -> Engine:
    """Give back what a function made, if it is an engine."""
    missing = [part for part in _PARTS if not hasattr(made, part)]
    if missing:
        raise ValueError(
            f"'{name}' gives {type(made).__name__} without {', '.join(missing)}; expected an "
            f"engine, which has {', '.join(_PARTS)} (see openmmgems.engines.engine.Engine)."
        )
    parts: dict[str, Any] = {part: getattr(made, part) for part in _PARTS}
    kinds = {"level_of_theory": str, "version": str, "settings": Mapping}
    wrong = [part for part, kind in kinds.items() if not isinstance(parts[part], kind)]
    wrong += [part for part in ("label", "cost") if not callable(parts[part])]
    if wrong:
        raise ValueError(
            f"'{name}' gives an engine whose {wrong[0]} is {parts[wrong[0]]!r}; expected functions "
            "label and cost, texts level_of_theory and version, and a mapping settings."
        )
    engine: Engine = made
    return engine
