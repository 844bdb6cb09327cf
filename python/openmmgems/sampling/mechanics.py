# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What normal modes and dynamics share: masses, constants, an engine as a function of positions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import constants

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.engines.engine import Engine, SequentialEngine

Positions = NDArray[np.float64]

#: Boltzmann's constant in eV/K.
BOLTZMANN_EV = constants.k / constants.e
#: An acceleration of 1 eV/angstrom/dalton in angstrom/fs^2.
ACCELERATION = constants.e / constants.atomic_mass * 1e20 / 1e30
#: An angular frequency of 1/fs as a wave number in 1/cm.
PER_CM = 1e15 / (2.0 * np.pi * constants.c * 100.0)


def masses_of(atomic_numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Get the masses [num_atoms] in dalton."""
    from openmm import app

    elements = (app.Element.getByAtomicNumber(int(z)) for z in atomic_numbers)
    return np.array([element.mass._value for element in elements])


class Surface:
    """Energy and forces of one molecule as a function of its positions.

    Parameters
    ----------
    structure : AtomicSystem
    engine : Engine

    Attributes
    ----------
    num_calls : int
        How often the engine was asked.

    """

    def __init__(self, structure: AtomicSystem, engine: Engine) -> None:
        self.structure = structure
        self._level = engine.level_of_theory
        self._label = engine.in_sequence() if isinstance(engine, SequentialEngine) else engine.label
        self.num_calls = 0

    def at(self, positions_angstrom: Positions) -> tuple[float, Positions]:
        """Calculate energy in eV and forces [num_atoms, 3] in eV/angstrom.

        Raises
        ------
        RuntimeError
            If the engine fails or gives a number that is not finite.

        """
        self.num_calls += 1
        label = self._label(replace(self.structure, positions_angstrom=positions_angstrom))
        energy, forces = float(label.energy_ev), np.asarray(label.forces_ev_per_angstrom, float)
        if not (np.isfinite(energy) and np.isfinite(forces).all()):
            raise RuntimeError(
                f"{self._level} gave an energy or a force that is not a finite "
                f"number for '{self.structure.source}'; expected finite ones. Check the structure."
            )
        return energy, forces
