# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What README and the pages of docs show works, and what they link to is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Page, and which of its Python examples can be run as it stands.
WHOLE_SCRIPTS = [("README.md", 0), ("docs/limits.md", 0)]


def code_blocks(page: Path, language: str) -> list[str]:
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^ *```", page.read_text(), re.DOTALL | re.MULTILINE
    )
    return [
        "\n".join(line.removeprefix(indent) for line in code.split("\n")) for indent, code in found
    ]


@pytest.mark.parametrize(("page", "number"), WHOLE_SCRIPTS)
def test_scripts_run(page: str, number: int) -> None:
    code = code_blocks(ROOT / page, "python")[number]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_all_examples_are_python(page: Path) -> None:
    for code in code_blocks(page, "python"):
        compile(code, page.name, "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_imports_in_examples_exist(page: Path) -> None:
    imports = re.findall(
        r"^ *(from openmmgems.*|import openmmgems.*)$", page.read_text(), re.MULTILINE
    )
    for line in imports:
        exec(line, {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_of_commands_are_known(page: Path) -> None:
    from openmmgems.cli.app import app

    text = page.read_text().replace("\\\n", " ")
    for line in re.findall(r"^(?:\s*)gems ((?:[a-z]+ )+.*)$", text, re.MULTILINE):
        words = line.split("#")[0].split()
        options = [word for word in words if word.startswith("--")]
        command = [word for word in words[:2] if word.isalpha()]
        command = command if command[0] == "models" else command[:1]
        if "|" in words:
            continue
        shown = CliRunner(env={"COLUMNS": "300"}).invoke(app, [*command, "--help"]).output
        for option in options:
            assert option in shown, f"{' '.join(command)} {option}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
