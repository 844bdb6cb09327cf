# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Memory said before a run is what the run takes, whatever evaluator runs it."""

import mmap
import re
import subprocess
import sys
from pathlib import Path

import openmm
import pytest
from openmm import app, unit
from openmmgems import models
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.benchmark.measure import write_random_model
from openmmgems.core.errors import ResourceError
from openmmgems.dynamics import estimate
from openmmgems.dynamics.model_memory import evaluator_that_runs, model_memory
from openmmgems.dynamics.platform_choice import PlatformChoice
from openmmgems.dynamics.protocol import Protocol
from openmmgems.dynamics.run_folder import RunFolder
from openmmgems.gemsforce import GemsForce
from openmmgems.models.inspect import inspect_model
from openmmgems.simulation import workflow
from openmmgems.systems.system import createSystem

# The peak that the kernel tells of a child counts its parent before exec; VmHWM does not.
GEMS_AND_PEAK = """
import atexit, re
from pathlib import Path
from openmmgems.cli.app import main
atexit.register(lambda: print(re.search("VmHWM.*", Path("/proc/self/status").read_text())[0]))
main()
"""
UNITS = {"MB": 1e6, "GB": 1e9}


def said_and_taken(folder: Path, num_atoms: int, model: str, evaluator: str) -> tuple[float, float]:
    """Bytes that `gems simulate --dry-run` says before it begins, and its peak."""
    water = load_system(f"water:{num_atoms}")
    structure, file = folder / f"{num_atoms}.pdb", folder / f"{num_atoms}.pt"
    with open(structure, "w") as out:
        app.PDBFile.writeFile(water.topology, water.positions * unit.nanometer, out)
    if model.startswith("random:"):
        write_random_model(file, model)
        model = str(file)
    found = subprocess.run(
        [sys.executable, "-c", GEMS_AND_PEAK, "simulate", str(structure), "--model", model]
        + ["--evaluator", evaluator, "--no-minimise", "--platform", "CPU", "--threads", "1"]
        + ["--time-step", "0.001", "--dry-run"],  # random weights throw atoms about
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert found.returncode == 0, found.stderr
    number, name = re.search(r"Memory: about ([\d.]+) (MB|GB)", found.stdout).groups()
    peak = re.search(r"VmHWM:\s+(\d+) kB", found.stdout)[1]
    return float(number) * UNITS[name], 1024.0 * int(peak)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num_atoms", "model", "evaluator"),
    [
        (3000, "random:64:3", "auto"),
        (25000, "random:64:3", "auto"),
        (300, "random:64:2", "torchscript"),
        (600, "so3lr", "auto"),
    ],
)
def test_memory_said_is_memory_taken(
    tmp_path: Path, num_atoms: int, model: str, evaluator: str
) -> None:
    said, taken = said_and_taken(tmp_path, num_atoms, model, evaluator)
    said_of_few, taken_of_few = said_and_taken(tmp_path, 30, "random:4:1", evaluator)
    grown = taken - taken_of_few  # without what the process has anyway
    assert grown > 80e6
    assert said - said_of_few == pytest.approx(grown, rel=0.3)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[openmm.System, object]:
    """Crambin in water under a model of 64 features and 3 modules."""
    structure = load_system("crambin-in-water")
    file = tmp_path_factory.mktemp("model") / "random.pt"
    write_random_model(file, "random:64:3")
    return createSystem(structure.topology, file, total_charge=0), structure


def test_a_protein_in_water_needs_gigabytes_only_by_automatic_differentiation(large) -> None:
    """Measured: 0.96 GB; PyTorch needs some 1.55 MB an atom in single precision."""
    system, structure = large
    native = model_memory(system, structure.positions, PlatformChoice("CPU"))
    assert native.evaluator == "native"
    assert native.num_bytes == pytest.approx(0.96e9, rel=0.2)
    torch = model_memory(system, structure.positions, PlatformChoice("Reference"))
    assert torch.evaluator == "torchscript"
    assert torch.num_bytes == pytest.approx(2 * 1.55e6 * structure.num_atoms, rel=0.2)
    device = model_memory(system, structure.positions, PlatformChoice("CUDA"))
    assert not device.is_on_host
    assert device.num_bytes == native.num_bytes


def test_a_model_is_refused_where_its_evaluator_does_not_fit(
    large, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, structure = large
    monkeypatch.setattr(workflow, "available_memory_bytes", lambda: 20 * 10**9)
    said: list[str] = []
    with pytest.raises(ResourceError, match=r"needs about \d\d\.\d GB of memory, but only 20.0 GB"):
        workflow.new_simulation(
            RunFolder(tmp_path / "run"),
            structure,
            system,
            Protocol(minimise=False),
            PlatformChoice("Reference"),
            said.append,
        )
    assert "torchscript evaluator" in said[0]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("wanted", "platform", "expected"),
    [
        (GemsForce.Auto, "CPU", "native"),
        (GemsForce.Auto, "OpenCL", "native"),
        (GemsForce.Auto, "Reference", "torchscript"),
        (GemsForce.Native, "Reference", "native"),
        (GemsForce.TorchScript, "CUDA", "torchscript"),
    ],
)
def test_the_evaluator_is_the_one_that_the_force_takes(
    lennard_jones_file: Path, wanted: int, platform: str, expected: str
) -> None:
    spookynet = inspect_model(models.path("ala-gfn2"))
    assert evaluator_that_runs(spookynet, wanted, platform) == expected
    if wanted == GemsForce.Auto:
        other = inspect_model(lennard_jones_file)
        assert evaluator_that_runs(other, wanted, platform) == "torchscript"


def test_present_memory_comes_and_goes() -> None:
    before = estimate.present_memory_bytes()
    size = 200_000_000
    with mmap.mmap(-1, size) as memory:  # not from the heap, where other tests have left room
        memory[:: mmap.PAGESIZE] = bytes(size // mmap.PAGESIZE + 1)
        assert estimate.present_memory_bytes() - before == pytest.approx(size, rel=0.1)
    assert estimate.present_memory_bytes() - before < 2e7
