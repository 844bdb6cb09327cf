# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Selection of conformations, against SciPy, MDTraj and scikit-learn."""

from collections.abc import Callable

import hypothesis
import hypothesis.strategies as st
import mdtraj
import numpy as np
import pytest
from openmmgems.sampling.selection import (
    affinity_propagation,
    distances_to_nearest,
    farthest,
    similarity,
    thin,
)
from scipy.spatial.transform import Rotation
from sklearn import cluster

SINGLE = np.finfo(np.float32).eps


def _random_frames(num_frames: int, num_atoms: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return 3.0 * generator.normal(size=(num_frames, num_atoms, 3)) + generator.normal(size=3)


def _family(num_frames: int, num_atoms: int = 6, seed: int = 0) -> np.ndarray:
    """Frames of a chain that moves along two directions, randomly turned and shifted."""
    generator = np.random.default_rng(seed)
    chain = 1.5 * generator.normal(size=(num_atoms, 3)).cumsum(axis=0)
    modes = generator.normal(size=(2, num_atoms, 3))
    frames = chain + np.einsum("fm,max->fax", generator.normal(size=(num_frames, 2)), modes)
    return _moved(frames, seed)


def _moved(frames: np.ndarray, seed: int = 0) -> np.ndarray:
    rotations = Rotation.random(len(frames), rng=np.random.default_rng(seed)).as_matrix()
    shifts = np.random.default_rng(seed).normal(size=(len(frames), 1, 3))
    return np.einsum("fxy,fay->fax", rotations, frames) + shifts


def _scipy_squares(p: np.ndarray, q: np.ndarray) -> float:
    return Rotation.align_vectors(p - p.mean(axis=0), q - q.mean(axis=0))[1] ** 2


def _plane_similarities(number: int, seed: int) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(number, 2))
    return -((points[:, None] - points) ** 2).sum(axis=2)


# Similarity


@pytest.mark.parametrize("num_atoms", [3, 4, 17])
def test_sums_are_those_of_scipy(num_atoms: int) -> None:
    frames, others = _random_frames(13, num_atoms), _random_frames(9, num_atoms, seed=1)
    expected = [[_scipy_squares(p, q) for q in others] for p in frames]
    np.testing.assert_allclose(-similarity(frames, others), expected, rtol=1e-6)


def test_deviations_are_those_of_mdtraj() -> None:
    frames = _family(70, num_atoms=20)
    topology = mdtraj.Topology()
    residue = topology.add_residue("X", topology.add_chain())
    for _ in range(20):
        topology.add_atom("C", mdtraj.element.carbon, residue)
    trajectory = mdtraj.Trajectory(frames / 10.0, topology)
    expected = np.array([10.0 * mdtraj.rmsd(trajectory, trajectory, k) for k in range(70)])
    found = np.sqrt(-similarity(frames) / 20.0)
    np.testing.assert_allclose(found, expected, atol=5e-3)  # MDTraj computes in single precision


@pytest.mark.parametrize("num_frames", [1, 7, 8, 9, 63, 64, 65, 130])
def test_all_pairs_are_symmetric_and_equal_to_rows_against_a_set(num_frames: int) -> None:
    frames = _random_frames(num_frames, 5)
    found = similarity(frames)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_array_equal(np.diag(found), 0.0)
    np.testing.assert_allclose(similarity(frames, frames), found, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("num_threads", [1, 3])
def test_similarities_do_not_depend_on_threads(num_threads: int) -> None:
    frames, others = _random_frames(150, 5), _random_frames(90, 5, seed=1)
    for other in (None, others):
        expected = similarity(frames, other)
        np.testing.assert_array_equal(similarity(frames, other, num_threads=num_threads), expected)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_moved_copies_are_the_same(size: float) -> None:
    frame = size * _random_frames(1, 12)
    copies = _moved(np.repeat(frame, 20, axis=0))
    assert -similarity(copies).min() < 1e-12 * max(size, 1.0) ** 2


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_small_differences_are_not_lost(size: float) -> None:
    frame = size * _random_frames(1, 12)
    noise = 1e-5 * size * np.random.default_rng(1).normal(size=(12, 3))
    found = similarity(_moved(frame), _moved(frame + noise, seed=1))
    reference = frame[0] - frame[0].mean(axis=0)
    expected = _scipy_squares(reference / size, (reference + noise) / size) * size**2
    np.testing.assert_allclose(-found, expected, rtol=1e-4)


def test_mirror_images_differ() -> None:
    frame = _random_frames(1, 6)
    mirrored = frame * [1.0, 1.0, -1.0]
    assert -similarity(frame, mirrored).item() > 1.0
    expected = _scipy_squares(frame[0], mirrored[0])
    np.testing.assert_allclose(-similarity(frame, mirrored), expected, rtol=1e-6)


def test_mirror_images_of_planar_frames_are_the_same() -> None:
    frame = _random_frames(1, 6) * [1.0, 1.0, 0.0]
    assert -similarity(frame, _moved(frame * [1.0, -1.0, 1.0])).item() < 1e-11


def test_one_atom_is_always_the_same() -> None:
    np.testing.assert_array_equal(similarity(_random_frames(20, 1)), 0.0)


def test_two_atoms_differ_by_their_distances() -> None:
    frames = _random_frames(20, 2)
    lengths = np.linalg.norm(frames[:, 1] - frames[:, 0], axis=1)
    expected = -0.5 * (lengths[:, None] - lengths) ** 2
    np.testing.assert_allclose(similarity(frames), expected, rtol=1e-6, atol=1e-12)


def test_atoms_in_a_line_differ_by_their_places() -> None:
    places = np.sort(np.random.default_rng(0).normal(size=(15, 5)), axis=1)
    frames = _moved(places[:, :, None] * [1.0, 0.0, 0.0])
    x = places - places.mean(axis=1, keepdims=True)
    overlap = np.abs(x @ x.T)  # the line may be turned round
    expected = (x**2).sum(axis=1)[:, None] + (x**2).sum(axis=1) - 2.0 * overlap
    np.testing.assert_allclose(-similarity(frames), expected, rtol=1e-6, atol=1e-12)


def test_all_atoms_at_one_place() -> None:
    frames = np.zeros((3, 4, 3))
    frames[2] = _random_frames(1, 4)
    expected = ((frames[2] - frames[2].mean(axis=0)) ** 2).sum()
    np.testing.assert_allclose(-similarity(frames)[0], [0.0, 0.0, expected], rtol=1e-6)


def test_masses_only_move_the_centre() -> None:
    frames, masses = _random_frames(6, 5), np.array([1.0, 12.0, 16.0, 0.0, 14.0])
    centres = np.einsum("a,fax->fx", masses, frames) / masses.sum()
    p = frames - centres[:, None]
    expected = [[Rotation.align_vectors(a, b)[1] ** 2 for b in p] for a in p]
    np.testing.assert_allclose(-similarity(frames, masses=masses), expected, rtol=1e-6, atol=1e-10)
    np.testing.assert_array_equal(similarity(frames, masses=[3.0] * 5), similarity(frames))


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_other_types_and_strides_are_converted(dtype: type) -> None:
    frames = (10.0 * _random_frames(9, 5)).astype(dtype)
    expected = similarity(frames.astype(np.float64))
    np.testing.assert_array_equal(similarity(frames), expected)
    np.testing.assert_array_equal(similarity(np.asfortranarray(frames)), expected)
    np.testing.assert_array_equal(similarity(frames[::-2]), expected[::-2, ::-2])


@hypothesis.settings(deadline=None, max_examples=50)
@hypothesis.given(
    seed=st.integers(0, 2**32 - 1),
    num_atoms=st.integers(1, 6),
    flat=st.integers(0, 3),
    power=st.floats(-3.0, 3.0),
)
def test_roots_of_sums_are_a_metric(seed: int, num_atoms: int, flat: int, power: float) -> None:
    frames = _random_frames(8, num_atoms, seed) * 10.0**power
    frames[:, :, :flat] = 0.0  # in space, in a plane, in a line, at a point
    found = similarity(_moved(frames, seed))
    size = np.abs(frames).max() + 1.0
    np.testing.assert_allclose(found, similarity(frames), rtol=1e-6, atol=1e-12 * size**2)
    distances = np.sqrt(-found.astype(np.float64))
    detours = (distances[:, :, None] + distances[None]).min(axis=1)
    assert (distances <= detours * (1.0 + 4 * SINGLE) + 1e-5 * size).all()


# Affinity propagation


@pytest.mark.parametrize("preference", [-10.0, -1.0, -0.1])
@pytest.mark.parametrize("damping", [0.5, 0.8])
def test_clusters_are_those_of_scikit_learn(preference: float, damping: float) -> None:
    for number in (2, 3, 11, 60, 127, 128, 129, 200):
        values = _plane_similarities(number, seed=number)
        # Both make preferences or similarities unequal at random: let that decide nothing.
        generator = np.random.default_rng(number)
        preferences = preference * (1.0 + 0.01 * generator.random(number))
        exemplars, labels = cluster.affinity_propagation(
            values.copy(), preference=preferences, damping=damping, max_iter=1000, random_state=0
        )
        found = affinity_propagation(values, preferences, damping)
        np.testing.assert_array_equal(found.exemplars, exemplars)
        np.testing.assert_array_equal(found.labels, labels)


def test_similarities_need_not_be_symmetric() -> None:
    values = -np.random.default_rng(0).random((50, 50))
    exemplars, labels, iterations = cluster.affinity_propagation(
        values.copy(), preference=-2.0, damping=0.7, random_state=0, return_n_iter=True
    )
    found = affinity_propagation(values, -2.0, 0.7)
    np.testing.assert_array_equal(found.exemplars, exemplars)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.num_iterations == iterations


def test_clusters_do_not_depend_on_threads_and_similarities_are_kept() -> None:
    values = _plane_similarities(300, seed=0).astype(np.float32)
    before = values.copy()
    one, three = (affinity_propagation(values, -1.0, num_threads=k) for k in (1, 3))
    np.testing.assert_array_equal(one.labels, three.labels)
    assert one.num_iterations == three.num_iterations
    np.testing.assert_array_equal(values, before)


def test_each_frame_belongs_to_its_nearest_exemplar() -> None:
    values = similarity(_family(120))
    found = affinity_propagation(values, -5.0)
    assert 1 < len(found.exemplars) < 120
    np.testing.assert_array_equal(values[:, found.exemplars].argmax(axis=1), found.labels)


def test_copies_of_frames_are_represented_by_one_of_them() -> None:
    frames = _moved(np.repeat(_family(20), 3, axis=0))
    found = affinity_propagation(similarity(frames), -0.01, damping=0.7)
    assert len(found.exemplars) <= 20
    np.testing.assert_array_equal(found.labels[::3], found.labels[1::3])
    np.testing.assert_array_equal(found.labels[::3], found.labels[2::3])


@pytest.mark.parametrize(("preference", "count"), [(-1.0, 4), (-3.0, 1)])
def test_equal_similarities_give_all_or_one(preference: float, count: int) -> None:
    found = affinity_propagation(np.full((4, 4), -2.0), preference)
    np.testing.assert_array_equal(found.exemplars, np.arange(count))
    assert found.num_iterations == 0


def test_one_frame_represents_itself() -> None:
    found = affinity_propagation([[0.0]], -1.0)
    assert found.exemplars.tolist() == [0]
    assert found.labels.tolist() == [0]


def test_no_convergence_is_an_error_that_says_what_to_change() -> None:
    with pytest.raises(RuntimeError, match=r"in 16 iterations with damping 0\.9.*Raise damping"):
        affinity_propagation(_plane_similarities(60, 0), -1.0, 0.9, max_iterations=16)


# Thinning


def test_one_subset_keeps_distant_frames_and_each_removed_one_is_near() -> None:
    frames = _family(300)
    kept = thin(frames, 1.0, rounds=1, subset_size=300)
    assert 10 < len(kept) < 290
    assert np.all(np.diff(kept) > 0)
    among = -similarity(frames[kept])
    assert among[~np.eye(len(kept), dtype=bool)].min() > 1.0
    assert distances_to_nearest(frames, frames[kept]).squares_angstrom2.max() <= 1.0


@hypothesis.settings(deadline=None, max_examples=25)
@hypothesis.given(
    seed=st.integers(0, 2**32 - 1),
    rounds=st.integers(1, 4),
    subset_size=st.integers(1, 70),
    threshold=st.floats(0.01, 20.0),
)
def test_every_frame_is_within_as_many_steps_as_rounds(
    seed: int, rounds: int, subset_size: int, threshold: float
) -> None:
    frames = _family(60, seed=seed)
    kept = thin(frames, threshold, seed, rounds=rounds, subset_size=subset_size)
    squares = distances_to_nearest(frames, frames[kept]).squares_angstrom2
    assert squares.max() <= rounds**2 * threshold * (1.0 + 1e-5) + 1e-10
    np.testing.assert_array_equal(
        kept, thin(frames, threshold, seed, rounds=rounds, subset_size=subset_size, num_threads=1)
    )


def test_more_rounds_and_larger_subsets_remove_more() -> None:
    frames = _family(400)
    once, often, whole = (
        len(thin(frames, 1.0, rounds=rounds, subset_size=size))
        for rounds, size in ((1, 50), (4, 50), (1, 400))
    )
    assert 400 > once > often >= 0.8 * whole


def test_copies_are_thinned_to_one_and_a_negative_threshold_keeps_all() -> None:
    copies = _moved(np.repeat(_family(1), 30, axis=0))
    assert len(thin(copies)) == 1
    assert thin(copies, -1.0).tolist() == list(range(30))
    assert thin(copies[:1]).tolist() == [0]


def test_the_seed_decides_what_is_kept() -> None:
    frames = _family(100)
    assert thin(frames, 1.0, 1).tolist() == thin(frames, 1.0, 1).tolist()
    assert thin(frames, 1.0, 1).tolist() != thin(frames, 1.0, 2).tolist()


# Untypical frames and distances


def test_each_pick_is_the_farthest_from_all_before() -> None:
    frames = _family(150)
    squares = -similarity(frames)
    selected = [3, 70]
    picks = farthest(frames, selected, 20)
    for pick in picks:
        nearest = squares[:, selected].min(axis=1)
        assert nearest[pick] >= nearest.max() * (1.0 - 1e-6)
        selected.append(pick)
    assert len(set(selected)) == 22


def test_copies_are_picked_last_and_each_frame_once() -> None:
    frames = np.concatenate([_family(5), _family(5)])
    assert sorted(farthest(frames, [0], 9).tolist()) == list(range(1, 10))
    assert set(farthest(frames, [0], 4) % 5) == {1, 2, 3, 4}
    assert farthest(frames, [0, 1], 0).tolist() == []


def test_distances_are_those_to_the_nearest_representative() -> None:
    frames, representatives = _family(1100), _family(7)
    nearest = distances_to_nearest(frames, representatives)
    squares = -similarity(frames, representatives)
    np.testing.assert_array_equal(nearest.representative, squares.argmin(axis=1))
    np.testing.assert_array_equal(nearest.squares_angstrom2, squares.min(axis=1))
    np.testing.assert_allclose(nearest.rmsd_angstrom**2 * 6, nearest.squares_angstrom2, rtol=1e-5)


def test_masses_are_used_everywhere() -> None:
    frames, masses = _family(30), np.arange(6.0)
    squares = -similarity(frames, masses=masses)
    near = distances_to_nearest(frames, frames[:4], masses=masses)
    np.testing.assert_allclose(near.squares_angstrom2[4:], squares[4:, :4].min(axis=1), rtol=1e-6)
    assert farthest(frames, [0], 1, masses=masses)[0] == squares[0].argmax()
    kept = thin(frames, 1.0, rounds=1, masses=masses)
    assert squares[np.ix_(kept, kept)][~np.eye(len(kept), dtype=bool)].min() > 1.0


# Errors

FRAMES = _random_frames(4, 3)
NOT_FINITE = np.where(np.arange(4)[:, None, None] == 2, np.nan, FRAMES)
S = _plane_similarities(4, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: similarity(FRAMES[0]), r"frames_angstrom has shape \[3, 3\]; expected"),
        (lambda: similarity(FRAMES[:0]), r"shape \[0, 3, 3\]"),
        (lambda: similarity(FRAMES[:, :0]), r"shape \[4, 0, 3\]"),
        (lambda: similarity(FRAMES[:, :, :2]), r"shape \[4, 3, 2\]"),
        (lambda: similarity(NOT_FINITE), r"not finite, first in frame 2 \(1 such frames\)"),
        (lambda: similarity(FRAMES, NOT_FINITE), "other has positions that are not finite"),
        (lambda: similarity(FRAMES, FRAMES[:, :2]), "other has 2 atoms; expected 3"),
        (lambda: similarity(FRAMES, masses=[1.0]), r"masses has shape \[1\]; expected \[3\]"),
        (lambda: similarity(FRAMES, masses=[0.0] * 3), "not all of them zero"),
        (lambda: similarity(FRAMES, masses=[1.0, -1.0, 1.0]), "not negative"),
        (lambda: similarity(FRAMES, num_threads=-1), "num_threads is -1"),
        (lambda: affinity_propagation(S[:2], -1.0), r"similarity has shape \[2, 4\]"),
        (lambda: affinity_propagation(np.empty((0, 0)), -1.0), r"shape \[0, 0\]"),
        (lambda: affinity_propagation(S * np.nan, -1.0), "similarity has numbers that are not"),
        (lambda: affinity_propagation(S - np.diag([np.inf] * 4), -1.0), "large negative number"),
        (lambda: affinity_propagation(S, [-1.0] * 3), r"preference has shape \[3\]"),
        (lambda: affinity_propagation(S, np.nan), "preference has numbers that are not finite"),
        (lambda: affinity_propagation(S, -1.0, 1.0), r"damping is 1\.0; expected 0\.5"),
        (lambda: affinity_propagation(S, -1.0, max_iterations=0), "max_iterations is 0"),
        (lambda: affinity_propagation(S, -1.0, convergence_iterations=0), "iterations is 0"),
        (lambda: thin(FRAMES, np.nan), "threshold_angstrom2 is not a number"),
        (lambda: thin(FRAMES, rounds=0), "rounds is 0"),
        (lambda: thin(FRAMES, subset_size=0), "subset_size is 0"),
        (lambda: farthest(FRAMES, [], 1), "start must list"),
        (lambda: farthest(FRAMES, [0.5], 1), "start must list"),
        (lambda: farthest(FRAMES, [4], 1), "from 4 to 4; expected 0 to 3"),
        (lambda: farthest(FRAMES, [0, 0], 4), "number is 4; expected 0 to 3"),
        (lambda: distances_to_nearest(FRAMES, FRAMES[:, :1]), "representatives_angstrom has 1"),
        (lambda: distances_to_nearest(FRAMES, FRAMES[:0]), "representatives_angstrom has shape"),
    ],
)
def test_errors_say_what_was_given(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
