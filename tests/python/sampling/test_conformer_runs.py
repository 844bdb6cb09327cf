# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers of many molecules, on processes that fail and are killed."""

import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Provenance
from openmmgems.sampling.conformer_runs import ConformerRun
from openmmgems.sampling.sampling_settings import ConformerSettings
from support.spring_engine import SpringEngine

SETTINGS = ConformerSettings(number=4, spacing_fs=5.0, equilibration_fs=0.0, max_restarts=3)
PAIR = functools.partial(SpringEngine, stiffness=100.0, pair_length=1.1)


def _diatomics(number: int) -> list[AtomicSystem]:
    """Molecules whose springs PAIR knows; the third has three atoms."""
    found = []
    for k in range(number):
        atoms = 3 if k == 2 else 2
        positions = np.array([[0.0, 0, 0], [1.1 + 0.001 * k, 0, 0], [9.0, 0, 0]])[:atoms]
        found.append(
            AtomicSystem(np.array([6, 8, 2])[:atoms], positions, source="bottom-up:CO:start")
        )
    return found


def _run(folder: Path, **changes: object) -> ConformerRun:
    arguments = {"structures": _diatomics(5), "settings": SETTINGS, "make_engine": PAIR}
    return ConformerRun(folder=folder / "parts", **arguments | changes)


def _same(some: list[AtomicSystem], others: list[AtomicSystem]) -> bool:
    pairs = zip(some, others, strict=True)
    return all(
        a.source == b.source and np.array_equal(a.positions_angstrom, b.positions_angstrom)
        for a, b in pairs
    )


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[AtomicSystem]:
    run = _run(tmp_path_factory.mktemp("expected"))
    assert [finished.error for finished in run.finish()] == [""] * 5
    return list(run.read())


def test_every_molecule_has_its_conformers_in_the_order_of_the_input(
    expected: list[AtomicSystem],
) -> None:
    assert [len(c.atomic_numbers) for c in expected] == [2] * 8 + [3] * 4 + [2] * 8


def test_molecules_of_the_same_name_draw_other_random_numbers(expected: list[AtomicSystem]) -> None:
    assert not np.array_equal(expected[0].positions_angstrom, expected[4].positions_angstrom)


def test_conformers_know_their_run_and_number_also_when_read_back(
    expected: list[AtomicSystem],
) -> None:
    assert [conformer.provenance for conformer in expected] == [
        Provenance("bottom-up", "CO", str(run), frame) for run in range(5) for frame in range(4)
    ]


def test_conformers_know_it_also_as_they_are_drawn(tmp_path: Path) -> None:
    drawn = [c for finished in _run(tmp_path).finish() for c in finished.structures]
    read = list(_run(tmp_path).read())
    assert [c.provenance for c in drawn] == [c.provenance for c in read]


@pytest.mark.slow
def test_several_processes_give_the_same(expected: list[AtomicSystem], tmp_path: Path) -> None:
    run = _run(tmp_path)
    assert {finished.place for finished in run.finish(processes=2)} == set(range(5))
    assert _same(list(run.read()), expected)


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_run_stops_when_asked_and_goes_on(
    processes: int, expected: list[AtomicSystem], tmp_path: Path
) -> None:
    run = _run(tmp_path)
    found = []
    for finished in run.finish(processes, stop=lambda: len(found) >= 2):
        found.append(finished)
    assert 2 <= len(found) < 5
    assert run.num_done < 5
    list(run.finish())
    assert _same(list(run.read()), expected)


def test_a_failing_molecule_is_named_and_tried_again(
    expected: list[AtomicSystem], tmp_path: Path
) -> None:
    run = _run(tmp_path, make_engine=functools.partial(PAIR, fails_for=3))
    errors = {finished.place: finished.error for finished in run.finish()}
    assert errors.pop(2) == "no convergence for bottom-up:CO:start"
    assert set(errors.values()) == {""}
    assert run.num_done == 4
    assert len(list(run.read())) == 16
    again = list(_run(tmp_path).finish())
    assert [finished.place for finished in again if not finished.from_file] == [2]
    assert _same(list(_run(tmp_path).read()), expected)


def test_a_number_that_is_not_finite_leaves_the_molecule_out(tmp_path: Path) -> None:
    run = _run(tmp_path, make_engine=functools.partial(PAIR, nan_for=3))
    errors = [finished.error for finished in run.finish() if finished.error]
    assert len(errors) == 1
    assert "not a finite number for 'bottom-up:CO:start'" in errors[0]


def test_other_settings_are_refused(tmp_path: Path) -> None:
    _run(tmp_path)
    with pytest.raises(ValueError, match=r"were begun with number 4, not 5\. Give the same"):
        _run(tmp_path, settings=SETTINGS.model_copy(update={"number": 5}))


def test_no_structures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There are no structures; expected one at least"):
        _run(tmp_path, structures=[])


def test_no_processes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="processes is 0; expected 1 or more"):
        next(_run(tmp_path).finish(0))


@pytest.mark.slow
def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    run = _run(tmp_path, make_engine=_DyingEngine)
    with pytest.raises(RuntimeError, match=r"A process died .* 0 of 5 molecules are done"):
        list(run.finish(processes=2))


class _DyingEngine(SpringEngine):
    """Kills its process, as a system without memory does."""

    def label(self, structure: AtomicSystem) -> object:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")


_SCRIPT = """
import sys, time
from pathlib import Path
sys.path[:0] = {path!r}
from test_conformer_runs import _run
if __name__ == "__main__":
    for finished in _run(Path(sys.argv[1])).finish(processes=int(sys.argv[2])):
        time.sleep(0.5)
"""


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_run_goes_on(processes: int, expected: list[AtomicSystem], tmp_path: Path) -> None:
    here = Path(__file__).parent
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT.format(path=[str(here), str(here.parent)]))
    process = subprocess.Popen([sys.executable, script, str(tmp_path), str(processes)])
    deadline = time.monotonic() + 60.0
    while not list(tmp_path.glob("parts/[!.]*.npz")):
        assert time.monotonic() < deadline, "the run does nothing"
        assert process.poll() is None, "the run has ended"
        time.sleep(0.02)
    process.kill()
    process.wait()
    run = _run(tmp_path)
    assert 1 <= run.num_done <= 5
    list(run.finish())
    assert _same(list(run.read()), expected)
