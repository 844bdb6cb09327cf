// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "OpenclGemsKernelFactory.h"
#include "CommonCalcGemsForceKernel.h"
#include <openmm/OpenMMException.h>
#include <openmm/internal/ContextImpl.h>
#include <openmm/opencl/OpenCLContext.h>
#include <openmm/opencl/OpenCLPlatform.h>

using namespace OpenMMGems;
using OpenMM::OpenCLPlatform;
using OpenMM::Platform;

extern "C" __attribute__((visibility("default"))) void registerPlatforms() {}

extern "C" __attribute__((visibility("default"))) void registerKernelFactories() {
    Platform::getPlatform("OpenCL")
        .registerKernelFactory(CalcGemsForceKernel::Name(), new OpenclGemsKernelFactory());
}

OpenMM::KernelImpl* OpenclGemsKernelFactory::createKernelImpl(std::string name,
                                                              const Platform& platform,
                                                              OpenMM::ContextImpl& context) const {
    if (name != CalcGemsForceKernel::Name()) {
        throw OpenMM::OpenMMException("Kernel '" + name + "' is unknown to openmm-gems.");
    }
    auto& cc =
        *static_cast<OpenCLPlatform::PlatformData*>(context.getPlatformData())->contexts[0];
    EvaluatorOptions options;
    options.precision = cc.getUseDoublePrecision() ? Precision::Double : Precision::Single;
    return new CommonCalcGemsForceKernel(name, platform, cc, options);
}
