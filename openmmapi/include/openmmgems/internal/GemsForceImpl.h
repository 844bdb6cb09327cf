// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_GEMSFORCEIMPL_H_
#define OPENMMGEMS_GEMSFORCEIMPL_H_

#include "openmmgems/GemsForce.h"
#include <map>
#include <openmm/Kernel.h>
#include <openmm/internal/ForceImpl.h>
#include <string>
#include <utility>
#include <vector>

namespace OpenMMGems {

/** The GemsForce of one Context: checks all settings that need no model, and owns the kernel. */
class OPENMMGEMS_EXPORT GemsForceImpl : public OpenMM::ForceImpl {
public:
    explicit GemsForceImpl(const GemsForce& owner);
    ~GemsForceImpl() override;
    void initialize(OpenMM::ContextImpl& context) override;
    const GemsForce& getOwner() const override { return owner; }
    using OpenMM::ForceImpl::updateContextState;
    void updateContextState(OpenMM::ContextImpl& /*context*/, bool& /*forcesInvalid*/) override {}
    double calcForcesAndEnergy(OpenMM::ContextImpl& context, bool includeForces, bool includeEnergy,
                               int groups) override;
    std::map<std::string, double> getDefaultParameters() override;
    std::vector<std::string> getKernelNames() override;
    std::vector<std::pair<int, int>> getBondedParticles() const override;
    std::map<std::string, double> getEnergyTerms(OpenMM::ContextImpl& context);
    std::vector<double> getAtomicCharges(OpenMM::ContextImpl& context);
    void updateParametersInContext(OpenMM::ContextImpl& context);

private:
    const GemsForce& owner;
    OpenMM::Kernel kernel;
    std::vector<int> particles; ///< of each atom, as they were when the Context was created
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_GEMSFORCEIMPL_H_
