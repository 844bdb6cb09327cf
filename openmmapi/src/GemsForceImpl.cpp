// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/internal/GemsForceImpl.h"
#include "openmmgems/GemsKernels.h"
#include <openmm/OpenMMException.h>
#include <openmm/System.h>
#include <openmm/internal/ContextImpl.h>
#include <set>

using namespace OpenMMGems;
using OpenMM::ContextImpl;
using OpenMM::OpenMMException;
using std::string;
using std::to_string;
using std::vector;

namespace {

vector<int> particlesOf(const GemsForce& force) {
    vector<int> particles(force.getNumAtoms());
    for (int i = 0; i < force.getNumAtoms(); i++) {
        int atomicNumber;
        force.getAtomParameters(i, particles[i], atomicNumber);
    }
    return particles;
}

void checkAtoms(const vector<int>& particles, int numParticles) {
    if (particles.empty()) {
        throw OpenMMException("GemsForce: number of atoms is 0; expected at least 1. Call "
                              "addAtom() for each particle the force acts on.");
    }
    std::set<int> seen;
    for (int particle : particles) {
        if (particle >= numParticles) {
            throw OpenMMException("GemsForce: an atom's particle index is " + to_string(particle) +
                                  "; expected less than the System's number of particles, " +
                                  to_string(numParticles) + ".");
        }
        if (!seen.insert(particle).second) {
            throw OpenMMException("GemsForce: particle " + to_string(particle) +
                                  " was added twice; expected every particle at most once.");
        }
    }
}

void checkBonds(const GemsForce& force, const vector<int>& particles) {
    const std::set<int> inForce(particles.begin(), particles.end());
    for (int i = 0; i < force.getNumBonds(); i++) {
        int bonded[2];
        force.getBondParameters(i, bonded[0], bonded[1]);
        for (int particle : bonded) {
            if (!inForce.contains(particle)) {
                throw OpenMMException("GemsForce: the bond between particles " +
                                      to_string(bonded[0]) + " and " + to_string(bonded[1]) +
                                      " is cut: particle " + to_string(particle) +
                                      " is not an atom of the force; expected whole molecules.");
            }
        }
    }
}

} // namespace

GemsForceImpl::GemsForceImpl(const GemsForce& owner) : owner(owner) {
    forceGroup = owner.getForceGroup();
}

GemsForceImpl::~GemsForceImpl() = default;

void GemsForceImpl::initialize(ContextImpl& context) {
    const OpenMM::System& system = context.getSystem();
    particles = particlesOf(owner);
    checkAtoms(particles, system.getNumParticles());
    checkBonds(owner, particles);
    kernel = context.getPlatform().createKernel(CalcGemsForceKernel::Name(), context);
    kernel.getAs<CalcGemsForceKernel>().initialize(system, owner);
}

double GemsForceImpl::calcForcesAndEnergy(ContextImpl& context, bool includeForces,
                                          bool includeEnergy, int groups) {
    if ((groups & (1 << forceGroup)) == 0) {
        return 0.0;
    }
    return kernel.getAs<CalcGemsForceKernel>().execute(context, includeForces, includeEnergy);
}

std::map<string, double> GemsForceImpl::getDefaultParameters() {
    if (owner.getScaleParameterName().empty()) {
        return {};
    }
    return {{owner.getScaleParameterName(), owner.getScaleParameterDefault()}};
}

vector<string> GemsForceImpl::getKernelNames() {
    return {CalcGemsForceKernel::Name()};
}

vector<std::pair<int, int>> GemsForceImpl::getBondedParticles() const {
    vector<std::pair<int, int>> bonds(owner.getNumBonds());
    for (int i = 0; i < owner.getNumBonds(); i++) {
        owner.getBondParameters(i, bonds[i].first, bonds[i].second);
    }
    return bonds;
}

std::map<string, double> GemsForceImpl::getEnergyTerms(ContextImpl& context) {
    return kernel.getAs<CalcGemsForceKernel>().getEnergyTerms(context);
}

vector<double> GemsForceImpl::getAtomicCharges(ContextImpl& context) {
    return kernel.getAs<CalcGemsForceKernel>().getAtomicCharges(context);
}

void GemsForceImpl::updateParametersInContext(ContextImpl& context) {
    if (particlesOf(owner) != particles) {
        throw OpenMMException("GemsForce: the particles of the force have changed; expected the "
                              "same as when the Context was created. Create a new Context.");
    }
    kernel.getAs<CalcGemsForceKernel>().copyParametersToContext(context, owner);
    context.systemChanged();
}
