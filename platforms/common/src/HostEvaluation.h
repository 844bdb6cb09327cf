// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_HOSTEVALUATION_H_
#define OPENMMGEMS_HOSTEVALUATION_H_

#include "openmmgems/ForceEvaluator.h"
#include <map>
#include <openmm/common/ComputeArray.h>
#include <openmm/common/ComputeContext.h>
#include <string>
#include <vector>

namespace OpenMMGems {

/**
 * Evaluates a GemsForce for a device, staged through the host: positions are gathered on the device
 * and come down, an Evaluator runs, forces go up and are added there.
 */
class HostEvaluation {
public:
    /** @param atomOfParticle  -1 for particles that are no atoms of the force */
    HostEvaluation(OpenMM::ComputeContext& cc, const GemsForce& force,
                   const EvaluatorOptions& options, const EnterDevice& enterDevice,
                   const std::vector<int>& atomOfParticle);
    void updateParameters(const GemsForce& force) { evaluator.updateParameters(force); }
    /** The unscaled energy in kJ/mol; forces are added, times the scale. */
    double execute(double scale, bool includeForces, bool includeEnergy);
    std::map<std::string, double> getEnergyTerms();
    std::vector<double> getAtomicCharges();

private:
    /** Positions in nm of the atoms, not wrapped into the box. */
    std::vector<OpenMM::Vec3> gatherPositions();
    void addForces(double scale);
    OpenMM::ComputeContext& cc;
    ForceEvaluator evaluator;
    std::vector<int> atomOfParticle;
    OpenMM::Vec3 box[3];
    OpenMM::ComputeArray atomsOnDevice, positions, forces;
    OpenMM::ComputeKernel gather, add;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_HOSTEVALUATION_H_
