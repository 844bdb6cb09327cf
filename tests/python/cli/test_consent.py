# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Files that name code do not run it: only what the command line itself names does."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from openmmgems.core.atomic_system import AtomicSystem
from openmmgems.data.structure_file import write_structures

WATER = AtomicSystem(
    np.array([8, 1, 1]),
    np.array([[0.0, 0.0, 0.117], [0.0, 0.757, -0.470], [0.0, -0.757, -0.470]]),
    source="bottom-up:O:start",
)
TOUCH = 'options = { command = "touch ran" }\n'
SYSTEM = "The engine 'os:system' would run code of 'os'"


@pytest.fixture
def gems(gems, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command in a folder with `water.h5`; gives the exit code and all it says, as a line."""
    monkeypatch.chdir(tmp_path)
    write_structures(tmp_path / "water.h5", [WATER])

    def run(*words: str) -> tuple[int, str]:
        code, told = gems(*words)
        return code, " ".join(told.split())

    return run


def label_project(text: str) -> None:
    """A project whose conformers are there, to be labelled."""
    Path("some.toml").write_text(f"[bottom_up]\n[labels]\n{text}")
    Path("some").mkdir(exist_ok=True)
    write_structures(Path("some/conformers.h5"), [WATER])


def sample_project(text: str) -> None:
    """A project whose graphs are there, of which conformers are drawn."""
    Path("some.toml").write_text(f"[bottom_up]\n[conformers]\n{text}")
    Path("some").mkdir(exist_ok=True)
    write_structures(Path("some/graphs.h5"), [WATER])


def label_folder(**settings: object) -> None:
    """A folder of labels as somebody else may have made it."""
    Path("labels").mkdir()
    Path("labels/settings.json").write_text(json.dumps(settings))


def write_force_field(tag: str) -> None:
    """A force field, `evil.xml`, that includes another, which includes it and holds a script."""
    include = '<Include file="{}"/>'
    script = f"<{tag}>open('ran', 'w')</{tag}>"
    Path("evil.xml").write_text(f"<ForceField>{include.format('inner.xml')}</ForceField>")
    Path("inner.xml").write_text(f"<ForceField>{include.format('evil.xml')}{script}</ForceField>")


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--export",)])
def test_a_project_cannot_have_labels_run_code(gems, more: tuple[str, ...]) -> None:
    label_project('engine = "os:system"\n' + TOUCH)
    code, told = gems("label", "--project", "some.toml", *more)
    assert code == 1
    assert SYSTEM in told
    assert "add --allow-code os" in told
    assert not Path("ran").exists()


def test_a_project_cannot_have_conformers_run_code(gems) -> None:
    sample_project('engine = "os:system"\n' + TOUCH.replace("options", "engine_options"))
    code, told = gems("sample", "--project", "some.toml")
    assert (code, SYSTEM in told) == (1, True)
    assert not Path("ran").exists()


def test_a_folder_of_labels_cannot_run_code(gems) -> None:
    label_folder(engine="os:system", options={"command": "touch ran"})
    code, told = gems("label", "water.h5", "--out", "labels")
    assert (code, SYSTEM in told) == (1, True)
    assert not Path("ran").exists()


def test_consent_is_to_one_module(gems) -> None:
    label_project('engine = "os:system"\n' + TOUCH)
    code, told = gems("label", "--project", "some.toml", "--allow-code", "os.path")
    assert (code, SYSTEM in told) == (1, True)


@pytest.mark.parametrize("command", ["label", "sample"])
def test_what_is_no_engine_is_refused(gems, command: str) -> None:
    words = [command, "water.h5", "--out", "out.h5", "--engine-option", "command=echo"]
    code, told = gems(*words, "--engine", "os:system")  # typed: consent
    assert code == 1
    assert "'os:system' gives int without label, cost, level_of_theory, version, settings" in told
    code, told = gems(*words, "--engine", "os:getcwd")
    assert "cannot be made:" in told
    code, told = gems(*words, "--engine", "os:a.b")
    assert "expected a name or 'module:function'" in told
    assert code == 2


def test_a_project_cannot_name_a_program(gems) -> None:
    program = Path("psi4")
    program.write_text(f"#!/bin/sh\ntouch {Path('ran').absolute()}\necho 1.9\n")
    program.chmod(0o755)
    label_project(f'engine = "psi4"\noptions = {{ executable = "{program.absolute()}" }}\n')
    code, told = gems("label", "--project", "some.toml", "--dry-run")
    assert code == 1
    assert f"would run code of '{program.absolute()}'" in told
    assert not Path("ran").exists()
    allowed = ("--allow-code", str(program.absolute()))
    assert gems("label", "--project", "some.toml", "--dry-run", *allowed)[0] == 0
    assert Path("ran").exists()


def test_a_project_cannot_name_a_basis_that_is_evaluated(gems) -> None:
    text = "H    S\\n  __import__('pathlib').Path('ran').touch()  1.0\\n"
    label_project(f'engine = "pyscf"\noptions = {{ basis = "{text}" }}\n')
    code, told = gems("label", "--project", "some.toml")
    assert (code, "expected the name of a basis" in told) == (1, True)
    assert not Path("ran").exists()


@pytest.mark.parametrize("tag", ["Script", "InitializationScript"])
def test_a_project_cannot_name_a_force_field_with_a_script(gems, tag: str, peptide: Path) -> None:
    write_force_field(tag)
    label_project(
        'engine = "amber"\n'
        f'options = {{ topology = "{peptide}", force_field = "amber99sbildn.xml, evil.xml" }}\n'
    )
    code, told = gems("label", "--project", "some.toml")
    assert (code, "'inner.xml' holds a script, which OpenMM would run" in told) == (1, True)
    assert not Path("ran").exists()


def test_a_folder_of_a_run_cannot_name_a_force_field_with_a_script(gems, peptide: Path) -> None:
    words = ("--force-field", "amber99sb-ildn", "--time", "0.002", "--out", "run")
    code, told = gems("simulate", str(peptide), *words, "--platform", "Reference")
    assert code == 0, told
    write_force_field("InitializationScript")
    settings = json.loads(Path("run/settings.json").read_text())
    settings["forces"]["force_field"] = "amber99sbildn.xml,evil.xml"
    Path("run/settings.json").write_text(json.dumps(settings))
    code, told = gems("simulate", "--resume", "--out", "run", "--time", "0.004")
    assert (code, "'inner.xml' holds a script" in told) == (1, True), told
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("text", "exit_code", "message"),
    [
        (
            'slurm = { prologue = ["touch ran"] }',
            1,
            "SLURM's job script, by 'touch ran', would run",
        ),
        ('slurm = { directives = ["--x\\ntouch ran"] }', 1, "SLURM's job script, by"),
        ('slurm = { queue = "long\\ntouch ran" }', 2, "labels.slurm.queue is"),
        ('slurm = { account = "me\\ntouch ran" }', 2, "labels.slurm.account is"),
        ('slurm = { walltime = "1:00\\ntouch ran" }', 2, "labels.slurm.walltime is"),
        ('scheduler = "tcp://192.0.2.7:8786"', 1, "can be reached from other machines without TLS"),
        ('scheduler = "192.0.2.7:8786"', 1, "can be reached from other machines without TLS"),
        ('scheduler = "tcp://head.example:8786"', 1, "can be reached from other machines"),
        ('scheduler = "ws://192.0.2.7:8786"', 1, "can be reached from other machines without TLS"),
    ],
)
def test_a_project_cannot_run_code_through_workers(
    gems, text: str, exit_code: int, message: str
) -> None:
    label_project(text + "\n")
    code, told = gems("label", "--project", "some.toml")
    assert (code, message in told) == (exit_code, True), told
    assert not Path("ran").exists()


def test_a_scheduler_without_tls_needs_consent(gems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openmmgems.jobs.cluster._CONNECT_S", 1)
    words = ("label", "water.h5", "--scheduler", "tcp://192.0.2.7:8786")
    assert "add --insecure" in gems(*words)[1]
    code, told = gems(*words, "--insecure")
    assert (code, "There is no Dask scheduler at 'tcp://192.0.2.7:8786'" in told) == (1, True)
    for address in ("tcp://127.0.0.1:1", "tcp://localhost:1", "tcp://[::1]:1", "127.0.0.1:1"):
        assert "There is no Dask scheduler" in gems(*words[:3], address)[1]


def test_a_folder_of_labels_does_not_say_where_it_runs(gems) -> None:
    slurm = {"prologue": ["touch ran"], "cores": 4}
    label_folder(engine="gfn2-xtb", slurm=slurm, threads=3, memory_gb=0.5)
    code, told = gems("label", "water.h5", "--out", "labels", "--dry-run")
    assert code == 0
    assert "this machine" in told
    assert "1 core each" in told


@pytest.mark.slow
def test_files_in_the_current_folder_are_no_modules_of_workers(gems) -> None:
    for name in ("numpy", "tblite", "json", "random"):
        Path(f"{name}.py").write_text("open('ran', 'w')\n")
    code, told = gems("label", "water.h5", "--workers", "1", "--memory", "2")
    assert code == 0, told
    assert not Path("ran").exists()
    assert "" not in sys.path


@pytest.mark.slow
def test_an_engine_of_a_project_runs_with_consent(gems, tmp_path: Path) -> None:
    options = f'engine_options = {{ stiffness = 50.0 }}\nengine = "{SPRINGS}:SpringEngine"\n'
    sample_project("number = 2\nspacing_fs = 5.0\n" + options)
    assert gems("sample", "--project", "some.toml")[0] == 1
    words = ("--allow-code", SPRINGS, "--processes", "1", "--memory", "2")
    code, told = gems("sample", "--project", "some.toml", *words)
    assert code == 0, told
    assert "Done: 2 conformers of 1 molecules" in told


SPRINGS = "support.spring_engine"
HANGING = ("--engine", f"{SPRINGS}:SpringEngine", "--engine-option", "hangs_for=3")


@pytest.mark.slow
def test_conformers_of_an_engine_that_hangs_end_with_a_message(gems) -> None:
    words = ("--time-limit", "2", "--processes", "1", "--memory", "2")
    code, told = gems("sample", "water.h5", "-o", "out.h5", *HANGING, *words)
    assert code == 1
    assert "Every molecule failed; nothing was written." in told
    assert "it took longer than its limit of 2 s" in told
