# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The rooms of the package: one word for one thing, and commands that only parse, call and print.

The order of rooms is checked by ``lint-imports``.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import openmmgems
import pytest
import typer
from openmmgems.cli.app import app

PACKAGE = Path(openmmgems.__file__).parent
#: Folders of networks: their parts have the names that all networks' parts have.
NETWORKS = (PACKAGE / "models" / "so3lr",)
LONGEST_BODY = 30
# Ends of the names of what makes settings, engines, force fields and Systems.
MAKERS = (
    *("Settings", "model_validate", "model_copy", "Protocol", "Forces"),
    *("Engine", "ForceField", "createSystem", "build_system"),
)


def modules(network: Path | None) -> list[Path]:
    """Modules of a network, or None: all that belong to no network's folder."""
    if network is not None:
        return list(network.rglob("*.py"))
    return [p for p in PACKAGE.rglob("*.py") if not any(map(p.is_relative_to, NETWORKS))]


@pytest.mark.parametrize("network", [None, *NETWORKS])
def test_no_two_modules_have_one_name(network: Path | None) -> None:
    names = Counter(path.name for path in modules(network) if path.name != "__init__.py")
    assert names
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("network", [None, *NETWORKS])
def test_no_two_classes_have_one_name(network: Path | None) -> None:
    names = Counter(
        node.name
        for path in modules(network)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_commands_are_thin() -> None:
    commands = set(names_of_commands(app))
    assert {"label", "sample", "import_checkpoint"} <= commands
    files = sorted((PACKAGE / "cli").glob("*.py"))
    faults = {path.name: list(faults_of(path, commands)) for path in files}
    assert {name: found for name, found in faults.items() if found} == {}


def test_the_rules_find_what_they_forbid(tmp_path: Path) -> None:
    lines = [f"    x{k} = {k}" for k in range(LONGEST_BODY + 1)]
    text = "\n".join(["@app.command()", "def long():", '    """Long."""', *lines])
    text += "\ndef other():\n    from openmmgems.engines.gems_engine import GemsEngine\n"
    text += "    LabelSettings()\n    app.ForceField('a.xml')\n    force_field.createSystem()\n"
    (tmp_path / "bad.py").write_text(text)
    assert list(faults_of(tmp_path / "bad.py", {"long"})) == [
        "long has 31 lines after its docstring",
        "imports openmmgems.engines.gems_engine",
        "calls LabelSettings",
        "calls ForceField",
        "calls createSystem",
    ]


def names_of_commands(group: typer.Typer) -> Iterator[str]:
    """Names of the functions behind the commands, also of groups of commands."""
    yield from (each.callback.__name__ for each in group.registered_commands)
    for inner in group.registered_groups:
        yield from names_of_commands(inner.typer_instance)


def faults_of(path: Path, commands: set[str]) -> Iterator[str]:
    """
    Say what a file of commands has that belongs elsewhere.

    A command's body is at most 30 lines. Engines, settings, force fields and Systems are made in
    rooms; that engines are there may be asked (`engines.openblas`).
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in commands:
            length = body_length(node)
            if length > LONGEST_BODY:
                yield f"{node.name} has {length} lines after its docstring"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and "engine" in (node.module or "").split(".")[-1]:
            yield f"imports {node.module}"
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name.endswith(MAKERS):
                yield f"calls {name}"


def body_length(function: ast.FunctionDef) -> int:
    """Lines after the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0
