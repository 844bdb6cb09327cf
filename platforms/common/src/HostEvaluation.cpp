// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "HostEvaluation.h"
#include "CommonGemsKernelSources.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include <cmath>
#include <openmm/common/ContextSelector.h>

using namespace OpenMMGems;
using OpenMM::ContextSelector;
using OpenMM::Vec3;
using std::string;
using std::vector;

HostEvaluation::HostEvaluation(OpenMM::ComputeContext& cc, const GemsForce& force,
                               const EvaluatorOptions& options, const EnterDevice& enterDevice,
                               const vector<int>& atoms)
    : cc(cc), evaluator(force, cc.getNumAtoms(), options, enterDevice), atomOfParticle(atoms) {
    const ContextSelector selector(cc);
    const bool isDouble = cc.getUseDoublePrecision();
    const bool isMixed = cc.getUseMixedPrecision();
    const int realSize = isDouble ? sizeof(double) : sizeof(float);
    const int mixedSize = isDouble || isMixed ? sizeof(double) : sizeof(float);
    const size_t numComponents = 3 * evaluator.getParticles().size();
    atomsOnDevice.initialize<int>(cc, atomOfParticle.size(), "gemsAtomOfParticle");
    atomsOnDevice.upload(atomOfParticle);
    positions.initialize(cc, numComponents, mixedSize, "gemsPositions");
    forces.initialize(cc, numComponents, realSize, "gemsForces");
    const auto program =
        cc.compileProgram(CommonGemsKernelSources::gemsForce,
                          {{"NUM_PARTICLES", cc.intToString(cc.getNumAtoms())},
                           {"PADDED_NUM_PARTICLES", cc.intToString(cc.getPaddedNumAtoms())}});
    gather = program->createKernel("gatherPositions");
    gather->addArg(cc.getPosq());
    if (isMixed) {
        gather->addArg(cc.getPosqCorrection());
    }
    gather->addArg(cc.getAtomIndexArray());
    gather->addArg(atomsOnDevice);
    gather->addArg(positions);
    add = program->createKernel("addForces");
    add->addArg(forces);
    add->addArg(cc.getLongForceBuffer());
    add->addArg(cc.getAtomIndexArray());
    add->addArg(atomsOnDevice);
    add->addArg(); // scale
}

vector<Vec3> HostEvaluation::gatherPositions() {
    vector<double> values;
    {
        const ContextSelector selector(cc);
        gather->execute(cc.getNumAtoms());
        positions.download(values, /*convert=*/true);
    }
    cc.getPeriodicBoxVectors(box[0], box[1], box[2]);
    const vector<int>& particleOfSlot = cc.getAtomIndex();
    const vector<OpenMM::mm_int4>& cells = cc.getPosCellOffsets();
    vector<Vec3> result(evaluator.getParticles().size());
    for (int slot = 0; slot < cc.getNumAtoms(); slot++) {
        const int atom = atomOfParticle[particleOfSlot[slot]];
        if (atom >= 0) {
            const double* r = &values[3 * atom];
            result[atom] = Vec3(r[0], r[1], r[2]) - box[0] * cells[slot].x -
                           box[1] * cells[slot].y - box[2] * cells[slot].z;
        }
    }
    return result;
}

double HostEvaluation::execute(double scale, bool includeForces) {
    const vector<Vec3> current = gatherPositions();
    const double energy = evaluator.evaluate(current, box, includeForces);
    if (includeForces) {
        addForces(scale);
    }
    return energy;
}

void HostEvaluation::addForces(double scale) {
    const ContextSelector selector(cc);
    const vector<Vec3>& computed = evaluator.getForces();
    vector<double> values(3 * computed.size());
    EvaluationFaults faults;
    for (size_t atom = 0; atom < computed.size(); atom++) {
        for (int k = 0; k < 3; k++) {
            values[3 * atom + k] = computed[atom][k];
            if (!(std::abs(scale * computed[atom][k]) < EvaluationFaults::LARGEST_FORCE)) {
                faults.add(EvaluationFaults::FORCE_TOO_LARGE, atom);
            }
        }
    }
    faults.check({}, nullptr);
    forces.upload(values, /*convert=*/true);
    if (cc.getUseDoublePrecision()) {
        add->setArg(4, scale);
    } else {
        add->setArg(4, static_cast<float>(scale));
    }
    add->execute(cc.getNumAtoms());
}

std::map<string, double> HostEvaluation::getEnergyTerms() {
    const vector<Vec3> current = gatherPositions();
    return evaluator.getEnergyTerms(current, box);
}

vector<double> HostEvaluation::getAtomicCharges() {
    const vector<Vec3> current = gatherPositions();
    return evaluator.getAtomicCharges(current, box);
}
