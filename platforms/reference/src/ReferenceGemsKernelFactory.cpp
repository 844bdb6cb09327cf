// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "ReferenceCalcGemsForceKernel.h"
#include "openmmgems/internal/GemsKernelFactory.h"
#include <openmm/Platform.h>

namespace OpenMMGems {

/** Makes the kernels of OpenMM's Reference platform. */
class ReferenceGemsKernelFactory : public GemsKernelFactory {
    CalcGemsForceKernel*
    createCalcGemsForceKernel(const OpenMM::Platform& platform,
                              OpenMM::ContextImpl& /*context*/) const override {
        return new ReferenceCalcGemsForceKernel(CalcGemsForceKernel::Name(), platform);
    }
};

} // namespace OpenMMGems

OPENMMGEMS_REGISTER_KERNEL_FACTORY("Reference", OpenMMGems::ReferenceGemsKernelFactory)
