// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/GemsForceProxy.h"
#include "openmmgems/GemsForce.h"
#include <memory>
#include <openmm/OpenMMException.h>
#include <openmm/serialization/SerializationNode.h>

using namespace OpenMMGems;
using OpenMM::SerializationNode;

namespace {

constexpr int VERSION = 2; // has electrostatics

std::unique_ptr<GemsForce> readForce(const SerializationNode& node, int version) {
    auto force = std::make_unique<GemsForce>(node.getStringProperty("modelFile"));
    force->setForceGroup(node.getIntProperty("forceGroup"));
    force->setName(node.getStringProperty("name"));
    force->setTotalCharge(node.getIntProperty("totalCharge"));
    force->setNumUnpairedElectrons(node.getIntProperty("numUnpairedElectrons"));
    force->setUsesPeriodicBoundaryConditions(node.getBoolProperty("usesPeriodic"));
    force->setEvaluator(static_cast<GemsForce::EvaluatorKind>(node.getIntProperty("evaluator")));
    force->setAttention(static_cast<GemsForce::AttentionMode>(node.getIntProperty("attention")));
    if (version >= 2) {
        force->setElectrostatics(node.getIntProperty("electrostatics"));
    }
    force->setLongRangeCutoff(node.getDoubleProperty("longRangeCutoff"));
    force->setScaleParameter(node.getStringProperty("scaleParameter"),
                             node.getDoubleProperty("scaleParameterDefault"));
    for (const SerializationNode& atom : node.getChildNode("Atoms").getChildren()) {
        force->addAtom(atom.getIntProperty("particle"), atom.getIntProperty("atomicNumber"));
    }
    for (const SerializationNode& bond : node.getChildNode("Bonds").getChildren()) {
        force->addBond(bond.getIntProperty("particle1"), bond.getIntProperty("particle2"));
    }
    return force;
}

} // namespace

GemsForceProxy::GemsForceProxy() : SerializationProxy("GemsForce") {}

void GemsForceProxy::serialize(const void* object, SerializationNode& node) const {
    const auto& force = *static_cast<const GemsForce*>(object);
    node.setIntProperty("version", VERSION);
    node.setStringProperty("modelFile", force.getModelFile());
    node.setIntProperty("forceGroup", force.getForceGroup());
    node.setStringProperty("name", force.getName());
    node.setIntProperty("totalCharge", force.getTotalCharge());
    node.setIntProperty("numUnpairedElectrons", force.getNumUnpairedElectrons());
    node.setBoolProperty("usesPeriodic", force.usesPeriodicBoundaryConditions());
    node.setIntProperty("evaluator", force.getEvaluator());
    node.setIntProperty("attention", force.getAttention());
    node.setIntProperty("electrostatics", force.getElectrostatics());
    node.setDoubleProperty("longRangeCutoff", force.getLongRangeCutoff());
    node.setStringProperty("scaleParameter", force.getScaleParameterName());
    node.setDoubleProperty("scaleParameterDefault", force.getScaleParameterDefault());
    SerializationNode& atoms = node.createChildNode("Atoms");
    for (int i = 0; i < force.getNumAtoms(); i++) {
        int particle, atomicNumber;
        force.getAtomParameters(i, particle, atomicNumber);
        atoms.createChildNode("Atom")
            .setIntProperty("particle", particle)
            .setIntProperty("atomicNumber", atomicNumber);
    }
    SerializationNode& bonds = node.createChildNode("Bonds");
    for (int i = 0; i < force.getNumBonds(); i++) {
        int particle1, particle2;
        force.getBondParameters(i, particle1, particle2);
        bonds.createChildNode("Bond")
            .setIntProperty("particle1", particle1)
            .setIntProperty("particle2", particle2);
    }
}

void* GemsForceProxy::deserialize(const SerializationNode& node) const {
    const int version = node.getIntProperty("version");
    if (version < 1 || version > VERSION) {
        throw OpenMM::OpenMMException("GemsForce: XML version is " + std::to_string(version) +
                                      "; expected 1 to " + std::to_string(VERSION) +
                                      ". A newer openmm-gems may be able to read it.");
    }
    return readForce(node, version).release();
}
