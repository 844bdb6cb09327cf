# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Reporters whose files can be cut back to a checkpoint and continued.

Each has ``flush()`` (all that was reported is on disk), ``size`` (bytes then) and ``close()``.
"""

from __future__ import annotations

import errno
import math
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from openmm import app, unit

from openmmgems.core.files import DISK_FULL

from .protocol import GAS_CONSTANT, Protocol

LOG_COLUMNS = (
    "step",
    "time_ps",
    "potential_energy_kj_mol",
    "kinetic_energy_kj_mol",
    "total_energy_kj_mol",
    "temperature_k",
    "volume_nm3",
)


class EnergyLog:
    """Energies, temperature and volume as comma-separated values.

    Parameters
    ----------
    path : pathlib.Path
    interval : int
        Steps between lines.
    degrees_of_freedom : int
        For the temperature.
    kept_bytes : int
        0 starts a new file; else the file is cut to this size and continued.
    """

    def __init__(
        self, path: Path, interval: int, degrees_of_freedom: int, kept_bytes: int = 0
    ) -> None:
        self.path = path
        self.interval = interval
        self._kt_factor = 2.0 / degrees_of_freedom / GAS_CONSTANT
        self.latest: dict[str, float] = {}
        if kept_bytes:
            cut_file(path, kept_bytes)
        self._file = open(path, "ab" if kept_bytes else "wb", buffering=0)  # noqa: SIM115
        if not kept_bytes:
            self._write(",".join(LOG_COLUMNS) + "\n")

    def describeNextReport(self, simulation: app.Simulation) -> dict[str, Any]:
        """Tell OpenMM when the next line is due and what it needs."""
        steps = self.interval - simulation.currentStep % self.interval
        return {"steps": steps, "periodic": None, "include": ["energy"]}

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
        volume = ""
        if simulation.topology.getPeriodicBoxVectors() is not None:
            volume = f"{state.getPeriodicBoxVolume().value_in_unit(unit.nanometer**3):.6f}"
        step = simulation.currentStep
        time_ps = step * simulation.integrator.getStepSize().value_in_unit(unit.picosecond)
        temperature = kinetic * self._kt_factor
        self.latest = {
            "potential": potential,
            "total": potential + kinetic,
            "temperature": temperature,
        }
        self._write(
            f"{step},{time_ps:.6f},{potential:.6f},{kinetic:.6f},{potential + kinetic:.6f},"
            f"{temperature:.3f},{volume}\n"
        )

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


class TrajectoryFile:
    """Frames as DCD or XTC, molecules whole; continues a file cut back to a checkpoint.

    Parameters
    ----------
    path : pathlib.Path
        Ending ``.dcd`` or ``.xtc``.
    topology : openmm.app.Topology
    protocol : Protocol
        For the interval and the time step.
    kept_bytes, kept_frames : int
        0 starts a new file; else the file is cut to this size and frame count and continued.
    """

    def __init__(
        self,
        path: Path,
        topology: app.Topology,
        protocol: Protocol,
        kept_bytes: int = 0,
        kept_frames: int = 0,
    ) -> None:
        self.path = path
        self.interval = protocol.frame_interval
        self.num_frames = kept_frames
        self._num_atoms = topology.getNumAtoms()
        step_ps = protocol.time_step_fs * 1e-3
        arguments = (topology, step_ps, self.interval, self.interval, kept_frames > 0)
        if kept_frames:
            cut_file(path, kept_bytes)
        self._handle = None
        if path.suffix == ".dcd":
            if kept_frames:
                _set_dcd_frames(path, kept_frames)
            self._handle = open(path, "r+b" if kept_frames else "w+b")  # noqa: SIM115
            self._writer = app.DCDFile(self._handle, *arguments)
        else:
            if not kept_frames:
                path.write_bytes(b"")
            self._writer = app.XTCFile(str(path), *arguments)
        self.size = kept_bytes

    def describeNextReport(self, simulation: app.Simulation) -> dict[str, Any]:
        """Tell OpenMM when the next frame is due and what it needs."""
        steps = self.interval - simulation.currentStep % self.interval
        return {"steps": steps, "periodic": None, "include": ["positions"]}

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
        box = state.getPeriodicBoxVectors()
        self._writer.writeModel(positions, periodicBoxVectors=box)
        self.size = self._checked_size()
        self.num_frames += 1

    def _checked_size(self) -> int:
        """Size after a frame; the XTC writer does not say so when the disk is full."""
        size = self.path.stat().st_size
        grown = size - self.size
        # a DCD frame holds 12 bytes an atom; XTC packs a coordinate into 9 bits or more, and
        # fewer only within runs of close atoms
        least = 12 * self._num_atoms if self._handle is not None else max(1, self._num_atoms)
        if grown < least:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        return size

    def flush(self) -> None:
        """Bring all frames to disk."""
        with open(self.path, "rb") as file:
            os.fsync(file.fileno())

    def close(self) -> None:
        """Close the file; what could not be written was reported before."""
        if self._handle is not None and not self._handle.closed:
            try:
                self._handle.close()
            except OSError as error:
                if error.errno not in DISK_FULL:
                    raise


def cut_file(path: Path, size: int) -> None:
    """Cut a file to the size it had at a checkpoint.

    Parameters
    ----------
    path : pathlib.Path
    size : int
        Bytes.

    Raises
    ------
    OSError
        If the file is shorter: it was changed after the checkpoint.
    """
    present = path.stat().st_size if path.is_file() else 0
    if present < size:
        raise OSError(
            f"'{path}' has {present} bytes, but had {size} at the checkpoint; it was changed since."
        )
    os.truncate(path, size)


def _set_dcd_frames(path: Path, num_frames: int) -> None:
    """Set the number of frames in a DCD header, and the last step by that of a frame."""
    with open(path, "r+b") as file:
        file.seek(8)
        file.write(struct.pack("<i", num_frames))
        file.seek(12)
        first, interval = struct.unpack("<2i", file.read(8))
        file.write(struct.pack("<i", first + (num_frames - 1) * interval))
