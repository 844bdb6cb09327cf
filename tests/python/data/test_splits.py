# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Division of data sets into parts that share nothing."""

import dataclasses
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import Provenance
from openmmgems.data.dataset import Group, read_dataset
from openmmgems.data.splits import Split, SplitSettings, split_structures

PARTS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def sample(data_folder: Path) -> list[Group]:
    return list(read_dataset(data_folder / "labels" / "proteins-in-water-sample.h5").values())


def group_of(places: Sequence[Provenance], source: Callable[[int], str] = str) -> Group:
    """Helium atoms from such places."""
    count = len(places)
    return Group(
        atomic_numbers=np.array([2]),
        positions=np.zeros((count, 1, 3)),
        energy=np.zeros(count),
        forces=np.zeros((count, 1, 3)),
        dipole=np.zeros((count, 3)),
        charge=np.zeros(count, dtype=np.int64),
        spin=np.zeros(count, dtype=np.int64),
        source=[source(k) for k in range(count)],
        kind=[place.kind for place in places],
        parent=[place.parent for place in places],
        run=[place.run for place in places],
        frame=np.array([place.frame for place in places]),
    )


def told_by_source(sources: Sequence[str]) -> Group:
    """As from a file of format 1."""
    group = group_of([Provenance("x")] * len(sources), sources.__getitem__)
    return dataclasses.replace(group, kind=None, parent=None, run=None, frame=None)


def parts_of(split: Split, key: Callable[[int], object]) -> dict[object, set[str]]:
    """In which parts the structures are that have a key in common."""
    found: defaultdict[object, set[str]] = defaultdict(set)
    for part in PARTS:
        for number in getattr(split, part):
            found[key(number)].add(part)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_shares_of_each_kind_are_those_asked_for(sample: list[Group], seed: int) -> None:
    """1,000 conformers and 250 spheres; rounded for each composition it was 1 and 16 of all."""
    split = split_structures(sample, SplitSettings(0.05, 0.1, seed=seed))
    everything = split.train + split.validation + split.test
    assert sorted(everything) == list(range(1250))
    sources = [source for group in sample for source in group.source]
    for part, share in (("validation", 0.05), ("test", 0.1), ("train", 0.85)):
        counts = Counter(sources[n].partition(":")[0] for n in getattr(split, part))
        for kind, count in {"bottom-up": 1000, "top-down": 250}.items():
            assert 0.5 * share * count <= counts[kind] <= 2 * share * count, (part, kind)


@pytest.mark.parametrize("seed", range(20))
def test_molecules_snapshots_and_neighbours_are_on_one_side(sample: list[Group], seed: int) -> None:
    split = split_structures(sample, SplitSettings(0.05, 0.1, seed=seed))
    sources = [source for group in sample for source in group.source]

    def molecule_or_snapshot(number: int) -> str:
        fields = sources[number].split(":")
        return ":".join(fields[:-1] if fields[0] == "bottom-up" else fields[:3])

    assert all(len(parts) == 1 for parts in parts_of(split, molecule_or_snapshot).values())
    sides: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for part in PARTS:
        for kind, parent, frame, *_ in (sources[n].split(":") for n in getattr(split, part)):
            if kind == "top-down":
                sides[parent][int(frame)] = part
    for frames in sides.values():
        ordered = sorted(frames)
        near = [(a, b) for a, b in itertools.pairwise(ordered) if b - a < 3]
        assert all(frames[a] == frames[b] for a, b in near)


def test_overlapping_spheres_of_a_snapshot_stay_together_in_all_groups() -> None:
    places = [Provenance("top-down", "p", "", 100 * (k % 40)) for k in range(400)]
    groups = [group_of(places[:150]), group_of(places[150:])]
    split = split_structures(groups, SplitSettings(0.1, 0.2))
    parts = parts_of(split, lambda number: places[number].frame)
    assert len(parts) == 40
    assert all(len(found) == 1 for found in parts.values())
    assert [len(getattr(split, part)) for part in PARTS] == [280, 40, 80]


def test_a_long_run_is_cut_into_blocks_of_neighbours() -> None:
    places = [Provenance("imported", "run.xyz", "", frame) for frame in range(2000)]
    split = split_structures([group_of(places)], SplitSettings(0.05, 0.1, block_frames=10))
    side = np.empty(2000, dtype=object)
    for part in PARTS:
        side[getattr(split, part)] = part
    changes = np.flatnonzero(side[1:] != side[:-1]) + 1
    lengths = np.diff([0, *changes, 2000])
    assert lengths.min() >= 5
    assert len(split.validation) == pytest.approx(100, abs=5)
    assert len(split.test) == pytest.approx(200, abs=5)


def test_blocks_are_cut_where_frames_are_far_apart() -> None:
    frames = [start + step for start in range(0, 60_000, 1000) for step in (0, 3, 8)]
    places = [Provenance("top-down", "p", "", frame) for frame in frames]
    split = split_structures([group_of(places)], SplitSettings(0.1, 0.2))
    blocks = parts_of(split, lambda number: frames[number] // 1000)
    assert all(len(found) == 1 for found in blocks.values())
    alone = split_structures([group_of(places)], SplitSettings(0.1, 0.2, block_frames=1))
    assert any(
        len(found) > 1 for found in parts_of(alone, lambda number: frames[number] // 1000).values()
    )


def test_conformers_of_one_run_stay_together_whatever_their_frames() -> None:
    places = [Provenance("bottom-up", "CCO", f"{k // 50}", k % 50) for k in range(2000)]
    split = split_structures([group_of(places)], SplitSettings(0.05, 0.1))
    assert all(len(p) == 1 for p in parts_of(split, lambda n: places[n].run).values())
    assert [len(getattr(split, part)) for part in PARTS] == [1700, 100, 200]


def test_structures_of_one_source_that_tells_nothing_stay_together() -> None:
    group = told_by_source([f"300 K, window {k // 4}" for k in range(200)])
    split = split_structures([group], SplitSettings(0.1, 0.2))
    assert all(len(p) == 1 for p in parts_of(split, lambda n: n // 4).values())
    assert [len(getattr(split, part)) for part in PARTS] == [140, 20, 40]


def test_structures_without_any_source_are_divided_as_they_stand() -> None:
    split = split_structures([told_by_source([""] * 200)], SplitSettings(0.1, 0.2))
    assert sorted(split.train + split.validation + split.test) == list(range(200))
    changes = sum(b - a > 1 for a, b in itertools.pairwise(split.test))
    assert changes <= len(split.test) / 5


def test_molecules_and_parents_are_held_out_by_name(sample: list[Group]) -> None:
    held_out = ("crambin-water", "CCO")
    split = split_structures(sample, SplitSettings(0.05, 0.1, held_out=held_out))
    sources = [source for group in sample for source in group.source]
    named = [
        n
        for n, source in enumerate(sources)
        if source.startswith(("top-down:crambin-water:", "bottom-up:CCO:"))
    ]
    assert len(named) == 41  # 38 spheres and 3 conformers
    assert split.held_out == named
    assert sorted(split.train + split.validation + split.test + named) == list(range(1250))


def test_a_name_that_is_not_there_is_told(sample: list[Group]) -> None:
    with pytest.raises(ValueError, match=r"'crambin' cannot be held out.*one like.*'crambin-water"):
        split_structures(sample, SplitSettings(held_out=("crambin",)))


def test_the_division_follows_from_the_seed(sample: list[Group]) -> None:
    one, same, other = (split_structures(sample, SplitSettings(seed=seed)) for seed in (7, 7, 8))
    assert one == same
    assert one != other


def test_other_kinds_do_not_change_the_division_of_one(sample: list[Group]) -> None:
    """More fragments later: conformers stay where they are."""
    places = [Provenance("bottom-up", f"C{k // 4}") for k in range(400)]
    more = [Provenance("top-down", "p", "", 50 * k) for k in range(100)]
    alone = split_structures([group_of(places)], SplitSettings())
    both = split_structures([group_of(places), group_of(more)], SplitSettings())
    assert [n for n in both.validation if n < 400] == alone.validation
    assert [n for n in both.test if n < 400] == alone.test


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([50, 50], "Of the 100 structures of the kind 'x' 5 were asked for validation .* 2 units"),
        ([100], "they form 1 units that share nothing, the largest of 100, .* nearest is 0"),
        ([1, 1, 1, 1], "0.2 were asked for validation .* nearest is 0; .* hold out what is too"),
    ],
)
def test_a_share_that_cannot_be_met_is_told(sizes: list[int], message: str) -> None:
    places = [Provenance("x", f"p{k}") for k, size in enumerate(sizes) for _ in range(size)]
    with pytest.raises(ValueError, match=message):
        split_structures([group_of(places)], SplitSettings(0.05, 0.1))


def test_few_large_units_still_give_a_share() -> None:
    """Of 3 + 20 x 17 structures 10 are wanted: 3 are too few, one unit of 17 is within a factor."""
    places = [Provenance("x", "small")] * 3
    places += [Provenance("x", f"p{k}") for k in range(20) for _ in range(17)]
    split = split_structures([group_of(places)], SplitSettings(10 / 343, 0.2))
    assert len(split.validation) == 17


@pytest.mark.parametrize(("validation", "test"), [(-0.1, 0.1), (0.5, 0.5), (float("nan"), 0.1)])
def test_impossible_shares_are_refused(validation: float, test: float) -> None:
    with pytest.raises(ValueError, match="expected 0 or more each, and less than 1 together"):
        SplitSettings(validation, test)


def test_blocks_of_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="block_frames is 0; expected 1 or more"):
        SplitSettings(block_frames=0)
