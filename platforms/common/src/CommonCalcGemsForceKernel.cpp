// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "CommonCalcGemsForceKernel.h"
#include "CommonGemsKernelSources.h"
#include <openmm/common/ComputeArray.h>
#include <openmm/common/ComputeForceInfo.h>
#include <openmm/common/ContextSelector.h>

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

/** What lies on the device. */
struct CommonCalcGemsForceKernel::DeviceData {
    OpenMM::ComputeArray atomOfParticle, positions, forces;
    OpenMM::ComputeKernel gatherPositions, addForces;
};

CommonCalcGemsForceKernel::CommonCalcGemsForceKernel(const string& name,
                                                     const OpenMM::Platform& platform,
                                                     OpenMM::ComputeContext& cc,
                                                     const EvaluatorOptions& options,
                                                     EnterDevice enterDevice)
    : CalcGemsForceKernel(name, platform), cc(cc), options(options),
      enterDevice(std::move(enterDevice)) {}

CommonCalcGemsForceKernel::~CommonCalcGemsForceKernel() {
    const ContextSelector selector(cc);
    device.reset();
}

void CommonCalcGemsForceKernel::initialize(const OpenMM::System& system, const GemsForce& force) {
    evaluator = std::make_unique<ForceEvaluator>(force, options, enterDevice);
    const vector<int>& particles = evaluator->getParticles();
    atomOfParticle.assign(system.getNumParticles(), -1);
    for (size_t atom = 0; atom < particles.size(); atom++) {
        atomOfParticle[particles[atom]] = static_cast<int>(atom);
    }
    const ContextSelector selector(cc);
    scaleParameterName = force.getScaleParameterName();
    if (!scaleParameterName.empty()) {
        cc.addEnergyParameterDerivative(scaleParameterName);
    }
    info = new ForceInfo(system, force);
    cc.addForce(info);
    createKernels();
}

void CommonCalcGemsForceKernel::createKernels() {
    const bool isDouble = cc.getUseDoublePrecision();
    const bool isMixed = cc.getUseMixedPrecision();
    const int realSize = isDouble ? sizeof(double) : sizeof(float);
    const int mixedSize = isDouble || isMixed ? sizeof(double) : sizeof(float);
    const size_t numComponents = 3 * evaluator->getParticles().size();
    device = std::make_unique<DeviceData>();
    device->atomOfParticle.initialize<int>(cc, atomOfParticle.size(), "gemsAtomOfParticle");
    device->atomOfParticle.upload(atomOfParticle);
    device->positions.initialize(cc, numComponents, mixedSize, "gemsPositions");
    device->forces.initialize(cc, numComponents, realSize, "gemsForces");
    const auto program =
        cc.compileProgram(CommonGemsKernelSources::gemsForce,
                          {{"NUM_PARTICLES", cc.intToString(cc.getNumAtoms())},
                           {"PADDED_NUM_PARTICLES", cc.intToString(cc.getPaddedNumAtoms())}});
    const auto gather = program->createKernel("gatherPositions");
    gather->addArg(cc.getPosq());
    if (isMixed) {
        gather->addArg(cc.getPosqCorrection());
    }
    gather->addArg(cc.getAtomIndexArray());
    gather->addArg(device->atomOfParticle);
    gather->addArg(device->positions);
    device->gatherPositions = gather;
    const auto add = program->createKernel("addForces");
    add->addArg(device->forces);
    add->addArg(cc.getLongForceBuffer());
    add->addArg(cc.getAtomIndexArray());
    add->addArg(device->atomOfParticle);
    add->addArg(); // scale
    device->addForces = add;
}

vector<Vec3> CommonCalcGemsForceKernel::gatherPositions() const {
    vector<double> values;
    {
        const ContextSelector selector(cc);
        device->gatherPositions->execute(cc.getNumAtoms());
        device->positions.download(values, /*convert=*/true);
    }
    Vec3 box[3];
    cc.getPeriodicBoxVectors(box[0], box[1], box[2]);
    const vector<int>& particleOfSlot = cc.getAtomIndex();
    const vector<OpenMM::mm_int4>& cells = cc.getPosCellOffsets();
    vector<Vec3> positions(evaluator->getParticles().size());
    for (int slot = 0; slot < cc.getNumAtoms(); slot++) {
        const int atom = atomOfParticle[particleOfSlot[slot]];
        if (atom >= 0) {
            const double* r = &values[3 * atom];
            positions[atom] = Vec3(r[0], r[1], r[2]) - box[0] * cells[slot].x -
                              box[1] * cells[slot].y - box[2] * cells[slot].z;
        }
    }
    return positions;
}

double CommonCalcGemsForceKernel::execute(ContextImpl& context, bool includeForces,
                                          bool /*includeEnergy*/) {
    Vec3 box[3];
    cc.getPeriodicBoxVectors(box[0], box[1], box[2]);
    const double energy = evaluator->evaluate(gatherPositions(), box, includeForces);
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
    const ContextSelector selector(cc);
    const vector<Vec3>& computed = evaluator->getForces();
    vector<double> values(3 * computed.size());
    for (size_t atom = 0; atom < computed.size(); atom++) {
        for (int k = 0; k < 3; k++) {
            values[3 * atom + k] = computed[atom][k];
        }
    }
    device->forces.upload(values, /*convert=*/true);
    if (cc.getUseDoublePrecision()) {
        device->addForces->setArg(4, scale);
    } else {
        device->addForces->setArg(4, static_cast<float>(scale));
    }
    device->addForces->execute(cc.getNumAtoms());
}

void CommonCalcGemsForceKernel::copyParametersToContext(ContextImpl& /*context*/,
                                                        const GemsForce& force) {
    evaluator->updateParameters(force);
    const ContextSelector selector(cc);
    info->update(force);
    cc.invalidateMolecules(info);
}

std::map<string, double> CommonCalcGemsForceKernel::getEnergyTerms(ContextImpl& /*context*/) {
    Vec3 box[3];
    cc.getPeriodicBoxVectors(box[0], box[1], box[2]);
    return evaluator->getEnergyTerms(gatherPositions(), box);
}

vector<double> CommonCalcGemsForceKernel::getAtomicCharges(ContextImpl& /*context*/) {
    Vec3 box[3];
    cc.getPeriodicBoxVectors(box[0], box[1], box[2]);
    return evaluator->getAtomicCharges(gatherPositions(), box);
}
