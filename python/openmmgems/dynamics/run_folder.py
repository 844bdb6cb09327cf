# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The folder of one run: what lies where, written so that a crash never spoils it."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openmm
from openmm import app, unit

from openmmgems.core.errors import RunFolderError
from openmmgems.core.files import write_atomically
from openmmgems.core.locks import locked_folder

from .structure_text import structure_text

_SECTIONS = {"structure", "forces", "protocol", "options"}
_MODEL_FILE = "modelFile"  # GemsForce in system.xml


class RunFolder:
    """Paths and small files of one run.

    Parameters
    ----------
    path : path
        Made when the first file is written.
    start, frames : str
        Names, without ending, of the structure that the run begins with and of its trajectory.
    how_to_go_on : str
        What the user does to go on with the run.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        start: str = "start",
        frames: str = "trajectory",
        how_to_go_on: str = "add --resume",
    ) -> None:
        self.path = Path(path)
        self.how_to_go_on = how_to_go_on
        self._start, self._frames = start, frames
        self.settings = self.path / "settings.json"
        self.system = self.path / "system.xml"
        self.model = self.path / "model.pt"
        self.log = self.path / "log.csv"
        self.checkpoint = self.path / "checkpoint.zip"
        self.previous_checkpoint = self.path / "checkpoint-previous.zip"

    def trajectory(self, file_format: str) -> Path:
        """Path of the trajectory."""
        return self.path / f"{self._frames}.{file_format}"

    def state(self, name: str) -> Path:
        """Path of a state that segments start from or end in."""
        return self.path / f"{name}.xml"

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
            settings = dict(json.loads(self.settings.read_text()))
        except FileNotFoundError:
            raise RunFolderError(f"'{self.path}' holds no run to go on with.") from None
        except (ValueError, TypeError) as error:
            raise RunFolderError(f"'{self.settings}' is not readable: {error}") from error
        if missing := sorted(_SECTIONS - settings.keys()):
            raise RunFolderError(f"'{self.settings}' is damaged: it has no {', '.join(missing)}.")
        return settings

    def write_system(self, system: openmm.System) -> None:
        """Write ``system.xml``, and copies of the models in it, which it names without a folder.

        One model is ``model.pt``; others follow as ``model-2.pt`` and so on.
        """
        tree = ElementTree.fromstring(openmm.XmlSerializer.serialize(system))
        copies: dict[str, str] = {}
        for force in tree.iter("Force"):
            if file := force.get(_MODEL_FILE):
                number = f"-{len(copies) + 1}" if copies else ""
                name = copies.setdefault(file, f"{self.model.stem}{number}{self.model.suffix}")
                force.set(_MODEL_FILE, name)
        for file, name in copies.items():
            if Path(file).resolve() != (self.path / name).resolve():
                write_atomically(self.path / name, Path(file).read_bytes())
        write_atomically(self.system, ElementTree.tostring(tree, encoding="unicode"))

    def read_system(self) -> openmm.System:
        """Read ``system.xml``, with the models of this folder wherever it is."""
        try:
            tree = ElementTree.fromstring(self.system.read_text())
        except (OSError, ElementTree.ParseError) as error:
            raise RunFolderError(f"'{self.system}' is not readable: {error}") from error
        for force in tree.iter("Force"):
            if file := force.get(_MODEL_FILE):  # a path in folders of versions before 0.2
                force.set(_MODEL_FILE, str(self.path.absolute() / file))
        return openmm.XmlSerializer.deserialize(ElementTree.tostring(tree, encoding="unicode"))

    def write_structure(self, stem: str, topology: app.Topology, positions: np.ndarray) -> Path:
        """Write a structure for people and viewers, see :func:`structure_text`.

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
        text, ending = structure_text(topology, positions)
        path = self.path / f"{stem}.{ending}"
        write_atomically(path, text)
        for other in {"pdb", "cif"} - {ending}:
            path.with_suffix(f".{other}").unlink(missing_ok=True)
        return path

    def read_start(self) -> tuple[app.Topology, np.ndarray]:
        """Read topology and positions (nm, shape ``[num_atoms, 3]``) that the run began with."""
        path = self.structure_file(self._start)
        reader = app.PDBxFile if path.suffix == ".cif" else app.PDBFile
        read = reader(str(path))
        return read.topology, read.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
