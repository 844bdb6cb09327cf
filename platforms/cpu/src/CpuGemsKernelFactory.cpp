// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "CpuCalcGemsForceKernel.h"
#include "openmmgems/internal/GemsKernelFactory.h"
#include <openmm/Platform.h>

namespace OpenMMGems {

/** Makes the kernels of OpenMM's CPU platform. */
class CpuGemsKernelFactory : public GemsKernelFactory {
    CalcGemsForceKernel* createCalcGemsForceKernel(const OpenMM::Platform& platform,
                                                   OpenMM::ContextImpl& context) const override {
        return new CpuCalcGemsForceKernel(CalcGemsForceKernel::Name(), platform, context);
    }
};

} // namespace OpenMMGems

OPENMMGEMS_REGISTER_KERNEL_FACTORY("CPU", OpenMMGems::CpuGemsKernelFactory)
