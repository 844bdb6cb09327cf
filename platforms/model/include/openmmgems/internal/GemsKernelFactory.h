// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_GEMSKERNELFACTORY_H_
#define OPENMMGEMS_GEMSKERNELFACTORY_H_

#include "openmmgems/GemsKernels.h"
#include <openmm/KernelFactory.h>
#include <openmm/OpenMMException.h>
#include <string>

namespace OpenMMGems {

/** What the kernel factories of all platforms have in common: they make one kind of kernel. */
class GemsKernelFactory : public OpenMM::KernelFactory {
public:
    OpenMM::KernelImpl* createKernelImpl(std::string name, const OpenMM::Platform& platform,
                                         OpenMM::ContextImpl& context) const override {
        if (name != CalcGemsForceKernel::Name()) {
            throw OpenMM::OpenMMException("Kernel '" + name + "' is unknown to openmm-gems.");
        }
        return createCalcGemsForceKernel(platform, context);
    }

private:
    virtual CalcGemsForceKernel* createCalcGemsForceKernel(const OpenMM::Platform& platform,
                                                           OpenMM::ContextImpl& context) const = 0;
};

} // namespace OpenMMGems

/** Defines what OpenMM calls to register a factory class for a platform. */
#define OPENMMGEMS_REGISTER_KERNEL_FACTORY(platform, Factory)                                      \
    extern "C" __attribute__((visibility("default"))) void registerPlatforms() {}                  \
    extern "C" __attribute__((visibility("default"))) void registerKernelFactories() {             \
        OpenMM::Platform::getPlatform(platform).registerKernelFactory(                             \
            OpenMMGems::CalcGemsForceKernel::Name(), new Factory());                               \
    }

#endif // OPENMMGEMS_GEMSKERNELFACTORY_H_
