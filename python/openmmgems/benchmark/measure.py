# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""One measurement, made in a process of its own."""

from __future__ import annotations

import importlib
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import openmm

from openmmgems.dynamics.platform_choice import PlatformChoice, choose_platform
from openmmgems.dynamics.protocol import GAS_CONSTANT, Ensemble, Protocol
from openmmgems.dynamics.run import Run
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.gemsforce import GemsForce
from openmmgems.models import model_file
from openmmgems.models.hyperparameters import Hyperparameters
from openmmgems.models.inspect import inspect_model
from openmmgems.simulation.workflow import keep_run, new_simulation
from openmmgems.systems.classical import create_force_field_system
from openmmgems.systems.structure import LoadedStructure
from openmmgems.systems.system import createSystem

from .benchmark_systems import load_system
from .phases import Phase, matrix_rate, measure_phases

#: Steps, fs. All engines get the same.
TIME_STEP = 0.5
TEMPERATURE = 300.0
#: After so many steps atoms return to where they began: without forces they would collide.
_STEPS_PER_EXCURSION = 20
#: glibc gives large blocks back to the system at every step otherwise, which costs PyTorch more
#: than some evaluations: peers are timed at their best, our own engines as `gems simulate` runs.
_ENVIRONMENT_OF_PEERS = {
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TRIM_THRESHOLD_": "8000000000",
}

#: Engines that evaluate a model, and their names.
_OF_MODELS = {"gems": "gems", "simulate": "gems simulate"}

_Result = TypeVar("_Result")
#: One step; the second argument is its number.
Step = Callable[[int], object]


@dataclass(frozen=True)
class Case:
    """What to time.

    Attributes
    ----------
    system : str
        See ``systems.load_system``.
    engine : str
        ``gems`` (a model), ``simulate`` (the same within a run as `gems simulate` makes it, with
        its files), ``amber`` (AMBER99SB-ILDN and TIP3P), or ``module:function`` of a peer.
    model : str
        Bundled model or model file, or ``random:FEATURES:MODULES`` for random weights.
    evaluator : str
        ``auto``, ``torchscript`` or ``native``.
    platform : str, optional
        Name of OpenMM's platform; None: the fastest.
    precision : str
        Of devices.
    num_threads : int
    repeats : int
    seconds : float
        Wall time of each repeat, about.
    """

    system: str
    engine: str = "gems"
    model: str = "random:64:3"
    evaluator: str = "auto"
    platform: str | None = "CPU"
    precision: str = "mixed"
    num_threads: int = 1
    repeats: int = 5
    seconds: float = 1.0

    @property
    def name(self) -> str:
        """The engine, with the evaluator of a model."""
        if self.engine in _OF_MODELS:
            return f"{_OF_MODELS[self.engine]} {self.evaluator}"
        return self.engine

    @property
    def label(self) -> str:
        """Name and threads."""
        return f"{self.name}, {self.num_threads} thread{'s' * (self.num_threads > 1)}"


@dataclass(frozen=True)
class Measurement:
    """What was found.

    Attributes
    ----------
    case : Case
    num_atoms : int
    seconds_per_step : list of float
        One per repeat.
    memory_bytes : int
        Peak of the process beyond what it had before the engine was made.
    platform : str
        What it ran on.
    """

    case: Case
    num_atoms: int
    seconds_per_step: list[float]
    memory_bytes: int
    platform: str

    @property
    def median(self) -> float:
        """Median wall time of a step, s."""
        return float(np.median(self.seconds_per_step))

    @property
    def spread(self) -> float:
        """Distance of the quartiles relative to the median."""
        low, high = np.percentile(self.seconds_per_step, [25, 75])
        return float((high - low) / self.median)

    @property
    def microseconds_per_atom(self) -> float:
        """Median wall time of a step per atom, microseconds."""
        return 1e6 * self.median / self.num_atoms

    @property
    def ns_per_day(self) -> float:
        """Simulated ns in a day, at the time step of the benchmark."""
        return TIME_STEP * 1e-6 * 86400 / self.median


@dataclass(frozen=True)
class Profile:
    """Where a model's time goes, and the machine's rate of matrix products in the same process."""

    case: Case
    phases: list[Phase]
    matrix_gflop_per_second: float


def measure(case: Case) -> Measurement:
    """Time a case in a new process, so that neither memory nor threads of others count."""
    return _in_new_process(_measure_here, case)


def profile(case: Case) -> Profile:
    """Time the phases of the native evaluator, in a new process as well."""
    return _in_new_process(_profile_here, case)


def _in_new_process(function: Callable[[Case], _Result], case: Case) -> _Result:
    environment = _ENVIRONMENT_OF_PEERS if ":" in case.engine else {}
    before = {key: os.environ.get(key) for key in environment}
    os.environ.update(environment)
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(function, case).result()
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def _profile_here(case: Case) -> Profile:
    structure = load_system(case.system)
    frames, cell = _excursion(structure)
    positions = [frames(number) for number in range(_STEPS_PER_EXCURSION)]
    with _model_file(case) as file:
        phases = measure_phases(file, structure.atomic_numbers, positions, cell, case.num_threads)
        width = Hyperparameters(**inspect_model(file).description["hyperparameters"]).num_features
    return Profile(case, phases, matrix_rate(width, case.num_threads))


def _measure_here(case: Case) -> Measurement:
    structure = load_system(case.system)
    with _stepper(case, structure) as (step, memory_before, platform):
        count = 0
        for _ in range(3):  # compile and warm up
            step(count)
            count += 1
        seconds = []
        for _ in range(case.repeats):
            start, first = time.perf_counter(), count
            while count == first or time.perf_counter() - start < case.seconds:
                step(count)
                count += 1
            seconds.append((time.perf_counter() - start) / (count - first))
    memory = max(0, _peak_memory() - memory_before)
    return Measurement(case, structure.num_atoms, seconds, memory, platform)


@contextmanager
def _stepper(case: Case, structure: LoadedStructure) -> Iterator[tuple[Step, int, str]]:
    """A function that makes one step, the memory before, and what it runs on."""
    if case.engine in ("gems", "amber"):
        with _system(case, structure) as system:
            before = _peak_memory()
            step, platform = _openmm_step(case, structure, system)
            yield step, before, platform
    elif case.engine == "simulate":
        with _system(case, structure) as system, tempfile.TemporaryDirectory() as folder:
            before = _peak_memory()
            with closing(_run(case, structure, system, Path(folder))) as run:
                yield _step_of_run(run), before, run.choice.description
    else:
        before = _peak_memory()
        yield _peer_step(case, structure), before, case.engine


@contextmanager
def _system(case: Case, structure: LoadedStructure) -> Iterator[openmm.System]:
    if case.engine == "amber":
        yield create_force_field_system(structure, "amber99sb-ildn")
    else:
        with _model_file(case) as file:
            yield _model_system(case, structure, file)


@contextmanager
def _model_file(case: Case) -> Iterator[Path]:
    if case.model.startswith("random:"):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "random.pt"
            write_random_model(file, case.model)
            yield file
    else:
        yield model_file(case.model)


def _model_system(case: Case, structure: LoadedStructure, model: Path) -> openmm.System:
    system = createSystem(structure.topology, model, total_charge=0, evaluator=case.evaluator)
    if case.model.startswith("random:"):
        force = GemsForce.cast(system.getForces()[-1])
        force.setScaleParameter("scale", 0.0)  # computed in full, without effect on the motion
    return system


def write_random_model(file: Path, name: str) -> None:
    """Write a SpookyNet with random weights, all terms, and a long-range cutoff of 20 bohr.

    Parameters
    ----------
    file : Path
    name : str
        ``random:FEATURES:MODULES``.
    """
    from openmmgems.models.export import save_spookynet
    from openmmgems.models.hyperparameters import DEFAULT_CUTOFF_ANGSTROM, Hyperparameters
    from openmmgems.models.spookynet import SpookyNet

    words = name.split(":")
    if len(words) != 3 or not (words[1].isdecimal() and words[2].isdecimal()):
        raise ValueError(f"model is '{name}'; expected random:FEATURES:MODULES.")
    options = Hyperparameters(
        num_features=int(words[1]),
        num_modules=int(words[2]),
        lr_cutoff=2 * DEFAULT_CUTOFF_ANGSTROM,
    )
    save_spookynet(SpookyNet(options, zero_init=False, seed=1).eval(), options, file)


def _choice(case: Case) -> PlatformChoice:
    return choose_platform(
        case.platform,
        num_threads=case.num_threads,
        precision=case.precision,
        needs_model=case.engine in _OF_MODELS,
    )


def _run(case: Case, structure: LoadedStructure, system: openmm.System, folder: Path) -> Run:
    """A run at step 0, as `gems simulate --ensemble nve --no-minimise` begins it."""
    protocol = Protocol(
        ensemble=Ensemble.NVE, temperature=TEMPERATURE, time_step_fs=TIME_STEP, minimise=False
    )
    choice, out = _choice(case), RunFolder(folder)
    simulation = new_simulation(out, structure, system, protocol, choice, say=lambda text: None)
    run = keep_run(out, simulation, structure.positions, protocol, choice)
    run.prepare(structure.positions)
    run.start()
    return run


def _step_of_run(run: Run) -> Step:
    context = run.simulation.context
    start = context.getState(positions=True, velocities=True)

    def step(number: int) -> None:
        if number % _STEPS_PER_EXCURSION == 0:  # files go on: the number of steps stays
            context.setPositions(start.getPositions(asNumpy=True))
            context.setVelocities(start.getVelocities(asNumpy=True))
        run.simulation.step(1)
        if run.choice.name not in ("CPU", "Reference"):
            context.getState(energy=True)  # waits for the device

    return step


def _openmm_step(case: Case, structure: LoadedStructure, system: openmm.System) -> tuple[Step, str]:
    choice = _choice(case)
    integrator = openmm.VerletIntegrator(TIME_STEP * 1e-3)
    context = openmm.Context(system, integrator, choice.platform, choice.properties)
    context.setPositions(structure.positions)
    context.setVelocitiesToTemperature(TEMPERATURE, 1)
    start = context.getState(positions=True, velocities=True)

    def step(number: int) -> None:
        if number % _STEPS_PER_EXCURSION == 0:
            context.setState(start)
        integrator.step(1)
        if choice.name not in ("CPU", "Reference"):
            context.getState(energy=True)  # waits for the device

    return step, choice.description


def _peer_step(case: Case, structure: LoadedStructure) -> Step:
    """A peer's function, called with positions that move as atoms do at the temperature."""
    import torch

    torch.set_num_threads(case.num_threads)
    torch.set_flush_denormal(True)
    module, _, function = case.engine.partition(":")
    evaluate: Callable[..., Any] = getattr(importlib.import_module(module), function)
    numbers = structure.atomic_numbers
    frames, cell = _excursion(structure)

    def step(number: int) -> None:
        evaluate(numbers, frames(number), cell)

    return step


def _excursion(structure: LoadedStructure) -> tuple[Callable[[int], np.ndarray], np.ndarray | None]:
    """Positions of free flight by number of the step, and lattice vectors or None, in angstrom."""
    positions = 10.0 * structure.positions
    vectors = structure.topology.getPeriodicBoxVectors()
    cell = None if vectors is None else 10.0 * np.array([list(v._value) for v in vectors])
    masses = np.array([a.element.mass._value for a in structure.topology.atoms()])
    speeds = np.sqrt(GAS_CONSTANT * TEMPERATURE / masses)  # nm/ps along each axis
    scale = (10.0 * TIME_STEP * 1e-3 * speeds)[:, None]
    shifts = scale * np.random.default_rng(1).standard_normal(positions.shape)
    return lambda number: positions + (number % _STEPS_PER_EXCURSION) * shifts, cell


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
