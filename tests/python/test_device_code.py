# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The device code compiles to machine code of NVIDIA's GPUs, which needs none of them."""

from pathlib import Path

import pytest

nvrtc = pytest.importorskip("cuda.bindings.nvrtc")

KERNELS = sorted((Path(__file__).parents[2] / "platforms/common/src/kernels").glob("*.cc"))

#: What the kernels use of OpenMM's common kernel language, in CUDA.
PRELUDE = """
#define KERNEL extern "C" __global__
#define GLOBAL
#define RESTRICT __restrict__
#define GLOBAL_ID (blockIdx.x * blockDim.x + threadIdx.x)
#define GLOBAL_SIZE (blockDim.x * gridDim.x)
#define NUM_PARTICLES 22
#define PADDED_NUM_PARTICLES 32
typedef long long mm_long;
inline __device__ mm_long realToFixedPoint(real x) {
    return static_cast<mm_long>(x * static_cast<real>(0x100000000));
}
"""
TYPES = {
    "single": "#define real float\n#define real4 float4\n#define mixed float\n",
    "mixed": "#define USE_MIXED_PRECISION 1\n"
    "#define real float\n#define real4 float4\n#define mixed double\n",
    "double": "#define USE_DOUBLE_PRECISION 1\n"
    "#define real double\n#define real4 double4_32a\n#define mixed double\n",
}


def compile_to_cubin(source: str, architecture: str) -> bytes:
    """Machine code of a program; a failure is told with the compiler's log."""
    _, program = nvrtc.nvrtcCreateProgram(source.encode(), b"kernels.cu", 0, [], [])
    options = [f"--gpu-architecture={architecture}".encode(), b"--use_fast_math"]
    (result,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
    _, size = nvrtc.nvrtcGetProgramLogSize(program)
    log = b" " * (size + 1)  # never one byte: Python shares those, and this is written into
    nvrtc.nvrtcGetProgramLog(program, log)
    assert result == nvrtc.nvrtcResult.NVRTC_SUCCESS, log.decode()
    _, size = nvrtc.nvrtcGetCUBINSize(program)
    code = b" " * (size + 1)
    nvrtc.nvrtcGetCUBIN(program, code)
    return code


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
@pytest.mark.parametrize("precision", TYPES)
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda path: path.stem)
def test_kernels_compile_for_cuda(kernel: Path, precision: str, architecture: str) -> None:
    code = compile_to_cubin(TYPES[precision] + PRELUDE + kernel.read_text(), architecture)
    assert code[:4] == b"\x7fELF"


def test_a_mistake_is_found() -> None:
    with pytest.raises(AssertionError, match='identifier "missing" is undefined'):
        compile_to_cubin('extern "C" __global__ void f(float* x) { x[0] = missing; }', "sm_80")
