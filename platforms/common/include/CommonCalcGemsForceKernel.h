// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_COMMONCALCGEMSFORCEKERNEL_H_
#define OPENMMGEMS_COMMONCALCGEMSFORCEKERNEL_H_

#include "openmmgems/ForceEvaluator.h"
#include "openmmgems/GemsKernels.h"
#include <memory>
#include <openmm/common/ComputeArray.h>
#include <openmm/common/ComputeContext.h>
#include <string>
#include <vector>

namespace OpenMMGems {

/**
 * Evaluates a GemsForce for a device, staged through the host: positions come down in the order and
 * with the periodic images of the System, an Evaluator runs, forces go up and are added there.
 */
class CommonCalcGemsForceKernel : public CalcGemsForceKernel {
public:
    CommonCalcGemsForceKernel(const std::string& name, const OpenMM::Platform& platform,
                              OpenMM::ComputeContext& cc, const EvaluatorOptions& options);
    ~CommonCalcGemsForceKernel() override;
    void initialize(const OpenMM::System& system, const GemsForce& force) override;
    double execute(OpenMM::ContextImpl& context, bool includeForces, bool includeEnergy) override;
    void copyParametersToContext(OpenMM::ContextImpl& context, const GemsForce& force) override;
    std::map<std::string, double> getEnergyTerms(OpenMM::ContextImpl& context) override;
    std::vector<double> getAtomicCharges(OpenMM::ContextImpl& context) override;

private:
    class ForceInfo;
    std::vector<OpenMM::Vec3> gatherPositions(OpenMM::ContextImpl& context) const;
    void addForces(double scale);
    OpenMM::ComputeContext& cc;
    EvaluatorOptions options;
    std::unique_ptr<ForceEvaluator> evaluator;
    std::string scaleParameterName;
    ForceInfo* info = nullptr; ///< owned by cc
    OpenMM::ComputeArray forces, atomOfParticle;
    OpenMM::ComputeKernel kernel;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_COMMONCALCGEMSFORCEKERNEL_H_
