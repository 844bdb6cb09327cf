# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Time the selection of conformations at the GEMS paper's size, beside MDTraj and scikit-learn.

    python examples/10_selection_speed.py

Makes frames of a chain that moves around many shapes (25,249 of 80 atoms, as crambin's in section
S4 of the paper), compares all pairs after the best rotation, and chooses representatives by
affinity propagation. MDTraj compares with some of the frames, scikit-learn clusters some of them:
for all it would need 18 to 25 GB. Both must agree with us.
"""

import argparse
import resource
import time

import mdtraj
import numpy as np
from numpy.typing import NDArray
from openmmgems.benchmark.benchmark_report import machine
from openmmgems.sampling import selection
from sklearn.cluster import AffinityPropagation

#: As in the paper, angstrom^2; frames that are alike are not thinned out here.
PREFERENCE = -1500.0


def moving_chain(num_frames: int, num_atoms: int, seed: int) -> NDArray[np.float32]:
    """Frames of a chain near some hundred shapes; angstrom."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(max(2, num_frames // 100), num_atoms, 3))
    shapes = np.cumsum(1.5 * steps / np.linalg.norm(steps, axis=-1, keepdims=True), axis=1)
    chosen = rng.integers(len(shapes), size=num_frames)
    return (shapes[chosen] + 0.8 * rng.normal(size=(num_frames, num_atoms, 3))).astype(np.float32)


def compare_with_mdtraj(frames: NDArray[np.float32], number: int) -> tuple[float, float, float]:
    """Seconds of MDTraj and of ours for some frames against all; largest relative difference."""
    trajectory = mdtraj.Trajectory(frames / 10.0, None)
    trajectory.center_coordinates()
    start = time.perf_counter()
    rmsd_nm = [mdtraj.rmsd(trajectory, trajectory, k, precentered=True) for k in range(number)]
    middle = time.perf_counter()
    ours = -selection.similarity(frames[:number], frames)
    end = time.perf_counter()
    theirs = frames.shape[1] * (10.0 * np.array(rmsd_nm)) ** 2
    apart = theirs > 1.0  # MDTraj's single precision says little about a frame and itself
    return middle - start, end - middle, float(np.abs(ours[apart] / theirs[apart] - 1).max())


def net_similarity(values: NDArray[np.float32], exemplars: NDArray[np.int64]) -> float:
    """What affinity propagation makes large: similarities to representatives, and preferences."""
    others = np.setdiff1d(np.arange(len(values)), exemplars)
    nearest = values[np.ix_(others, exemplars)].max(axis=1)
    return float(nearest.sum(dtype=float) + PREFERENCE * len(exemplars))


def compare_with_scikit_learn(values: NDArray[np.float32]) -> None:
    """Print times, how many representatives are the same, and which set is better by how much."""
    start = time.perf_counter()
    fit = AffinityPropagation(
        affinity="precomputed", preference=PREFERENCE, damping=0.7, max_iter=1000, random_state=0
    ).fit(values.astype(float))
    middle = time.perf_counter()
    ours = selection.affinity_propagation(values, PREFERENCE, damping=0.7).exemplars
    end = time.perf_counter()
    theirs = fit.cluster_centers_indices_
    better = 1.0 - net_similarity(values, ours) / net_similarity(values, theirs)
    same = len(np.intersect1d(theirs, ours))
    print(
        f"Representatives of {len(values)}: scikit-learn {middle - start:.2f} s, ours "
        f"{end - middle:.2f} s, {(middle - start) / (end - middle):.1f} times faster; "
        f"{len(theirs)} and {len(ours)}, {same} the same; ours are better by {better:.1e} of the "
        "net similarity"
    )
    if better < -1e-3:
        raise SystemExit("Representatives are worse than scikit-learn's.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=25249)
    parser.add_argument("--atoms", type=int, default=80)
    parser.add_argument("--few", type=int, default=200, help="frames that MDTraj compares (200)")
    parser.add_argument("--small", type=int, default=2000, help="frames for scikit-learn (2000)")
    options = parser.parse_args()

    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    frames = moving_chain(options.frames, options.atoms, seed=1)
    theirs, ours, error = compare_with_mdtraj(frames, options.few)
    print(
        f"{options.few} x {len(frames)} pairs of {options.atoms} atoms: MDTraj {theirs:.2f} s, "
        f"ours {ours:.2f} s, {theirs / ours:.1f} times faster; relative difference {error:.1e}"
    )
    compare_with_scikit_learn(selection.similarity(frames[: options.small]))

    start = time.perf_counter()
    values = selection.similarity(frames)
    middle = time.perf_counter()
    clusters = selection.affinity_propagation(values, PREFERENCE, damping=0.7)
    end = time.perf_counter()
    memory_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(
        f"All {len(frames)} frames: similarities {middle - start:.1f} s, affinity propagation "
        f"{end - middle:.1f} s ({clusters.num_iterations} iterations, {len(clusters.exemplars)} "
        f"representatives); {memory_gb:.2f} GB at most"
    )


if __name__ == "__main__":
    main()
