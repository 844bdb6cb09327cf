# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Backbone dihedrals of peptides and proteins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mdtraj
import numpy as np

from openmmgems.data.frames_file import require_whole_dcd


@dataclass(frozen=True)
class BackboneDihedrals:
    """Phi and psi of the residues that have both.

    Attributes
    ----------
    phi, psi : numpy.ndarray
        Radians in (-pi, pi], shape ``[num_frames, num_residues]``.
    residues : list of str
        Name and number of each residue.
    """

    phi: np.ndarray
    psi: np.ndarray
    residues: list[str]


def backbone_dihedrals(positions: np.ndarray, topology: mdtraj.Topology) -> BackboneDihedrals:
    """Compute phi and psi; molecules must be whole.

    Parameters
    ----------
    positions : numpy.ndarray
        nm, shape ``[num_frames, num_atoms, 3]``.
    topology : mdtraj.Topology

    Returns
    -------
    BackboneDihedrals

    Raises
    ------
    ValueError
        If no residue has both angles.
    """
    frames = mdtraj.Trajectory(np.asarray(positions, dtype=np.float32), topology)
    phi_atoms, phi = mdtraj.compute_phi(frames, periodic=False)
    psi_atoms, psi = mdtraj.compute_psi(frames, periodic=False)
    # phi is C(i-1), N, CA, C; psi is N, CA, C, N(i+1): both share the CA of their residue
    phi_column = {int(atoms[2]): column for column, atoms in enumerate(phi_atoms)}
    psi_column = {int(atoms[1]): column for column, atoms in enumerate(psi_atoms)}
    shared = sorted(set(phi_column) & set(psi_column))
    if not shared:
        raise ValueError("No residue has both phi and psi; a peptide bond on each side is needed.")
    return BackboneDihedrals(
        phi[:, [phi_column[atom] for atom in shared]],
        psi[:, [psi_column[atom] for atom in shared]],
        [str(topology.atom(atom).residue) for atom in shared],
    )


def read_backbone_dihedrals(trajectory: Path, structure: Path) -> BackboneDihedrals:
    """Read a trajectory and compute phi and psi.

    Parameters
    ----------
    trajectory : path
        DCD, XTC or what else MDTraj reads.
    structure : path
        Topology (PDB).

    Returns
    -------
    BackboneDihedrals

    Raises
    ------
    ValueError
        If frames of a DCD file are missing.
    """
    if trajectory.suffix == ".dcd":
        require_whole_dcd(trajectory)
    frames = mdtraj.load(str(trajectory), top=str(structure))
    return backbone_dihedrals(frames.xyz, frames.topology)


def ramachandran_density(
    phi: np.ndarray, psi: np.ndarray, num_bins: int = 36
) -> tuple[np.ndarray, np.ndarray]:
    """Count how often each part of the Ramachandran plane was visited.

    Parameters
    ----------
    phi, psi : numpy.ndarray
        Radians, any equal shape.
    num_bins : int
        Per angle.

    Returns
    -------
    density : numpy.ndarray
        Probability per square radian, shape ``[num_bins (phi), num_bins (psi)]``.
    edges : numpy.ndarray
        Radians, shape ``[num_bins + 1]``.
    """
    edges = np.linspace(-np.pi, np.pi, num_bins + 1)
    density, _, _ = np.histogram2d(np.ravel(phi), np.ravel(psi), bins=(edges, edges), density=True)
    return density, edges
