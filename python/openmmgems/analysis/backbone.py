# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Geometry of protein backbones along a trajectory."""

from __future__ import annotations

import mdtraj
import numpy as np

#: Bonds of the backbone, by the names of their atoms; C-N joins two residues.
BACKBONE_BONDS = {
    "N-H": ("N", "H"),
    "C=O": ("C", "O"),
    "C-N": ("C", "N"),
    "N-CA": ("N", "CA"),
    "CA-C": ("CA", "C"),
}


def backbone_bond_lengths(frames: mdtraj.Trajectory) -> dict[str, np.ndarray]:
    """Compute the lengths of all bonds of the backbone, by kind.

    Parameters
    ----------
    frames : mdtraj.Trajectory
        Molecules must be whole.

    Returns
    -------
    dict of str to numpy.ndarray
        Angstrom, shape ``[num_frames, num_bonds]``, for each of ``BACKBONE_BONDS`` there is.
    """
    found: dict[str, list[tuple[int, int]]] = {kind: [] for kind in BACKBONE_BONDS}
    for first, second in frames.topology.bonds:
        for kind, names in BACKBONE_BONDS.items():
            is_within = first.residue is second.residue
            if (first.name, second.name) in (names, names[::-1]) and is_within == (kind != "C-N"):
                found[kind].append((first.index, second.index))
    return {
        kind: 10.0 * mdtraj.compute_distances(frames, pairs, periodic=False, opt=False)
        for kind, pairs in found.items()
        if pairs
    }


def backbone_rmsd(frames: mdtraj.Trajectory) -> np.ndarray:
    """Compute how far the backbone has moved from the first frame, after superposition.

    Parameters
    ----------
    frames : mdtraj.Trajectory
        Molecules must be whole.

    Returns
    -------
    numpy.ndarray
        Root mean square over N, CA, C and O, angstrom, shape ``[num_frames]``.
    """
    atoms = frames.topology.select("name N CA C O")
    return np.asarray(10.0 * mdtraj.rmsd(frames, frames, 0, atom_indices=atoms, precentered=False))
