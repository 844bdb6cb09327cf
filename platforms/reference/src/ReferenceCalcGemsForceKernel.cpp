// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "ReferenceCalcGemsForceKernel.h"
#include <openmm/internal/ContextImpl.h>
#include <openmm/reference/ReferencePlatform.h>

using namespace OpenMMGems;
using OpenMM::ContextImpl;
using OpenMM::Vec3;
using std::string;
using std::vector;

namespace {

OpenMM::ReferencePlatform::PlatformData& dataOf(ContextImpl& context) {
    return *static_cast<OpenMM::ReferencePlatform::PlatformData*>(context.getPlatformData());
}

} // namespace

ReferenceCalcGemsForceKernel::ReferenceCalcGemsForceKernel(const string& name,
                                                           const OpenMM::Platform& platform)
    : ReferenceCalcGemsForceKernel(name, platform,
                                   EvaluatorOptions{.automatic = GemsForce::TorchScript}) {}

ReferenceCalcGemsForceKernel::ReferenceCalcGemsForceKernel(const string& name,
                                                           const OpenMM::Platform& platform,
                                                           const EvaluatorOptions& options)
    : CalcGemsForceKernel(name, platform), options(options) {}

ReferenceCalcGemsForceKernel::~ReferenceCalcGemsForceKernel() = default;

void ReferenceCalcGemsForceKernel::initialize(const OpenMM::System& system,
                                              const GemsForce& force) {
    evaluator = std::make_unique<ForceEvaluator>(force, system.getNumParticles(), options);
    scaleParameterName = force.getScaleParameterName();
}

vector<Vec3> ReferenceCalcGemsForceKernel::gatherPositions(ContextImpl& context) const {
    const vector<Vec3>& all = *dataOf(context).positions;
    vector<Vec3> positions;
    positions.reserve(evaluator->getParticles().size());
    for (int particle : evaluator->getParticles()) {
        positions.push_back(all[particle]);
    }
    return positions;
}

double ReferenceCalcGemsForceKernel::execute(ContextImpl& context, bool includeForces,
                                             bool /*includeEnergy*/) {
    auto& data = dataOf(context);
    const double energy =
        evaluator->evaluate(gatherPositions(context), data.periodicBoxVectors, includeForces);
    double scale = 1.0;
    if (!scaleParameterName.empty()) {
        scale = context.getParameter(scaleParameterName);
        (*data.energyParameterDerivatives)[scaleParameterName] += energy;
    }
    if (includeForces) {
        const vector<int>& particles = evaluator->getParticles();
        for (size_t atom = 0; atom < particles.size(); atom++) {
            (*data.forces)[particles[atom]] += evaluator->getForces()[atom] * scale;
        }
    }
    return scale * energy;
}

void ReferenceCalcGemsForceKernel::copyParametersToContext(ContextImpl& /*context*/,
                                                           const GemsForce& force) {
    evaluator->updateParameters(force);
}

std::map<string, double> ReferenceCalcGemsForceKernel::getEnergyTerms(ContextImpl& context) {
    return evaluator->getEnergyTerms(gatherPositions(context), dataOf(context).periodicBoxVectors);
}

vector<double> ReferenceCalcGemsForceKernel::getAtomicCharges(ContextImpl& context) {
    return evaluator->getAtomicCharges(gatherPositions(context),
                                       dataOf(context).periodicBoxVectors);
}
