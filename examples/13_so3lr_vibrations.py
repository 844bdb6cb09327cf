# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Vibrations of Ace-Ala-Nme under SO3LR, by this package and by so3krates-torch.

    python examples/13_so3lr_vibrations.py

Both take the form of electrostatics with a cutoff of 12 angstrom, which is the one that
so3krates-torch has; beside it the form the network was trained in, at its own minimum. Prints the
largest difference of wave numbers, and draws the spectra (so3lr-vibrations.png).
"""

import argparse
import importlib.resources
from pathlib import Path

import numpy as np
import openmmgems
import torch
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.optimize import BFGS
from matplotlib.figure import Figure
from openmm import app
from openmmgems import models
from openmmgems.sampling.mechanics import masses_of
from openmmgems.sampling.normal_modes import normal_modes
from rich.progress import track
from so3krates_torch.calculator.so3 import SO3LRCalculator

PEPTIDE = importlib.resources.files("openmmgems") / "data/structures/ace-ala-nme.pdb"
STEP_ANGSTROM, FORCE_TOLERANCE = 0.005, 1e-4


def read_peptide() -> Atoms:
    """The peptide for ASE."""
    with PEPTIDE.open() as stream:
        pdb = app.PDBFile(stream)
    numbers = [atom.element.atomic_number for atom in pdb.topology.atoms()]
    return Atoms(numbers, 10.0 * np.array(pdb.getPositions(asNumpy=True)._value))


def minimised(calculator: Calculator) -> Atoms:
    """The nearest minimum of a potential."""
    atoms = read_peptide()
    atoms.calc = calculator
    BFGS(atoms, logfile=None).run(fmax=FORCE_TOLERANCE, steps=1000)
    return atoms


def wave_numbers(atoms: Atoms, calculator: Calculator, title: str) -> np.ndarray:
    """Of the vibrations in 1/cm, by central differences of forces."""
    atoms = atoms.copy()
    atoms.calc = calculator
    minimum = atoms.positions.copy()

    def forces_at(k: int, step: float) -> np.ndarray:
        atoms.positions = minimum
        atoms.positions.flat[k] += step
        return atoms.get_forces().ravel()

    rows = [
        (forces_at(k, -STEP_ANGSTROM) - forces_at(k, STEP_ANGSTROM)) / (2 * STEP_ANGSTROM)
        for k in track(range(minimum.size), title)
    ]
    hessian = 0.5 * (np.array(rows) + np.array(rows).T)
    return normal_modes(hessian, masses_of(atoms.numbers), minimum).wave_numbers_per_cm


def draw(spectra: dict[str, np.ndarray], file: Path) -> None:
    """A line for each vibration."""
    figure = Figure(figsize=(10, 1.2 + 1.1 * len(spectra)), layout="constrained")
    rows = figure.subplots(len(spectra), 1, sharex=True)
    for axes, (title, spectrum), colour in zip(rows, spectra.items(), "kbr", strict=True):
        axes.vlines(spectrum, 0, 1, color=colour, lw=0.8)
        axes.set(yticks=[], title=title)
    rows[-1].set_xlabel("wave number (1/cm)")
    figure.savefig(file, dpi=120)


def main() -> None:
    """Minimise, differentiate, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("so3lr-vibrations.png"))
    options = parser.parse_args()

    torch.set_default_dtype(torch.float64)  # so3krates-torch relies on it
    cutoff = openmmgems.GemsCalculator(models.path("so3lr"), electrostatics="cutoff")
    plain = openmmgems.GemsCalculator(models.path("so3lr"))
    minimum = minimised(cutoff)
    calculations = {
        "so3krates-torch, cutoff": (minimum, SO3LRCalculator(default_dtype="float64")),
        "openmm-gems, cutoff": (minimum, cutoff),
        "openmm-gems, plain": (minimised(plain), plain),
    }
    spectra = {
        title: wave_numbers(atoms, calculator, title)
        for title, (atoms, calculator) in calculations.items()
    }
    theirs, ours, trained = spectra.values()
    print(f"{len(ours)} vibrations from {ours[0]:.1f} to {ours[-1]:.1f} 1/cm")
    print(f"openmm-gems differs from so3krates-torch by {np.abs(ours - theirs).max():.1e} 1/cm")
    print(f"The plain form differs by up to {np.abs(trained - ours).max():.0f} 1/cm")
    draw(spectra, options.out)
    print(f"Look at {options.out}")


if __name__ == "__main__":
    main()
