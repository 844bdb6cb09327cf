# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The reference engines by name.

An engine's module, and the packages it needs, are imported when the engine is first made.
"""

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .engine import Engine


@dataclass(frozen=True)
class EngineKind:
    """Where an engine is: its module in this package, its class, and what its name fixes.

    ``program_options`` are options that name a program to run.
    """

    module: str
    class_name: str
    description: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    program_options: tuple[str, ...] = ()

    def load(self) -> type:
        """Import the engine's class."""
        module = importlib.import_module(f".{self.module}", __package__)
        return cast(type, getattr(module, self.class_name))


ENGINES: dict[str, EngineKind] = {
    "gfn2-xtb": EngineKind(
        "tblite_engine",
        "TbliteEngine",
        "semi-empirical GFN2-xTB by tblite: milliseconds",
        {"method": "GFN2-xTB"},
    ),
    "gfn1-xtb": EngineKind(
        "tblite_engine",
        "TbliteEngine",
        "semi-empirical GFN1-xTB by tblite: milliseconds",
        {"method": "GFN1-xTB"},
    ),
    "pyscf": EngineKind(
        "pyscf_engine",
        "PyscfEngine",
        "density functional theory by PySCF: PBE0/def2-TZVPP, with D4 or MBD dispersion",
    ),
    "psi4": EngineKind(
        "psi4_engine",
        "Psi4Engine",
        "density functional theory by Psi4, run as a program: PBE0/def2-TZVPP",
        program_options=("executable",),
    ),
    "so3lr": EngineKind(
        "gems_engine",
        "GemsEngine",
        "the pretrained SO3LR network, an approximation of PBE0+MBD; molecules and boxes",
        {"model": "so3lr", "level": "SO3LR"},
    ),
    "amber": EngineKind(
        "amber_engine",
        "AmberEngine",
        "the AMBER99SB-ILDN force field by OpenMM, for one topology",
    ),
    "gems": EngineKind("gems_engine", "GemsEngine", "a model file of this package"),
}


def option_names(name: str) -> list[str]:
    """
    Names of the options that `make_engine` takes for an engine.

    Raises
    ------
    ValueError
        If there is no engine of that name.
    ImportError
        If the packages it cannot even be read without are not there.
    """
    kind = _kind(name)
    parameters = inspect.signature(kind.load()).parameters
    return [option for option in parameters if option not in kind.fixed]


def make_engine(name: str, **options: Any) -> Engine:
    """
    Make an engine.

    Parameters
    ----------
    name : str
        A key of ``ENGINES``.
    **options
        Arguments of the engine's class, such as ``basis="def2-SVP"`` of ``pyscf``.

    Raises
    ------
    ValueError
        If there is no such engine, or it does not take an option or its value.
    ImportError
        If the engine's program is not installed; says how to install it.
    """
    kind = _kind(name)
    allowed = option_names(name)
    wrong = [option for option in options if option not in allowed]
    if wrong:
        raise ValueError(
            f"The engine '{name}' has no option {', '.join(map(repr, wrong))}; expected "
            f"{', '.join(allowed) or 'none'}."
        )
    try:
        inspect.signature(kind.load()).bind(**kind.fixed, **options)
    except TypeError as error:
        raise ValueError(f"The engine '{name}': {error}; give it as an option.") from error
    return cast(Engine, kind.load()(**kind.fixed, **options))


def _kind(name: str) -> EngineKind:
    if name not in ENGINES:
        raise ValueError(f"There is no engine '{name}'; expected one of {', '.join(ENGINES)}.")
    return ENGINES[name]
