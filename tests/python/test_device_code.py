# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The device code compiles to machine code of NVIDIA's GPUs, which needs none of them."""

from pathlib import Path

import openmmgems
import pytest
from openmmgems.benchmark import device_code, roofline
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters
from support.random_models import EXACT, SMOOTH, random_model

pytest.importorskip("cuda.bindings.nvrtc")

STAGED = Path(__file__).parents[2] / "platforms/common/src/kernels/gemsForce.cc"
#: A group may have so much without being asked for more.
MOST_SHARED_BYTES = 49152
#: Every term and the published sizes; the other options at the largest size.
PUBLISHED = Hyperparameters(num_features=64, num_modules=1, lr_cutoff=10.0)
LARGE = Hyperparameters(
    num_features=128,
    num_modules=1,
    lr_cutoff=None,
    use_irreps=False,
    activation="ssp",
    num_residual_local=2,
)


@pytest.fixture(scope="module")
def library() -> Path:
    found = device_code.cuda_platform_library()
    if found is None:
        pytest.skip("OpenMM's CUDA platform is not installed")
    return found


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
@pytest.mark.parametrize("precision", device_code.PRECISIONS)
def test_staged_kernels_compile(library: Path, precision: str, architecture: str) -> None:
    source = device_code.prelude(library, precision) + STAGED.read_text()
    code, log = device_code.compile_to_cubin(source, architecture)
    assert code[:4] == b"\x7fELF"
    assert set(device_code.read_log(log)) == {"gatherPositions", "addForces"}


@pytest.mark.parametrize(
    ("options", "mode", "precision", "architecture", "tensor_cores", "most_stack_bytes"),
    [
        (PUBLISHED, SMOOTH, "mixed", "sm_75", True, 4096),
        (PUBLISHED, SMOOTH, "mixed", "sm_80", True, 0),
        (PUBLISHED, SMOOTH, "mixed", "sm_90", True, 0),
        (PUBLISHED, SMOOTH, "single", "sm_90", True, 0),
        (PUBLISHED, SMOOTH, "mixed", "sm_90", False, 0),
        (PUBLISHED, SMOOTH, "double", "sm_90", False, 4096),
        (LARGE, EXACT, "mixed", "sm_90", True, 256),
        (LARGE, EXACT, "mixed", "sm_80", False, 0),
        (LARGE, EXACT, "double", "sm_90", False, 4096),
    ],
)
def test_native_program_compiles(
    library: Path,
    tmp_path: Path,
    options: Hyperparameters,
    mode: int,
    precision: str,
    architecture: str,
    tensor_cores: bool,
    most_stack_bytes: int,
) -> None:
    """Within what every group has; arrays are in registers."""
    if "OpenCL" in openmmgems.plugin_load_failures:
        pytest.skip(openmmgems.plugin_load_failures["OpenCL"])
    model = random_model(options, 1)
    model.set_attention(mode)
    save_spookynet(model, options, tmp_path / "model.pt")
    text = device_code.program_text(
        tmp_path / "model.pt", [8, 1, 1], precision=precision, tensor_cores=tensor_cores
    )
    source = device_code.prelude(library, precision) + text
    code, log = device_code.compile_to_cubin(source, architecture)
    assert code[:4] == b"\x7fELF"
    kernels = device_code.read_log(log)
    assert {"applyMlps", "transposeMessages", "addLongRange", "addAllForces"} <= set(kernels)
    assert max(kernel.shared_bytes for kernel in kernels.values()) <= MOST_SHARED_BYTES
    assert max(kernel.stack_bytes for kernel in kernels.values()) <= most_stack_bytes
    constants = device_code.constants(text)
    assert ("TENSOR_CORES" in constants) == tensor_cores
    assert int(constants["NUM_FEATURES"]) == options.num_features
    size = roofline.Size(
        atoms=100,
        features=options.num_features,
        modules=3,
        functions=16,
        components=8,
        tensor_cores=tensor_cores,
        near=50.0,
        candidates=80.0,
        far=400.0,
        tested=2000.0,
    )
    work = roofline.work_of_step(size, constants)
    assert set(work) <= set(kernels)
    for name, of in work.items():
        assert 0 < roofline.occupancy(kernels[name], of.threads, roofline.H200) <= 1
        assert roofline.seconds(of, roofline.H200) > 0


def test_a_mistake_is_found() -> None:
    with pytest.raises(RuntimeError, match='identifier "missing" is undefined'):
        device_code.compile_to_cubin(
            'extern "C" __global__ void f(float* x) { x[0] = missing; }', "sm_80"
        )
