# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What the native evaluator's kernels must do in a step on a device, and how fast that can be."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .device_code import CompiledKernel


@dataclass(frozen=True)
class Device:
    """Rates of a device: its maker's, but for the second cache, whose rate is an assumption."""

    name: str
    multiprocessors: int
    flop_per_second: float
    tensor_flop_per_second: float  #: TF32, dense
    memory_bytes_per_second: float
    cache_bytes_per_second: float
    registers: int = 65536
    shared_bytes: int = 233472
    warps: int = 64


#: H200 SXM. Nobody measured the cache for this table: 5.5 TB/s is what we take it to give.
H200 = Device("H200", 132, 66.9e12, 494.7e12, 4.8e12, 5.5e12)
#: OpenMM starts at most so many thread groups on a multiprocessor.
GROUPS_PER_MULTIPROCESSOR = 6


@dataclass(frozen=True)
class KernelWork:
    """What one kernel does in a step, all its calls together."""

    calls: int
    flop: float
    memory_bytes: float
    cache_bytes: float
    threads: int  #: of a group
    tensor_flop: float = 0.0  #: by tensor cores, besides: three products for one


@dataclass(frozen=True)
class Size:
    """A network and a system; neighbours are averages over atoms."""

    atoms: int
    features: int
    modules: int
    functions: int
    components: int  #: of p and d messages
    tensor_cores: bool
    near: float
    candidates: float
    far: float
    tested: float  #: atoms of clusters in range

    @property
    def matrix(self) -> float:
        """Bytes of a matrix of features of all atoms."""
        return 4.0 * self.atoms * self.features


def _dense(
    size: Size, block: int, products: float, matrices: float, calls: int, threads: int
) -> KernelWork:
    """Layers: products with square matrices of weights, matrices read and written."""
    square = size.features**2
    weights = 4.0 * products * square * size.atoms / block
    flop = calls * 2.0 * products * square * size.atoms
    work = KernelWork(calls, flop, calls * matrices * size.matrix, calls * weights, threads)
    # A number of the weights is used for the 16 atoms of a warp.
    return _by_tensor_cores(work, flop, 16) if size.tensor_cores else work


def _by_tensor_cores(work: KernelWork, flop: float, uses: int) -> KernelWork:
    """
    Let tensor cores do so many of the flop.

    A number is split into two once for so many uses (a multiplication and an addition each): five
    instructions, each of which takes the time of one use.
    """
    splitting = 5 * flop / uses
    return replace(work, flop=work.flop - flop + splitting, tensor_flop=3 * flop)


def _pairs(
    size: Size,
    filtered: int,
    products: float,
    gathered: int,
    matrices: float,
    calls: int,
    threads: int,
) -> KernelWork:
    """
    Messages.

    Filters and other products of each pair and feature, rows of neighbours, matrices of all atoms.
    """
    pairs = size.atoms * size.near
    radial = 24.0 * size.functions  # polynomials of degree five and their slopes
    filters = calls * pairs * 2.0 * filtered * size.functions * size.features
    flop = calls * pairs * (2.0 * products * size.features + radial) + filters
    rows = calls * pairs * gathered * 4.0 * size.features
    memory = calls * (matrices * size.matrix + 20.0 * pairs)
    work = KernelWork(calls, flop, memory, rows, threads)
    # A radial function is used for the 16 features of a warp, in three types of messages.
    return _by_tensor_cores(work, filters, 3 * 16) if size.tensor_cores else work


def _each(size: Size, flop: float, number: float, calls: int = 1, threads: int = 64) -> KernelWork:
    """So many operations and bytes of memory for each atom."""
    return KernelWork(calls, calls * size.atoms * flop, calls * size.atoms * number, 0.0, threads)


def work_of_step(size: Size, constants: Mapping[str, str]) -> dict[str, KernelWork]:
    """Work by kernel; depths and sizes of blocks are those of a program's constants."""
    number = {name: int(text) for name, text in constants.items() if text.lstrip("-").isdigit()}
    block, dense_threads = number["BLOCK_ATOMS"], number["DENSE_THREADS"]
    pair_threads = number["MESSAGE_THREADS"]
    all_modules, inner = size.modules, size.modules - 1

    def dense(products: float, matrices: float, calls: int) -> KernelWork:
        return _dense(size, block, products, matrices, calls, dense_threads)

    def stack(depth: int) -> int:
        return max(2 * depth - 1, 0)

    pre, post = number["PRE_DEPTH"], number["POST_DEPTH"]
    local, output = number["LOCAL_DEPTH"], number["OUTPUT_DEPTH"]
    c = size.components
    mlp = number["MLP_LAYERS"]  # of the seven functions of x together
    return {
        "applyPre": dense(2 * pre, 2 + stack(pre), inner),
        "applyMlps": dense(mlp, 7 + mlp, inner),
        "projectQueriesAndKeys": dense(2, 4, inner),
        "finishKeys": dense(0, 2, inner),
        "sumProducts": _dense(
            replace(size, tensor_cores=False), block, 1, 4, 2 * inner, dense_threads
        ),
        "collectMessages": _pairs(size, 3, 3 + c, 3, 5 + c, all_modules, pair_threads),
        "projectMessages": dense(2 * c, 2 + c, all_modules),
        "addInteractions": dense(2 * local + 2, 5 + 2 * local, all_modules),
        "applyOutput": dense(2 * post + 2 * output + 1, 4 + stack(post) + 2 * output, all_modules),
        "readOut": _each(size, 4.0 * size.features, 4.0 * size.features),
        "transposeOutput": dense(2 * post + 2 * output + 1, 4 + 2 * post + 2 * output, all_modules),
        "transposeInteractions": dense(2 * local + 1, 3 + 2 * local, all_modules),
        "transposeProjections": dense(4 * c, 3 * c, all_modules),
        "transposeMessages": _pairs(size, 6, 40, 1 + c, 5 + c, all_modules, pair_threads),
        "transposeAttention": dense(5, 9, inner),
        "transposeMlps": dense(mlp, 14 + mlp, inner),
        "transposePre": dense(2 * pre, 10 + stack(pre), inner),
        "measurePairs": _each(
            size, 30.0 * size.candidates, 8.0 * size.candidates + 36.0 * size.near
        ),
        "addLongRange": _each(size, 160.0 * size.far + 10.0 * size.tested, 250.0, threads=128),
        "countBonds": _each(size, 60.0 * size.near, 20.0 * size.near),
        "addNearTerms": _each(size, 150.0 * size.near, 52.0 * size.near),
        "addAllForces": _each(size, 10.0 * size.near, 44.0 * size.near),
    }


def seconds(work: KernelWork, device: Device) -> float:
    """The least time that arithmetic, memory and cache allow."""
    return max(
        work.flop / device.flop_per_second,
        work.tensor_flop / device.tensor_flop_per_second,
        work.memory_bytes / device.memory_bytes_per_second,
        work.cache_bytes / device.cache_bytes_per_second,
    )


def occupancy(kernel: CompiledKernel, threads: int, device: Device) -> float:
    """Share of a multiprocessor's warps that are there at a time."""
    warps = -(-threads // 32)
    registers = -(-kernel.registers // 8) * 8 * 32 * warps
    groups = min(
        GROUPS_PER_MULTIPROCESSOR,
        device.registers // registers,
        device.shared_bytes // (kernel.shared_bytes + 1024),
        device.warps // warps,
    )
    return groups * warps / device.warps
