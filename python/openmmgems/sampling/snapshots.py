# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Which frames of a parent are kept: representative and untypical ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from openmm import app

from openmmgems.data.frames_file import read_frames
from openmmgems.data.selected_frames import Selected, write_selected

from . import selection
from .parents import solute_atoms
from .sampling_settings import SelectionSettings

REPRESENTATIVE, UNTYPICAL = "representative", "untypical"
# Similarities of so many frames need 4 GB with those of affinity propagation.
_MANY_FRAMES = 20000


def select_frames(settings: SelectionSettings, folder: Path) -> list[Selected]:
    """Choose frames of a parent and write them to `selected.csv`.

    Parameters
    ----------
    settings : SelectionSettings
    folder : pathlib.Path
        With `system.pdb` and `frames.dcd`.

    Returns
    -------
    list of Selected
        By frame number.

    Raises
    ------
    FileNotFoundError
        If the parent has not run.
    ValueError
        If it has no frames, or too many are left to compare them all.
    RuntimeError
        If affinity propagation does not converge.

    """
    folder = Path(folder)
    topology = _topology(folder)
    atoms = solute_atoms(topology, settings.atoms)
    frames = np.array([x for _, x, _ in read_frames(folder / "frames.dcd", atoms)])
    if not len(frames):
        raise ValueError(f"'{folder / 'frames.dcd'}' has no frames; expected one at least.")
    chosen = sorted(choose(settings, frames), key=lambda selected: selected.frame)
    write_selected(folder, chosen)
    return chosen


def choose(settings: SelectionSettings, frames_angstrom: NDArray[np.float64]) -> list[Selected]:
    """Choose among frames in memory.

    Parameters
    ----------
    settings : SelectionSettings
    frames_angstrom : array [num_frames, num_atoms, 3]
        Of whole molecules.

    Returns
    -------
    list of Selected
        Representatives in order, then untypical frames, the most untypical first.

    Raises
    ------
    ValueError, RuntimeError
        As :func:`select_frames`.

    """
    number = len(frames_angstrom)
    if settings.method == "all":
        return [Selected(k, REPRESENTATIVE) for k in range(number)]
    if settings.method == "farthest":
        total = min(max(settings.number_farthest, 1), number)
        others = selection.farthest(frames_angstrom, [0], total - 1)
        return [Selected(0, REPRESENTATIVE)] + [Selected(int(k), UNTYPICAL) for k in others]
    kept = selection.thin(frames_angstrom, settings.threshold_angstrom2, settings.seed)
    if len(kept) > _MANY_FRAMES:
        raise ValueError(
            f"{len(kept)} frames are left after thinning out; expected {_MANY_FRAMES} or fewer, "
            "whose similarities fit into memory. Raise threshold_angstrom2."
        )
    exemplars = kept[_representatives(settings, frames_angstrom[kept])]
    more = min(settings.number_farthest, number - len(exemplars))
    untypical = selection.farthest(frames_angstrom, exemplars, more)
    return [Selected(int(k), REPRESENTATIVE) for k in exemplars] + [
        Selected(int(k), UNTYPICAL) for k in untypical
    ]


def _representatives(settings: SelectionSettings, frames: NDArray[np.float64]) -> NDArray[np.int64]:
    if len(frames) == 1:
        return np.zeros(1, np.int64)
    similarity = selection.similarity(frames)
    preference = settings.preference_angstrom2
    if preference is None:
        preference = float(np.median(similarity[np.triu_indices(len(frames), 1)]))
    clusters = selection.affinity_propagation(similarity, preference, settings.damping)
    return clusters.exemplars


def _topology(folder: Path) -> app.Topology:
    path = folder / "system.pdb"
    if not path.is_file():
        raise FileNotFoundError(f"There is no '{path}'; run this parent first.")
    return app.PDBFile(str(path)).topology
