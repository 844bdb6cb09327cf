// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "CudaGemsKernelFactory.h"
#include "CommonCalcGemsForceKernel.h"
#include <openmm/OpenMMException.h>
#include <openmm/cuda/CudaContext.h>
#include <openmm/cuda/CudaPlatform.h>
#include <openmm/internal/ContextImpl.h>

using namespace OpenMMGems;
using OpenMM::CudaPlatform;
using OpenMM::Platform;

extern "C" __attribute__((visibility("default"))) void registerPlatforms() {}

extern "C" __attribute__((visibility("default"))) void registerKernelFactories() {
    Platform::getPlatform("CUDA")
        .registerKernelFactory(CalcGemsForceKernel::Name(), new CudaGemsKernelFactory());
}

/**
 * Two CUDA contexts take part: OpenMM's own, and the primary one, which torch uses. OpenMM's is
 * current only inside a ContextSelector; the evaluator runs outside of any, where torch makes the
 * primary context current itself. Results pass through the host, by copies that wait for the
 * device, so that no stream has to wait for one of the other context.
 */
OpenMM::KernelImpl* CudaGemsKernelFactory::createKernelImpl(std::string name,
                                                            const Platform& platform,
                                                            OpenMM::ContextImpl& context) const {
    if (name != CalcGemsForceKernel::Name()) {
        throw OpenMM::OpenMMException("Kernel '" + name + "' is unknown to openmm-gems.");
    }
    auto& cc = *static_cast<CudaPlatform::PlatformData*>(context.getPlatformData())->contexts[0];
    EvaluatorOptions options;
    options.precision = cc.getUseDoublePrecision() ? Precision::Double : Precision::Single;
    options.cudaDevice = cc.getDeviceIndex();
    return new CommonCalcGemsForceKernel(name, platform, cc, options);
}
