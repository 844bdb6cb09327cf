# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Paths, model files and platforms that many tests need."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openmm
import openmmgems
import pytest
from openmmgems.cli.app import main
from support.lennard_jones import write_lennard_jones

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    return ROOT / "tests" / "data"


@pytest.fixture(scope="session")
def structures(data_folder: Path) -> Path:
    return data_folder / "structures"


@pytest.fixture(scope="session")
def peptide(structures: Path) -> Path:
    return structures / "ace-ala-nme.pdb"


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    return Path(os.environ.get("GEMS_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def lennard_jones_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "lennard-jones.pt"
    write_lennard_jones(path)
    return path


@pytest.fixture
def gems(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """Run the command line in this process; gives (exit code, all output)."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in arguments])
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), captured.out + captured.err

    return run


def platform_or_skip(name: str) -> openmm.Platform:
    """A platform of OpenMM, unless its library cannot be loaded here."""
    if name in openmmgems.plugin_load_failures:
        if name == "CUDA" and os.environ.get("GEMS_REQUIRE_CUDA") == "1":
            pytest.fail(openmmgems.plugin_load_failures["CUDA"])
        pytest.skip(f"{name}: {openmmgems.plugin_load_failures[name]}")
    return openmm.Platform.getPlatform(name)


@pytest.fixture(params=["Reference", "CPU", "OpenCL", "CUDA"])
def platform(request: pytest.FixtureRequest) -> openmm.Platform:
    return platform_or_skip(request.param)


@pytest.fixture(scope="module", params=["OpenCL", "CUDA"])
def device(request: pytest.FixtureRequest) -> openmm.Platform:
    return platform_or_skip(request.param)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped, by reason, and how often."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ").splitlines()[0]] += 1
    if reasons:
        terminalreporter.section("skipped, by reason")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:4}  {reason}")
