# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What a parent runs through: one leg after the other, each at one temperature and bias."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import openmm
from openmm import app

from .sampling_settings import DihedralBias, ParentSettings

Dihedral = tuple[int, int, int, int]
#: Frames after which there is a checkpoint.
SEGMENT_FRAMES = 10
# Steps of a segment that keeps no frames.
_SILENT_STEPS = 2500


@dataclass(frozen=True)
class Leg:
    """One part of a run.

    ``name`` for the log; ``temperature`` of the thermostat; ``start_temperature`` of the velocities
    drawn at its beginning (0: those there are go on); ``start``: where the leg before ended, the
    minimum, or the end of the last leg without bias; ``at_pressure``: with a barostat; ``steps``,
    and ``frame_steps`` between frames (0: none are kept); ``targets``: dihedrals and where they are
    held, in radian, by ``force_constant`` in kJ/mol.
    """

    name: str
    temperature: float
    start_temperature: float
    start: Literal["before", "minimum", "unbiased"]
    at_pressure: bool
    steps: int
    frame_steps: int
    targets: tuple[tuple[Dihedral, float], ...] = ()
    force_constant: float = 0.0

    @property
    def num_frames(self) -> int:
        """Frames that it keeps."""
        return self.steps // self.frame_steps if self.frame_steps else 0

    @property
    def segments(self) -> list[int]:
        """Steps of each of its parts, between which there are checkpoints."""
        size = SEGMENT_FRAMES * self.frame_steps if self.frame_steps else _SILENT_STEPS
        whole, rest = divmod(self.steps, size)
        return [size] * whole + ([rest] if rest else [])


def legs_of(settings: ParentSettings, topology: app.Topology) -> list[Leg]:
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
    legs: list[Leg] = []
    wet = settings.solvent == "water"
    frame = round(settings.frame_interval_ps * 1e3 / settings.time_step_fs)
    silent = round(settings.equilibration_ps * 1e3 / settings.time_step_fs)
    frames = max(1, round(settings.length_ps / settings.frame_interval_ps))
    for t in settings.temperatures_kelvin:
        if wet and silent:
            legs.append(Leg(f"{t:g}K-volume", t, t, "before", False, silent, 0))
            legs.append(Leg(f"{t:g}K-pressure", t, 0.0, "before", True, silent, 0))
        start = (0.0 if silent else t) if wet else 2.0 * t
        place: Literal["before", "minimum"] = "before" if wet else "minimum"
        legs.append(Leg(f"{t:g}K", t, start, place, wet, frames * frame, frame))
    for bias in settings.biases:
        legs += _biased_legs(bias, settings, topology, frame)
    return legs


def _biased_legs(
    bias: DihedralBias, settings: ParentSettings, topology: app.Topology, frame: int
) -> Iterator[Leg]:
    frames = max(1, round(bias.length_ps / settings.frame_interval_ps))
    for what, dihedrals in _driven(bias, topology):
        for targets in itertools.product(bias.targets_degree, repeat=len(dihedrals)):
            held = tuple(zip(dihedrals, map(math.radians, targets), strict=True))
            name = f"{what}-{'/'.join(f'{angle:g}' for angle in targets)}"
            temperature, wet = bias.temperature_kelvin, settings.solvent == "water"
            yield Leg(
                *(name, temperature, temperature, "unbiased", wet, frames * frame, frame),
                targets=held,
                force_constant=bias.force_constant,
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


def leg_system(base: openmm.System, leg: Leg, seed: int) -> openmm.System:
    """Copy a System and add the barostat and the restraints of a leg."""
    system = openmm.XmlSerializer.clone(base)
    if leg.at_pressure:
        barostat = openmm.MonteCarloBarostat(1.01325, leg.temperature, 25)
        barostat.setRandomNumberSeed(seed)
        system.addForce(barostat)
    if leg.targets:
        restraint = openmm.CustomTorsionForce("k*(1-cos(theta-target))")
        restraint.addGlobalParameter("k", leg.force_constant)
        restraint.addPerTorsionParameter("target")
        for atoms, angle in leg.targets:
            restraint.addTorsion(*atoms, [angle])
        system.addForce(restraint)
    return system
