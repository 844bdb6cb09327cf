// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/GemsForce.h"
#include "openmmgems/internal/GemsForceImpl.h"
#include <cmath>
#include <openmm/OpenMMException.h>

using namespace OpenMMGems;
using OpenMM::Context;
using OpenMM::OpenMMException;
using std::string;
using std::to_string;

namespace {

constexpr int MAX_ATOMIC_NUMBER = 118;

void checkIndex(const char* what, int index, size_t count) {
    if (index < 0 || static_cast<size_t>(index) >= count) {
        throw OpenMMException("GemsForce: " + string(what) + " index is " + to_string(index) +
                              "; expected 0 to " + to_string(static_cast<long>(count) - 1) + ".");
    }
}

void checkParticle(int particle) {
    if (particle < 0) {
        throw OpenMMException("GemsForce: particle index is " + to_string(particle) +
                              "; expected 0 or more.");
    }
}

void checkAtomicNumber(int atomicNumber) {
    if (atomicNumber < 1 || atomicNumber > MAX_ATOMIC_NUMBER) {
        throw OpenMMException("GemsForce: atomic number is " + to_string(atomicNumber) +
                              "; expected 1 to " + to_string(MAX_ATOMIC_NUMBER) + ".");
    }
}

} // namespace

GemsForce::GemsForce(const string& modelFile) : modelFile(modelFile) {
    if (modelFile.empty()) {
        throw OpenMMException("GemsForce: the model file is an empty string; expected the path of "
                              "a model file (.pt).");
    }
}

GemsForce::~GemsForce() = default;

int GemsForce::addAtom(int particle, int atomicNumber) {
    checkParticle(particle);
    checkAtomicNumber(atomicNumber);
    atoms.push_back({particle, atomicNumber});
    return getNumAtoms() - 1;
}

void GemsForce::getAtomParameters(int index, int& particle, int& atomicNumber) const {
    checkIndex("atom", index, atoms.size());
    particle = atoms[index].particle;
    atomicNumber = atoms[index].atomicNumber;
}

void GemsForce::setAtomParameters(int index, int particle, int atomicNumber) {
    checkIndex("atom", index, atoms.size());
    checkParticle(particle);
    checkAtomicNumber(atomicNumber);
    atoms[index] = {particle, atomicNumber};
}

int GemsForce::addBond(int particle1, int particle2) {
    checkParticle(particle1);
    checkParticle(particle2);
    if (particle1 == particle2) {
        throw OpenMMException("GemsForce: a bond connects particle " + to_string(particle1) +
                              " with itself; expected two different particles.");
    }
    bonds.push_back({particle1, particle2});
    return getNumBonds() - 1;
}

void GemsForce::getBondParameters(int index, int& particle1, int& particle2) const {
    checkIndex("bond", index, bonds.size());
    particle1 = bonds[index].particle1;
    particle2 = bonds[index].particle2;
}

void GemsForce::setNumUnpairedElectrons(int number) {
    if (number < 0) {
        throw OpenMMException("GemsForce: number of unpaired electrons is " + to_string(number) +
                              "; expected 0 or more.");
    }
    numUnpairedElectrons = number;
}

void GemsForce::setEvaluator(EvaluatorKind kind) {
    if (kind < Auto || kind > Native) {
        throw OpenMMException("GemsForce: evaluator is " + to_string(static_cast<int>(kind)) +
                              "; expected GemsForce.Auto, TorchScript or Native.");
    }
    evaluator = kind;
}

void GemsForce::setAttention(AttentionMode mode) {
    if (mode < ModelDefault || mode > Smooth) {
        throw OpenMMException("GemsForce: attention mode is " + to_string(static_cast<int>(mode)) +
                              "; expected GemsForce.ModelDefault, Exact or Smooth.");
    }
    attention = mode;
}

void GemsForce::setElectrostatics(int form) {
    if (form < ModelDefault || form > Cutoff) {
        throw OpenMMException("GemsForce: electrostatics is " + to_string(form) +
                              "; expected GemsForce.ModelDefault, Plain, Lattice or Cutoff.");
    }
    electrostatics = form;
}

void GemsForce::setLongRangeCutoff(double cutoff) {
    if (!std::isfinite(cutoff) || cutoff < 0) {
        throw OpenMMException("GemsForce: long-range cutoff is " + to_string(cutoff) +
                              " nm; expected a positive number, or 0 for the model's own.");
    }
    longRangeCutoff = cutoff;
}

void GemsForce::setScaleParameter(const string& name, double defaultValue) {
    if (!std::isfinite(defaultValue)) {
        throw OpenMMException("GemsForce: default of scale parameter '" + name + "' is " +
                              to_string(defaultValue) + "; expected a finite number.");
    }
    scaleParameterName = name;
    scaleParameterDefault = defaultValue;
}

std::map<string, double> GemsForce::getEnergyTerms(Context& context) {
    return dynamic_cast<GemsForceImpl&>(getImplInContext(context))
        .getEnergyTerms(getContextImpl(context));
}

std::vector<double> GemsForce::getAtomicCharges(Context& context) {
    return dynamic_cast<GemsForceImpl&>(getImplInContext(context))
        .getAtomicCharges(getContextImpl(context));
}

void GemsForce::updateParametersInContext(Context& context) {
    dynamic_cast<GemsForceImpl&>(getImplInContext(context))
        .updateParametersInContext(getContextImpl(context));
}

OpenMM::ForceImpl* GemsForce::createImpl() const {
    return new GemsForceImpl(*this);
}
