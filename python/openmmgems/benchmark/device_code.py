# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The native evaluator's program for devices, compiled for NVIDIA's GPUs without having one."""

import contextlib
import importlib.util
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openmm

import openmmgems

PRECISIONS = ("single", "mixed", "double")


@dataclass(frozen=True)
class CompiledKernel:
    """What the compiler says of a kernel: of a thread, but for what a thread group shares."""

    registers: int
    shared_bytes: int
    stack_bytes: int  #: spilled registers, and arrays that found no place in registers


def program_text(
    model: Path | str,
    atomic_numbers: Sequence[int],
    cell_angstrom: np.ndarray | None = None,
    precision: str = "mixed",
    tensor_cores: bool = True,
) -> str:
    """
    What is compiled for a model: constants and kernels, for tensor cores or without.

    It is the same for all systems; this one is needed to make a Context on OpenMM's OpenCL platform
    with some device. Nothing is computed there.

    Raises
    ------
    openmm.OpenMMException
        There is no OpenCL device, or the model cannot be used so.
    """
    force = openmmgems.GemsForce(model)
    force.setEvaluator(openmmgems.GemsForce.Native)
    system = openmm.System()
    for atom, atomic_number in enumerate(atomic_numbers):
        system.addParticle(1.0)
        force.addAtom(atom, int(atomic_number))
    if cell_angstrom is not None:
        force.setUsesPeriodicBoundaryConditions(True)
        system.setDefaultPeriodicBoxVectors(*(np.asarray(cell_angstrom) / 10))
    system.addForce(force)
    with tempfile.TemporaryDirectory() as folder:
        choice = {
            "OPENMMGEMS_SAVE_DEVICE_CODE": folder,
            "OPENMMGEMS_TENSOR_CORES": str(int(tensor_cores)),
        }
        platform = openmm.Platform.getPlatform("OpenCL")
        with _environment(choice):
            openmm.Context(
                system, openmm.VerletIntegrator(0.001), platform, {"Precision": precision}
            )
        return (Path(folder) / "native.cc").read_text()


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def constants(text: str) -> dict[str, str]:
    """The constants that a program starts with."""
    return dict(re.findall(r"^#define (\w+) (.+)$", text[: text.index("/**")], re.MULTILINE))


def cuda_platform_library() -> Path | None:
    """Give the library of OpenMM's CUDA platform, if it is installed."""
    spec = importlib.util.find_spec("openmm")
    assert spec is not None
    assert spec.origin is not None
    site = Path(spec.origin).parents[1]
    return next(site.glob("OpenMM.libs/lib/plugins/libOpenMMCUDA.so"), None)


def literal_in(library: bytes, marker: str) -> str:
    """The text that holds a marker, of those that stand in a library."""
    place = library.index(marker.encode())
    return library[library.rfind(b"\0", 0, place) + 1 : library.index(b"\0", place)].decode()


def prelude(library: Path, precision: str) -> str:
    """What OpenMM puts before every program: types, functions, and two texts of its own."""
    content = library.read_bytes()
    real = "double" if precision == "double" else "float"
    mixed = "float" if precision == "single" else "double"
    suffix = "" if precision == "double" else "f"
    lines = [f"#define USE_{precision.upper()}_PRECISION 1"] if precision != "single" else []
    lines += [f"typedef {real} real;", f"typedef {mixed} mixed;"]
    for size in (2, 3, 4):
        lines += [
            f"typedef {real}{size} real{size};",
            f"typedef {mixed}{size} mixed{size};",
            f"#define make_real{size} make_{real}{size}",
            f"#define make_mixed{size} make_{mixed}{size}",
        ]
    for name in ("SQRT", "RSQRT", "EXP", "LOG", "ERFC"):
        lines.append(f"#define {name} {name.lower()}{suffix}")
    texts = ["common compute framework", "vector operations to simplify"]
    return "\n".join(lines + [literal_in(content, text) for text in texts])


def compile_to_cubin(source: str, architecture: str) -> tuple[bytes, str]:
    """Machine code of a program and the compiler's log; a failure is told with the log."""
    from cuda.bindings import nvrtc

    _, program = nvrtc.nvrtcCreateProgram(source.encode(), b"kernels.cu", 0, [], [])
    options = [f"--gpu-architecture={architecture}", "--use_fast_math", "--ptxas-options=-v"]
    (result,) = nvrtc.nvrtcCompileProgram(
        program, len(options), [option.encode() for option in options]
    )
    _, size = nvrtc.nvrtcGetProgramLogSize(program)
    log = b" " * (size + 1)  # never one byte: Python shares those, and this is written into
    nvrtc.nvrtcGetProgramLog(program, log)
    if result != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise RuntimeError(f"The program does not compile for {architecture}:\n{log.decode()}")
    _, size = nvrtc.nvrtcGetCUBINSize(program)
    code = b" " * (size + 1)
    nvrtc.nvrtcGetCUBIN(program, code)
    return code, log.decode()


def read_log(log: str) -> dict[str, CompiledKernel]:
    """Figures of each kernel."""
    kernels = {}
    for part in log.split("Compiling entry function '")[1:]:
        shared = re.search(r"(\d+) bytes smem", part)
        registers = re.search(r"Used (\d+) registers", part)
        stack = re.search(r"(\d+) bytes stack frame", part)
        assert registers is not None
        assert stack is not None
        kernels[part[: part.index("'")]] = CompiledKernel(
            int(registers[1]), int(shared[1]) if shared else 0, int(stack[1])
        )
    return kernels
