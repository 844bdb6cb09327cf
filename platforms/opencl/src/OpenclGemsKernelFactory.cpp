// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "CommonCalcGemsForceKernel.h"
#include "openmmgems/internal/GemsKernelFactory.h"
#include <openmm/opencl/OpenCLContext.h>
#include <openmm/opencl/OpenCLPlatform.h>

namespace OpenMMGems {

/** Makes the kernels of OpenMM's OpenCL platform. */
class OpenclGemsKernelFactory : public GemsKernelFactory {
    CalcGemsForceKernel* createCalcGemsForceKernel(const OpenMM::Platform& platform,
                                                   OpenMM::ContextImpl& context) const override {
        auto& cc = onlyContext<OpenMM::OpenCLPlatform::PlatformData>(context);
        EvaluatorOptions options;
        options.precision = cc.getUseDoublePrecision() ? Precision::Double : Precision::Single;
        return new CommonCalcGemsForceKernel(CalcGemsForceKernel::Name(), platform, cc, options);
    }
};

} // namespace OpenMMGems

OPENMMGEMS_REGISTER_KERNEL_FACTORY("OpenCL", OpenMMGems::OpenclGemsKernelFactory)
