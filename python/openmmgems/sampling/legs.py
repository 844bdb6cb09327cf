# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What a parent runs through: one leg after the other, each at one temperature and bias."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from openmm import app

from openmmgems.dynamics.protocol import (
    Dihedral,
    DihedralRestraint,
    Ensemble,
    Segment,
    Thermostat,
)

from .sampling_settings import DihedralBias, ParentSettings

#: Frames after which there is a checkpoint.
CHECKPOINT_FRAMES = 10
# Steps after which there is one in a leg that keeps no frames.
_SILENT_STEPS = 2500


@dataclass(frozen=True)
class ParentProtocol:
    """Legs of a parent: `segments` of one time step, on a thermostat that forgets."""

    segments: tuple[Segment, ...]
    time_step_fs: float
    seed: int
    log_interval: int = 0
    trajectory_format: str = "dcd"
    wraps_molecules: bool = False
    renews: bool = True

    @property
    def num_steps(self) -> int:
        """Of all legs together."""
        return sum(leg.num_steps for leg in self.segments)

    @property
    def length_ps(self) -> float:
        """Of all legs together, ps."""
        return self.num_steps * self.time_step_fs * 1e-3


def parent_protocol(settings: ParentSettings, topology: app.Topology) -> ParentProtocol:
    """Plan the run of a parent; see :func:`legs_of`."""
    legs = tuple(legs_of(settings, topology))
    return ParentProtocol(legs, settings.time_step_fs, settings.seed)


def legs_of(settings: ParentSettings, topology: app.Topology) -> list[Segment]:
    """Plan the run of a parent.

    In water each temperature is reached at constant volume, then at constant pressure, and run at
    constant pressure. In vacuum each starts from the minimum with velocities of twice the
    temperature, half of which goes into the potential energy. Biased runs follow, each from where
    the runs without bias ended.

    Raises
    ------
    ValueError
        If a biased dihedral or disulfide bridge is not there.

    """
    legs: list[Segment] = []
    wet = settings.solvent == "water"
    frame = round(settings.frame_interval_ps * 1e3 / settings.time_step_fs)
    silent = round(settings.equilibration_ps * 1e3 / settings.time_step_fs)
    frames = max(1, round(settings.length_ps / settings.frame_interval_ps))
    for t in settings.temperatures_kelvin:
        leg = _leg(f"{t:g}K", t, frames * frame, frame)
        if not wet:
            leg = replace(leg, start="minimum", start_temperature=2.0 * t)
        elif silent:
            legs.append(replace(_leg(f"{t:g}K-volume", t, silent), start_temperature=t))
            legs.append(replace(_leg(f"{t:g}K-pressure", t, silent), ensemble=Ensemble.NPT))
            leg = replace(leg, ensemble=Ensemble.NPT)
        else:
            leg = replace(leg, ensemble=Ensemble.NPT, start_temperature=t)
        legs.append(leg)
    for bias in settings.biases:
        legs += _biased_legs(bias, settings, topology, frame)
    return legs


def _leg(name: str, temperature: float, num_steps: int, frame_interval: int = 0) -> Segment:
    """At constant volume and without bias, going on where the leg before ended."""
    return Segment(
        name=name,
        thermostat=Thermostat.LANGEVIN,
        temperature=temperature,
        num_steps=num_steps,
        frame_interval=frame_interval,
        checkpoint_interval=CHECKPOINT_FRAMES * frame_interval or _SILENT_STEPS,
        kept_as="unbiased",
    )


def _biased_legs(
    bias: DihedralBias, settings: ParentSettings, topology: app.Topology, frame: int
) -> Iterator[Segment]:
    temperature = bias.temperature_kelvin
    frames = max(1, round(bias.length_ps / settings.frame_interval_ps))
    for what, dihedrals in _driven(bias, topology):
        for targets in itertools.product(bias.targets_degree, repeat=len(dihedrals)):
            held = tuple(zip(dihedrals, map(math.radians, targets), strict=True))
            name = f"{what}-{'/'.join(f'{angle:g}' for angle in targets)}"
            yield replace(
                _leg(name, temperature, frames * frame, frame),
                ensemble=Ensemble.NPT if settings.solvent == "water" else Ensemble.NVT,
                bias=DihedralRestraint(held, bias.force_constant),
                start="unbiased",
                # far from its target the restraint would throw the molecule about
                force_tolerance=100.0,
                max_iterations=500,
                start_temperature=temperature,
                kept_as="",
            )


def _driven(bias: DihedralBias, topology: app.Topology) -> Iterator[tuple[str, list[Dihedral]]]:
    """Names and dihedrals that are driven together."""
    bridges = disulfide_dihedrals(topology)
    for number in bias.disulfides:
        if not 1 <= number <= len(bridges):
            raise ValueError(
                f"disulfides names bridge {number}, but the structure has {len(bridges)} disulfide "
                "bridges, counted from 1; expected one of them."
            )
        yield f"disulfide-{number}", list(bridges[number - 1])
    for atoms in bias.dihedrals:
        a, b, c, d = (_atom(topology, text) for text in atoms)
        yield f"dihedral-{a}-{b}-{c}-{d}", [(a, b, c, d)]


def disulfide_dihedrals(topology: app.Topology) -> list[tuple[Dihedral, Dihedral]]:
    """Find N-CA-CB-SG of both cysteines of every disulfide bridge, by its first cysteine."""
    found = []
    for first, second in topology.bonds():
        if first.name == second.name == "SG" and first.residue is not second.residue:
            ends = sorted((first.residue, second.residue), key=lambda residue: residue.index)
            angles = []
            for residue in ends:
                atoms = {atom.name: atom.index for atom in residue.atoms()}
                angles.append((atoms["N"], atoms["CA"], atoms["CB"], atoms["SG"]))
            found.append((ends[0].index, (angles[0], angles[1])))
    return [angles for _, angles in sorted(found)]


def _atom(topology: app.Topology, text: str) -> int:
    for atom in topology.atoms():
        if text == f"{atom.residue.chain.id}:{atom.residue.id}:{atom.name}":
            return int(atom.index)
    raise ValueError(
        f"There is no atom '{text}' for a bias; expected CHAIN:RESIDUE:ATOM such as 'A:10:CA'."
    )
