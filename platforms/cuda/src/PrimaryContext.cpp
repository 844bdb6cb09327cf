// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "PrimaryContext.h"
#include <memory>
#include <openmm/OpenMMException.h>
#include <string>

using namespace OpenMMGems;

namespace {

void checkCuda(CUresult result, const std::string& action) {
    if (result != CUDA_SUCCESS) {
        const char* reason = nullptr;
        cuGetErrorString(result, &reason);
        throw OpenMM::OpenMMException("GemsForce: CUDA failed to " + action + ": " +
                                      (reason ? reason : std::to_string(result)));
    }
}

} // namespace

PrimaryContext::PrimaryContext(int deviceIndex) {
    checkCuda(cuDeviceGet(&device, deviceIndex), "find the device");
    checkCuda(cuDevicePrimaryCtxRetain(&context, device), "take the device's primary context");
}

EnterDevice PrimaryContext::whenNeeded(int deviceIndex) {
    return [deviceIndex, primary = std::shared_ptr<const PrimaryContext>()]() mutable {
        if (!primary) {
            primary = std::make_shared<const PrimaryContext>(deviceIndex);
        }
        return std::make_shared<Current>(*primary);
    };
}

PrimaryContext::~PrimaryContext() {
    cuDevicePrimaryCtxRelease(device);
}

PrimaryContext::Current::Current(const PrimaryContext& primary) {
    checkCuda(cuCtxPushCurrent(primary.context), "enter the device's primary context");
}

PrimaryContext::Current::~Current() {
    CUcontext popped;
    cuCtxPopCurrent(&popped);
}
