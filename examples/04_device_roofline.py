# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Predict a step of crambin in water on an H200 from the compiled program: no GPU is needed.

Prints for each kernel of the native evaluator what the compiler gave it, what it has to do, and the
least time that arithmetic, memory and the second cache allow. A real step takes longer.

    python examples/04_device_roofline.py
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from openmmgems.benchmark import roofline
from openmmgems.benchmark.benchmark_systems import load_system
from openmmgems.benchmark.device_code import (
    compile_to_cubin,
    constants,
    cuda_platform_library,
    prelude,
    program_text,
    read_log,
)
from openmmgems.benchmark.measure import write_random_model
from scipy.spatial import cKDTree


def neighbours(positions: np.ndarray, box: np.ndarray, cutoff: float) -> float:
    """Average number within a cutoff in a rectangular box."""
    tree = cKDTree(positions % box, boxsize=box)
    return (tree.count_neighbors(tree, cutoff) - len(positions)) / len(positions)


def size_of(
    text: dict[str, str], positions: np.ndarray, box: np.ndarray, modules: int
) -> roofline.Size:
    """The network's and the system's size; lengths in angstrom."""
    far, skin = float(text["FAR_CUTOFF"]), float(text["SKIN"])
    near = float(text["CUTOFF"])  # bonds that dispersion counts are shorter, but for heavy elements
    # Clusters of 32 atoms that come within range, taken for cubes.
    cluster_edge = (32 / len(positions) * box.prod()) ** (1 / 3)
    reach = far + skin + cluster_edge
    return roofline.Size(
        atoms=len(positions),
        features=int(text["NUM_FEATURES"]),
        modules=modules,
        functions=int(text["NUM_BASIS"]),
        components=3 + int(text["NUM_D"]),
        tensor_cores="TENSOR_CORES" in text,
        near=neighbours(positions, box, near),
        candidates=neighbours(positions, box, near + skin),
        far=neighbours(positions, box, far),
        tested=4 / 3 * np.pi * reach**3 * len(positions) / box.prod(),
    )


def report(kernels: dict, work: dict[str, roofline.KernelWork], device: roofline.Device) -> float:
    """Print a line for each kernel; returns the sum of the least times, s."""
    print(
        f"{'kernel':22} {'registers':>9} {'shared B':>8} {'stack B':>9} {'occupancy':>9} "
        f"{'calls':>5} {'GFLOP':>7} {'tensor':>7} {'memory MB':>9} {'cache MB':>8} {'least us':>8}"
    )
    total = 0.0
    for name, kernel in sorted(kernels.items()):
        line = f"{name:22} {kernel.registers:9} {kernel.shared_bytes:8} {kernel.stack_bytes:9} "
        if name in work:
            of = work[name]
            total += roofline.seconds(of, device)
            line += (
                f"{roofline.occupancy(kernel, of.threads, device):9.0%} {of.calls:5} "
                f"{of.flop / 1e9:7.2f} {of.tensor_flop / 1e9:7.2f} {of.memory_bytes / 1e6:9.0f} "
                f"{of.cache_bytes / 1e6:8.0f} {1e6 * roofline.seconds(of, device):8.0f}"
            )
        print(line)
    return total


def main() -> None:
    """Compile, count, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--system", default="crambin-in-water", help="as for gems benchmark")
    parser.add_argument("--model", default="random:64:3", help="random:FEATURES:MODULES")
    parser.add_argument("--portable", action="store_true", help="without tensor cores")
    parser.add_argument("--architecture", default="sm_90", help="of the compiler")
    arguments = parser.parse_args()
    library = cuda_platform_library()
    if library is None:
        parser.error("OpenMM's CUDA platform is not installed: pip install OpenMM-CUDA-13")
    structure = load_system(arguments.system)
    positions = 10.0 * structure.positions
    cell = np.array([list(v._value) for v in structure.topology.getPeriodicBoxVectors()]) * 10
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "random.pt"
        write_random_model(model, arguments.model)
        text = program_text(
            model, structure.atomic_numbers, cell, tensor_cores=not arguments.portable
        )
    _, log = compile_to_cubin(prelude(library, "mixed") + text, arguments.architecture)
    modules = int(arguments.model.split(":")[2])
    size = size_of(constants(text), positions, cell.diagonal(), modules)
    print(f"{arguments.system}: {size.atoms} atoms, {size.near:.0f} near and {size.far:.0f} far")
    work = roofline.work_of_step(size, constants(text))
    least = report(read_log(log), work, roofline.H200)
    total = sum(of.flop for of in work.values())
    tensor = sum(of.tensor_flop for of in work.values())
    memory = sum(of.memory_bytes for of in work.values())
    print(
        f"{total / 1e9:.0f} GFLOP and {tensor / 1e9:.0f} by tensor cores, {memory / 1e9:.1f} GB of "
        f"memory; on an {roofline.H200.name} at least {1e3 * least:.2f} ms per step, at half of "
        f"these rates {2e3 * least:.1f} ms"
    )


if __name__ == "__main__":
    main()
