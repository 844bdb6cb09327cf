# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Energy conservation of a model beside AMBER99SB-ILDN.

    python examples/03_energy_conservation.py --equilibration 5 --time 20 --seeds 4
    python examples/03_energy_conservation.py --model so3lr --system water:192 --engine GEMS

Runs a capped alanine, or another system, at constant energy, prints the drift of the total energy
of every run in kT per atom and ps, and draws the energies; of a model that can attend in two ways
also a force along a displacement in both. With --keep FOLDER, runs that were stopped go on where
they were.
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
from openmmgems.analysis.drift import energy_drift
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.core.files import write_atomically
from openmmgems.models.inspect import inspect_model
from openmmgems.systems.structure import LoadedStructure
from openmmgems.systems.system import model_file
from rich.progress import track

PEPTIDE = importlib.resources.files("openmmgems") / "data/structures/ace-ala-nme.pdb"
TIME_STEP_PS, SAMPLE_STEPS, TEMPERATURE = 0.0005, 20, 300.0
SAMPLES_BETWEEN_COPIES = 50


#: By label: whether it is a model, and the platform, which decides the precision.
ENGINES = {
    "GEMS": (True, "CPU"),
    "GEMS, float64": (True, "Reference"),
    "AMBER99SB-ILDN": (False, "CPU"),
}


def make_system(structure: LoadedStructure, model: str | None) -> openmm.System:
    """The system under a model, or under AMBER without constraints."""
    if model is not None:
        # The native evaluator is fast on the Reference platform, too.
        evaluator = "native" if is_spookynet(model) else "auto"
        return openmmgems.createSystem(structure.topology, model, evaluator=evaluator)
    periodic = structure.topology.getPeriodicBoxVectors() is not None
    return app.ForceField("amber99sbildn.xml", "tip3p.xml").createSystem(
        structure.topology,
        nonbondedMethod=app.PME if periodic else app.NoCutoff,
        nonbondedCutoff=min(1.0, 0.45 * smallest_edge(structure)),
        constraints=None,
        rigidWater=False,
    )


def is_spookynet(model: str) -> bool:
    """Whether there are two modes of attention, and a native evaluator."""
    return inspect_model(model_file(model)).description["architecture"] == "spookynet"


def smallest_edge(structure: LoadedStructure) -> float:
    """Shortest diagonal element of the box in nm; infinite without a box."""
    vectors = structure.topology.getPeriodicBoxVectors()
    return np.inf if vectors is None else min(vectors[k][k]._value for k in range(3))


def make_context(system: openmm.System, platform_name: str, threads: int) -> openmm.Context:
    """On few threads of the CPU platform: small molecules are slowed down by many."""
    platform = openmm.Platform.getPlatform(platform_name)
    properties = {"Threads": str(threads)} if platform_name == "CPU" else {}
    return openmm.Context(system, openmm.VerletIntegrator(TIME_STEP_PS), platform, properties)


def equilibrate(
    context: openmm.Context, structure: LoadedStructure, time_ps: float, seed: int
) -> None:
    """From the minimum to equipartition."""
    context.setPositions(structure.positions)
    openmm.LocalEnergyMinimizer.minimize(context, 10.0, 100)
    # Half of the kinetic energy goes to the potential, which starts at its minimum.
    context.setVelocitiesToTemperature(2 * TEMPERATURE, seed)
    for _ in track(range(round(time_ps / TIME_STEP_PS)), "equipartition"):
        context.getIntegrator().step(1)


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


def forces_along_path(model: Path, attention: str) -> np.ndarray:
    """Stretches (angstrom), and the force on the first oxygen towards the other (eV/angstrom)."""
    evaluator = openmmgems.Evaluator(model, attention=attention)
    points = []
    for stretch in np.linspace(-0.02, 0.02, 80):  # an even number: none at the switch itself
        result = evaluator.evaluate([8, 1, 1, 8, 1, 1], mirrored_waters(stretch))
        points.append((stretch, -result["forces_ev_per_angstrom"][0, 0]))
    return np.array(points)


def draw(energies: dict[str, list[np.ndarray]], paths: dict[str, np.ndarray], file: Path) -> None:
    """Energies of all runs, and the force along the path in both modes of attention, if any."""
    panels = 3 if paths else 1
    figure, axes = plt.subplots(
        1, panels, figsize=(14 / 3 * panels, 4), layout="constrained", squeeze=False
    )
    for (label, runs), colour in zip(energies.items(), ("C0", "C2", "C1"), strict=False):
        for number, run in enumerate(runs):
            time = np.arange(len(run)) * SAMPLE_STEPS * TIME_STEP_PS
            axes[0, 0].plot(time, run - run[0], colour, lw=0.6, label=None if number else label)
    axes[0, 0].set(xlabel="time (ps)", ylabel="total energy - start (kJ/mol)", title="NVE, 0.5 fs")
    axes[0, 0].legend()
    if paths:
        draw_paths(*axes[0, 1:], paths)
    figure.savefig(file, dpi=120)


def draw_paths(middle: plt.Axes, right: plt.Axes, paths: dict[str, np.ndarray]) -> None:
    """The force along the path, and what the modes of attention differ by."""
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


def main() -> None:
    """Run, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="ala-gfn2", help="name of a model, or a model file")
    parser.add_argument("--time", type=float, default=2.0, help="ps after equipartition")
    parser.add_argument("--equilibration", type=float, default=0.5, help="ps before")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each")
    parser.add_argument(
        "--system",
        default=str(PEPTIDE),
        help="file with hydrogens, or a word such as water:192, as `gems benchmark` has them",
    )
    parser.add_argument("--engine", action="append", choices=ENGINES, help="repeat for more")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU platform")
    parser.add_argument("--keep", type=Path, help="folder for states; stopped runs go on there")
    parser.add_argument("--out", type=Path, default=Path("energy-conservation.png"))
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)

    structure = load_system(options.system)
    kt_all_atoms = 0.0083144626 * TEMPERATURE * structure.topology.getNumAtoms()
    engines = options.engine or ["GEMS", "AMBER99SB-ILDN"]
    energies: dict[str, list[np.ndarray]] = {label: [] for label in engines}
    for label, seed in itertools.product(energies, range(1, options.seeds + 1)):
        is_model, platform = ENGINES[label]
        system = make_system(structure, options.model if is_model else None)
        context = make_context(system, platform, options.threads)
        kept = options.keep and options.keep / f"{label}, seed {seed}.npz"
        if kept is not None and kept.is_file():
            before = read_copy(kept, context)
        else:
            before = []
            equilibrate(context, structure, options.equilibration, seed)
        run = sample_energies(context, options.time, before, label, kept)
        energies[label].append(run)
        drift = energy_drift(np.arange(len(run)) * SAMPLE_STEPS * TIME_STEP_PS, run / kt_all_atoms)
        print(
            f"{label}, seed {seed}: {drift.slope:+.1e} +- {drift.error:.1e} kT per atom and ps; "
            f"the total energy varies by {run.std():.3g} kJ/mol"
        )
    modes = ("Exact", "Smooth") if is_spookynet(options.model) else ()
    file = model_file(options.model)
    draw(energies, {mode: forces_along_path(file, mode.lower()) for mode in modes}, options.out)
    print(f"Look at {options.out}")


if __name__ == "__main__":
    main()
