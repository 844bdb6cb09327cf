// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "PrimaryContext.h"
#include "support/catch.h"

using namespace OpenMMGems;

namespace {

int numHeld = 0, depth = 0;

} // namespace

// In place of the driver, which counts instead.
extern "C" {
CUresult CUDAAPI cuDeviceGet(CUdevice* device, int index) {
    *device = index;
    return index < 2 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
CUresult CUDAAPI cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice /*device*/) {
    numHeld++;
    *context = nullptr;
    return CUDA_SUCCESS;
}
CUresult CUDAAPI cuDevicePrimaryCtxRelease(CUdevice /*device*/) {
    numHeld--;
    return CUDA_SUCCESS;
}
CUresult CUDAAPI cuCtxPushCurrent(CUcontext /*context*/) {
    depth++;
    return CUDA_SUCCESS;
}
CUresult CUDAAPI cuCtxPopCurrent(CUcontext* /*context*/) {
    depth--;
    return CUDA_SUCCESS;
}
CUresult CUDAAPI cuGetErrorString(CUresult /*error*/, const char** text) {
    *text = "no such device";
    return CUDA_SUCCESS;
}
}

TEST_CASE("torch's context is held from the first use on", "[PrimaryContext]") {
    {
        const EnterDevice enter = PrimaryContext::whenNeeded(1);
        CHECK(numHeld == 0);
        {
            const auto inside = enter();
            CHECK(depth == 1);
            const auto deeper = enter();
            CHECK(depth == 2);
        }
        CHECK(depth == 0);
        CHECK(numHeld == 1);
    }
    CHECK(numHeld == 0);
    CHECK(messageOf([] { PrimaryContext::whenNeeded(7)(); }) ==
          "GemsForce: CUDA failed to find the device: no such device");
}
