// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "CommonCalcGemsForceKernel.h"
#include "PrimaryContext.h"
#include "openmmgems/internal/GemsKernelFactory.h"
#include <openmm/cuda/CudaContext.h>
#include <openmm/cuda/CudaPlatform.h>

namespace OpenMMGems {

/** Makes the kernels of OpenMM's CUDA platform. */
class CudaGemsKernelFactory : public GemsKernelFactory {
    CalcGemsForceKernel* createCalcGemsForceKernel(const OpenMM::Platform& platform,
                                                   OpenMM::ContextImpl& context) const override {
        auto& cc = onlyContext<OpenMM::CudaPlatform::PlatformData>(context);
        EvaluatorOptions options;
        options.precision = cc.getUseDoublePrecision() ? Precision::Double : Precision::Single;
        options.cudaDevice = cc.getDeviceIndex();
        // Compute capability 8.0 and later, in single precision.
        options.hasTensorCores = cc.getComputeCapability() >= 8 && !cc.getUseDoublePrecision();
        return new CommonCalcGemsForceKernel(CalcGemsForceKernel::Name(), platform, cc, options,
                                             PrimaryContext::whenNeeded(options.cudaDevice));
    }
};

} // namespace OpenMMGems

OPENMMGEMS_REGISTER_KERNEL_FACTORY("CUDA", OpenMMGems::CudaGemsKernelFactory)
