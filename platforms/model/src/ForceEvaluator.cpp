// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/ForceEvaluator.h"
#include "openmmgems/Units.h"
#include <openmm/OpenMMException.h>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using OpenMM::Vec3;
using std::vector;

ForceEvaluator::ForceEvaluator(const GemsForce& force, int numParticles,
                               const EvaluatorOptions& options, EnterDevice enterDevice)
    : particles(force.getNumAtoms()), periodic(force.usesPeriodicBoundaryConditions()),
      enterDevice(std::move(enterDevice)) {
    for (int i = 0; i < force.getNumAtoms(); i++) {
        int atomicNumber;
        force.getAtomParameters(i, particles[i], atomicNumber);
    }
    const auto inside = enter();
    evaluator = createEvaluator(std::make_shared<Model>(force.getModelFile()),
                                ModelSettings::of(force, numParticles), options);
}

ForceEvaluator::~ForceEvaluator() {
    const auto inside = enter();
    evaluator.reset();
}

std::shared_ptr<void> ForceEvaluator::enter() const {
    return enterDevice ? enterDevice() : nullptr;
}

void ForceEvaluator::updateParameters(const GemsForce& force) {
    const ModelSettings settings = ModelSettings::of(force, force.getNumAtoms());
    const auto inside = enter();
    evaluator->setComposition(settings.atomicNumbers, settings.totalCharge,
                              settings.numUnpairedElectrons);
}

Evaluation ForceEvaluator::run(const vector<Vec3>& positions, const Vec3* boxVectors,
                               const Wanted& wanted) {
    const auto inside = enter();
    vector<Vec3> positionsAngstrom(positions.size());
    for (size_t i = 0; i < positions.size(); i++) {
        positionsAngstrom[i] = positions[i] * ANGSTROM_PER_NM;
    }
    if (!periodic) {
        return evaluator->evaluate(positionsAngstrom, nullptr, wanted);
    }
    const Box box = {boxVectors[0] * ANGSTROM_PER_NM, boxVectors[1] * ANGSTROM_PER_NM,
                     boxVectors[2] * ANGSTROM_PER_NM};
    return evaluator->evaluate(positionsAngstrom, &box, wanted);
}

double ForceEvaluator::evaluate(const vector<Vec3>& positions, const Vec3* boxVectors,
                                bool includeForces) {
    Wanted wanted;
    wanted.forces = includeForces;
    const Evaluation result = run(positions, boxVectors, wanted);
    if (includeForces) {
        forces = result.forcesEvPerAngstrom;
        for (Vec3& force : forces) {
            force *= KJ_PER_MOL_NM_PER_EV_ANGSTROM;
        }
    }
    return result.energyEv * KJ_PER_MOL_PER_EV;
}

std::map<std::string, double> ForceEvaluator::getEnergyTerms(const vector<Vec3>& positions,
                                                             const Vec3* boxVectors) {
    Wanted wanted;
    wanted.forces = false;
    wanted.terms = true;
    std::map<std::string, double> terms = run(positions, boxVectors, wanted).termsEv;
    if (terms.empty()) {
        throw OpenMMException("GemsForce: energy terms are asked for; this model gives none.");
    }
    for (auto& [name, energy] : terms) {
        energy *= KJ_PER_MOL_PER_EV;
    }
    return terms;
}

vector<double> ForceEvaluator::getAtomicCharges(const vector<Vec3>& positions,
                                                const Vec3* boxVectors) {
    Wanted wanted;
    wanted.forces = false;
    wanted.charges = true;
    vector<double> charges = run(positions, boxVectors, wanted).charges;
    if (charges.empty()) {
        throw OpenMMException("GemsForce: atomic charges are asked for; this model gives none.");
    }
    return charges;
}
