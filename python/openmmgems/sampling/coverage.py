# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Which states a parent's frames, and those selected of them, have been in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from openmm import app

from openmmgems.data.frames_file import read_frames
from openmmgems.data.selected_frames import read_selected
from openmmgems.dynamics.protocol import Dihedral

from .legs import disulfide_dihedrals
from .parents import solute_atoms

#: Basins of phi and psi: name -> lowest and highest phi, then psi, degrees; psi goes round. After
#: Hollingsworth and Karplus, Biomol. Concepts 1, 271 (2010), doi:10.1515/bmc.2010.022.
BASINS = {
    "alpha": (-160.0, -20.0, -120.0, 50.0),
    "beta": (-180.0, -90.0, 50.0, 240.0),
    "polyproline": (-90.0, -20.0, 50.0, 240.0),
    "left-handed": (20.0, 130.0, -60.0, 120.0),
}
_OTHER = "other"
_ROTAMERS = ("gauche+", "trans", "gauche-")


@dataclass(frozen=True)
class Coverage:
    """How often states occur.

    ``basins``: share of all residues and frames by basin; ``disulfides``: for each bridge, share of
    frames by the pair of its N-CA-CB-SG states: gauche+, trans, gauche- (60, 180, -60 degrees).
    ``selected_basins``, ``selected_disulfides``: the same of the selected frames.
    """

    basins: dict[str, float]
    disulfides: list[dict[str, float]]
    selected_basins: dict[str, float]
    selected_disulfides: list[dict[str, float]]

    def lines(self) -> list[str]:
        """Tell it in words."""
        text = ["Share of residues in each basin of phi and psi, all frames (selected ones):"]
        text += _told(self.basins, self.selected_basins)
        pairs = zip(self.disulfides, self.selected_disulfides, strict=True)
        for number, (share, selected) in enumerate(pairs, start=1):
            text.append(f"Disulfide bridge {number}, N-CA-CB-SG of both cysteines:")
            text += _told(share, selected)
        return text


def coverage(folder: Path) -> Coverage:
    """Find the states of a parent's frames.

    Parameters
    ----------
    folder : pathlib.Path
        Of a parent whose frames were selected.

    Returns
    -------
    Coverage

    Raises
    ------
    FileNotFoundError
        If nothing has been selected.

    """
    folder = Path(folder)
    chosen = {selected.frame for selected in read_selected(folder)}
    topology = app.PDBFile(str(folder / "system.pdb")).topology
    backbone = backbone_angles(topology)
    bridges = disulfide_dihedrals(topology)
    place = {int(atom): k for k, atom in enumerate(solute_atoms(topology, "all"))}
    frames = read_frames(folder / "frames.dcd", np.array(list(place)))
    counts = _Counts(len(bridges)), _Counts(len(bridges))
    for number, positions, _ in frames:
        states = _basins_of(backbone, place, positions)
        rotamers = [
            "/".join(_rotamer(_angle(positions, angle, place)) for angle in pair)
            for pair in bridges
        ]
        for count in counts if number in chosen else counts[:1]:
            count.add(states, rotamers)
    (basins, disulfides), (selected, selected_bridges) = (count.shares() for count in counts)
    return Coverage(basins, disulfides, selected, selected_bridges)


class _Counts:
    """Counters of basins, and of the states of every bridge."""

    def __init__(self, num_bridges: int) -> None:
        self._basins: Counter[str] = Counter({name: 0 for name in (*BASINS, _OTHER)})
        self._bridges: list[Counter[str]] = [Counter() for _ in range(num_bridges)]

    def add(self, basins: list[str], rotamers: list[str]) -> None:
        self._basins.update(basins)
        for counter, rotamer in zip(self._bridges, rotamers, strict=True):
            counter[rotamer] += 1

    def shares(self) -> tuple[dict[str, float], list[dict[str, float]]]:
        return _share(self._basins), [_share(counter) for counter in self._bridges]


def backbone_angles(topology: app.Topology) -> list[tuple[Dihedral, Dihedral]]:
    """Find phi and psi of every residue that has both."""
    found = []
    for chain in topology.chains():
        atoms = [{a.name: int(a.index) for a in r.atoms()} for r in chain.residues()]
        for a, b, c in zip(atoms, atoms[1:], atoms[2:], strict=False):
            if "C" in a and {"N", "CA", "C"} <= b.keys() and "N" in c:
                found.append(((a["C"], b["N"], b["CA"], b["C"]), (b["N"], b["CA"], b["C"], c["N"])))
    return found


def basin(phi_degree: float, psi_degree: float) -> str:
    """Name the basin of a residue, or "other"."""
    for name, (lowest, highest, low, high) in BASINS.items():
        if lowest <= phi_degree <= highest and (psi_degree - low) % 360.0 <= high - low:
            return name
    return _OTHER


def _basins_of(
    backbone: list[tuple[Dihedral, Dihedral]], place: dict[int, int], positions: NDArray[np.float64]
) -> list[str]:
    return [
        basin(_angle(positions, phi, place), _angle(positions, psi, place)) for phi, psi in backbone
    ]


def _rotamer(degree: float) -> str:
    return _ROTAMERS[int(degree % 360.0 // 120.0)]


def _angle(positions: NDArray[np.float64], atoms: Dihedral, place: dict[int, int]) -> float:
    """Dihedral in degrees, IUPAC sign."""
    a, b, c, d = (positions[place[k]] for k in atoms)
    axis = (c - b) / np.linalg.norm(c - b)
    first = (a - b) - np.dot(a - b, axis) * axis
    second = (d - c) - np.dot(d - c, axis) * axis
    sine = np.dot(np.cross(axis, first), second)
    return float(np.degrees(np.arctan2(sine, np.dot(first, second))))


def _share(counter: Counter[str]) -> dict[str, float]:
    total = counter.total()
    return {name: number / total if total else 0.0 for name, number in counter.items()}


def _told(share: dict[str, float], selected: dict[str, float]) -> list[str]:
    return [f"  {name}: {part:.1%} ({selected.get(name, 0.0):.1%})" for name, part in share.items()]
