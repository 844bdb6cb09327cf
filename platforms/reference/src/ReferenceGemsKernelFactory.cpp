// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "ReferenceGemsKernelFactory.h"
#include "ReferenceCalcGemsForceKernel.h"
#include <openmm/OpenMMException.h>
#include <openmm/PluginInitializer.h>

using namespace OpenMMGems;
using OpenMM::Platform;

extern "C" OPENMMGEMS_REFERENCE_EXPORT void registerPlatforms() {}

extern "C" OPENMMGEMS_REFERENCE_EXPORT void registerKernelFactories() {
    Platform::getPlatform("Reference")
        .registerKernelFactory(CalcGemsForceKernel::Name(), new ReferenceGemsKernelFactory());
}

OpenMM::KernelImpl*
ReferenceGemsKernelFactory::createKernelImpl(std::string name, const Platform& platform,
                                             OpenMM::ContextImpl& /*context*/) const {
    if (name != CalcGemsForceKernel::Name()) {
        throw OpenMM::OpenMMException("Kernel '" + name + "' is unknown to openmm-gems.");
    }
    return new ReferenceCalcGemsForceKernel(name, platform);
}
