// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_REFERENCECALCGEMSFORCEKERNEL_H_
#define OPENMMGEMS_REFERENCECALCGEMSFORCEKERNEL_H_

#include "openmmgems/ForceEvaluator.h"
#include "openmmgems/GemsKernels.h"
#include "openmmgems/internal/OpenMMGemsReferenceExport.h"
#include <memory>
#include <string>
#include <vector>

namespace OpenMMGems {

/** Evaluates a GemsForce in double precision by the TorchScript module of its model. */
class OPENMMGEMS_REFERENCE_EXPORT ReferenceCalcGemsForceKernel : public CalcGemsForceKernel {
public:
    ReferenceCalcGemsForceKernel(const std::string& name, const OpenMM::Platform& platform);
    /** A kernel that computes otherwise, for platforms that share this one's data layout. */
    ReferenceCalcGemsForceKernel(const std::string& name, const OpenMM::Platform& platform,
                                 const EvaluatorOptions& options);
    ~ReferenceCalcGemsForceKernel() override;
    void initialize(const OpenMM::System& system, const GemsForce& force) override;
    double execute(OpenMM::ContextImpl& context, bool includeForces, bool includeEnergy) override;
    void copyParametersToContext(OpenMM::ContextImpl& context, const GemsForce& force) override;
    std::map<std::string, double> getEnergyTerms(OpenMM::ContextImpl& context) override;
    std::vector<double> getAtomicCharges(OpenMM::ContextImpl& context) override;

private:
    std::vector<OpenMM::Vec3> gatherPositions(OpenMM::ContextImpl& context) const;
    EvaluatorOptions options;
    std::unique_ptr<ForceEvaluator> evaluator;
    std::string scaleParameterName;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_REFERENCECALCGEMSFORCEKERNEL_H_
