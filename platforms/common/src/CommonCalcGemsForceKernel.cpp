// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "CommonCalcGemsForceKernel.h"
#include "CommonGemsKernelSources.h"
#include <openmm/common/ComputeForceInfo.h>
#include <openmm/common/ContextSelector.h>
#include <openmm/internal/ContextImpl.h>

using namespace OpenMMGems;
using OpenMM::ContextImpl;
using OpenMM::ContextSelector;
using OpenMM::Vec3;
using std::string;
using std::vector;

/** Tells OpenMM which particles are alike and bonded, so that it may reorder molecules. */
class CommonCalcGemsForceKernel::ForceInfo : public OpenMM::ComputeForceInfo {
public:
    ForceInfo(const OpenMM::System& system, const GemsForce& force)
        : elements(system.getNumParticles(), 0), bonds(force.getNumBonds(), vector<int>(2)) {
        update(force);
        for (int i = 0; i < force.getNumBonds(); i++) {
            force.getBondParameters(i, bonds[i][0], bonds[i][1]);
        }
    }
    void update(const GemsForce& force) {
        for (int i = 0; i < force.getNumAtoms(); i++) {
            int particle, atomicNumber;
            force.getAtomParameters(i, particle, atomicNumber);
            elements[particle] = atomicNumber;
        }
    }
    bool areParticlesIdentical(int particle1, int particle2) override {
        return elements[particle1] == elements[particle2];
    }
    int getNumParticleGroups() override { return static_cast<int>(bonds.size()); }
    void getParticlesInGroup(int index, vector<int>& particles) override {
        particles = bonds[index];
    }
    bool areGroupsIdentical(int /*group1*/, int /*group2*/) override { return true; }

private:
    vector<int> elements; ///< of each particle; 0: not an atom of the force
    vector<vector<int>> bonds;
};

CommonCalcGemsForceKernel::CommonCalcGemsForceKernel(const string& name,
                                                     const OpenMM::Platform& platform,
                                                     OpenMM::ComputeContext& cc,
                                                     const EvaluatorOptions& options)
    : CalcGemsForceKernel(name, platform), cc(cc), options(options) {}

CommonCalcGemsForceKernel::~CommonCalcGemsForceKernel() {
    ContextSelector selector(cc);
    forces = OpenMM::ComputeArray();
    atomOfParticle = OpenMM::ComputeArray();
}

void CommonCalcGemsForceKernel::initialize(const OpenMM::System& system, const GemsForce& force) {
    evaluator = std::make_unique<ForceEvaluator>(force, options);
    ContextSelector selector(cc);
    scaleParameterName = force.getScaleParameterName();
    if (!scaleParameterName.empty()) {
        cc.addEnergyParameterDerivative(scaleParameterName);
    }
    const vector<int>& particles = evaluator->getParticles();
    vector<int> atoms(system.getNumParticles(), -1);
    for (size_t atom = 0; atom < particles.size(); atom++) {
        atoms[particles[atom]] = static_cast<int>(atom);
    }
    atomOfParticle.initialize<int>(cc, atoms.size(), "gemsAtomOfParticle");
    atomOfParticle.upload(atoms);
    const int size = cc.getUseDoublePrecision() ? sizeof(double) : sizeof(float);
    forces.initialize(cc, 3 * particles.size(), size, "gemsForces");
    info = new ForceInfo(system, force);
    cc.addForce(info);

    const auto program = cc.compileProgram(
        CommonGemsKernelSources::gemsForce,
        {{"NUM_PARTICLES", cc.intToString(cc.getNumAtoms())},
         {"PADDED_NUM_PARTICLES", cc.intToString(cc.getPaddedNumAtoms())}});
    kernel = program->createKernel("addForces");
    kernel->addArg(forces);
    kernel->addArg(cc.getLongForceBuffer());
    kernel->addArg(cc.getAtomIndexArray());
    kernel->addArg(atomOfParticle);
    kernel->addArg(); // scale
}

vector<Vec3> CommonCalcGemsForceKernel::gatherPositions(ContextImpl& context) const {
    vector<Vec3> all;
    context.getPositions(all);
    vector<Vec3> positions;
    positions.reserve(evaluator->getParticles().size());
    for (int particle : evaluator->getParticles()) {
        positions.push_back(all[particle]);
    }
    return positions;
}

double CommonCalcGemsForceKernel::execute(ContextImpl& context, bool includeForces,
                                          bool /*includeEnergy*/) {
    Vec3 box[3];
    cc.getPeriodicBoxVectors(box[0], box[1], box[2]);
    const double energy = evaluator->evaluate(gatherPositions(context), box, includeForces);
    double scale = 1.0;
    if (!scaleParameterName.empty()) {
        scale = context.getParameter(scaleParameterName);
        cc.getEnergyParamDerivWorkspace()[scaleParameterName] += energy;
    }
    if (includeForces) {
        addForces(scale);
    }
    return scale * energy;
}

void CommonCalcGemsForceKernel::addForces(double scale) {
    ContextSelector selector(cc);
    const vector<Vec3>& computed = evaluator->getForces();
    vector<double> values(3 * computed.size());
    for (size_t atom = 0; atom < computed.size(); atom++) {
        for (int k = 0; k < 3; k++) {
            values[3 * atom + k] = computed[atom][k];
        }
    }
    forces.upload(values, /*convert=*/true);
    if (cc.getUseDoublePrecision()) {
        kernel->setArg(4, scale);
    } else {
        kernel->setArg(4, static_cast<float>(scale));
    }
    kernel->execute(cc.getNumAtoms());
}

void CommonCalcGemsForceKernel::copyParametersToContext(ContextImpl& /*context*/,
                                                        const GemsForce& force) {
    evaluator->updateParameters(force);
    ContextSelector selector(cc);
    info->update(force);
    cc.invalidateMolecules(info);
}

std::map<string, double> CommonCalcGemsForceKernel::getEnergyTerms(ContextImpl& context) {
    Vec3 box[3];
    cc.getPeriodicBoxVectors(box[0], box[1], box[2]);
    return evaluator->getEnergyTerms(gatherPositions(context), box);
}

vector<double> CommonCalcGemsForceKernel::getAtomicCharges(ContextImpl& context) {
    Vec3 box[3];
    cc.getPeriodicBoxVectors(box[0], box[1], box[2]);
    return evaluator->getAtomicCharges(gatherPositions(context), box);
}
