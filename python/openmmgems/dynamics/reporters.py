# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Reporters whose files can be cut back to a checkpoint and continued.

Each has ``enter(segment, degrees_of_freedom)`` (what is reported now), ``interval`` (steps between
reports; 0: none), ``flush()`` (all that was reported is on disk), ``size`` (bytes then) and
``close()``.
"""

from __future__ import annotations

import errno
import math
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from openmm import app, unit

from openmmgems.core.files import naming_full_disk
from openmmgems.data.frames_file import FramesFile, open_cut_back

from .protocol import GAS_CONSTANT, Schedule, Segment

LOG_COLUMNS = (
    "step",
    "time_ps",
    "potential_energy_kj_mol",
    "kinetic_energy_kj_mol",
    "total_energy_kj_mol",
    "temperature_k",
    "volume_nm3",
)
FRAME_LOG_COLUMNS = (
    "frame",
    "leg",
    "time_ps",
    "target_kelvin",
    "temperature_kelvin",
    "potential_kj_per_mol",
    "volume_nm3",
)


class _Log(ABC):
    """Lines of comma-separated values; continues a file cut back to a checkpoint.

    Parameters
    ----------
    path : pathlib.Path
    columns : tuple of str
    interval : int
        Steps between lines.
    kept_bytes : int
        0 starts a new file; else the file is cut to this size and continued.
    """

    def __init__(
        self, path: Path, columns: tuple[str, ...], interval: int, kept_bytes: int
    ) -> None:
        self.path, self.interval = path, interval
        self.latest: dict[str, float] = {}
        self._file = open_cut_back(path, kept_bytes, buffering=0)
        if not kept_bytes:
            self._write(",".join(columns) + "\n")

    def enter(self, segment: Segment, degrees_of_freedom: int) -> None:
        """Go on with lines of a segment, temperatures by so many degrees of freedom."""
        self._segment = segment
        self._kt_factor = 2.0 / degrees_of_freedom / GAS_CONSTANT

    def describeNextReport(self, simulation: app.Simulation) -> dict[str, Any]:
        """Tell OpenMM when the next line is due and what it needs."""
        steps = self.interval - simulation.currentStep % self.interval
        # the next step needs forces at these positions: a GemsForce computes both but once
        return {"steps": steps, "periodic": None, "include": ["energy", "forces"]}

    def report(self, simulation: app.Simulation, state: openmm.State) -> None:
        """Write one line.

        Raises
        ------
        FloatingPointError
            If an energy is not finite; nothing is written then.
        """
        potential = state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
        kinetic = state.getKineticEnergy().value_in_unit(unit.kilojoule_per_mole)
        if not math.isfinite(potential + kinetic):
            raise FloatingPointError("the energy is not a finite number")
        volume = None
        if simulation.topology.getPeriodicBoxVectors() is not None:
            volume = state.getPeriodicBoxVolume().value_in_unit(unit.nanometer**3)
        step = simulation.currentStep
        time_ps = step * simulation.integrator.getStepSize().value_in_unit(unit.picosecond)
        self.latest = {
            "potential": potential,
            "total": potential + kinetic,
            "temperature": kinetic * self._kt_factor,
        }
        self._write(self._line(step, time_ps, kinetic, volume) + "\n")

    @abstractmethod
    def _line(self, step: int, time_ps: float, kinetic: float, volume: float | None) -> str:
        """Put a report into a line; what `latest` has is up to date."""

    def _write(self, line: str) -> None:
        data = line.encode()
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def flush(self) -> None:
        """Bring all lines to disk."""
        os.fsync(self._file.fileno())

    @property
    def size(self) -> int:
        """Bytes written."""
        return self.path.stat().st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class EnergyLog(_Log):
    """Energies, temperature and volume every so many steps; for the parameters see `_Log`."""

    def __init__(self, path: Path, interval: int, kept_bytes: int = 0) -> None:
        super().__init__(path, LOG_COLUMNS, interval, kept_bytes)

    def _line(self, step: int, time_ps: float, kinetic: float, volume: float | None) -> str:
        told = "" if volume is None else f"{volume:.6f}"
        potential, total = self.latest["potential"], self.latest["total"]
        return (
            f"{step},{time_ps:.6f},{potential:.6f},{kinetic:.6f},{total:.6f},"
            f"{self.latest['temperature']:.3f},{told}"
        )


class FrameLog(_Log):
    """A line with each frame, on the segment it is of; times begin anew with each segment.

    Parameters
    ----------
    path : pathlib.Path
    kept_bytes, kept_frames : int
        What the file is cut back to.
    """

    def __init__(self, path: Path, kept_bytes: int = 0, kept_frames: int = 0) -> None:
        super().__init__(path, FRAME_LOG_COLUMNS, 0, kept_bytes)
        self._frame = kept_frames

    def enter(self, segment: Segment, degrees_of_freedom: int) -> None:
        """Go on with lines of a segment, temperatures by so many degrees of freedom."""
        super().enter(segment, degrees_of_freedom)
        self.interval = segment.frame_interval

    def _line(self, step: int, time_ps: float, kinetic: float, volume: float | None) -> str:
        told = "" if volume is None else f"{volume:.5f}"
        number, self._frame = self._frame, self._frame + 1
        return (
            f"{number},{self._segment.name},{time_ps:.4f},{self._segment.temperature:g},"
            f"{self.latest['temperature']:.2f},{self.latest['potential']:.4f},{told}"
        )


class TrajectoryFile:
    """Frames as DCD or XTC; continues a file cut back to a checkpoint.

    Parameters
    ----------
    path : pathlib.Path
        Ending ``.dcd`` or ``.xtc``.
    topology : openmm.app.Topology
    protocol : Schedule
        For intervals, the time step, and whether molecules are put into the box.
    kept_bytes, kept_frames : int
        0 starts a new file; else the file is cut to this size and frame count and continued.
    """

    def __init__(
        self,
        path: Path,
        topology: app.Topology,
        protocol: Schedule,
        kept_bytes: int = 0,
        kept_frames: int = 0,
    ) -> None:
        self.interval = max(segment.frame_interval for segment in protocol.segments)
        self._wraps = protocol.wraps_molecules
        step_ps = protocol.time_step_fs * 1e-3
        self._file: FramesFile | _XtcFile
        if path.suffix == ".dcd":
            self._file = FramesFile(
                path, topology, kept_frames, step_ps=step_ps, interval=self.interval
            )
        else:
            self._file = _XtcFile(path, topology, kept_bytes, kept_frames, step_ps, self.interval)

    def enter(self, segment: Segment, degrees_of_freedom: int) -> None:
        """Go on with frames of a segment."""
        del degrees_of_freedom
        self.interval = segment.frame_interval

    @property
    def num_frames(self) -> int:
        """Frames in the file."""
        return self._file.num_frames

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._file.num_bytes

    def describeNextReport(self, simulation: app.Simulation) -> dict[str, Any]:
        """Tell OpenMM when the next frame is due and what it needs."""
        steps = self.interval - simulation.currentStep % self.interval
        periodic = None if self._wraps else False
        return {"steps": steps, "periodic": periodic, "include": ["positions"]}

    def report(self, simulation: app.Simulation, state: openmm.State) -> None:
        """Write one frame.

        Raises
        ------
        FloatingPointError
            If a position is not finite; nothing is written then.
        OSError
            If the frame did not get to disk whole.
        """
        positions = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
        if not np.isfinite(positions).all():
            raise FloatingPointError("a position is not a finite number")
        self._file.write(positions, state.getPeriodicBoxVectors())

    def flush(self) -> None:
        """Bring all frames to disk."""
        self._file.flush()

    def close(self) -> None:
        """Close the file; what could not be written was reported before."""
        self._file.close()


class _XtcFile:
    """An XTC file in the manner of `FramesFile`; its frames differ in size."""

    def __init__(
        self,
        path: Path,
        topology: app.Topology,
        kept_bytes: int,
        kept_frames: int,
        step_ps: float,
        interval: int,
    ) -> None:
        self.path, self.num_bytes, self.num_frames = path, kept_bytes, kept_frames
        self._num_atoms = topology.getNumAtoms()
        # OpenMM opens the file for each frame; this handle keeps other writers away
        self._lock = open_cut_back(path, kept_bytes)
        self._writer = app.XTCFile(
            str(path), topology, step_ps, interval, interval, kept_frames > 0
        )

    def write(self, positions_nm: np.ndarray, box_nm: unit.Quantity | None) -> None:
        """Add a frame; OpenMM's writer does not say so when the disk is full."""
        with naming_full_disk(self.path):
            self._writer.writeModel(positions_nm, periodicBoxVectors=box_nm)
            size = self.path.stat().st_size
            # a coordinate is packed into 9 bits or more, and fewer only within runs of close atoms
            if size - self.num_bytes < max(1, self._num_atoms):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.num_bytes = size
        self.num_frames += 1

    def flush(self) -> None:
        """Bring all frames to disk."""
        os.fsync(self._lock.fileno())

    def close(self) -> None:
        """Let others write."""
        self._lock.close()
