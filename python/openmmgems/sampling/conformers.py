# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers of one small molecule with any engine: normal modes, and hot dynamics."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from openmmgems.core.atomic_system import AtomicSystem, Provenance
from openmmgems.data.sources import BOTTOM_UP
from openmmgems.engines.engine import Engine

from .hot_dynamics import FramePace, HotThermostat, hot_frames
from .mechanics import Positions, Surface, masses_of
from .molecular_graph import MolecularGraph
from .normal_modes import Acceptance, Minimum, draw_displaced, hessian, minimise, normal_modes
from .sampling_settings import ConformerSettings

_KIND = f"{BOTTOM_UP}:"
# Displacements that may be rejected in a row.
_MAX_DRAWS = 200


@dataclass
class Tally:
    """What happened while conformers were drawn.

    Attributes
    ----------
    num_calls : int
        Evaluations of the engine.
    num_rejected : int
        Displacements that changed bonds, were too high in energy, or made the engine fail.
    num_restarts : int
        Runs that began again because bonds changed or the engine failed.
    num_soft_modes : int
        Modes below ``softest_mode_per_cm``, imaginary ones among them.
    bonds_would_change : bool
        The minimisation stopped where further down bonds would change.

    """

    num_calls: int = 0
    num_rejected: int = 0
    num_restarts: int = 0
    num_soft_modes: int = 0
    bonds_would_change: bool = False


def conformers(
    structure: AtomicSystem,
    settings: ConformerSettings,
    engine: Engine,
    tally: Tally | None = None,
    occurrence: int = 0,
) -> Iterator[AtomicSystem]:
    """Draw conformers of a molecule.

    It is minimised, then displaced along its normal modes, then runs from the minimum at each of
    the temperatures. Where a bond would change on the way to the minimum, as in zwitterions, whose
    proton leaves in vacuum, dynamics would do the same at once: there all conformers come from
    normal modes about the last positions with the same bonds. The same structure, settings and
    engine give the same conformers.

    Parameters
    ----------
    structure : AtomicSystem
        Its source is `bottom-up:<SMILES>` or `bottom-up:<SMILES>:start`; its bonds, judged by
        distance, are those that must stay.
    settings : ConformerSettings
        `engine` and `engine_options` are not looked at.
    engine : Engine
    tally : Tally, optional
        Counts what happens.
    occurrence : int
        Distinguishes structures of the same source, which draw other random numbers.

    Yields
    ------
    AtomicSystem
        `settings.number` of them (a single atom: itself), with sources like
        `bottom-up:<SMILES>:nm-600K-3` and `bottom-up:<SMILES>:md-1000K-12`.

    Raises
    ------
    ValueError
        If the source is not that of a bottom-up fragment, or the structure is periodic.
    RuntimeError
        If the engine fails at the minimum, or bonds cannot be kept.

    """
    structure.require_molecule("Conformers cannot be drawn")
    name = fragment_name(structure.source)
    tally = Tally() if tally is None else tally
    surface = Surface(structure, engine)
    graph = MolecularGraph(structure.atomic_numbers, structure.positions_angstrom)
    generator = np.random.default_rng([settings.seed, zlib.crc32(name.encode()), occurrence])
    try:
        minimum = minimise(surface, graph)
        tally.bonds_would_change = minimum.bonds_would_change
        drawn = _draw(surface, graph, minimum, settings, tally, generator)
        for frame, (how, positions) in enumerate(drawn):
            yield conformer(structure, positions, f"{_KIND}{name}:{how}", occurrence, frame)
    finally:
        tally.num_calls += surface.num_calls


def conformer(
    structure: AtomicSystem, positions: Positions, source: str, run: int, frame: int
) -> AtomicSystem:
    """Make one conformer of a molecule, which knows its run."""
    provenance = Provenance(BOTTOM_UP, fragment_name(structure.source), str(run), frame)
    return replace(structure, positions_angstrom=positions, source=source, provenance=provenance)


def fragment_name(source: str) -> str:
    """Get what stands between `bottom-up:` and `:start` in a source, usually SMILES.

    Raises
    ------
    ValueError
        If it is another kind of source, or there is nothing.

    """
    name = source.removeprefix(_KIND).removesuffix(":start")
    if not source.startswith(_KIND) or not name:
        raise ValueError(
            f"The source of a structure is '{source}'; expected 'bottom-up:<SMILES>:start'. "
            "Conformers are drawn of bottom-up fragments; top-down ones are used as they are."
        )
    return name


def expected_calls(num_atoms: int, settings: ConformerSettings) -> int:
    """Estimate the evaluations for one molecule: minimum, second derivatives, draws, dynamics.

    A minimisation is taken as 100 evaluations; rejections and restarts are not counted.
    """
    modes = settings.num_by_normal_modes
    frames = settings.number - modes
    per_frame = _steps(settings.spacing_fs, settings)
    runs = min(frames, len(settings.dynamics_temperatures_kelvin))
    dynamics = frames * per_frame + runs * _steps(settings.equilibration_fs, settings)
    return 100 + (6 * num_atoms + modes if modes else 0) + dynamics


def _draw(
    surface: Surface,
    graph: MolecularGraph,
    minimum: Minimum,
    settings: ConformerSettings,
    tally: Tally,
    generator: np.random.Generator,
) -> Iterator[tuple[str, Positions]]:
    """Yield method, temperature and number as in a source, and positions."""
    if len(minimum.positions_angstrom) == 1:
        yield "start", minimum.positions_angstrom
        return
    displaced = settings.number if tally.bonds_would_change else settings.num_by_normal_modes
    if displaced:
        window = settings.energy_window_ev_per_atom * len(minimum.positions_angstrom)
        acceptance = Acceptance(
            graph, minimum.energy_ev + window, settings.softest_mode_per_cm, _MAX_DRAWS
        )
        cycle = settings.normal_mode_temperatures_kelvin
        chosen = [cycle[k % len(cycle)] for k in range(displaced)]
        yield from _by_normal_modes(surface, minimum, acceptance, chosen, tally, generator)
    frames = settings.number - displaced
    temperatures = settings.dynamics_temperatures_kelvin
    done = 0
    for place, temperature in enumerate(temperatures):
        number = len(range(place, frames, len(temperatures)))
        thermostat = HotThermostat(
            temperature,
            settings.time_step_fs,
            settings.friction_per_ps,
            settings.hydrogen_mass_dalton,
        )
        pace = FramePace(
            number,
            _steps(settings.spacing_fs, settings),
            _steps(settings.equilibration_fs, settings),
            settings.max_restarts,
        )
        before = tally.num_restarts
        run = hot_frames(surface, minimum.positions_angstrom, graph, thermostat, pace, generator)
        for positions, restarts in run:
            tally.num_restarts = before + restarts
            done += 1
            yield f"md-{temperature:g}K-{done}", positions


def _by_normal_modes(
    surface: Surface,
    minimum: Minimum,
    acceptance: Acceptance,
    temperatures: list[float],
    tally: Tally,
    generator: np.random.Generator,
) -> Iterator[tuple[str, Positions]]:
    start = minimum.positions_angstrom
    masses = masses_of(surface.structure.atomic_numbers)
    modes = normal_modes(hessian(surface, start), masses, start)
    soft = modes.wave_numbers_per_cm < acceptance.softest_mode_per_cm
    tally.num_soft_modes = int(soft.sum())
    draws = draw_displaced(surface, minimum, modes, temperatures, acceptance, generator)
    for done, (temperature, positions, rejected) in enumerate(draws, start=1):
        tally.num_rejected += rejected
        yield f"nm-{temperature:g}K-{done}", positions


def _steps(duration_fs: float, settings: ConformerSettings) -> int:
    return round(duration_fs / settings.time_step_fs)
