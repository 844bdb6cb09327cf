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

/**
 * Evaluates a GemsForce for a device, staged through the host: positions are gathered on the device
 * and come down, an Evaluator runs, forces go up and are added there.
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
    struct DeviceData;
    void createKernels();
    /** Positions in nm of the atoms, not wrapped into the box. */
    std::vector<OpenMM::Vec3> gatherPositions() const;
    void addForces(double scale);
    OpenMM::ComputeContext& cc;
    EvaluatorOptions options;
    EnterDevice enterDevice;
    std::unique_ptr<ForceEvaluator> evaluator;
    std::string scaleParameterName;
    ForceInfo* info = nullptr;       ///< owned by cc
    std::vector<int> atomOfParticle; ///< -1: not an atom of the force
    std::unique_ptr<DeviceData> device;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_COMMONCALCGEMSFORCEKERNEL_H_
