# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Stages carried out by commands: one, or several one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from openmmgems.cli.carry_out import carry_out, carry_out_all
from openmmgems.core.stages import Estimate, Outcome, Work, in_all


@dataclass
class Copying:
    """A stage that copies a file; it may be stopped half way."""

    source: Path
    target: Path
    seconds: float | None = None
    stops: bool = False
    keeps: bool = True

    @property
    def plan(self) -> dict[str, str]:
        return {"Copy": str(self.target)}

    @property
    def inputs(self) -> Sequence[Path]:
        return (self.source,)

    @property
    def outputs(self) -> Sequence[Path]:
        return (self.target,)

    @property
    def is_done(self) -> bool:
        return self.target.is_file()

    def estimate(self, work: Work) -> Estimate:
        return Estimate(f"{len(self.source.read_text())} letters", self.seconds, 2e6, 1e6)

    def run(self, work: Work) -> Outcome:
        work.show(1, 2, "[half]")
        if self.stops:
            return Outcome("1 of 2 halves.", is_complete=False, is_kept=self.keeps)
        self.target.write_text(self.source.read_text())
        return Outcome("copied.", self.outputs)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A file that is there, and two that may be made of it."""
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("text")
    return [Path("a"), Path("b"), Path("c")]


def test_stages_follow_each_other(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    a, b, c = files
    stages = [Copying(a, b), Copying(b, c)]
    carry_out_all(stages, next_command="gems more")
    assert c.read_text() == "text"
    told = capsys.readouterr().out
    assert told.count("Done: copied.") == 2
    assert told.count("Next") == 1
    carry_out_all(stages, next_command="gems more")
    told = capsys.readouterr().out
    assert "b is there already." in told
    assert "Done" not in told
    assert "gems more" in told


@pytest.mark.parametrize(
    ("keeps", "message"),
    [
        (True, "Nothing finished is lost; the same command goes on."),
        (False, "Nothing of it is kept; the same command begins anew."),
    ],
)
def test_what_is_kept_of_a_stage_that_was_stopped_is_told(
    files: list[Path], capsys: pytest.CaptureFixture[str], keeps: bool, message: str
) -> None:
    with pytest.raises(typer.Exit):
        carry_out(Copying(*files[:2], stops=True, keeps=keeps))
    assert f"Stopped: 1 of 2 halves. {message}" in " ".join(capsys.readouterr().out.split())


def test_a_dry_run_adds_up_what_is_known(
    files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b, c = files
    stages = [Copying(a, b, 100.0), Copying(b, c, 20.0), Copying(a, Path("d"), 80.0)]
    carry_out_all(stages, dry_run=True, next_command="gems more")
    told = " ".join(capsys.readouterr().out.split())
    assert "Estimate: not known before b is there" in told
    total = "3 stages, of which 1 cannot be told yet, 3 min, memory 2.0 MB, files 2.0 MB"
    assert f"In all: {total}" in told
    assert "gems more" not in told
    assert not b.exists()


def test_estimates_that_nobody_knows_have_no_sum() -> None:
    found = in_all([Estimate("graphs"), Estimate("conformers", disk_bytes=3.0)])
    assert (found.seconds, found.memory_bytes, found.disk_bytes) == (None, None, 3.0)


def test_nothing_begins_if_a_file_is_missing(files: list[Path]) -> None:
    a, b, c = files
    with pytest.raises(FileNotFoundError, match=r"There is no file 'x'\."):
        carry_out_all([Copying(a, b), Copying(Path("x"), c)], next_command="")
    assert not b.exists()
    with pytest.raises(FileNotFoundError, match="There is no file 'x'"):
        carry_out(Copying(Path("x"), c))


def test_a_stage_that_stops_ends_the_others(
    files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b, c = files
    with pytest.raises(typer.Exit):
        carry_out_all([Copying(a, b, stops=True), Copying(a, c)], next_command="gems more")
    told = capsys.readouterr().out
    assert "Stopped: 1 of 2 halves." in told
    assert "gems more" not in told
    assert not c.exists()
