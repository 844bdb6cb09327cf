# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""OpenMM's Simulation of one segment of a run."""

from __future__ import annotations

import numpy as np
import openmm
from openmm import app

from .platform_choice import PlatformChoice
from .protocol import Schedule, add_ensemble_forces, make_integrator


class SegmentSimulation(app.Simulation):  # type: ignore[misc]
    """What a run computes with in one of its segments: nothing of it is in a folder.

    Parameters
    ----------
    topology : openmm.app.Topology
    system : openmm.System
        What the segment needs beside it is added to a copy (``add_ensemble_forces``).
    protocol : Schedule
    choice : PlatformChoice
    number : int
        Of the segment, from 0.
    step : int
        Of the segment; where the Context is renewed, it has random numbers of this step.
    """

    def __init__(
        self,
        topology: app.Topology,
        system: openmm.System,
        protocol: Schedule,
        choice: PlatformChoice,
        number: int = 0,
        step: int = 0,
    ) -> None:
        self.base, self.number, self.segment = system, number, protocol.segments[number]
        seeds = [protocol.seed] * 3
        if protocol.renews:
            source = [protocol.seed, number, step // self.segment.checkpoint_interval]
            generator = np.random.default_rng(source)
            seeds = [int(seed) for seed in generator.integers(1, 2**31 - 1, 3)]
        self.velocity_seed = seeds[2]
        own = openmm.XmlSerializer.clone(system)
        add_ensemble_forces(own, self.segment, seeds[0])
        integrator = make_integrator(self.segment, protocol.time_step_fs, seeds[1])
        super().__init__(topology, own, integrator, choice.platform, choice.properties)
