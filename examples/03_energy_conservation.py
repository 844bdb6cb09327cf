# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Energy conservation of the bundled model beside AMBER99SB-ILDN.

    python examples/03_energy_conservation.py --equilibration 5 --time 20 --seeds 4

Runs a capped alanine, or another molecule, at constant energy, prints the drift of the total energy
of every run in kT per atom and ps, and draws the energies, and a force along a displacement in both
modes of attention. With --keep FOLDER, runs that were stopped go on where they were.
"""

import argparse
import importlib.resources
import io
import itertools
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import openmm
import openmm.app as app
import openmmgems
from openmmgems import models
from openmmgems.analysis.drift import energy_drift
from openmmgems.core.files import write_atomically
from rich.progress import track

PEPTIDE = importlib.resources.files("openmmgems") / "data/structures/ace-ala-nme.pdb"
TIME_STEP_PS, SAMPLE_STEPS, TEMPERATURE = 0.0005, 20, 300.0
SAMPLES_BETWEEN_COPIES = 50


#: By label: whether it is a model, and the platform, which decides the precision.
ENGINES = {
    "GEMS, Smooth": (True, "CPU"),
    "GEMS, float64": (True, "Reference"),
    "AMBER99SB-ILDN": (False, "CPU"),
}


def make_system(pdb: app.PDBFile, model: str | None) -> openmm.System:
    """The molecule under a model, or under AMBER without constraints."""
    if model is None:
        return app.ForceField("amber99sbildn.xml").createSystem(pdb.topology, constraints=None)
    system = openmmgems.createSystem(pdb.topology, model)
    openmmgems.GemsForce.cast(system.getForce(0)).setEvaluator(openmmgems.GemsForce.Native)
    return system


def make_context(system: openmm.System, platform_name: str) -> openmm.Context:
    """On one thread of the CPU platform, so that small molecules are not slowed down."""
    platform = openmm.Platform.getPlatform(platform_name)
    properties = {"Threads": "1"} if platform_name == "CPU" else {}
    return openmm.Context(system, openmm.VerletIntegrator(TIME_STEP_PS), platform, properties)


def equilibrate(context: openmm.Context, pdb: app.PDBFile, time_ps: float, seed: int) -> None:
    """From the minimum to equipartition."""
    context.setPositions(pdb.positions)
    openmm.LocalEnergyMinimizer.minimize(context, 10.0, 100)
    # Half of the kinetic energy goes to the potential, which starts at its minimum.
    context.setVelocitiesToTemperature(2 * TEMPERATURE, seed)
    context.getIntegrator().step(round(time_ps / TIME_STEP_PS))


def sample_energies(
    context: openmm.Context, time_ps: float, energies: list[float], label: str, kept: Path | None
) -> np.ndarray:
    """Total energies in kJ/mol, one every SAMPLE_STEPS steps, after those there are already."""
    number = round(time_ps / TIME_STEP_PS) // SAMPLE_STEPS
    for k in track(range(len(energies), number), label, total=number, completed=len(energies)):
        context.getIntegrator().step(SAMPLE_STEPS)
        state = context.getState(getEnergy=True)
        energies.append((state.getPotentialEnergy() + state.getKineticEnergy())._value)
        if kept is not None and (k + 1) % SAMPLES_BETWEEN_COPIES == 0:
            write_copy(kept, context, energies)
    return np.array(energies[:number])


def write_copy(file: Path, context: openmm.Context, energies: list[float]) -> None:
    """Keep a run: its state and the energies so far."""
    data = io.BytesIO()
    np.savez(data, energies=energies, checkpoint=np.frombuffer(context.createCheckpoint(), "u1"))
    write_atomically(file, data.getvalue())


def read_copy(file: Path, context: openmm.Context) -> list[float]:
    """Go on with a run that was kept."""
    with np.load(file) as data:
        context.loadCheckpoint(data["checkpoint"].tobytes())
        return data["energies"].tolist()


def mirrored_waters(stretch: float) -> np.ndarray:
    """Two mirrored waters, but for one O-H bond each: longer in the first, shorter in the other.

    At zero both have the same largest attention key; past it, the other atom's key is the largest.
    """
    water = np.array([[1.45, 0.0, 0.12], [1.9, 0.76, -0.45], [1.2, -0.8, -0.35]])
    bond = (water[1] - water[0]) / np.linalg.norm(water[1] - water[0])
    first, second = water.copy(), water.copy()
    first[1] += stretch * bond
    second[1] -= stretch * bond
    return np.concatenate([first, second * [-1, 1, 1]])


def forces_along_path(model: str, attention: str) -> np.ndarray:
    """Stretches (angstrom), and the force on the first oxygen towards the other (eV/angstrom)."""
    evaluator = openmmgems.Evaluator(model, attention=attention)
    points = []
    for stretch in np.linspace(-0.02, 0.02, 80):  # an even number: none at the switch itself
        result = evaluator.evaluate([8, 1, 1, 8, 1, 1], mirrored_waters(stretch))
        points.append((stretch, -result["forces_ev_per_angstrom"][0, 0]))
    return np.array(points)


def draw(energies: dict[str, list[np.ndarray]], paths: dict[str, np.ndarray], file: Path) -> None:
    """Energies of all runs, and the force along the path in both modes of attention."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
    for (label, runs), colour in zip(energies.items(), ("C0", "C2", "C1"), strict=False):
        for number, run in enumerate(runs):
            time = np.arange(len(run)) * SAMPLE_STEPS * TIME_STEP_PS
            left.plot(time, run - run[0], colour, lw=0.6, label=label if number == 0 else None)
    left.set(xlabel="time (ps)", ylabel="total energy - start (kJ/mol)", title="NVE, 0.5 fs")
    left.legend()
    for (label, path), style in zip(paths.items(), ("C3-", "C0--"), strict=True):
        middle.plot(path[:, 0], path[:, 1], style, label=label)
    exact, smooth = paths.values()
    right.plot(exact[:, 0], 1e6 * (exact[:, 1] - smooth[:, 1]), "C3.-")
    stretch = "stretch of one O-H bond, the other shrinks (angstrom)"
    middle.set(xlabel=stretch, ylabel="force on O (eV/angstrom)", title="through an argmax switch")
    right.set(xlabel=stretch, ylabel="ueV/angstrom", title="Exact minus Smooth")
    for axes in (middle, right):
        axes.locator_params(axis="x", nbins=5)
    middle.legend()
    figure.savefig(file, dpi=120)


def main() -> None:
    """Run, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=models.path("ala-gfn2"), help="model file")
    parser.add_argument("--time", type=float, default=2.0, help="ps after equipartition")
    parser.add_argument("--equilibration", type=float, default=0.5, help="ps before")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each")
    parser.add_argument("--structure", default=str(PEPTIDE), help="PDB file with hydrogens")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="repeat for more")
    parser.add_argument("--keep", type=Path, help="folder for states; stopped runs go on there")
    parser.add_argument("--out", type=Path, default=Path("energy-conservation.png"))
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)

    pdb = app.PDBFile(options.structure)
    kt_all_atoms = 0.0083144626 * TEMPERATURE * pdb.topology.getNumAtoms()
    engines = options.engine or ["GEMS, Smooth", "AMBER99SB-ILDN"]
    energies: dict[str, list[np.ndarray]] = {label: [] for label in engines}
    for label, seed in itertools.product(energies, range(1, options.seeds + 1)):
        is_model, platform = ENGINES[label]
        context = make_context(make_system(pdb, options.model if is_model else None), platform)
        kept = options.keep and options.keep / f"{label}, seed {seed}.npz"
        if kept is not None and kept.is_file():
            before = read_copy(kept, context)
        else:
            before = []
            equilibrate(context, pdb, options.equilibration, seed)
        run = sample_energies(context, options.time, before, label, kept)
        energies[label].append(run)
        drift = energy_drift(np.arange(len(run)) * SAMPLE_STEPS * TIME_STEP_PS, run / kt_all_atoms)
        print(f"{label}, seed {seed}: {drift.slope:+.1e} +- {drift.error:.1e} kT per atom and ps")
    paths = {mode: forces_along_path(options.model, mode.lower()) for mode in ("Exact", "Smooth")}
    draw(energies, paths, options.out)
    print(f"Look at {options.out}")


if __name__ == "__main__":
    main()
