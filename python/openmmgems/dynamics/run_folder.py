# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The folder of one run: what lies where, written so that a crash never spoils it."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from openmm import app, unit

from openmmgems.core.errors import RunFolderError
from openmmgems.core.files import write_atomically
from openmmgems.core.locks import locked_folder

_LARGEST_PDB = 99_999


class RunFolder:
    """Paths and small files of one run.

    Parameters
    ----------
    path : path
        Made when the first file is written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.settings = self.path / "settings.json"
        self.system = self.path / "system.xml"
        self.log = self.path / "log.csv"
        self.checkpoint = self.path / "checkpoint.zip"
        self.previous_checkpoint = self.path / "checkpoint-previous.zip"

    def trajectory(self, file_format: str) -> Path:
        """Path of the trajectory."""
        return self.path / f"trajectory.{file_format}"

    def structure_file(self, stem: str) -> Path:
        """Path of a structure the run wrote: PDB, or mmCIF where PDB has too few columns."""
        pdb = self.path / f"{stem}.pdb"
        cif = self.path / f"{stem}.cif"
        return cif if cif.is_file() else pdb

    @property
    def holds_a_run(self) -> bool:
        """Whether a run was begun here."""
        return self.settings.is_file()

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from running in this folder at the same time."""
        return locked_folder(self.path)

    def write_settings(self, settings: dict[str, Any]) -> None:
        """Write ``settings.json``."""
        text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
        write_atomically(self.settings, text.encode())

    def read_settings(self) -> dict[str, Any]:
        """Read ``settings.json``."""
        try:
            return dict(json.loads(self.settings.read_text()))
        except FileNotFoundError:
            raise RunFolderError(f"'{self.path}' holds no run to go on with.") from None
        except ValueError as error:
            raise RunFolderError(f"'{self.settings}' is not readable: {error}") from error

    def write_system(self, system: openmm.System) -> None:
        """Write ``system.xml``."""
        write_atomically(self.system, openmm.XmlSerializer.serialize(system).encode())

    def read_system(self) -> openmm.System:
        """Read ``system.xml``."""
        return openmm.XmlSerializer.deserialize(self.system.read_text())

    def write_structure(self, stem: str, topology: app.Topology, positions: np.ndarray) -> Path:
        """Write a structure for people and viewers; coordinates are rounded to 0.001 angstrom.

        Parameters
        ----------
        stem : str
            Name without ending.
        topology : openmm.app.Topology
        positions : numpy.ndarray
            nm, shape ``[num_atoms, 3]``.

        Returns
        -------
        pathlib.Path
        """
        from io import StringIO

        text = StringIO()
        large = topology.getNumAtoms() > _LARGEST_PDB
        writer = app.PDBxFile if large else app.PDBFile
        writer.writeFile(topology, positions * unit.nanometer, text, keepIds=True)
        path = self.path / f"{stem}.{'cif' if large else 'pdb'}"
        write_atomically(path, text.getvalue().encode())
        return path

    def read_topology(self) -> app.Topology:
        """Read the topology of ``start.pdb`` or ``start.cif``."""
        path = self.structure_file("start")
        reader = app.PDBxFile if path.suffix == ".cif" else app.PDBFile
        return reader(str(path)).topology
