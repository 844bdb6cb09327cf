// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_GEMSKERNELS_H_
#define OPENMMGEMS_GEMSKERNELS_H_

#include "openmmgems/GemsForce.h"
#include <map>
#include <openmm/KernelImpl.h>
#include <openmm/System.h>
#include <openmm/internal/ContextImpl.h>
#include <string>
#include <vector>

namespace OpenMMGems {

/** Computes forces and energy of a GemsForce on one platform. */
class CalcGemsForceKernel : public OpenMM::KernelImpl {
public:
    static std::string Name() { return "CalcGemsForce"; }
    CalcGemsForceKernel(const std::string& name, const OpenMM::Platform& platform)
        : KernelImpl(name, platform) {}
    /** Open the model and prepare for its evaluation. */
    virtual void initialize(const OpenMM::System& system, const GemsForce& force) = 0;
    /**
     * Add the forces to those of the Context.
     *
     * @return the scaled potential energy in kJ/mol
     */
    virtual double execute(OpenMM::ContextImpl& context, bool includeForces,
                           bool includeEnergy) = 0;
    /** Take over atomic numbers, total charge and unpaired electrons. */
    virtual void copyParametersToContext(OpenMM::ContextImpl& context, const GemsForce& force) = 0;
    /** Unscaled energy terms in kJ/mol at the current positions. */
    virtual std::map<std::string, double> getEnergyTerms(OpenMM::ContextImpl& context) = 0;
    /** Partial charges in elementary charges at the current positions, one per atom. */
    virtual std::vector<double> getAtomicCharges(OpenMM::ContextImpl& context) = 0;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_GEMSKERNELS_H_
