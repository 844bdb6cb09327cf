# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Conformers of many molecules, on processes that fail and are killed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem, Provenance
from openmmgems.jobs.consent import Consent
from openmmgems.jobs.worker_settings import JobSettings
from openmmgems.sampling.conformer_runs import ConformerRun
from openmmgems.sampling.conformers import conformers
from openmmgems.sampling.sampling_settings import ConformerSettings
from support.spring_engine import SpringEngine

PAIR = {"stiffness": 100.0, "pair_length": 1.1}
SETTINGS = ConformerSettings(
    number=4,
    spacing_fs=5.0,
    equilibration_fs=0.0,
    max_restarts=3,
    engine="support.spring_engine:SpringEngine",
    engine_options=PAIR,
)
LIMITS = JobSettings(workers=2, memory_gb=4.0)
CONSENT = Consent(code=("support.spring_engine",))


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
    arguments = {"structures": _diatomics(5), "settings": SETTINGS, "limits": LIMITS}
    return ConformerRun(folder=folder / "parts", consent=CONSENT, **arguments | changes)


def _with(**options: object) -> ConformerSettings:
    return SETTINGS.model_copy(update={"engine_options": PAIR | options})


def _errors(run: ConformerRun) -> list[str]:
    return [failure.error for failure in run.failures()]


def _same(some: list[AtomicSystem], others: list[AtomicSystem]) -> bool:
    pairs = zip(some, others, strict=True)
    return all(
        a.source == b.source
        and a.provenance == b.provenance
        and np.array_equal(a.positions_angstrom, b.positions_angstrom)
        for a, b in pairs
    )


@pytest.fixture(scope="module")
def expected() -> list[AtomicSystem]:
    """What is drawn in this process, one molecule after the other."""
    engine, found = SpringEngine(**PAIR), []
    for occurrence, molecule in enumerate(_diatomics(5)):
        found += conformers(molecule, SETTINGS, engine, occurrence=occurrence)
    return found


def test_every_molecule_has_its_conformers_in_the_order_of_the_input(
    expected: list[AtomicSystem], tmp_path: Path
) -> None:
    run = _run(tmp_path)
    told = []
    summary = run.finish(told.append)
    assert (summary.finished, summary.failed_attempts, run.num_done) == (5, 0, 5)
    assert _same(list(run.read()), expected)
    assert [len(c.atomic_numbers) for c in expected] == [2] * 8 + [3] * 4 + [2] * 8
    assert not np.array_equal(expected[0].positions_angstrom, expected[4].positions_angstrom)
    assert run.finish().finished == 0  # all is there
    assert [conformer.provenance for conformer in run.read()] == [
        Provenance("bottom-up", "CO", str(run), frame) for run in range(5) for frame in range(4)
    ]


def test_the_same_molecule_twice_gives_other_conformers(tmp_path: Path) -> None:
    (molecule,) = _diatomics(1)
    run = _run(tmp_path, structures=[molecule, molecule])
    run.finish()
    found = [c.positions_angstrom for c in run.read()]
    assert len(found) == 8
    assert not np.array_equal(found[0], found[4])


def test_conformers_know_their_run_and_number(expected: list[AtomicSystem], tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.finish()
    wanted = [
        Provenance("bottom-up", "CO", str(run), frame) for run in range(5) for frame in range(4)
    ]
    assert [conformer.provenance for conformer in expected] == wanted
    assert [conformer.provenance for conformer in run.read()] == wanted


def test_a_run_stops_when_asked_and_goes_on(expected: list[AtomicSystem], tmp_path: Path) -> None:
    run = _run(tmp_path)
    summary = run.finish(stop=lambda: True)
    assert (summary.stopped, run.num_done) == (True, 0)
    run.finish()
    assert _same(list(run.read()), expected)


def test_a_failing_molecule_is_named_and_tried_again(tmp_path: Path) -> None:
    limits = LIMITS.model_copy(update={"max_attempts": 2})
    run = _run(tmp_path, settings=_with(fails_for=3), limits=limits)
    summary = run.finish()
    assert (summary.finished, summary.failed_attempts) == (4, 2)
    assert _errors(run) == ["no convergence for bottom-up:CO:start"]
    assert run.num_done == 4
    assert len(list(run.read())) == 16
    again = _run(tmp_path, settings=_with(fails_for=3), limits=limits)
    assert again.finish().failed_attempts == 2


def test_a_number_that_is_not_finite_leaves_the_molecule_out(tmp_path: Path) -> None:
    run = _run(tmp_path, settings=_with(nan_for=3))
    assert run.finish().finished == 4
    (error,) = _errors(run)
    assert "not a finite number for 'bottom-up:CO:start'" in error


@pytest.mark.parametrize(
    ("options", "limits", "message"),
    [
        ({"hangs_for": 3}, {"time_limit_s": 3.0}, "it took longer than its limit of 3 s"),
        ({"dies_for": 3}, {"max_attempts": 1}, "its process was killed by SIGKILL"),
        (
            {"fills_for": 3},
            {"max_attempts": 1, "min_memory_mb": 400.0},
            "MB of memory; its limit was 400 MB",
        ),
    ],
)
def test_an_engine_that_hangs_fills_the_memory_or_crashes_costs_one_molecule(
    options: dict, limits: dict, message: str, tmp_path: Path
) -> None:
    run = _run(tmp_path, settings=_with(**options), limits=LIMITS.model_copy(update=limits))
    began = time.monotonic()
    assert run.finish().finished == 4
    assert time.monotonic() - began < 60
    (error,) = _errors(run)
    assert message in error
    assert len(list(run.read())) == 16


def test_other_settings_are_refused(tmp_path: Path) -> None:
    _run(tmp_path)
    with pytest.raises(ValueError, match=r"were begun with number 4, not 5\. Give the same"):
        _run(tmp_path, settings=SETTINGS.model_copy(update={"number": 5}))


def test_molecules_that_are_no_longer_asked_for_are_left_out(tmp_path: Path) -> None:
    _run(tmp_path)  # five wait
    run = _run(tmp_path, structures=_diatomics(2))
    assert run.finish().finished == 2


def test_no_structures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There are no structures; expected one at least"):
        _run(tmp_path, structures=[])


def test_code_that_nobody_agreed_to_does_not_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"would run code of 'support\.spring_engine'"):
        ConformerRun(_diatomics(1), SETTINGS, tmp_path / "parts", LIMITS)
    assert not (tmp_path / "parts").exists()


_SCRIPT = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from test_conformer_runs import _diatomics, _run
if __name__ == "__main__":
    _run(Path(sys.argv[1]), structures=_diatomics(60)).finish()
"""


@pytest.mark.slow
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    here = Path(__file__).parent
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT.format(path=[str(here), str(here.parent)]))
    process = subprocess.Popen([sys.executable, script, str(tmp_path)])
    run = _run(tmp_path, structures=_diatomics(60))
    deadline = time.monotonic() + 60.0
    while run.num_done < 2:
        assert time.monotonic() < deadline, "the run does nothing"
        assert process.poll() is None, "the run has ended"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = run.num_done
    assert run.finish().finished == 60 - before
    assert len(list(run.read())) == 58 * 4 + 2 * 4
