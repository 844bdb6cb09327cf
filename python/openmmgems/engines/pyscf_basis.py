# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Basis sets of PySCF, each with the core potential that belongs to it.

A basis made for a core potential has no functions for the core. Without the potential a calculation
runs all the same, with an energy that is wrong by keV. So either the potential is found or the
basis describes the core, which is seen from the 1s orbital.
"""

import os
import re
import warnings
from contextlib import suppress
from functools import lru_cache
from typing import Any

import scipy.linalg

# Members of a family share their potentials; PySCF has them under the name of one.
_FAMILIES = (
    (re.compile(r"(ma)?def2"), "def2-svp"),
    (re.compile(r"(aug)?ccp(wc)?v[dtq5]zpp$"), "cc-pvdz-pp"),
    (re.compile(r"(ccecp(?:he|reg|28|36)?)(aug)?ccpv[dtq56]z$"), r"\1"),
)
# Part of a bare nucleus' 1s energy, -Z^2/2 hartree, that a basis must give: STO-3G gives 0.93 and
# more, others 0.98; sets for core potentials give 0.75 at most.
_LEAST_OF_1S = 0.9
# Every set has one of these.
_SAMPLES = ("H", "C", "Cl", "Zn", "Br", "I", "Au", "La", "Cs")
_NAME = re.compile(r"[\w+*(),.@ -]+")


def check_basis(basis: str) -> None:
    """
    Refuse a basis that no element has, and what is no name.

    PySCF would parse other text, or a file, and evaluate what is in it.

    Raises
    ------
    ValueError
        If it is no name, there is a file of this name, or PySCF does not know it.
    """
    if not _NAME.fullmatch(basis):
        raise ValueError(f"basis is {basis!r}; expected the name of a basis, such as 'def2-SVP'.")
    if os.path.exists(basis):
        raise ValueError(
            f"basis is '{basis}', and there is a file of this name, which PySCF would read instead."
            " Work in another folder."
        )
    if not any(_functions(basis, symbol) for symbol in _SAMPLES):
        raise _unknown(basis, _SAMPLES[0])


@lru_cache(maxsize=256)
def basis_of(basis: str, symbol: str) -> tuple[Any, Any]:
    """
    Functions of a basis for an element, and the core potential that belongs to them.

    Parameters
    ----------
    basis, symbol : str

    Returns
    -------
    functions, potential
        As PySCF takes them; the potential is None where the basis describes all electrons.

    Raises
    ------
    ValueError
        If there are no functions, or no potential although these functions need one.
    """
    functions = _functions(basis, symbol)
    if not functions:
        raise _unknown(basis, symbol)
    potential = _potential(basis, symbol)
    if _describes_1s(functions, symbol):
        # Potentials without electrons, as ccECP has for hydrogen, belong to such a basis too.
        return functions, potential if potential and potential[0] == 0 else None
    if not potential:
        raise ValueError(
            f"The basis '{basis}' has no functions for the innermost electrons of {symbol}, and "
            "PySCF knows no core potential that belongs to it. Choose another basis (def2-TZVPP "
            "has both up to radon)."
        )
    return functions, potential


def _functions(basis: str, symbol: str) -> Any:
    """Functions of a basis for an element; None or empty if there are none."""
    from pyscf import gto
    from pyscf.lib.exceptions import BasisNotFoundError

    with suppress(BasisNotFoundError, KeyError), _quiet():
        return gto.basis.load(basis, symbol)
    return None


def _unknown(basis: str, symbol: str) -> ValueError:
    return ValueError(
        f"PySCF has no basis '{basis}' for {symbol}; more sets come with "
        "pip install basis-set-exchange."
    )


def _potential(basis: str, symbol: str) -> Any:
    """Find the core potential of a basis; None if there is none."""
    from pyscf import gto
    from pyscf.lib.exceptions import BasisNotFoundError

    name = re.sub(r"[-_ ]", "", basis.partition("@")[0].lower())
    names = [basis.partition("@")[0]]
    for pattern, family in _FAMILIES:
        if found := pattern.match(name):
            names.append(found.expand(family))
    for candidate in names:
        # Besides what it says when there is none, PySCF trips over sets of several files
        # (TypeError), those written in Python (FileNotFoundError), and names that it does not know.
        none = (BasisNotFoundError, KeyError, RuntimeError, TypeError, FileNotFoundError)
        with suppress(*none), _quiet():
            if potential := gto.basis.load_ecp(candidate, symbol):
                return potential
    return None


def _describes_1s(functions: Any, symbol: str) -> bool:
    """Whether the lowest orbital of the bare nucleus is nearly that without a basis."""
    from pyscf import gto

    number = gto.charge(symbol)
    s_functions = [shell for shell in functions if shell[0] == 0]
    atom = gto.M(
        atom=[(symbol, (0.0, 0.0, 0.0))], basis={symbol: s_functions}, spin=number % 2, verbose=0
    )
    hamiltonian = atom.intor("int1e_kin") + atom.intor("int1e_nuc")
    lowest = scipy.linalg.eigh(hamiltonian, atom.intor("int1e_ovlp"), eigvals_only=True)[0]
    return bool(-lowest > _LEAST_OF_1S * number**2 / 2)


class _quiet(warnings.catch_warnings):  # noqa: N801 (used like a function)
    """Without the warning that says what our own errors say."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.filterwarnings("ignore", message="(Basis|ECP) may be available")
