# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Small complexes: clusters of water, ions in water, fragments with a water.

Their molecules touch but do not overlap; an engine relaxes them before conformers are sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from scipy.spatial.transform import Rotation

from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.core.lewis import ION_CHARGES

from .bottom_up import BottomUpFragment, three_dimensional
from .fragment_settings import BottomUpSettings
from .residues import system_from_smiles

#: Van der Waals radii by atomic number, angstrom: Bondi, J. Phys. Chem. 68, 441 (1964).
_RADII_ANGSTROM = {
    **{1: 1.20, 6: 1.70, 7: 1.55, 8: 1.52, 9: 1.47},
    **{16: 1.80, 17: 1.75, 35: 1.85, 53: 1.98},
}
#: Ionic radii of cations by atomic number, six neighbours, angstrom: Shannon, Acta Cryst. A 32,
#: 751 (1976).
_CATION_RADII_ANGSTROM = {
    **{3: 0.76, 11: 1.02, 12: 0.72, 19: 1.38, 20: 1.00, 30: 0.74, 37: 1.52, 55: 1.67},
}
_VAN_DER_WAALS_SCALE = 0.9
_HYDROGEN_BOND_ANGSTROM = 1.8
_CATION_TO_HEAVY_ANGSTROM = 1.35
_CATION_TO_HYDROGEN_ANGSTROM = 1.9
_POLAR = (7, 8, 9, 16, 17, 35, 53)


def complexes(
    settings: BottomUpSettings,
    fragments: Sequence[BottomUpFragment] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[AtomicSystem]:
    """
    Make the complexes that the settings ask for.

    Parameters
    ----------
    settings : BottomUpSettings
        Its ``water_clusters``, ``ions``, ``waters_per_ion``, ``complexes``,
        ``complex_heavy_atoms`` and ``seed``.
    fragments : sequence of BottomUpFragment
        Those that may get a water.
    progress : callable, optional
        Called after each with the number of finished ones and of all.

    Yields
    ------
    AtomicSystem
        Clusters of two waters and more, ions with one water and more, fragments with one water;
        each with the source ``bottom-up:<smiles>:start``.

    Raises
    ------
    ValueError
        If an ion is none, or an element has no radius.
    """
    wanted = complex_list(settings, fragments)
    for done, parts in enumerate(wanted, start=1):
        yield complex_of(parts, seed=settings.seed)
        if progress is not None:
            progress(done, len(wanted))


def complex_list(
    settings: BottomUpSettings, fragments: Sequence[BottomUpFragment] = ()
) -> list[tuple[str, ...]]:
    """List the SMILES of the molecules of each complex that the settings ask for."""
    wanted = [("O",) * size for size in range(2, settings.water_clusters + 1)]
    wanted += [
        (ion,) + ("O",) * waters
        for ion in settings.ions
        for waters in range(1, settings.waters_per_ion + 1)
    ]
    if settings.complexes:
        small = (f for f in fragments if f.num_heavy_atoms <= settings.complex_heavy_atoms)
        wanted += [(f.smiles, "O") for f in small if f.smiles != "O"]
    return wanted


def complex_of(smiles: Sequence[str], seed: int = 0) -> AtomicSystem:
    """
    Put molecules together.

    The first is in the middle; the others come one after another, turned at random, from a random
    direction, as near as they can.

    Parameters
    ----------
    smiles : sequence of str
        Of each molecule, one component each.
    seed : int
        Of conformations, orientations and directions.

    Returns
    -------
    AtomicSystem
        Molecules in the given order; source ``bottom-up:<smiles joined by dots>:start``.

    Raises
    ------
    ValueError
        If there are no molecules, one is not possible or an ion that is not known, or an element
        has no radius.
    """
    if not smiles:
        raise ValueError("There are no molecules to put together; expected one SMILES or more.")
    generator = np.random.default_rng(seed)
    parts = [_molecule(text, int(generator.integers(2**20))) for text in smiles]
    numbers = np.zeros(0, np.int64)
    charges = np.zeros(0, np.int64)
    polar = np.zeros(0, bool)
    positions = np.zeros((0, 3))
    for part in parts:
        own = part.atomic_numbers
        own_charges = np.full(len(own), part.charge if len(own) == 1 else 0)
        own_polar = _polar_hydrogens(part)
        limits = _contacts((numbers, charges, polar), (own, own_charges, own_polar))
        placed = _approach(positions, _turned(part, generator), limits, generator)
        numbers = np.concatenate([numbers, own])
        charges = np.concatenate([charges, own_charges])
        polar = np.concatenate([polar, own_polar])
        positions = np.concatenate([positions, placed])
    return AtomicSystem(
        numbers,
        positions - positions.mean(axis=0),
        charge=sum(part.charge for part in parts),
        source=f"bottom-up:{'.'.join(smiles)}:start",
    )


def _molecule(smiles: str, seed: int) -> AtomicSystem:
    """One molecule with a conformation; a single ion needs none."""
    heavy = system_from_smiles(smiles)
    charge = Chem.GetFormalCharge(heavy)
    atom = heavy.GetAtomWithIdx(0)
    if heavy.GetNumAtoms() == 1 and atom.GetTotalNumHs() == 0:
        number = atom.GetAtomicNum()
        if ION_CHARGES.get(number) != charge:
            raise ValueError(
                f"Ion {smiles} is not known; expected a halide, an alkali metal ion, or Mg, Ca or "
                "Zn with charge +2."
            )
        return AtomicSystem(np.array([number], dtype=np.int64), np.zeros((1, 3)), charge)
    fragment = BottomUpFragment(smiles, heavy.GetNumAtoms(), charge, 1, ())
    return three_dimensional(fragment, seed)


def _polar_hydrogens(part: AtomicSystem) -> NDArray[np.bool_]:
    """Which hydrogens sit on an atom that gives hydrogen bonds: the nearest other one."""
    numbers, positions = part.atomic_numbers, part.positions_angstrom
    found = np.zeros(len(numbers), bool)
    heavy = np.flatnonzero(numbers != 1)
    for atom in np.flatnonzero(numbers == 1):
        distances = np.linalg.norm(positions[heavy] - positions[atom], axis=1)
        found[atom] = numbers[heavy[np.argmin(distances)]] in _POLAR
    return found


_Atoms = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]


def _contacts(first: _Atoms, second: _Atoms) -> NDArray[np.float64]:
    """
    Smallest distances between atoms of two molecules.

    Parameters
    ----------
    first, second : (atomic numbers, charges of single ions, polar hydrogens), shape ``[num_atoms]``

    Returns
    -------
    array, shape ``[num_first, num_second]``
        Angstrom.
    """
    limits = np.zeros((len(first[0]), len(second[0])))
    for i, atom in enumerate(zip(*first, strict=True)):
        for j, other in enumerate(zip(*second, strict=True)):
            limits[i, j] = _contact(atom, other)
    return limits


def _contact(first: tuple[int, int, bool], second: tuple[int, int, bool]) -> float:
    for (number, charge, polar), (other, other_charge, _) in ((first, second), (second, first)):
        if charge > 0:
            if other_charge > 0:
                return 2 * _HYDROGEN_BOND_ANGSTROM + _cation_radius(number) + _cation_radius(other)
            room = _CATION_TO_HYDROGEN_ANGSTROM if other == 1 else _CATION_TO_HEAVY_ANGSTROM
            return _cation_radius(number) + room
        if polar and other in _POLAR:
            return _HYDROGEN_BOND_ANGSTROM
    return _VAN_DER_WAALS_SCALE * (_radius(first[0]) + _radius(second[0]))


def _cation_radius(number: int) -> float:
    return _CATION_RADII_ANGSTROM[int(number)]


def _radius(number: int) -> float:
    if int(number) not in _RADII_ANGSTROM:
        raise ValueError(
            f"Atomic number {number} has no radius for complexes; expected one of "
            f"{', '.join(map(str, _RADII_ANGSTROM))}, or a single ion."
        )
    return _RADII_ANGSTROM[int(number)]


def _turned(part: AtomicSystem, generator: np.random.Generator) -> NDArray[np.float64]:
    """Positions around their middle, turned at random."""
    centred = part.positions_angstrom - part.positions_angstrom.mean(axis=0)
    turned: NDArray[np.float64] = Rotation.from_quat(generator.normal(size=4)).apply(centred)
    return turned


def _approach(
    placed: NDArray[np.float64],
    moving: NDArray[np.float64],
    limits: NDArray[np.float64],
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Move a molecule in from far away along a line through the middle, until it touches."""
    if len(placed) == 0:
        return moving
    direction = generator.normal(size=3)
    direction /= np.linalg.norm(direction)
    start = moving + placed.mean(axis=0)
    offsets = start[None, :, :] - placed[:, None, :]
    along = offsets @ direction
    # |offset + t direction| = limit: the larger root is where the pair touches first
    under = along**2 - np.sum(offsets**2, axis=2) + limits**2
    touching = -along[under >= 0] + np.sqrt(under[under >= 0])
    # a line that meets nothing (through a gap of the others) ends in the middle
    return start + float(touching.max(initial=0.0)) * direction
