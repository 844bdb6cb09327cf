# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Timing: that it runs and reports, never how fast."""

import dataclasses
import json
import os
import resource
from contextlib import closing
from pathlib import Path

import openmm
import openmmgems
import pytest
from openmmgems.analysis.energies import read_energy_log
from openmmgems.benchmark import measure as benchmark_measure
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.benchmark.measure import Case, Measurement, measure, write_random_model
from openmmgems.benchmark.phases import count_operations
from openmmgems.benchmark.timed_steps import steps_of_context, steps_of_run
from openmmgems.benchmark.with_simulate import Comparison
from openmmgems.cli.app import main
from openmmgems.dynamics.run import Run
from openmmgems.models.hyperparameters import Hyperparameters
from openmmgems.units import KJ_PER_MOL_PER_EV
from support.counting import write_counting

QUICK = ["--repeats", "2", "--seconds", "0.01"]


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["benchmark", *[str(word) for word in words]])
    captured = capsys.readouterr()
    return int(stopped.value.code or 0), captured.out + captured.err


def test_systems_have_their_sizes(structures: Path) -> None:
    water = load_system("water:300")
    assert (water.num_atoms, water.is_periodic) == (300, True)
    chain = load_system("alanine:3")
    assert (chain.num_atoms, chain.is_periodic) == (42, False)
    assert load_system(str(structures / "ace-ala-nme.pdb")).num_atoms == 22
    crambin = load_system("crambin")
    assert (crambin.num_atoms, crambin.is_periodic) == (642, False)
    solvated = load_system("crambin-in-water")
    assert solvated.is_periodic
    assert 25000 < solvated.num_atoms < 25300  # hydrogens are placed at random


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("water:x", "expected a number"),
        ("water:3", "expected 30 atoms or more"),
        ("no.pdb", "expected water:ATOMS, alanine:RESIDUES, crambin"),
    ],
)
def test_unknown_systems_are_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_system(name)


@pytest.mark.parametrize("name", ["random:64", "random:a:3", "random:8:1:1"])
def test_unknown_random_models_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected random:FEATURES:MODULES"):
        write_random_model(tmp_path / "model.pt", name)


@pytest.mark.parametrize("engine", ["gems", "integrator", "amber", "support.peer:evaluate"])
def test_every_engine_is_measured(engine: str) -> None:
    found = measure(Case("alanine:1", engine, model="random:8:1", repeats=3, seconds=0.01))
    assert found.num_atoms == 22
    assert len(found.seconds_per_step) == 3
    assert min(found.seconds_per_step) > 0
    assert found.memory_bytes >= 0


def test_figures_follow_from_the_repeats() -> None:
    found = Measurement(Case("water:90"), 90, [0.009, 0.010, 0.012, 0.010, 0.010], 10, "CPU")
    assert found.median == 0.010
    assert found.spread == pytest.approx(0.0)
    assert found.microseconds_per_atom == pytest.approx(0.010 / 90 * 1e6)
    assert found.ns_per_day == pytest.approx(0.5e-6 * 86400 / 0.010)
    assert dataclasses.replace(found.case, num_threads=2).label == "gems auto, 2 threads"


def test_the_command_prints_a_table_and_writes_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    figures, picture = tmp_path / "figures.json", tmp_path / "figures.png"
    code, text = run(
        capsys, "--system", "alanine:1", "--model", "ala-gfn2", "--evaluator", "torchscript",
        "--peer", "support.peer:evaluate", *QUICK, "--json", figures, "--plot", picture,
    )  # fmt: skip
    assert code == 0, text
    for word in ("us/atom", "gems torchscript", "amber", "support.peer:evaluate"):
        assert word in text
    content = json.loads(figures.read_text())
    assert content["machine"]["openmm-gems"] == openmmgems.__version__
    labels = [row["label"] for row in content["measurements"]]
    assert labels == [
        f"{n}, 1 thread" for n in ("gems torchscript", "amber", "support.peer:evaluate")
    ]
    assert picture.stat().st_size > 0


def test_phases_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    code, text = run(
        capsys, "--system", "alanine:1", "--model", "random:16:2", "--no-amber", "--phases", *QUICK,
        "--json", figures,
    )  # fmt: skip
    assert code == 0, text
    assert "matrices are multiplied at" in text
    (profile,) = json.loads(figures.read_text())["profiles"]
    assert sum(phase["share"] for phase in profile["phases"]) == pytest.approx(1.0)
    rates = {phase["name"]: phase["gflop_per_second"] for phase in profile["phases"]}
    assert rates["messages"] > 0
    assert rates["neighbour lists"] is None


def test_operations_are_those_of_the_specification() -> None:
    """Unke et al. 2021: 51 and 53 squared widths forward and in reverse for a later module."""
    two, three = (
        count_operations(Hyperparameters(num_features=64, num_modules=number), 10, 100)
        for number in (2, 3)
    )
    dense = 2 * 10 * 64**2
    assert three["features"] - two["features"] == 51 * dense
    assert three["features, reverse"] - two["features, reverse"] == 53 * dense
    assert three["messages"] > two["messages"]


def test_an_engine_that_fails_is_told_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, text = run(
        capsys, "--system", "alanine:1", "--model", "ala-gfn2", "--peer", "no.such:thing", *QUICK
    )
    assert code == 1
    assert "no.such:thing, 1 thread: No module named 'no'" in text
    assert "gems auto" in text


def test_our_engines_run_under_the_conditions_of_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the C library's memory are for peers only."""
    seen: dict[str, str | None] = {}

    class Pool:
        def __init__(self, *arguments: object, **options: object) -> None:
            seen[case.engine] = os.environ.get("MALLOC_TRIM_THRESHOLD_")
            raise InterruptedError

    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    monkeypatch.setattr(benchmark_measure, "ProcessPoolExecutor", Pool)
    for engine in ("gems", "integrator", "amber", "support.peer:evaluate"):
        case = Case("alanine:1", engine)
        with pytest.raises(InterruptedError):
            measure(case)
    assert seen["gems"] is seen["integrator"] is seen["amber"] is None
    assert seen["support.peer:evaluate"] is not None
    assert "MALLOC_TRIM_THRESHOLD_" not in os.environ


def test_the_native_evaluator_keeps_its_memory_from_step_to_step() -> None:
    """So it needs no such settings; PyTorch takes hundreds of pages anew for each atom."""
    case = Case("water:600", model="random:32:2")
    with benchmark_measure.stepper(case, load_system(case.system)) as (steps, _, _):
        for number in range(45):
            if number == 5:  # lists were made, and are made anew some times below
                before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            steps(number, 1)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    assert (after - before) / 40 < 0.2 * 600


def test_the_benchmark_and_a_run_evaluate_a_model_as_often(tmp_path: Path) -> None:
    """Once a step, with all the files of the run; the model's energy tells."""
    write_counting(tmp_path / "counting.pt")
    case = Case("alanine:1", model=str(tmp_path / "counting.pt"))
    structure = load_system(case.system)
    context = benchmark_measure._context(case, structure, counting_system(case))
    folder = tmp_path / "run"
    run = benchmark_measure._run(case, structure, counting_system(case), folder)
    with closing(run):
        for each, steps in (
            (context, steps_of_context(context)),
            (run.simulation.context, steps_of_run(run)),
        ):
            before, made = count_evaluations(each), 0
            while made < 230:
                made += steps(made, 10)
            assert count_evaluations(each) - before == 230
    assert len(read_energy_log(folder / "log.csv")["step"]) == 1 + 230 // 20
    assert run.num_frames == 230 // 200


def count_evaluations(context: openmm.Context) -> int:
    """With the one of this call, which the next step needs."""
    energy = context.getState(energy=True).getPotentialEnergy()._value
    return round(energy / KJ_PER_MOL_PER_EV)


@pytest.mark.parametrize("engine", ["gems", "amber"])
def test_what_is_timed_is_a_run(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_measure, "steps_of_run", lambda run: type(run))
    case = Case("alanine:1", engine, model="random:8:1", platform="Reference")
    with benchmark_measure.stepper(case, load_system(case.system)) as (steps, *_):
        assert steps is Run


def counting_system(case: Case) -> openmm.System:
    return benchmark_measure._model_system(case, load_system(case.system), Path(case.model))


def test_a_run_of_the_benchmark_goes_on_beyond_its_end(tmp_path: Path) -> None:
    """Where a measurement is longer than a run."""
    case = Case("alanine:1", "amber", platform="Reference")
    structure = load_system(case.system)
    with benchmark_measure._system(case, structure) as system:
        run = benchmark_measure._run(case, structure, system, tmp_path / "run")
    with closing(run):
        run.simulation.context.setStepCount(run.protocol.num_steps - 3)
        steps = steps_of_run(run)
        assert [steps(number, 5) for number in (0, 3)] == [3, 5]
        assert run.step == 5


def test_ratios_are_of_rounds() -> None:
    found = Comparison(Case("water:90"), 90, [(0.010, 0.011), (0.020, 0.020), (0.010, 0.012)])
    assert found.medians == (0.010, 0.012)
    assert found.ratios == pytest.approx([1.1, 1.0, 1.2])
    assert found.ratio == pytest.approx(1.1)


def test_steps_are_held_against_those_of_runs(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "--system", "alanine:1", "--with-simulate", *QUICK)
    assert code == 0, text
    for word in ("alanine:1", "in a run", "ratio", "of the rounds"):
        assert word in text
