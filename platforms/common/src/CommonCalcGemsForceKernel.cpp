// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "CommonCalcGemsForceKernel.h"
#include "HostEvaluation.h"
#include "native/DeviceEvaluator.h"
#include <openmm/common/ComputeForceInfo.h>
#include <openmm/common/ContextSelector.h>

using namespace OpenMMGems;
using OpenMM::ContextImpl;
using OpenMM::ContextSelector;
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
                                                     const EvaluatorOptions& options,
                                                     EnterDevice enterDevice)
    : CalcGemsForceKernel(name, platform), cc(cc), options(options),
      enterDevice(std::move(enterDevice)) {}

CommonCalcGemsForceKernel::~CommonCalcGemsForceKernel() {
    const ContextSelector selector(cc);
    native.reset();
    staged.reset();
}

void CommonCalcGemsForceKernel::initialize(const OpenMM::System& system, const GemsForce& force) {
    vector<int> atomOfParticle(system.getNumParticles(), -1);
    for (int atom = 0; atom < force.getNumAtoms(); atom++) {
        int particle, atomicNumber;
        force.getAtomParameters(atom, particle, atomicNumber);
        atomOfParticle[particle] = atom;
    }
    scaleParameterName = force.getScaleParameterName();
    if (!scaleParameterName.empty()) {
        cc.addEnergyParameterDerivative(scaleParameterName);
    }
    const ModelSettings settings = ModelSettings::of(force, system.getNumParticles());
    const auto model = std::make_shared<const Model>(force.getModelFile());
    model->validate(settings);
    if (settings.evaluator != GemsForce::TorchScript && model->hasNativeEvaluator()) {
        const ContextSelector selector(cc);
        native = std::make_unique<DeviceEvaluator>(cc, model, settings, atomOfParticle,
                                                   options.hasTensorCores);
    } else {
        staged = std::make_unique<HostEvaluation>(cc, force, options, enterDevice, atomOfParticle);
    }
    info = new ForceInfo(system, force);
    cc.addForce(info);
}

double CommonCalcGemsForceKernel::execute(ContextImpl& context, bool includeForces,
                                          bool includeEnergy) {
    const double scale =
        scaleParameterName.empty() ? 1.0 : context.getParameter(scaleParameterName);
    const bool hasDerivative = !scaleParameterName.empty(); // which comes with forces as well
    const double energy =
        native ? native->execute(scale, includeForces, includeEnergy || hasDerivative)
               : staged->execute(scale, includeForces);
    if (hasDerivative) {
        cc.getEnergyParamDerivWorkspace()[scaleParameterName] += energy;
    }
    return scale * energy;
}

void CommonCalcGemsForceKernel::copyParametersToContext(ContextImpl& /*context*/,
                                                        const GemsForce& force) {
    const ContextSelector selector(cc);
    if (native) {
        native->setComposition(ModelSettings::of(force, cc.getNumAtoms()));
    } else {
        staged->updateParameters(force);
    }
    info->update(force);
    cc.invalidateMolecules(info);
}

std::map<string, double> CommonCalcGemsForceKernel::getEnergyTerms(ContextImpl& /*context*/) {
    return native ? native->getEnergyTerms() : staged->getEnergyTerms();
}

vector<double> CommonCalcGemsForceKernel::getAtomicCharges(ContextImpl& /*context*/) {
    return native ? native->getAtomicCharges() : staged->getAtomicCharges();
}
