// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_COMMONCALCGEMSFORCEKERNEL_H_
#define OPENMMGEMS_COMMONCALCGEMSFORCEKERNEL_H_

#include "openmmgems/ForceEvaluator.h"
#include "openmmgems/GemsKernels.h"
#include <memory>
#include <openmm/OpenMMException.h>
#include <openmm/common/ComputeContext.h>
#include <openmm/internal/ContextImpl.h>
#include <string>
#include <vector>

namespace OpenMMGems {

/** The device of a Context. Throws OpenMMException if there are several. */
template <class PlatformData>
auto& onlyContext(OpenMM::ContextImpl& context) {
    auto& contexts = static_cast<PlatformData*>(context.getPlatformData())->contexts;
    if (contexts.size() != 1) {
        throw OpenMM::OpenMMException("GemsForce: the Context uses " +
                                      std::to_string(contexts.size()) +
                                      " devices; expected 1. Give one index as DeviceIndex.");
    }
    return *contexts[0];
}

class DeviceEvaluator;
class HostEvaluation;

/**
 * Evaluates a GemsForce on a device: by the native evaluator, which works there, or else by any
 * Evaluator, for which positions come down and forces go up.
 */
class CommonCalcGemsForceKernel : public CalcGemsForceKernel {
public:
    CommonCalcGemsForceKernel(const std::string& name, const OpenMM::Platform& platform,
                              OpenMM::ComputeContext& cc, const EvaluatorOptions& options,
                              EnterDevice enterDevice = {});
    ~CommonCalcGemsForceKernel() override;
    void initialize(const OpenMM::System& system, const GemsForce& force) override;
    double execute(OpenMM::ContextImpl& context, bool includeForces, bool includeEnergy) override;
    void copyParametersToContext(OpenMM::ContextImpl& context, const GemsForce& force) override;
    std::map<std::string, double> getEnergyTerms(OpenMM::ContextImpl& context) override;
    std::vector<double> getAtomicCharges(OpenMM::ContextImpl& context) override;

private:
    class ForceInfo;
    OpenMM::ComputeContext& cc;
    EvaluatorOptions options;
    EnterDevice enterDevice;
    std::unique_ptr<DeviceEvaluator> native; ///< either this
    std::unique_ptr<HostEvaluation> staged;  ///< or this
    std::string scaleParameterName;
    ForceInfo* info = nullptr; ///< owned by cc
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_COMMONCALCGEMSFORCEKERNEL_H_
