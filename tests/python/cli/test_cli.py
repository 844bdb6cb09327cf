# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The command line: what it says, writes, refuses, and how it survives signals."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import mdtraj
import numpy as np
import openmmgems
import pytest
from openmmgems import Evaluator
from openmmgems.analysis.energies import read_energy_log
from openmmgems.cli.app import main
from openmmgems.dynamics.platform_choice import devices, is_pocl
from openmmgems.simulation import Forces, Protocol, simulate

GEMS = [sys.executable, "-c", "from openmmgems.cli.app import main; main()"]
AMBER = ["--force-field", "amber99sb-ildn", "--platform", "Reference"]
SHORT = ["--no-minimise", "--time", "0.05", "--frame-every", "10", "--checkpoint-every", "20"]


def start(*arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        GEMS + [str(word) for word in arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(condition, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline, "nothing happened for a minute"
        time.sleep(0.01)


def check_complete(folder: Path, num_steps: int, frame_every: int, log_every: int = 20) -> None:
    log = read_energy_log(folder / "log.csv")
    assert log["step"].tolist() == list(range(0, num_steps + 1, log_every))
    frames = mdtraj.load(str(folder / "trajectory.dcd"), top=str(folder / "start.pdb"))
    assert len(frames) == num_steps // frame_every


def test_a_run_writes_everything_and_says_what_next(gems, peptide: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    code, text = gems("simulate", peptide, *AMBER, *SHORT, "--out", out)
    assert code == 0, text
    for word in ("Estimate:", "ns/day", "22 atoms", "Done:", "10 frames", "Look at", "Next"):
        assert word in text
    check_complete(out, 100, 10)
    names = {path.name for path in out.iterdir()}
    assert {"settings.json", "system.xml", "start.pdb", "final.pdb", "checkpoint.zip"} <= names
    code, text = gems("simulate", peptide, *AMBER, *SHORT, "--out", out)
    assert code == 1
    assert "already holds a run; add --resume" in text
    code, text = gems(
        "simulate", "--resume", "--out", out, "--time", "0.1", "--platform", "Reference"
    )
    assert code == 0, text
    assert "Going on exactly from step 100" in text
    check_complete(out, 200, 10)


def test_the_bundled_model_runs(gems, peptide: Path, tmp_path: Path) -> None:
    arguments = ["--model", "ala-gfn2", "--no-minimise", "--time", "0.005", "--log-every", "5"]
    code, text = gems("simulate", peptide, *arguments, "--platform", "CPU", "--out", tmp_path / "m")
    assert code == 0, text
    assert "Total charge: +0 e (guessed" in text
    log = read_energy_log(tmp_path / "m" / "log.csv")
    assert log["step"].tolist() == [0, 5, 10]
    assert np.ptp(log["total_energy_kj_mol"]) < 20


def test_model_and_amber_run_from_one_prmtop(gems, structures: Path, tmp_path: Path) -> None:
    prmtop = structures / "ace-ala-nme.prmtop"
    for name, forces in (("gems", ["--model", "ala-gfn2"]), ("amber", ["--force-field", "file"])):
        out = tmp_path / name
        code, text = gems("simulate", prmtop, *forces, "--platform", "CPU", *SHORT, "--out", out)
        assert code == 0, text
        check_complete(out, 100, 10)
    first, second = (
        mdtraj.load_topology(str(tmp_path / name / "start.pdb")) for name in ("gems", "amber")
    )
    assert first == second


def test_resuming_with_other_settings_is_refused(gems, peptide: Path, tmp_path: Path) -> None:
    gems("simulate", peptide, *AMBER, *SHORT, "--out", tmp_path / "r")
    code, text = gems("simulate", "--resume", "--out", tmp_path / "r", "--temperature", "310")
    assert code == 1
    assert "begun with --temperature 300.0, not 310.0" in text
    code, text = gems("simulate", "--resume", "--out", tmp_path / "r", "--time", "0.01")
    assert code == 1
    assert "give a longer --time" in text
    code, text = gems("simulate", "--resume", "--out", tmp_path / "nowhere")
    assert code == 1
    assert "holds no run to go on with" in text


def test_a_run_begun_in_a_script_goes_on(gems, peptide: Path, tmp_path: Path) -> None:
    protocol = Protocol(num_steps=40, minimise=False, frame_interval=10, checkpoint_interval=20)
    forces = Forces(force_field="amber99sb-ildn")
    folder = simulate(
        peptide, tmp_path / "run", forces=forces, protocol=protocol, platform="Reference"
    )
    check_complete(folder.path, 40, 10)
    arguments = ["--resume", "--out", folder.path, "--time", "0.03", "--platform", "Reference"]
    code, text = gems("simulate", *arguments)
    assert code == 0, text
    check_complete(folder.path, 60, 10)
    folder.checkpoint.unlink()
    folder.previous_checkpoint.unlink()
    code, text = gems("simulate", *arguments)
    assert code == 1
    assert "but no checkpoint to go on from" in text  # nothing that was run is written over
    folder.log.unlink()
    code, text = gems("simulate", *arguments)  # as if killed before the first checkpoint
    assert code == 0, text
    check_complete(folder.path, 60, 10)


def test_a_dry_run_writes_nothing(gems, peptide: Path, tmp_path: Path) -> None:
    code, text = gems("simulate", peptide, *AMBER, "--dry-run", "--out", tmp_path / "dry")
    assert code == 0, text
    assert "Estimate:" in text
    assert not (tmp_path / "dry").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["simulate"], 2, "a structure file is needed"),
        (["simulate", "{peptide}"], 2, "one of --model and"),
        (["simulate", "{peptide}", "--model", "a", "--force-field", "b"], 2, "one of --model and"),
        (["simulate", "{peptide}", *AMBER, "--ensemble", "nvx"], 2, "nvx"),
        (["simulate", "{peptide}", *AMBER, "--time", "-1"], 2, "must be more than 0"),
        (["nonsense"], 2, "nonsense"),
        (["simulate", "nowhere.pdb", *AMBER], 1, "no structure file 'nowhere.pdb'"),
        (["simulate", "{peptide}", "--force-field", "x"], 1, "no force field 'x'"),
        (["simulate", "{peptide}", "--model", "x"], 1, "no model 'x'"),
        (["simulate", "{peptide}", *AMBER, "--ensemble", "npt"], 1, "needs a periodic box"),
        (["simulate", "{peptide}", *AMBER, "--trajectory", "abc"], 1, "expected dcd or xtc"),
        (["simulate", "{peptide}", *AMBER[:2], "--platform", "X"], 1, "platform is 'X'"),
        (["models", "inspect", "nowhere"], 1, "neither a file nor a bundled model"),
        (["models", "import", "nowhere.pth", "out.pt"], 1, "There is no file 'nowhere.pth'"),
    ],
)
def test_errors_are_one_sentence(
    gems, peptide: Path, tmp_path: Path, arguments: list, code: int, message: str
) -> None:
    words = [str(peptide) if word == "{peptide}" else word for word in arguments]
    if words[0] == "simulate":
        words += ["--out", str(tmp_path / "out")]
    found, text = gems(*words)
    assert found == code, text
    assert message in " ".join(text.replace("│", " ").split())
    assert "Traceback" not in text


def test_minimising_on_pocl_is_refused(gems, peptide: Path, tmp_path: Path) -> None:
    if "OpenCL" in openmmgems.plugin_load_failures or not any(map(is_pocl, devices("OpenCL"))):
        pytest.skip("PoCL is not there")
    code, text = gems(
        "simulate", peptide, "--model", "ala-gfn2", "--platform", "PoCL", "--out", tmp_path / "run"
    )
    assert code == 1
    assert "minimiser crashes on PoCL; add --no-minimise" in text


def test_debug_shows_the_traceback(peptide: Path) -> None:
    with pytest.raises(FileNotFoundError):
        main(["simulate", "nowhere.pdb", *AMBER, "--debug"])


def test_an_element_that_the_model_does_not_know_is_refused(gems, tmp_path: Path) -> None:
    sulphur = tmp_path / "h2s.xyz"
    sulphur.write_text("3\n\nS 0 0 0\nH 1.34 0 0\nH -0.05 1.34 0\n")
    for forced in ((), ("--force",)):
        code, text = gems("simulate", sulphur, "--model", "ala-gfn2", "--dry-run", *forced)
        assert code == 1
        assert (
            "was not trained on the element S; it knows C, H, N, O: choose another model." in text
        )


def test_doctor_is_content(gems) -> None:
    code, text = gems("doctor")
    assert code == 0, text
    for word in ("torch", "OpenMM", "Reference", "ala-gfn2", "All that is needed works"):
        assert word in text


def test_doctor_tells_what_is_broken(gems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(openmmgems.plugin_load_failures, "CPU", "libc10.so: cannot open")
    code, text = gems("doctor")
    assert code == 1
    assert "libc10.so: cannot open" in text
    assert "Broken:" in text


def test_models_are_listed_and_inspected(gems) -> None:
    code, text = gems("models", "list")
    assert code == 0
    assert "ala-gfn2" in text
    code, text = gems("models", "inspect", "ala-gfn2", "--json")
    assert code == 0
    assert json.loads(text)["description"]["elements"] == [1, 6, 7, 8]


def test_a_model_goes_out_and_comes_back(gems, tmp_path: Path) -> None:
    checkpoint, model = tmp_path / "a.pth", tmp_path / "a.pt"
    code, text = gems("models", "export", "ala-gfn2", checkpoint)
    assert code == 0, text
    code, text = gems("models", "import", checkpoint, model)
    assert code == 0, text
    code, text = gems("models", "import", checkpoint, model)
    assert code == 1
    assert "add --overwrite" in text


def test_an_imported_model_is_smooth_if_a_structure_is_given(
    gems, structures: Path, tmp_path: Path
) -> None:
    gems("models", "export", "ala-gfn2", tmp_path / "a.pth")
    reference = ("--smooth-reference", structures / "ace-ala-nme.xyz")
    code, text = gems("models", "import", tmp_path / "a.pth", tmp_path / "a.pt", *reference)
    assert code == 0, text
    water = ([8, 1, 1], [[0.0, 0.0, 0.1], [0.0, 0.8, -0.5], [0.0, -0.8, -0.5]])
    Evaluator(tmp_path / "a.pt", attention="smooth").evaluate(*water)
    gems("models", "import", tmp_path / "a.pth", tmp_path / "exact.pt")
    with pytest.raises(ValueError, match=r"failed: builtins\.ValueError: Smooth attention needs"):
        Evaluator(tmp_path / "exact.pt", attention="smooth").evaluate(*water)


def test_help_teaches_by_examples(gems) -> None:
    code, text = gems("simulate", "--help")
    assert code == 0
    assert "gems simulate peptide.pdb --model so3lr" in text


LONG = ["--no-minimise", "--time", "1000", "--frame-every", "10", "--checkpoint-every", "40"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_signals_lose_no_frame(
    gems, peptide: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    out = tmp_path / "run"
    process = start("simulate", peptide, *AMBER, *LONG, "--out", out)
    wait_for(lambda: (out / "checkpoint-previous.zip").is_file(), process)
    time.sleep(0.3)
    process.send_signal(number)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == code, text
    if number != signal.SIGKILL:
        assert f"go on with: gems simulate --resume --out {out}" in " ".join(text.split())
    log = read_energy_log(out / "log.csv")["step"]
    steps = 40 * (int(log[-1]) // 40 + 2)
    code, text = gems(
        "simulate", "--resume", "--out", out, "--time", steps * 0.0005, "--platform", "Reference"
    )
    assert code == 0, text
    check_complete(out, steps, 10)


def test_a_full_disk_is_told_and_nothing_is_lost(gems, peptide: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    limit = 60_000

    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    found = subprocess.run(
        [*GEMS, "simulate", str(peptide), *AMBER, *LONG, "--out", str(out)],
        preexec_fn=limit_file_size,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"COLUMNS": "1000"},
    )
    assert found.returncode == 1, found.stdout
    assert "The disk is full" in found.stderr
    assert "Traceback" not in found.stderr
    log = read_energy_log(out / "log.csv")["step"]
    steps = 40 * (int(log[-1]) // 40 + 2)
    code, text = gems(
        "simulate", "--resume", "--out", out, "--time", steps * 0.0005, "--platform", "Reference"
    )
    assert code == 0, text
    check_complete(out, steps, 10)
