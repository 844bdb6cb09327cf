// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "CpuGemsKernelFactory.h"
#include "CpuCalcGemsForceKernel.h"
#include <openmm/OpenMMException.h>
#include <openmm/PluginInitializer.h>

using namespace OpenMMGems;
using OpenMM::Platform;

extern "C" __attribute__((visibility("default"))) void registerPlatforms() {}

extern "C" __attribute__((visibility("default"))) void registerKernelFactories() {
    Platform::getPlatform("CPU")
        .registerKernelFactory(CalcGemsForceKernel::Name(), new CpuGemsKernelFactory());
}

OpenMM::KernelImpl* CpuGemsKernelFactory::createKernelImpl(std::string name,
                                                           const Platform& platform,
                                                           OpenMM::ContextImpl& context) const {
    if (name != CalcGemsForceKernel::Name()) {
        throw OpenMM::OpenMMException("Kernel '" + name + "' is unknown to openmm-gems.");
    }
    return new CpuCalcGemsForceKernel(name, platform, context);
}
